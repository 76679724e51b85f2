"""Cases for which a moment has come, and the locks on a case."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bedboard.store.case_events import write_case_event
from bedboard.store.cases import get_case, lock_case_record
from bedboard.store.cases_due import get_begun_again_at, list_late, list_left_alone, list_silent
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import lock_shelter
from tests.build import NOW, add_request
from tests.build.case_rows import OVER, add, add_ask, said, settled
from tests.build.cases import MARK, MINUTE

DAY = timedelta(days=1)


# ---- what is due


async def test_silence_is_found_when_a_step_has_come_that_nobody_was_told(tx: Transaction) -> None:
    async def silent(at: datetime) -> list[str]:
        return await list_silent(tx, [at - 5 * MINUTE, at - 10 * MINUTE, at - 15 * MINUTE])

    parts: dict[str, dict[str, Any]] = {
        "new": {"asked_at": NOW - 4 * MINUTE},
        "five": {"asked_at": NOW - 5 * MINUTE},
        "told": {"asked_at": NOW - 5 * MINUTE, "step": 1},
        "ten": {"asked_at": NOW - 11 * MINUTE, "step": 1},
        "missed all": {"asked_at": NOW - 40 * MINUTE},
        "all told": {"asked_at": NOW - 40 * MINUTE, "step": 3},
        "said": {"asked_at": NOW - 40 * MINUTE} | said("discuss"),
        "settled": {"asked_at": NOW - 40 * MINUTE} | settled("other_chosen"),
    }
    for case_id, part in parts.items():
        await add(tx, case_id)
        await add_ask(tx, case_id, **part)
    await add_ask(tx, "five", "ceder", NOW - 6 * MINUTE)  # twice in one case is one case
    assert await silent(NOW) == ["five", "missed all", "ten"]
    assert await silent(NOW + MINUTE) == ["five", "missed all", "new", "ten"]


async def test_an_hour_that_passed_is_found_only_in_the_states_that_are_meant(tx: Transaction) -> None:
    cases: dict[str, dict[str, Any]] = {
        "now": {"arrives_at": NOW},
        "later": {"arrives_at": NOW + MINUTE},
        "told": {"arrives_at": NOW, "reminded_at": NOW},
        "chosen": {"arrives_at": NOW, "state": "chosen"},
    }
    for case_id, rest in cases.items():
        given: dict[str, Any] = {"state": "confirmed", "decided_at": NOW} | rest
        await add(tx, case_id, **given)
    found = [(row.id, row.arrives_at, row.reminded_at) for row in await list_late(tx, ["confirmed", "provisional"], NOW)]
    assert found == [("now", NOW, None), ("told", NOW, NOW)]


async def test_cases_that_lapse_are_left_alone_for_too_long_or_forgotten(tx: Transaction) -> None:
    tick = timedelta(microseconds=1)
    await add(tx, "old", NOW - DAY)
    await add(tx, "then", NOW)
    await add(tx, "later", NOW + tick)
    await add(tx, "over", NOW - DAY, state="withdrawn", **OVER)
    await add(tx, "over later", NOW - DAY, state="withdrawn", **OVER | {"over_at": NOW + tick})
    await add(tx, "ended", NOW - 9 * DAY, state="ended", **OVER)
    for case_id, at in (("arrives", NOW), ("arrives later", NOW + tick)):
        await add(tx, case_id, NOW - DAY, state="confirmed", arrives_at=at, decided_at=NOW - DAY)
    for case_id, what, at in (
        ("resumed", "resumed", NOW),
        ("resumed later", "resumed", NOW + tick),
        ("asked later", "asked", NOW + tick),
    ):
        await add(tx, case_id, NOW - DAY)
        await write_case_event(tx, MARK, case_id, what, at)
    left = ["arrives", "asked later", "old", "resumed", "then"]
    assert await list_left_alone(tx, NOW, NOW - 2 * DAY) == left
    assert await list_left_alone(tx, NOW, NOW - DAY) == sorted([*left, "over"])
    assert await get_begun_again_at(tx, "resumed later") == NOW + tick
    assert await get_begun_again_at(tx, "asked later") is None


# ---- locks


HOW = "select id from {} for update skip locked"


async def test_a_case_is_locked_until_the_end_of_the_transaction_and_read_afresh(board_database: Database) -> None:
    async with board_database.transaction() as tx:
        await add_request(tx, "r1")
        await add_request(tx, "r2")
    async with board_database.transaction() as first:
        early = await get_case(first, "r1")
        await (await first.connection()).execute(text("update case_record set version = 9 where id = 'r1'"))
        locked = await lock_case_record(first, "r1")
        assert locked is early and locked is not None and locked.version == 9
        assert await lock_case_record(first, "none") is None
        async with board_database.transaction() as second:
            assert list((await (await second.connection()).execute(text(HOW.format("case_record")))).scalars()) == ["r2"]


@pytest.mark.parametrize("lock", ["case_record", "shelter"])
async def test_a_row_that_points_to_a_locked_one_does_not_wait_and_a_second_lock_does(
    board_database: Database, lock: str
) -> None:
    """Otherwise somebody who is asked and somebody who locks several shelters could wait for each other in a circle."""
    async with board_database.transaction() as tx:
        await add_request(tx)
    async with board_database.transaction() as first:
        assert await (lock_case_record(first, "r1") if lock == "case_record" else lock_shelter(first, "linde")) is not None
        async with board_database.transaction() as second:
            await (await second.connection()).execute(text("set local lock_timeout = '200ms'"))
            await add_ask(second, "r1", "linde")
            await write_case_event(second, MARK, "r1", "asked", NOW)
        async with board_database.engine.connect() as third:
            await third.execute(text("set local lock_timeout = '100ms'"))
            with pytest.raises(DBAPIError, match="lock timeout"):
                await third.execute(text(f"select id from {lock} for no key update"))  # noqa: S608
