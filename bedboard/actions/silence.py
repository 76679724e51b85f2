"""Silence, and every other change that time alone makes to a case: an agreed hour passes, or the case goes on too long.

Every process may try each of these at any time: under the lock of the case, only one process finds it still to be done.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from bedboard.actions.case_lock import SYSTEM, LockedCase, count_placed, erase_answers, lock_case, move, save_case
from bedboard.actions.cases import end_case, give_up
from bedboard.rules.cases import ENDS, FORGOTTEN, LONGEST, ON_THE_WAY, STEPS, Patience, silence_step
from bedboard.store.cases import list_begun_before, list_late, list_silent
from bedboard.store.database import Transaction


async def find_silent(tx: Transaction, patience: Patience, now: datetime) -> list[str]:
    """Return the cases for which `tell_silence` may have something to do."""
    return await list_silent(tx, [now - limit for limit in patience.limits()])


async def tell_silence(tx: Transaction, case_id: str, patience: Patience, now: datetime) -> LockedCase:
    """Note the step of each shelter's silence; of several steps that have come at once only the last is told.

    The case's `events` are what this call, and no other process, has to tell; none when there was nothing.
    """
    case = await lock_case(tx, case_id)
    told: dict[str, list[str]] = {}
    for ask in case.asks.values():
        step = silence_step(ask.asked_at, patience, now)
        if case.state == "asking" and ask.answer is None and ask.settled is None and step > ask.step:
            ask.step = step
            tx.add(ask)
            told.setdefault(STEPS[step - 1], []).append(ask.shelter_id)
    for what, silent in told.items():
        await save_case(tx, SYSTEM, case, what, now, silent)
    return case


async def find_late(tx: Transaction, now: datetime) -> list[str]:
    """Return the cases for which `tell_late` may have something to do."""
    return await list_late(tx, sorted(ON_THE_WAY), now)


async def tell_late(tx: Transaction, case_id: str, now: datetime) -> LockedCase:
    """Note that the agreed hour has passed and nobody has said whether they came; `events` as in `tell_silence`."""
    case = await lock_case(tx, case_id)
    record, chosen = case.record, case.chosen
    is_late = case.state in ON_THE_WAY and record.arrives_at is not None and record.arrives_at <= now
    if not is_late or record.reminded_at is not None or chosen is None:
        return case
    record.reminded_at = now
    return await save_case(tx, SYSTEM, case, "late", now, [chosen.shelter_id])


async def find_lapsed(tx: Transaction, now: datetime) -> list[str]:
    """Return the cases that go on for too long; `lapse_case` ends them."""
    return await list_begun_before(tx, now - LONGEST, now - FORGOTTEN)


async def lapse_case(tx: Transaction, case_id: str, now: datetime, zone: ZoneInfo) -> LockedCase:
    """End a case that is older than `LONGEST`, so that none of its needs stay; a younger one is left as it is.

    A withdrawn case is left for `FORGOTTEN`, and then ends as "unknown" if nobody has said where the person slept. `events` as
    in `tell_silence`.
    """
    case = await lock_case(tx, case_id)
    age = now - case.record.created_at
    if age < (FORGOTTEN if case.state == "withdrawn" else LONGEST) or case.state in ENDS:
        return case
    if case.state == "withdrawn":
        return await end_case(tx, SYSTEM, case, "lapse", "unknown", now, zone)
    if case.state != "housed":
        return await give_up(tx, SYSTEM, case, "lapsed", now, zone, event="lapse")
    move(case, "lapse", now)
    if case.chosen is not None:
        await count_placed(tx, case.chosen, now, zone)
    erase_answers(tx, case)
    return await save_case(tx, SYSTEM, case, "lapsed", now)
