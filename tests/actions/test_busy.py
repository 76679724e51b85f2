"""When others are at the same rows or connections for too long, a caller is told that it is busy, and nothing is saved."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bedboard.actions.holds import hold_place
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.rules.refusals import Busy, Refusal
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import lock_shelter
from tests.build import NOW, actor
from tests.build.rows import every_row

MARK = actor("police", "mark", ())


async def hold(database: Database) -> str:
    """The place that mark now holds, by a call that has a key."""

    async def work(tx: Transaction) -> str:
        return (await hold_place(tx, MARK, ["linde-1"], "h1", NOW)).place_ids[0]

    done = await apply_once(database, MARK, make_key("k1", "hold"), NOW, work, lambda place_id: Reply(200, place_id.encode()))
    return done.reply.body.decode()


@pytest.fixture
async def small(board_database: Database) -> AsyncIterator[Database]:
    """Two connections to the board."""
    database = Database(board_database.url, board_database.marks, pool_size=2)
    yield database
    await database.dispose()


async def test_a_lock_that_does_not_come_in_time_is_busy_and_the_same_call_then_goes_through(board_database: Database) -> None:
    before = await every_row(board_database)
    async with board_database.transaction() as other:
        await lock_shelter(other, "linde")
        with pytest.raises(Busy) as refused:
            await hold(board_database)
    assert refused.value.code == "busy"
    assert await every_row(board_database) == before
    assert await hold(board_database) == "linde-1"


async def test_a_connection_that_does_not_come_free_in_time_is_busy_and_the_same_call_then_goes_through(
    board_database: Database, small: Database
) -> None:
    before = await every_row(board_database)
    async with small.transaction(), small.transaction():
        with pytest.raises(Busy) as refused:
            await hold(small)
    assert refused.value.code == "busy"
    assert await every_row(board_database) == before
    assert await hold(small) == "linde-1"


async def test_every_caller_of_a_place_that_stays_locked_hears_busy(board_database: Database, small: Database) -> None:
    """Two wait for locks and six for a connection; all of them hear the same."""

    async def take(n: int) -> str:
        try:
            async with small.transaction() as tx:
                return (await hold_place(tx, MARK, ["linde-1"], f"h{n}", NOW)).place_ids[0]
        except Refusal as refusal:
            return refusal.code

    async with board_database.transaction() as other:
        await lock_shelter(other, "linde")
        heard = await asyncio.gather(*(take(n) for n in range(8)))
    assert heard == ["busy"] * 8
