"""The holds that a case uses: give back at once those that it needs no longer.

Locks the case, then each shelter with such a hold.
"""

from datetime import datetime

from bedboard.actions.case_lock import LockedCase, lock_case_of_group, lock_shelters, save_case
from bedboard.actions.claims import change_claims, end_claim
from bedboard.actions.roles import check_role
from bedboard.rules.access import Actor
from bedboard.rules.refusals import Conflict
from bedboard.rules.rights import may_end_hold
from bedboard.store.claims import list_holds_of_cases
from bedboard.store.database import Transaction, after_lock
from bedboard.store.tables.board import ClaimRecord


async def _list_own_holds(tx: Transaction, actor: Actor, case_id: str, now: datetime) -> dict[str, ClaimRecord]:
    used = await list_holds_of_cases(tx, [case_id], now)
    return {claim_id: claim for claim_id, claim in used.items() if may_end_hold(actor, claim.holder)}


async def release_case_holds(tx: Transaction, actor: Actor, case_id: str, now: datetime) -> LockedCase:
    """Release every live hold of the actor and the actor's group that the case uses, so that these places are free at once.

    What those hold who handed the case over is theirs to release. Refusals: NotFound, Conflict `hold_over` when there is none.
    """
    case = await lock_case_of_group(tx, actor, case_id)
    used = await _list_own_holds(tx, actor, case_id, now)
    are_used = {claim.promise_id for claim in used.values()}
    shelter_of = {ask.hold_id: ask.shelter_id for ask in case.asks.values() if ask.hold_id in are_used}
    await lock_shelters(tx, case, shelter_of.values())
    now = after_lock(tx, now)
    await check_role(tx, actor)  # once more: it may be lost while this waits for so many locks
    used = await _list_own_holds(tx, actor, case_id, now)  # a hold may have been used or released during the wait
    if not used:
        raise Conflict("hold_over")

    def release(claim: ClaimRecord) -> None:
        end_claim(tx, claim, "released", now)

    are_used = {claim.promise_id for claim in used.values()}
    for hold_id in sorted(are_used):
        claims = [claim for _, claim in sorted(used.items()) if claim.promise_id == hold_id]
        case.note(await change_claims(tx, actor, case.shelters[shelter_of[hold_id]], claims, "release", release, now))
    return await save_case(tx, actor, case, "released", now, sorted({shelter_of[hold_id] for hold_id in are_used}))
