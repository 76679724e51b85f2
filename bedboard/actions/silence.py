"""Silence, and all that only time brings to a case: silent shelters, agreed hours that pass, a desk that closes, old cases.

Every process may try each of these at any time: under the lock of the case, only one process finds it still to be done.
"""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from bedboard.actions.case_lock import (
    SYSTEM,
    LockedCase,
    OpenNeeds,
    count_placed,
    erase_answers,
    keep_shut,
    lock_case,
    move,
    save_case,
)
from bedboard.actions.cases import end_case, give_up
from bedboard.rules.cases import (
    ENDS,
    LONGEST_CASE,
    OUTCOME_FORGOTTEN,
    RESERVED,
    STEPS,
    Patience,
    is_late,
    is_late_untold,
    silence_step,
)
from bedboard.rules.deciding import choice_of_all
from bedboard.rules.lapses import forgotten_at, lapses_at
from bedboard.store.cases_due import get_begun_again_at, list_late, list_left_alone, list_silent, list_waiting_for_desk
from bedboard.store.database import Transaction, after_lock
from bedboard.store.shelters import list_deciding


async def find_silent(tx: Transaction, patience: Patience, now: datetime) -> list[str]:
    """Return the cases for which `tell_silence` may have something to do."""
    return await list_silent(tx, [now - limit for limit in patience.limits()])


async def tell_silence(tx: Transaction, case_id: str, patience: Patience, now: datetime) -> LockedCase:
    """Note the step of each shelter's silence; of several steps that have come at once only the last is told.

    The case's `events` are what this call, and no other process, has to tell; none when there was nothing.
    """
    case = await lock_case(tx, case_id)
    now = after_lock(tx, now)
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


async def find_late(tx: Transaction, zone: ZoneInfo, now: datetime) -> list[str]:
    """Return the cases for which `tell_late` may have something to do."""
    rows = await list_late(tx, sorted(RESERVED), now)
    return [row.id for row in rows if is_late_untold(row.arrives_at, row.reminded_at, zone, now)]


async def tell_late(tx: Transaction, case_id: str, zone: ZoneInfo, now: datetime) -> LockedCase:
    """Note that nobody has said whether they came, at each of the `late_moments`; of several at once only the last is told.

    The place stays reserved. `events` as in `tell_silence`.
    """
    case = await lock_case(tx, case_id)
    now = after_lock(tx, now)
    record, chosen = case.record, case.chosen
    if chosen is None or record.arrives_at is None or not is_late(case.state, record.arrives_at, now):
        return case
    if not is_late_untold(record.arrives_at, record.reminded_at, zone, now):
        return case
    record.reminded_at = now
    return await save_case(tx, SYSTEM, case, "late", now, [chosen.shelter_id])


async def find_left_by_desk(tx: Transaction, kinds: Collection[str]) -> list[str]:
    """Return the cases that wait for a desk which is closed. `kinds`: those of which a choice counts without it now."""
    return await list_waiting_for_desk(tx, kinds)


async def close_desk(tx: Transaction, case_id: str, zone: ZoneInfo, now: datetime) -> LockedCase:
    """Make a choice provisional when its desk has closed before it decided: otherwise it would wait all night.

    `events` as in `tell_silence`.
    """
    case = await lock_case(tx, case_id)
    now = after_lock(tx, now)
    chosen = case.chosen
    if case.state != "chosen" or chosen is None or not chosen.place_ids:
        return case
    kinds = await list_deciding(tx, chosen.place_ids)
    if choice_of_all("coordinator", kinds, now.astimezone(zone)) != "choose_provisionally":
        return case
    move(case, "close_desk", now)
    case.record.decided_at = now
    return await save_case(tx, SYSTEM, case, "desk_closed", now, [chosen.shelter_id])


async def find_lapsed(tx: Transaction, now: datetime) -> list[str]:
    """Return the cases that go on for too long; `lapse_case` ends them."""
    return await list_left_alone(tx, now - LONGEST_CASE, now - OUTCOME_FORGOTTEN)


async def lapse_case(tx: Transaction, case_id: str, now: datetime, zone: ZoneInfo, needs: OpenNeeds = keep_shut) -> LockedCase:
    """End a case that goes on for too long (`lapses_at`), so that none of its needs stay; another one is left as it is.

    A withdrawn case is left until `forgotten_at`, and then ends as "unknown" if nobody has said where the person slept.
    `events` as in `tell_silence`. `needs` opens its household, so that each no is counted by it.
    """
    case = await lock_case(tx, case_id)
    now = after_lock(tx, now)
    if case.state in ENDS or now < await _end_of(tx, case):
        return case
    if case.state == "withdrawn":
        return await end_case(tx, SYSTEM, case, "lapse", "unknown", now, zone)
    if case.state != "housed":
        return await give_up(tx, SYSTEM, case, "lapsed", now, zone, event="lapse", needs=needs)
    move(case, "lapse", now)
    if case.chosen is not None:
        await count_placed(tx, case, case.chosen, now, zone)
    erase_answers(tx, case)
    return await save_case(tx, SYSTEM, case, "lapsed", now)


async def _end_of(tx: Transaction, case: LockedCase) -> datetime:
    """Return when this case, which is not at its end, ends by itself."""
    record = case.record
    if record.over_at is not None:
        return forgotten_at(record.created_at, record.over_at)
    return lapses_at(record.created_at, record.arrives_at, await get_begun_again_at(tx, record.id))
