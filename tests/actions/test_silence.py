"""A silent shelter is reminded at its minutes, once each, whatever the number of processes, and rightly after a restart."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from bedboard.actions import case_lock
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.silence import find_silent, lapse_case, tell_late, tell_silence
from bedboard.rules.cases import LONGEST_CASE, Patience
from bedboard.store.cases import get_case, list_claims_of
from bedboard.store.database import Database, Transaction
from tests.build import NOW
from tests.build.cases import (
    HANNEKE,
    HOUR,
    MINUTE,
    SANNE,
    TICK,
    ZONE,
    ask,
    ask_also,
    asks,
    bring_to,
    choose,
    confirm,
    miss,
    offer,
    say,
    state,
    told,
    withdraw,
)
from tests.build.rows import do, looking
from tests.build.silence import PATIENCE, look_round, nothing

LIMITS = {"reminder": 5 * MINUTE, "second_line": 10 * MINUTE, "desk": 15 * MINUTE}


# ---- a shelter that stays silent


async def test_a_silent_shelter_is_told_at_five_ten_and_fifteen_minutes_and_not_before(case_database: Database) -> None:
    await ask(case_database, "linde", "ceder")
    for n, (what, limit) in enumerate(LIMITS.items(), start=1):
        assert await nothing(case_database, NOW + limit - TICK)
        async with looking(case_database) as seen:
            assert await look_round(case_database, NOW + limit) == [(what, ["ceder", "linde"])]
        assert seen.changed == {
            ("case_record", "r1"): {"version": n + 1},
            ("ask", "r1", "linde"): {"step": n},
            ("ask", "r1", "ceder"): {"step": n},
        }
        assert told(seen.added) == [(what, "ceder", "clock", "machine"), (what, "linde", "clock", "machine")]
        assert seen.bells == [("case", "r1", n + 1)]
        assert await nothing(case_database, NOW + limit)
    assert await nothing(case_database, NOW + 24 * HOUR)


async def test_the_minutes_are_a_setting(case_database: Database) -> None:
    patience = Patience(1 * MINUTE, 2 * MINUTE, 90 * MINUTE)
    await ask(case_database)
    assert await look_round(case_database, NOW + MINUTE, patience) == [("reminder", ["linde"])]
    assert await nothing(case_database, NOW + 2 * MINUTE - TICK, patience)
    assert await look_round(case_database, NOW + 2 * MINUTE, patience) == [("second_line", ["linde"])]
    assert await nothing(case_database, NOW + 90 * MINUTE - TICK, patience)
    assert await look_round(case_database, NOW + 90 * MINUTE, patience) == [("desk", ["linde"])]


@pytest.mark.parametrize(("minutes", "what"), [(7, "reminder"), (12, "second_line"), (15, "desk"), (600, "desk")])
async def test_after_a_restart_only_the_last_step_is_told(case_database: Database, minutes: int, what: str) -> None:
    await ask(case_database)
    assert await look_round(case_database, NOW + minutes * MINUTE) == [(what, ["linde"])]
    assert await nothing(case_database, NOW + minutes * MINUTE)


async def test_after_a_restart_in_between_nothing_is_told_twice_and_nothing_left_out(case_database: Database) -> None:
    await ask(case_database)
    assert await look_round(case_database, NOW + 5 * MINUTE) == [("reminder", ["linde"])]
    other = Database(case_database.url, case_database.marks, pool_size=2)  # a process that was not there before
    try:
        assert await nothing(other, NOW + 9 * MINUTE)
        assert await look_round(other, NOW + 11 * MINUTE) == [("second_line", ["linde"])]
        assert await nothing(case_database, NOW + 11 * MINUTE)
    finally:
        await other.dispose()


async def test_each_shelter_is_silent_since_it_was_asked_itself(case_database: Database) -> None:
    await ask(case_database, "linde")
    await ask_also(case_database, "ceder", at=NOW + 4 * MINUTE)
    assert await look_round(case_database, NOW + 5 * MINUTE) == [("reminder", ["linde"])]
    assert await look_round(case_database, NOW + 9 * MINUTE) == [("reminder", ["ceder"])]
    assert await look_round(case_database, NOW + 15 * MINUTE) == [("desk", ["linde"]), ("second_line", ["ceder"])]


async def test_an_answer_ends_the_silence_whatever_it_is(case_database: Database) -> None:
    await ask(case_database, "linde", "ceder", "beuk", "wilg")
    await offer(case_database, "linde-1")
    await say(case_database, "ceder", "discuss")
    await say(case_database, "beuk", "no", None, "no_staff", who=HANNEKE)
    assert await look_round(case_database, NOW + 5 * MINUTE) == [("reminder", ["wilg"])]
    assert await look_round(case_database, NOW + 90 * MINUTE) == [
        ("desk", ["wilg"])
    ]  # the offer has run out, which is no silence


@pytest.mark.parametrize("so_far", ["chosen", "provisional", "confirmed", "housed", "arrived", "withdrawn", "ended"])
async def test_a_settled_part_or_a_case_that_is_over_reminds_nobody(case_database: Database, so_far: str) -> None:
    await ask(case_database, "linde", "wilg", case_id="other")  # so that looking round finds something
    await bring_to(case_database, so_far)
    said = await look_round(case_database, NOW + 15 * MINUTE)
    assert said == [("desk", ["linde", "wilg"])]
    assert {part["step"] for part in (await asks(case_database)).values()} == {0}


async def test_a_shelter_that_is_asked_again_gets_the_same_patience(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    await miss(case_database, "linde", at=NOW + HOUR)
    await ask_also(case_database, "linde", at=NOW + HOUR)
    assert await nothing(case_database, NOW + HOUR + 5 * MINUTE - TICK)
    assert await look_round(case_database, NOW + HOUR + 5 * MINUTE) == [("reminder", ["linde"])]


# ---- once, with several processes


@asynccontextmanager
async def processes(database: Database, count: int = 2) -> AsyncIterator[list[Database]]:
    others = [Database(database.url, database.marks, pool_size=10) for _ in range(count - 1)]
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


async def test_of_many_processes_that_find_it_one_tells(case_database: Database) -> None:
    await bring_to(case_database, "confirmed", case_id="late")
    await ask(case_database, "linde", "ceder", case_id="silent")
    async with processes(case_database, 3) as each:
        at = NOW + 5 * MINUTE
        assert await at_once(each, lambda tx: tell_silence(tx, "silent", PATIENCE, at)) == [("reminder", ["ceder", "linde"])]
        hour = NOW + 2 * HOUR
        assert await at_once(each, lambda tx: tell_late(tx, "late", ZONE, hour)) == [("late", ["linde"])]
        end = NOW + LONGEST_CASE  # of the silent one: nothing was chosen
        assert await at_once(each, lambda tx: lapse_case(tx, "silent", end, ZONE)) == [("lapsed", [])]


async def test_without_the_lock_it_is_told_more_than_once(case_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
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
    await ask(case_database)
    async with processes(case_database) as each:
        said = await at_once(each, lambda tx: tell_silence(tx, "r1", PATIENCE, NOW + 5 * MINUTE), 2)
    assert said == [("reminder", ["linde"])] * 2


async def test_an_answer_that_comes_first_leaves_nothing_to_tell(case_database: Database) -> None:
    """Found as silent, and answered before it could be told."""
    await ask(case_database)
    found = await do(case_database, lambda tx: find_silent(tx, PATIENCE, NOW + 5 * MINUTE))
    assert found == ["r1"]
    await say(case_database, "linde", "discuss", at=NOW + 5 * MINUTE)
    async with looking(case_database) as seen:
        case = await do(case_database, lambda tx: tell_silence(tx, "r1", PATIENCE, NOW + 5 * MINUTE))
    assert (case.events, seen.nothing) == ([], True)


# ---- minutes and answers, whatever the hour


async def test_in_the_night_in_which_the_clocks_change_minutes_are_minutes(case_database: Database) -> None:
    """01:58 in Amsterdam; five minutes later the clock on the wall says 03:03."""
    at = datetime.fromisoformat("2026-03-29T01:58:00+01:00")
    await ask(case_database, at=at)
    assert await nothing(case_database, at + 5 * MINUTE - TICK)
    assert await look_round(case_database, at + 5 * MINUTE) == [("reminder", ["linde"])]


async def test_the_desk_and_the_shelter_may_still_answer_after_the_last_step(case_database: Database) -> None:
    await ask(case_database)
    await look_round(case_database, NOW + 15 * MINUTE)
    await say(case_database, "linde", "discuss", who=HANNEKE, at=NOW + 16 * MINUTE)
    await offer(case_database, "linde-1", who=SANNE, at=NOW + 17 * MINUTE)
    await choose(case_database, "linde", at=NOW + 17 * MINUTE)
    await confirm(case_database, at=NOW + 18 * MINUTE)
    assert await state(case_database) == "confirmed"
    await withdraw(case_database, at=NOW + 18 * MINUTE)
