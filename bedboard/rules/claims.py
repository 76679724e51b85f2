"""Claims: a hold (somebody calls about the place) or a reservation (for a case). A place has at most one that is live."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bedboard.rules.refusals import Conflict

ClaimType = Literal["hold", "reservation"]
Ending = Literal["released", "used", "withdrawn", "expired"]

HOLD = timedelta(minutes=30)  # a hold may be extended once, by the same time
MOST_OF_ONE = 3  # live holds of one person or program
MOST_OF_ORGANIZATION = 10
MOST_HOLDS_AN_HOUR = 30  # of one person or program; each shows a telephone, and nobody calls thirty shelters in an hour


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as a board needs it. The holder is shown by `role` and `organization`, never by the name of a person.

    `holder` is the key of the actor that may be told more about it (`Actor.key`); None when it was made for a caller.
    `case_id`: the case of a reservation.
    """

    type: ClaimType
    expires_at: datetime
    role: str
    organization: str
    id: str = ""
    holder: str | None = None
    case_id: str | None = None


def is_live(claim: Claim | None, now: datetime) -> bool:
    """Return whether a claim that nobody has ended still counts: it is over at its hour, whether or not a job has tidied it."""
    return claim is not None and claim.expires_at > now


def check_room(by_one: int, by_organization: int) -> None:
    """Refuse a new hold when the person or the organization has as many live holds as it may have.

    `by_one`: the live holds of the person or program. Refusal: Conflict `holds_of_person`, `holds_of_organization`.
    """
    if by_one >= MOST_OF_ONE:
        raise Conflict("holds_of_person", most=MOST_OF_ONE)
    if by_organization >= MOST_OF_ORGANIZATION:
        raise Conflict("holds_of_organization", most=MOST_OF_ORGANIZATION)
