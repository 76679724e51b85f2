"""A look at a shelter's telephone or address: only with a reason, and only once the look has been written down."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bedboard.actions.case_lock import is_askers_own, lock_case
from bedboard.rules.access import Actor
from bedboard.rules.cases import may_see_address
from bedboard.rules.refusals import NotAllowed, NotFound, TooMany
from bedboard.store.cases import find_request_to
from bedboard.store.claims import HoldRow, list_holds, lock_organization
from bedboard.store.database import Transaction
from bedboard.store.disclosures import count_shelters_seen, save_disclosure
from bedboard.store.people import still_has_role
from bedboard.store.seal import Seal
from bedboard.store.shelters import get_address, get_telephone

MOST_SHELTERS_AN_HOUR = 20  # without a hold; who calls round a region does not need more, who copies the list does


async def disclose_telephone(
    tx: Transaction, actor: Actor, shelter_id: str, seal: Seal, now: datetime, *, is_stale: bool
) -> str:
    """The shelter's telephone, for the desk, for who holds a place there or asks it for one, and when the board itself says
    "call" (`is_stale`).

    Refusals: NotFound, NotAllowed `hold_first`, TooMany.
    """
    why, claim_id, case_id = "desk", None, None
    if actor.role != "desk":
        hold = next((hold for hold in await list_holds(tx, actor, now) if hold.shelter_id == shelter_id), None)
        if hold is not None:
            why, claim_id = "hold", hold.id
        elif (case_id := await find_request_to(tx, actor, shelter_id)) is not None:
            why = "request"
        elif is_stale:
            why = "stale"
            since = now - timedelta(hours=1)
            await lock_organization(tx, actor.organization_id or "")  # or many at once would each count the others out
            if await count_shelters_seen(tx, actor, shelter_id, since) >= MOST_SHELTERS_AN_HOUR:
                raise TooMany("too_many", retry_after_seconds=600)
        else:
            raise NotAllowed("hold_first")
    sealed = await get_telephone(tx, shelter_id)
    if sealed is None:
        raise NotFound("no_such_shelter")
    await save_disclosure(tx, actor, shelter_id, why, now, claim_id, case_id)
    return seal.open(sealed)


async def disclose_callbacks(
    tx: Transaction, actor: Actor, case_id: str, shelter_ids: Sequence[str], seal: Seal, now: datetime
) -> dict[str, str]:
    """The telephones of shelters that said "in overleg" to a request of the actor's, by shelter; every one is a look.

    The caller knows that the request is the actor's and what they said.
    """
    found = {}
    for shelter_id in shelter_ids:
        sealed = await get_telephone(tx, shelter_id)
        if sealed is not None:
            await save_disclosure(tx, actor, shelter_id, "request", now, case_id=case_id)
            found[shelter_id] = seal.open(sealed)
    return found


async def disclose_address(tx: Transaction, actor: Actor, case_id: str, seal: Seal, now: datetime) -> str:
    """Where the shelter is that was chosen, for who brings them and for the desk, for twelve hours after it was decided.

    Refusals: NotFound, also for strangers to the request; NotAllowed `no_address_now`.
    """
    case = await lock_case(tx, case_id)
    is_desk = actor.role == "desk" and await still_has_role(tx, actor)
    if not is_desk and not (is_askers_own(actor, case.request) and await still_has_role(tx, actor)):
        raise NotFound("no_such_request")
    chosen = case.chosen
    if chosen is None or not may_see_address(case.state, case.request.decided_at, case.request.arrives_at, now):
        raise NotAllowed("no_address_now")
    sealed = await get_address(tx, chosen.shelter_id)
    if sealed is None:
        raise NotFound("no_such_shelter")
    await save_disclosure(tx, actor, chosen.shelter_id, "request", now, chosen.claim_id, case_id, what="address")
    return seal.open(sealed)


async def disclose_holds(tx: Transaction, actor: Actor, seal: Seal, now: datetime) -> Sequence[tuple[HoldRow, str]]:
    """The actor's own live holds, each with the telephone that goes with it; every one is a look."""
    found = []
    for hold in await list_holds(tx, actor, now):
        sealed = await get_telephone(tx, hold.shelter_id)
        if sealed is not None:
            await save_disclosure(tx, actor, hold.shelter_id, "hold", now, hold.id)
            found.append((hold, seal.open(sealed)))
    return found
