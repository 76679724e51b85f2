"""The agreed hour of a placement: its requester or the desk says another one while the household is on its way."""

from datetime import datetime

from bedboard.actions.bringing import is_bringing
from bedboard.actions.case_lock import LockedCase, lock_case, lock_shelters, move, save_case
from bedboard.actions.reservations import keep_chosen
from bedboard.actions.roles import check_role
from bedboard.rules.access import Actor
from bedboard.rules.arrivals import check_changed_arrival
from bedboard.rules.cases import next_state
from bedboard.rules.refusals import NotFound
from bedboard.rules.rights import may_change_arrival
from bedboard.store.database import Transaction, after_lock
from bedboard.store.people import still_has_role


async def change_arrival(tx: Transaction, actor: Actor, case_id: str, arrives_at: datetime | None, now: datetime) -> LockedCase:
    """Agree on another hour of arrival at the chosen shelter, later or sooner; the places stay reserved.

    Those who handed the case over and still bring the household may say it too: they are the ones who know.
    Lateness, the hours of the address and the week of the placement follow the new hour. The same hour once more changes
    nothing. Locks the case and the chosen shelter.
    Refusals: NotFound, Invalid `arrives_at`, Conflict `request_…`.
    """
    case = await lock_case(tx, case_id)
    record, chosen = case.record, case.chosen
    may = may_change_arrival(actor, record.requester) or await is_bringing(tx, actor, record, chosen, now)
    if not may or not await still_has_role(tx, actor):
        raise NotFound("no_such_request")
    next_state(case.state, "change_arrival")
    if chosen is None:
        raise AssertionError(f"case {case_id} is {case.state} and nothing was chosen")
    arrives_at = check_changed_arrival(arrives_at, now, chosen.settled_at if chosen.answered_by == "police" else None)
    if arrives_at == record.arrives_at:
        return case
    await lock_shelters(tx, case, [chosen.shelter_id])
    now = after_lock(tx, now)
    await check_role(tx, actor)  # once more: it may be lost while this waits
    move(case, "change_arrival", now)
    record.arrives_at, record.reminded_at = arrives_at, None
    case.note(await keep_chosen(tx, actor, case.shelters[chosen.shelter_id], case.claims_of(chosen), arrives_at, now))
    return await save_case(tx, actor, case, "arrival_changed", now, [chosen.shelter_id])
