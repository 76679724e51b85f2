"""One deadline for all statements of a call: on a slow way to the database, through a hole, and while others are in the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from bedboard.rules.refusals import Conflict, Refusal, Unavailable
from bedboard.store.database import Database
from bedboard.store.limits import limits_for
from bedboard.store.shelters import lock_shelter
from tests.build import until
from tests.build.proxy import Proxy
from tests.build.statements import run

SHORT = 0.8
"""Seconds of a call in these tests; a process gives ten times as many."""


def soon(seconds: float = SHORT) -> float:
    return asyncio.get_running_loop().time() + seconds


@pytest.fixture
async def proxy(board_database: Database) -> AsyncIterator[Proxy]:
    async with Proxy(board_database.url) as proxy:
        yield proxy


@pytest.fixture
async def far(board_database: Database, proxy: Proxy) -> AsyncIterator[Database]:
    """The board, by way of the proxy; with one connection, so that one that is not given back is missed."""
    database = Database(proxy.url, board_database.marks, pool_size=1)
    async with database.transaction() as tx:
        await run(tx, "select 1")
    yield database
    await database.dispose()


async def tap(database: Database, last: float | None) -> str:
    """Lock linde and ask thirty things; return what became of it."""
    try:
        async with database.transaction(last) as tx:
            await lock_shelter(tx, "linde")
            await run(tx, "update shelter set version = version + 1 where id = 'linde'")
            for _ in range(30):
                await run(tx, "select 1")
    except Refusal as refusal:
        return refusal.code
    return "done"


async def is_locked(database: Database) -> bool:
    async with database.transaction() as tx:
        return await run(tx, "select 1 from shelter where id = 'linde' for update skip locked") is None


async def test_a_call_on_a_slow_way_ends_at_its_last_moment_and_leaves_no_lock(
    board_database: Database, far: Database, proxy: Proxy
) -> None:
    proxy.delay = 0.05
    assert await tap(far, None) == "done", "every statement alone is quick enough"
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert await tap(far, soon()) == "database_away"
    assert SHORT - 0.3 < loop.time() - begun

    async def is_free() -> bool:
        return not await is_locked(board_database)

    await until(is_free, "the shelter can be locked again")
    async with board_database.transaction() as tx:
        assert await run(tx, "select version from shelter where id = 'linde'") == 2
    proxy.delay = 0
    assert await tap(far, soon(30)) == "done", "the connection was given back"


async def test_a_hole_in_the_middle_of_a_call_ends_it_and_the_server_gives_the_lock_back_by_itself(
    board_database: Database, far: Database, proxy: Proxy
) -> None:
    async def work() -> None:
        async with far.transaction(soon()) as tx:
            await lock_shelter(tx, "linde")
            proxy.shut()
            await run(tx, "select 1")

    with pytest.raises(Unavailable) as refused:
        async with asyncio.timeout(5):  # a statement that is not answered is given up after seven
            await work()
    assert refused.value.code == "database_away"

    async def is_free() -> bool:
        return not await is_locked(board_database)

    await until(is_free, "the lock is gone", seconds=9)  # an idle transaction without a deadline is ended after ten
    proxy.open()
    assert await tap(far, soon(30)) == "done"


async def test_only_a_call_whose_commit_was_sent_is_perhaps_saved(
    far: Database, proxy: Proxy, board_database: Database
) -> None:
    with pytest.raises(Unavailable) as refused:
        async with far.transaction(soon()) as tx:
            await run(tx, "update shelter set version = 7 where id = 'linde'")
            proxy.loses_replies = True
    assert refused.value.code == "perhaps_saved"
    async with board_database.transaction() as tx:
        assert await run(tx, "select version from shelter where id = 'linde'") == 7


async def test_a_refusal_comes_in_time_though_its_roll_back_is_not_answered(far: Database, proxy: Proxy) -> None:
    with pytest.raises(Refusal) as refused:
        async with far.transaction(soon()) as tx:
            await run(tx, "select 1")
            proxy.shut()
            raise Conflict("not_free")
    assert refused.value.code in ("not_free", "database_away")
    proxy.open()
    assert await tap(far, soon(30)) == "done", "the connection was given back"


async def test_a_call_that_only_waits_for_others_is_busy_at_its_last_moment(board_database: Database, far: Database) -> None:
    async with board_database.transaction() as first:
        await lock_shelter(first, "linde")
        assert await tap(far, soon()) == "busy"


async def test_the_wait_for_a_connection_counts(far: Database) -> None:
    async with far.transaction():
        with pytest.raises(Unavailable):
            async with far.transaction(soon(0.1)):
                pass
    assert await tap(far, soon(30)) == "done"


async def test_work_that_is_cancelled_ends_at_once_though_the_database_does_not_answer(far: Database, proxy: Proxy) -> None:
    async def work() -> None:
        async with far.transaction() as tx:
            await run(tx, "select 1")
            proxy.shut()
            begun.set()
            await asyncio.Event().wait()

    begun = asyncio.Event()
    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    async with asyncio.timeout(4):  # a statement that is not answered is given up after seven
        with suppress(asyncio.CancelledError):
            await task
        await far.dispose()


async def test_a_transaction_has_the_limits_that_are_left_and_never_more_than_usual(board_database: Database) -> None:
    names = ("statement_timeout", "lock_timeout", "transaction_timeout")

    async def limits(last: float | None) -> list[object]:
        async with board_database.transaction(last) as tx:
            return [await run(tx, f"show {name}") for name in names]

    usual: list[object] = ["5s", "3s", "0"]
    assert await limits(None) == usual
    statement, lock, whole = await limits(soon(60))
    assert (statement, lock) == ("5s", "3s") and str(whole).endswith("ms") and str(whole).startswith("59")
    statement, lock, whole = await limits(soon(2))
    assert statement == lock and str(lock).startswith("13") and str(whole).startswith("17")
    assert await limits(None) == usual, "nothing stays with the connection"


def test_an_older_server_limits_each_statement_and_each_pause() -> None:
    longest = {"statement_timeout": 5.0, "lock_timeout": 3.0}
    assert limits_for(4.0, 15, longest).split(";") == [
        " SET LOCAL idle_in_transaction_session_timeout = 4000",
        " SET LOCAL lock_timeout = 3000",
        " SET LOCAL statement_timeout = 3000",
        "",
    ]
    assert "transaction_timeout = 4000" in limits_for(4.0, 17, longest)
    assert limits_for(-1.0, 17, longest).count("= 1;") == 3
