"""Hand-over: a case goes on with another organization or role, for instance from the police at night to a coordinator.

Until somebody there takes it over, it stays the case of the first requester.
"""

from datetime import datetime

from bedboard.actions.case_lock import LockedCase, lock_case, lock_case_of_group, lock_shelters, move, save_case
from bedboard.actions.claims import change_claims
from bedboard.actions.holds import Holder
from bedboard.actions.roles import check_role
from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.cases import MOST_OPEN
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, NotFound
from bedboard.rules.rights import Seeker, is_of_same_group
from bedboard.store.cases import count_open_cases
from bedboard.store.claims import lock_organization
from bedboard.store.database import Transaction, after_lock
from bedboard.store.people import has_seekers, still_has_role
from bedboard.store.tables.board import ClaimRecord


async def hand_over_case(tx: Transaction, actor: Actor, case_id: str, to: Holder | None, now: datetime) -> LockedCase:
    """Offer the case to another organization or role; None: keep it, and take an offer back.

    Refusals: NotFound, Invalid, Conflict `request_…`, `not_handed_over`.
    """
    if to is not None:
        await lock_organization(tx, to.organization_id)  # its people may all go to another organization meanwhile
    case = await lock_case_of_group(tx, actor, case_id)
    now = after_lock(tx, now)
    record = case.record
    if to is None:
        move(case, "keep", now)
        if record.handed_to is None:
            raise Conflict("not_handed_over")
        record.handed_organization_id = record.handed_role = record.handed_at = None
        return await save_case(tx, actor, case, "kept", now)
    if to.role not in SEEKERS:
        raise Invalid(FieldError("role", "not_one_of", {"allowed": sorted(SEEKERS)}))
    if (to.organization_id, to.role) == (record.organization_id, record.role):
        raise Invalid(FieldError("organization", "yours_already"))
    if not await has_seekers(tx, to.organization_id, to.role):
        raise Invalid(FieldError("organization", "unknown_caller"))
    move(case, "hand_over", now)
    record.handed_organization_id, record.handed_role, record.handed_at = to.organization_id, to.role, now
    return await save_case(tx, actor, case, "handed_over", now)


def _check_seeks(actor: Actor) -> None:
    if actor.role not in SEEKERS:
        raise NotAllowed("not_your_role")


async def _check_offered(tx: Transaction, actor: Actor, case: LockedCase) -> Seeker:
    """Return the group that is offered the case, and to which the actor belongs. Refusal: NotFound."""
    handed_to = case.record.handed_to
    if handed_to is None or not is_of_same_group(actor, handed_to) or not await still_has_role(tx, actor):
        raise NotFound("no_such_request")
    return handed_to


async def decline_case(tx: Transaction, actor: Actor, case_id: str, now: datetime) -> LockedCase:
    """Say that the actor's organization and role will not take over a case that is offered to it: its requester keeps it.

    Refusals: NotFound, NotAllowed, Conflict `request_…`.
    """
    _check_seeks(actor)
    case = await lock_case(tx, case_id)
    now = after_lock(tx, now)
    await _check_offered(tx, actor, case)
    move(case, "decline", now)
    case.record.handed_organization_id = case.record.handed_role = case.record.handed_at = None
    return await save_case(tx, actor, case, "declined", now)


async def take_over_case(tx: Transaction, actor: Actor, case_id: str, now: datetime) -> LockedCase:
    """Take over a case that is offered to the actor's organization and role, with all its reservations.

    Locks the organization, the case, and each shelter that keeps a place for it.
    Refusals: NotFound, NotAllowed, Conflict `request_…`, `requests_of_person`.
    """
    _check_seeks(actor)
    if actor.organization_id is None or not await lock_organization(tx, actor.organization_id):
        raise NotAllowed("no_organization")
    case = await lock_case(tx, case_id)
    record, handed_to = case.record, await _check_offered(tx, actor, case)
    if await count_open_cases(tx, actor) >= MOST_OPEN:
        raise Conflict("requests_of_person", most=MOST_OPEN)
    kept = [ask for ask in case.asks.values() if case.claims_of(ask)]
    await lock_shelters(tx, case, [ask.shelter_id for ask in kept])
    now = after_lock(tx, now)
    await check_role(tx, actor)  # once more: it may be lost while this waits for so many locks
    move(case, "take_over", now)
    record.organization_id, record.role = handed_to.organization, handed_to.role
    record.person_id = actor.id if actor.kind == "person" else None
    record.client_id = actor.id if actor.kind == "client" else None
    record.handed_organization_id = record.handed_role = record.handed_at = None

    def take(claim: ClaimRecord) -> None:
        claim.organization_id, claim.role = record.organization_id, record.role
        claim.person_id, claim.client_id = record.person_id, record.client_id

    for ask in sorted(kept, key=lambda ask: ask.shelter_id):
        claims = case.claims_of(ask)
        if claims:  # otherwise its time has run out, and during the wait somebody took the place
            case.note(await change_claims(tx, actor, case.shelters[ask.shelter_id], claims, "reserve", take, now))
    return await save_case(tx, actor, case, "taken_over", now, told=[ask.shelter_id for ask in kept])
