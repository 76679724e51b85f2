"""Time alone brings news to a request, each once, whatever the number of processes, and rightly after a restart.

It is silence that is told at its minutes, an hour that passes, or a case that goes on too long.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from bedboard.actions import case_lock
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.silence import find_lapsed, find_late, find_silent, lapse_case, tell_late, tell_silence
from bedboard.rules.cases import FORGOTTEN, LONGEST, Patience
from bedboard.rules.refusals import NotFound
from bedboard.store.cases import get_case, list_claims_of
from bedboard.store.database import Database, Transaction
from tests.build import NOW
from tests.build.cases import (
    HANNEKE,
    HOUR,
    MINUTE,
    NEEDS,
    SANNE,
    TICK,
    ZONE,
    arrive,
    ask,
    ask_also,
    asks,
    bring_to,
    choose,
    confirm,
    live_claims,
    miss,
    offer,
    say,
    state,
    tallies,
    tell,
    told,
    withdraw,
)
from tests.build.rows import do, every_row, looking, refused, status

PATIENCE = Patience()
LIMITS = {"reminder": 5 * MINUTE, "second_line": 10 * MINUTE, "desk": 15 * MINUTE}


async def look_round(database: Database, at: datetime, patience: Patience = PATIENCE) -> list[tuple[str, list[str]]]:
    """As the job does it in one process, a little later: what this process has to tell, and to which shelters."""
    found: list[tuple[str, Sequence[str]]] = []
    for find, tell_it in (
        (lambda tx: find_silent(tx, patience, at), lambda tx, case_id: tell_silence(tx, case_id, patience, at)),
        (lambda tx: find_late(tx, at), lambda tx, case_id: tell_late(tx, case_id, at)),
        (lambda tx: find_lapsed(tx, at), lambda tx, case_id: lapse_case(tx, case_id, at, ZONE)),
    ):
        for case_id in await do(database, find):
            case: LockedCase = await do(database, lambda tx, case_id=case_id, tell_it=tell_it: tell_it(tx, case_id))  # type: ignore[misc]
            found += case.events
    return [(what, list(shelters)) for what, shelters in found]


async def nothing(database: Database, at: datetime, patience: Patience = PATIENCE) -> bool:
    """There is nothing to tell at this moment, and looking for it leaves no trace."""
    async with looking(database) as seen:
        said = await look_round(database, at, patience)
    return said == [] and seen.nothing


# ---- a shelter that stays silent


async def test_a_silent_shelter_is_told_at_five_ten_and_fifteen_minutes_and_not_before(field: Database) -> None:
    await ask(field, "linde", "ceder")
    for n, (what, limit) in enumerate(LIMITS.items(), start=1):
        assert await nothing(field, NOW + limit - TICK)
        async with looking(field) as seen:
            assert await look_round(field, NOW + limit) == [(what, ["ceder", "linde"])]
        assert seen.changed == {
            ("case_record", "r1"): {"version": n + 1},
            ("ask", "r1", "linde"): {"step": n},
            ("ask", "r1", "ceder"): {"step": n},
        }
        assert told(seen.added) == [(what, "ceder", "clock", "machine"), (what, "linde", "clock", "machine")]
        assert seen.bells == [("case", "r1", n + 1)]
        assert await nothing(field, NOW + limit)
    assert await nothing(field, NOW + 24 * HOUR)


async def test_the_minutes_are_a_setting(field: Database) -> None:
    patience = Patience(1 * MINUTE, 2 * MINUTE, 90 * MINUTE)
    await ask(field)
    assert await look_round(field, NOW + MINUTE, patience) == [("reminder", ["linde"])]
    assert await nothing(field, NOW + 2 * MINUTE - TICK, patience)
    assert await look_round(field, NOW + 2 * MINUTE, patience) == [("second_line", ["linde"])]
    assert await nothing(field, NOW + 90 * MINUTE - TICK, patience)
    assert await look_round(field, NOW + 90 * MINUTE, patience) == [("desk", ["linde"])]


@pytest.mark.parametrize(("minutes", "what"), [(7, "reminder"), (12, "second_line"), (15, "desk"), (600, "desk")])
async def test_after_a_restart_only_the_last_step_is_told(field: Database, minutes: int, what: str) -> None:
    await ask(field)
    assert await look_round(field, NOW + minutes * MINUTE) == [(what, ["linde"])]
    assert await nothing(field, NOW + minutes * MINUTE)


async def test_after_a_restart_in_between_nothing_is_told_twice_and_nothing_left_out(field: Database) -> None:
    await ask(field)
    assert await look_round(field, NOW + 5 * MINUTE) == [("reminder", ["linde"])]
    other = Database(field.url, pool_size=2)  # a process that was not there before
    try:
        assert await nothing(other, NOW + 9 * MINUTE)
        assert await look_round(other, NOW + 11 * MINUTE) == [("second_line", ["linde"])]
        assert await nothing(field, NOW + 11 * MINUTE)
    finally:
        await other.dispose()


async def test_each_shelter_is_silent_since_it_was_asked_itself(field: Database) -> None:
    await ask(field, "linde")
    await ask_also(field, "ceder", at=NOW + 4 * MINUTE)
    assert await look_round(field, NOW + 5 * MINUTE) == [("reminder", ["linde"])]
    assert await look_round(field, NOW + 9 * MINUTE) == [("reminder", ["ceder"])]
    assert await look_round(field, NOW + 15 * MINUTE) == [("desk", ["linde"]), ("second_line", ["ceder"])]


async def test_an_answer_ends_the_silence_whatever_it_is(field: Database) -> None:
    await ask(field, "linde", "ceder", "beuk", "wilg")
    await offer(field, "linde-1")
    await say(field, "ceder", "discuss")
    await say(field, "beuk", "no", None, "no_staff", who=HANNEKE)
    assert await look_round(field, NOW + 5 * MINUTE) == [("reminder", ["wilg"])]
    assert await look_round(field, NOW + 90 * MINUTE) == [("desk", ["wilg"])]  # the offer has run out, which is no silence


@pytest.mark.parametrize("so_far", ["chosen", "provisional", "confirmed", "housed", "arrived", "withdrawn", "ended"])
async def test_a_settled_part_or_a_case_that_is_over_reminds_nobody(field: Database, so_far: str) -> None:
    await ask(field, "linde", "wilg", case_id="other")  # so that looking round finds something
    await bring_to(field, so_far)
    said = await look_round(field, NOW + 15 * MINUTE)
    assert said == [("desk", ["linde", "wilg"])]
    assert {part["step"] for part in (await asks(field)).values()} == {0}


async def test_a_shelter_that_is_asked_again_gets_the_same_patience(field: Database) -> None:
    await bring_to(field, "confirmed")
    await miss(field, "linde", at=NOW + HOUR)
    await ask_also(field, "linde", at=NOW + HOUR)
    assert await nothing(field, NOW + HOUR + 5 * MINUTE - TICK)
    assert await look_round(field, NOW + HOUR + 5 * MINUTE) == [("reminder", ["linde"])]


# ---- once, with several processes


@asynccontextmanager
async def processes(database: Database, count: int = 2) -> AsyncIterator[list[Database]]:
    others = [Database(database.url, pool_size=10) for _ in range(count - 1)]
    try:
        yield [database, *others]
    finally:
        for other in others:
            await other.dispose()


Tell = Callable[[Transaction], Awaitable[LockedCase]]


async def at_once(databases: Sequence[Database], tell_it: Tell, times: int = 6) -> list[tuple[str, Sequence[str]]]:
    """What all of them together have to tell, after all of them have found the case still to be told."""
    cases = await asyncio.gather(*(do(databases[n % len(databases)], tell_it) for n in range(times)))
    return [event for case in cases for event in case.events]


async def test_of_many_processes_that_find_it_one_tells(field: Database) -> None:
    await bring_to(field, "confirmed", case_id="late")
    await ask(field, "linde", "ceder", case_id="silent")
    async with processes(field, 3) as each:
        at = NOW + 5 * MINUTE
        assert await at_once(each, lambda tx: tell_silence(tx, "silent", PATIENCE, at)) == [("reminder", ["ceder", "linde"])]
        hour = NOW + 2 * HOUR
        assert await at_once(each, lambda tx: tell_late(tx, "late", hour)) == [("late", ["linde"])]
        end = NOW + LONGEST
        assert await at_once(each, lambda tx: lapse_case(tx, "silent", end, ZONE)) == [("lapsed", [])]


async def test_without_the_lock_it_is_told_more_than_once(field: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: everybody reads before anybody writes."""
    barrier = asyncio.Barrier(2)
    reading = list_claims_of

    async def slow(tx: Transaction, case_id: str) -> Any:
        found = await reading(tx, case_id)
        async with asyncio.timeout(5):
            await barrier.wait()
        return found

    monkeypatch.setattr(case_lock, "lock_case_record", get_case)
    monkeypatch.setattr(case_lock, "list_claims_of", slow)
    await ask(field)
    async with processes(field) as each:
        said = await at_once(each, lambda tx: tell_silence(tx, "r1", PATIENCE, NOW + 5 * MINUTE), 2)
    assert said == [("reminder", ["linde"])] * 2


