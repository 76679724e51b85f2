"""What time alone brings to a request: a shelter that stays silent, an agreed hour that passes, a case that goes on too long.

Every process may try each of these, as often as it likes: under the request's lock, one of them finds it still to be done.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from bedboard.actions.case_lock import SYSTEM, LockedCase, count_placed, erase_answers, lock_case, move, save_case
from bedboard.actions.cases import end_case, give_up
from bedboard.rules.cases import ENDS, FORGOTTEN, LONGEST, ON_THE_WAY, STEPS, Patience, silence_step
from bedboard.store.cases import list_begun_before, list_late, list_silent
from bedboard.store.database import Transaction


async def find_silent(tx: Transaction, patience: Patience, now: datetime) -> list[str]:
    """OpenCases for which `tell_silence` may have something to do."""
    return await list_silent(tx, [now - limit for limit in patience.limits()])


async def tell_silence(tx: Transaction, case_id: str, patience: Patience, now: datetime) -> LockedCase:
    """Notes how far the silence of each shelter is. Of several steps that have come meanwhile only the last is told. The case's
    `events` say what this call, and no other process, has to tell; none when there was nothing."""
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
    """OpenCases for which `tell_late` may have something to do."""
    return await list_late(tx, sorted(ON_THE_WAY), now)


async def tell_late(tx: Transaction, case_id: str, now: datetime) -> LockedCase:
    """Notes that the agreed hour has passed and nobody has said whether they came; `events` as `tell_silence`."""
    case = await lock_case(tx, case_id)
    request, chosen = case.request, case.chosen
    is_late = case.state in ON_THE_WAY and request.arrives_at is not None and request.arrives_at <= now
    if not is_late or request.reminded_at is not None or chosen is None:
        return case
    request.reminded_at = now
    return await save_case(tx, SYSTEM, case, "late", now, [chosen.shelter_id])


async def find_lapsed(tx: Transaction, now: datetime) -> list[str]:
    """OpenCases that go on for too long; `lapse_case` ends them."""
    return await list_begun_before(tx, now - LONGEST, now - FORGOTTEN)


async def lapse_case(tx: Transaction, case_id: str, now: datetime, zone: ZoneInfo) -> LockedCase:
    """After a week nothing of what was asked stays, whatever has become of it; after two, a case of which nobody says where the
    person slept ends as unknown. Before that nothing happens; `events` as `tell_silence`."""
    case = await lock_case(tx, case_id)
    age = now - case.request.created_at
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
