"""Rights to end a hold, offer a place, answer a case, choose, decide and see.

Where a page shows a button to choose, offer, decide or answer for police, it asks the function of its action. An action
also asks the database, under its locks, whether the actor still has the role.
"""

from datetime import timedelta
from typing import Literal, NamedTuple

from bedboard.rules.access import REPORTERS, SEEKERS, Actor
from bedboard.rules.cases import NEXT, CaseState
from bedboard.rules.deciding import Deciding
from bedboard.rules.places import PlaceStatus

AnsweredBy = Literal["shelter", "desk", "police"]

SAME_LOOK = timedelta(hours=12)
"""How long a telephone that stays on a page is one look, however often the page is drawn again."""


class Seeker(NamedTuple):
    """A person or program that looks for a place: the requester of a case, or the holder of a place.

    `key` is as in `Actor.key`; None for a caller, known by organization and role only. `organization` is an id in the
    actions and may be a name on a page, as long as both seekers of a comparison have the same.
    """

    key: str | None
    organization: str
    role: str


def seeker_key(person_id: str | None, client_id: str | None) -> str | None:
    """Return the key of a person or a program, as in `Actor.key`; None when both are None."""
    if person_id is not None:
        return f"person:{person_id}"
    return None if client_id is None else f"client:{client_id}"


def is_self(actor: Actor, seeker: Seeker) -> bool:
    """Return whether the seeker is the actor itself."""
    return seeker.key == actor.key


def is_of_same_group(actor: Actor, seeker: Seeker) -> bool:
    """Return whether the actor may act for the seeker: itself or a colleague in the same organization and role."""
    return actor.role in SEEKERS and (actor.organization_id, actor.role) == (seeker.organization, seeker.role)


def may_see_case(actor: Actor, requester: Seeker, handed_to: Seeker | None = None) -> bool:
    """Return whether the actor may see the whole case: its requester, a colleague, or the desk.

    `handed_to`: the group that is offered the case sees it too, before it takes it over, without a telephone or the address.
    """
    is_offered = handed_to is not None and is_of_same_group(actor, handed_to)
    return actor.role == "desk" or is_of_same_group(actor, requester) or is_offered


def may_decide(actor: Actor) -> bool:
    """Return whether the actor decides about an offer that was chosen for the desk."""
    return actor.role == "desk"


def may_change_arrival(actor: Actor, requester: Seeker) -> bool:
    """Return whether the actor may say another hour of arrival: the requester, a colleague or the desk."""
    return actor.role == "desk" or is_of_same_group(actor, requester)


def may_end_hold(actor: Actor, holder: Seeker) -> bool:
    """Return whether the actor may extend or release the hold, apart from the shelter's own staff."""
    return is_of_same_group(actor, holder) or (actor.role in SEEKERS and is_self(actor, holder))


def is_held_for(holder: Seeker, requester: Seeker) -> bool:
    """Return whether a held place may be offered to the requester.

    It is their own hold, or the shelter made it for a caller of their organization and role. A colleague's hold is for
    another household.
    """
    if holder.key is not None:
        return holder.key == requester.key
    return (holder.organization, holder.role) == (requester.organization, requester.role)


def can_be_offered(status: PlaceStatus, holder: Seeker | None, requester: Seeker, *, is_used: bool = False) -> bool:
    """Return whether a place may be offered to the requester; `holder` is None where nobody holds it.

    `is_used`: the case uses this very hold, which a colleague of the requester may have.
    """
    return status == "free" or (status == "held" and holder is not None and (is_used or is_held_for(holder, requester)))


def answers_as(actor: Actor, requester: Seeker) -> AnsweredBy | None:
    """Return for which side the actor answers a case; None for a stranger.

    The caller checks that a reporter works for the shelter that was asked. Police answer only the cases of themselves
    and their colleagues.
    """
    if actor.role in REPORTERS:
        return "shelter"
    if actor.role == "desk":
        return "desk"
    return "police" if actor.role == "police" and is_of_same_group(actor, requester) else None


def may_police_offer(kind: Deciding) -> bool:
    """Return whether police may say yes themselves to a place of this kind."""
    return kind.decides == "police"


def is_left_to_police(answer: str | None) -> bool:
    """Return whether police may take a place whatever the shelter answered, None: nothing yet. Only its no stops them."""
    return answer != "no"


def why_no_choice(state: CaseState, *, is_offered: bool, is_settled: bool) -> str | None:
    """Return the code of the refusal to choose of this case, or what this shelter offers; None where there is an offer.

    `is_settled`: nothing more is expected of the shelter.
    """
    cell = NEXT[state, "choose"]
    if cell.startswith("request_"):
        return cell
    if not is_offered or is_settled:
        return "no_offer"
    return None


def why_offer_over(*, is_kept: bool, is_open: bool) -> str | None:
    """Return the code of the refusal to choose an offer whose place is gone; None when it may be chosen.

    `is_kept`: the place is reserved for the case at this moment. `is_open`: the shelter calls the place neither occupied nor
    closed.
    """
    if not is_kept:
        return "offer_over"
    return None if is_open else "not_free"