async def test_an_answer_that_comes_first_leaves_nothing_to_tell(field: Database) -> None:
    """Found as silent, and answered before it could be told."""
    await ask(field)
    found = await do(field, lambda tx: find_silent(tx, PATIENCE, NOW + 5 * MINUTE))
    assert found == ["r1"]
    await say(field, "linde", "discuss", at=NOW + 5 * MINUTE)
    async with looking(field) as seen:
        case = await do(field, lambda tx: tell_silence(tx, "r1", PATIENCE, NOW + 5 * MINUTE))
    assert (case.events, seen.nothing) == ([], True)


# ---- the agreed hour


@pytest.mark.parametrize("so_far", ["provisional", "confirmed"])
async def test_when_the_agreed_hour_passes_it_is_told_once(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    hour = NOW + 2 * HOUR
    assert await nothing(field, hour - TICK)
    async with looking(field) as seen:
        assert await look_round(field, hour) == [("late", ["linde"])]
    assert seen.changed["case_record", "r1"]["reminded_at"] == hour
    assert told(seen.added) == [("late", "linde", "clock", "machine")]
    assert await nothing(field, hour + HOUR)
    await arrive(field, "linde", at=hour + HOUR)  # late, and there all the same


@pytest.mark.parametrize("so_far", ["asking", "chosen", "housed", "arrived", "withdrawn", "ended"])
async def test_only_people_on_the_way_are_late(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    assert await nothing(field, NOW + 3 * HOUR)


async def test_another_choice_has_an_hour_of_its_own(field: Database) -> None:
    await bring_to(field, "confirmed")
    await look_round(field, NOW + 2 * HOUR)
    await miss(field, "linde", at=NOW + 3 * HOUR)
    await ask_also(field, "beuk", at=NOW + 3 * HOUR)
    await offer(field, "beuk-1", at=NOW + 3 * HOUR)
    await choose(field, "beuk", at=NOW + 3 * HOUR)
    assert await nothing(field, NOW + 5 * HOUR - TICK)
    assert await look_round(field, NOW + 5 * HOUR) == [("late", ["beuk"])]


# ---- too long


@pytest.mark.parametrize("so_far", ["asking", "chosen", "provisional", "confirmed"])
async def test_after_a_week_nothing_that_was_asked_stays_and_no_place_is_kept(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    await look_round(field, NOW + LONGEST - TICK)  # what silence and lateness there was has been told
    assert await nothing(field, NOW + LONGEST - TICK)
    async with looking(field) as seen:
        assert await look_round(field, NOW + LONGEST) == [("lapsed", ["linde"])]
    assert await state(field) == "withdrawn"
    assert NEEDS.decode() not in repr(await every_row(field))
    assert await live_claims(field) == {}
    assert told(seen.added) == [("lapsed", None, "clock", "machine")]
    assert await nothing(field, NOW + LONGEST + HOUR)
    await tell(field, "hotel", at=NOW + LONGEST + HOUR)  # that question is still asked
    assert await state(field) == "ended"


async def test_after_a_week_without_ratification_an_arrival_is_final_and_counted(field: Database) -> None:
    await bring_to(field, "housed")
    assert await look_round(field, NOW + LONGEST) == [("lapsed", [])]
    assert await state(field) == "arrived"
    assert NEEDS.decode() not in repr(await every_row(field))
    assert await status(field, "linde-1", NOW + LONGEST) == "occupied"
    counted = await tallies(field)
    assert (counted["request", "", "", "arrived"], counted["placed_kind", "", "cosm", ""]) == (1, 1)
    assert await nothing(field, NOW + LONGEST + HOUR)


@pytest.mark.parametrize("so_far", ["arrived", "withdrawn", "ended"])
async def test_a_case_that_is_over_does_not_lapse(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    at = NOW + FORGOTTEN - TICK if so_far == "withdrawn" else NOW + 2 * FORGOTTEN
    assert await nothing(field, at)
    async with looking(field) as seen:
        await do(field, lambda tx: lapse_case(tx, "r1", at, ZONE))
    assert seen.nothing


async def test_when_nobody_says_for_two_weeks_where_the_person_slept_it_counts_as_unknown(field: Database) -> None:
    await bring_to(field, "withdrawn")
    before = await tallies(field)
    async with looking(field) as seen:
        assert await look_round(field, NOW + FORGOTTEN) == [("ended", [])]
    assert seen.changed == {("case_record", "r1"): {"version": 5, "state": "ended", "unit_code": None}}
    assert told(seen.added) == [("ended", None, "clock", "machine")]
    counted = {("slept", "noord", "", "unknown"): 1, ("request", "", "", "ended"): 1}
    assert await tallies(field) == before | counted
    assert await nothing(field, NOW + 2 * FORGOTTEN)


async def test_an_unknown_case_is_not_found(field: Database) -> None:
    for action in (
        lambda tx: tell_silence(tx, "none", PATIENCE, NOW),
        lambda tx: tell_late(tx, "none", NOW),
        lambda tx: lapse_case(tx, "none", NOW, ZONE),
    ):
        assert isinstance(await refused(field, action), NotFound)


async def test_in_the_night_in_which_the_clocks_change_minutes_are_minutes(field: Database) -> None:
    """01:58 in Amsterdam; five minutes later the clock on the wall says 03:03."""
    at = datetime.fromisoformat("2026-03-29T01:58:00+01:00")
    await ask(field, at=at)
    assert await nothing(field, at + 5 * MINUTE - TICK)
    assert await look_round(field, at + 5 * MINUTE) == [("reminder", ["linde"])]


async def test_the_desk_and_the_shelter_may_still_answer_after_the_last_step(field: Database) -> None:
    await ask(field)
    await look_round(field, NOW + 15 * MINUTE)
    await say(field, "linde", "discuss", who=HANNEKE, at=NOW + 16 * MINUTE)
    await offer(field, "linde-1", who=SANNE, at=NOW + 17 * MINUTE)
    await choose(field, "linde", at=NOW + 17 * MINUTE)
    await confirm(field, at=NOW + 18 * MINUTE)
    assert await state(field) == "confirmed"
    await withdraw(field, at=NOW + 18 * MINUTE)
