"""Claims: a hold (somebody calls about the place) or a reservation (for a case). A place has at most one that is live.

A hold and an offer end by the clock. A placement, the reservation of a place that was chosen, ends only by a person.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bedboard.rules.refusals import Conflict, FieldError, Invalid, TooMany

ClaimType = Literal["hold", "reservation"]
Ending = Literal["released", "used", "withdrawn", "expired"]

HOLD = timedelta(minutes=30)  # a hold may be extended once, by the same time
HOLD_WARNING = timedelta(minutes=5)  # before its end, its holder is warned
MOST_OF_ONE = 3  # live holds of one person or program
MOST_OF_ORGANIZATION = 10
MOST_KEPT_OF_ONE = 8  # live holds, places taken without the shelter, and choices that wait for the desk, all together
MOST_KEPT_OF_ORGANIZATION = 20
KEPT_AGAIN = timedelta(minutes=5)  # when to try again, where nobody has said what became of the one that ends first
MOST_HOLDS_AN_HOUR = 30  # of one person or program; each shows a telephone, and nobody calls thirty shelters in an hour


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as a board needs it. The holder is shown by `role` and `organization`, never by the name of a person.

    `holder_key` is the key of the actor that may be told more about it (`Actor.key`); None when it was made for a caller.
    `id`: of the whole promise, which several places of a shelter may have in common. `case_id`: the case of a reservation.
    `expires_at` None: a placement. `expected_at`: the agreed arrival of a placement; None for every other claim.
    """

    type: ClaimType
    expires_at: datetime | None
    role: str
    organization: str
    id: str = ""
    holder_key: str | None = None
    case_id: str | None = None
    expected_at: datetime | None = None


class Lasting(Protocol):
    """A claim, as far as its end by the clock goes."""

    @property
    def expires_at(self) -> datetime | None: ...


def is_live(claim: Lasting | None, now: datetime) -> bool:
    """Return whether a claim that nobody has ended still counts: it is over at its hour, whether or not a job has tidied it.

    A placement has no hour: nothing but a person makes its place free.
    """
    return claim is not None and (claim.expires_at is None or claim.expires_at > now)


def is_all_live(claims: Collection[Lasting], places: int, now: datetime) -> bool:
    """Return whether a promise of so many places still counts: none of its claims is over."""
    return 0 < places == sum(is_live(claim, now) for claim in claims)


def check_together(place_ids: Sequence[str], people: int) -> None:
    """Refuse places that nobody can need together: one twice, or more than there are people. Refusal: Invalid `places`."""
    if len(set(place_ids)) < len(place_ids):
        raise Invalid(FieldError("places", "twice"))
    if len(place_ids) > people:
        raise Invalid(FieldError("places", "more_than_people", {"people": people}))


def check_hold_limits(by_one: int, by_organization: int) -> None:
    """Refuse one hold more besides so many live ones: Conflict `holds_of_person`, `holds_of_organization`."""
    if by_one >= MOST_OF_ONE:
        raise Conflict("holds_of_person", most=MOST_OF_ONE)
    if by_organization >= MOST_OF_ORGANIZATION:
        raise Conflict("holds_of_organization", most=MOST_OF_ORGANIZATION)


def check_kept(by_one: int, by_organization: int, first_ends_at: datetime | None, now: datetime) -> None:
    """Refuse one promise more that no shelter has agreed to for good, besides so many. Refusal: TooMany.

    `first_ends_at`: the end or the agreed arrival of the first of them; None: there is none.
    """
    again_at = max(first_ends_at or now, now + KEPT_AGAIN)
    if by_one >= MOST_KEPT_OF_ONE:
        raise TooMany("too_many_kept", now, again_at, most=MOST_KEPT_OF_ONE)
    if by_organization >= MOST_KEPT_OF_ORGANIZATION:
        raise TooMany("too_many_kept_together", now, again_at, most=MOST_KEPT_OF_ORGANIZATION)
