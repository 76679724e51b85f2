# ruff: noqa: S608  (the statements are the test)
"""Transactions against a database that is slow, busy or gone."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.engine import make_url

from bedboard.rules.refusals import Busy, Conflict, Unavailable
from bedboard.store.database import Database
from bedboard.store.shelters import lock_shelter
from tests.build import until
from tests.build.site import as_owner
from tests.build.statements import run


async def version(database: Database) -> object:
    async with database.transaction() as tx:
        return await run(tx, "select version from shelter where id = 'linde'")


class Whatever(Exception):
    pass


@pytest.fixture
async def impatient(shared_database: Database) -> AsyncIterator[Database]:
    """One connection, and a statement may take a fifth of a second."""
    database = Database(shared_database.url, shared_database.marks, pool_size=1, statement_seconds=0.2)
    yield database
    await database.dispose()


async def test_a_transaction_is_kept_at_its_end(board_database: Database) -> None:
    async with board_database.transaction() as tx:
        await run(tx, "update shelter set version = 7 where id = 'linde'")
        assert await version(board_database) == 1
    assert await version(board_database) == 7


async def test_reading_has_no_transaction_and_leaves_none_to_the_next_user_of_the_connection(impatient: Database) -> None:
    async with impatient.reading() as tx:
        moments = [await run(tx, "select now()") for _ in range(2)]
    assert moments[0] != moments[1], "within a transaction, now() stands still"
    with pytest.raises(Whatever):
        async with impatient.transaction() as tx:
            moments = [await run(tx, "select now()") for _ in range(2)]
            await run(tx, "create temporary table left_behind ()")
            raise Whatever
    assert moments[0] == moments[1]
    async with impatient.reading() as tx:
        assert await run(tx, "select to_regclass('left_behind')") is None


@pytest.mark.parametrize("error", [Whatever(), Conflict("overtaken"), asyncio.CancelledError()], ids=repr)
async def test_any_error_rolls_back_and_comes_out_as_it_is(shared_database: Database, error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        async with shared_database.transaction() as tx:
            await run(tx, "update shelter set version = 7 where id = 'linde'")
            raise error
    assert raised.value is error
    assert await version(shared_database) == 1


async def test_waiting_too_long_for_a_lock_is_busy(shared_database: Database) -> None:
    async with shared_database.transaction() as first:
        await lock_shelter(first, "linde")
        with pytest.raises(Busy) as refused:
            async with shared_database.transaction() as second:
                assert await run(second, "show lock_timeout") == "3s"
                await run(second, "set local lock_timeout = '50ms'")
                await lock_shelter(second, "linde")
        assert refused.value.code == "busy"


async def test_every_connection_has_limits_and_speaks_utc(shared_database: Database) -> None:
    async with shared_database.transaction() as tx:
        names = ("statement_timeout", "idle_in_transaction_session_timeout", "timezone", "application_name")
        assert [await run(tx, f"show {name}") for name in names] == ["5s", "10s", "UTC", "bedboard"]


async def test_a_statement_that_takes_too_long_is_given_up_and_the_database_works_again(impatient: Database) -> None:
    with pytest.raises(Busy) as refused:
        async with impatient.transaction() as tx:
            await run(tx, "select pg_sleep(5)")
    assert refused.value.code == "busy"
    assert await version(impatient) == 1


async def test_waiting_for_a_lock_until_the_whole_statement_is_given_up_is_busy(impatient: Database) -> None:
    """The limit on a whole statement ends this one, and the database has answered: so it is busy and not away."""
    other = Database(impatient.url, impatient.marks, pool_size=1)
    async with other.transaction() as first:
        await lock_shelter(first, "linde")
        with pytest.raises(Busy):
            async with impatient.transaction() as second:
                await lock_shelter(second, "linde")
    assert await version(impatient) == 1
    await other.dispose()


async def test_a_database_that_stops_in_the_middle_of_a_statement_is_away(impatient: Database) -> None:
    with pytest.raises(Unavailable) as refused:
        async with impatient.transaction() as tx:
            pid = await run(tx, "select pg_backend_pid()")
            assert isinstance(pid, int)
            os.kill(pid, signal.SIGSTOP)
            try:
                await run(tx, "select 1")
            finally:
                os.kill(pid, signal.SIGCONT)
    assert (type(refused.value), refused.value.code) == (Unavailable, "database_away")
    assert await version(impatient) == 1


async def test_of_two_that_wait_for_each_other_one_is_busy_and_the_other_goes_on(board_database: Database) -> None:
    met = asyncio.Barrier(2)

    async def lock(*names: str) -> str:
        try:
            async with board_database.transaction() as tx:
                await lock_shelter(tx, names[0])
                await met.wait()
                await lock_shelter(tx, names[1])
        except Busy as refusal:
            return refusal.code
        return "done"

    assert sorted(await asyncio.gather(lock("linde", "ceder"), lock("ceder", "linde"))) == ["busy", "done"]


async def test_a_change_that_does_not_go_together_with_another_is_busy_and_saves_nothing(board_database: Database) -> None:
    with pytest.raises(Busy) as refused:
        async with board_database.transaction() as tx:
            await run(tx, "set transaction isolation level serializable")
            await run(tx, "select sum(version) from shelter")
            async with board_database.transaction() as other:
                await run(other, "set transaction isolation level serializable")
                await run(other, "select sum(version) from shelter")
                await run(other, "update shelter set version = 8 where id = 'ceder'")
            await run(tx, "update shelter set version = 7 where id = 'linde'")
    assert refused.value.code == "busy"
    assert await version(board_database) == 1


async def test_a_server_that_refuses_the_commit_has_saved_nothing_so_it_is_busy(board_database: Database) -> None:
    async with as_owner(board_database) as tx:
        await run(
            tx,
            """create function refuse() returns trigger language plpgsql as
            $$ begin raise exception 'x' using errcode = '40001'; end $$""",
        )
        await run(
            tx,
            """create constraint trigger refused after update on shelter deferrable initially deferred
            for each row execute function refuse()""",
        )
    with pytest.raises(Busy) as refused:
        async with board_database.transaction() as tx:
            await run(tx, "update shelter set version = 7 where id = 'linde'")
    assert refused.value.code == "busy"
    assert await version(board_database) == 1


async def test_when_every_connection_is_taken_the_next_is_told_so(impatient: Database) -> None:
    async with impatient.transaction() as tx:
        await run(tx, "select 1")
        with pytest.raises(Busy) as refused:
            await version(impatient)
        assert refused.value.code == "busy"
    assert await version(impatient) == 1


@pytest.mark.parametrize("at", ["a statement", "the commit"])
async def test_a_server_that_ends_the_connection_has_saved_nothing(shared_database: Database, at: str) -> None:
    with pytest.raises(Unavailable) as refused:
        async with shared_database.transaction() as tx:
            await run(tx, "update shelter set version = 7 where id = 'linde'")
            pid = await run(tx, "select pg_backend_pid()")
            async with shared_database.transaction() as other:
                await run(other, f"select pg_terminate_backend({pid})")

                async def is_gone() -> bool:
                    return await run(other, f"select count(*) from pg_stat_activity where pid = {pid}") == 0

                await until(is_gone, "the backend has ended")
            if at == "a statement":
                await run(tx, "select 1")
    assert refused.value.code == ("perhaps_saved" if at == "the commit" else "database_away")
    assert await version(shared_database) == 1


async def test_a_connection_that_died_in_the_pool_is_replaced_before_anybody_meets_it(shared_database: Database) -> None:
    database = Database(shared_database.url, shared_database.marks, pool_size=1)
    async with database.transaction() as tx:
        pid = await run(tx, "select pg_backend_pid()")
    async with shared_database.transaction() as other:
        await run(other, f"select pg_terminate_backend({pid}, 2000)")
    assert await version(database) == 1
    await database.dispose()


async def test_nobody_at_the_address_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        database = Database(f"postgresql://bedboard@127.0.0.1:{unused.getsockname()[1]}/bedboard")
        with pytest.raises(Unavailable, match="database_away"):
            await version(database)
        await database.dispose()


async def test_a_server_without_a_connection_left_is_busy(board_database: Database) -> None:
    async with as_owner(board_database) as tx:
        await run(tx, "create role few login connection limit 1")
    few = make_url(board_database.url).set(username="few").render_as_string(hide_password=False)
    first, second = Database(few), Database(few)
    try:
        async with first.transaction():
            with pytest.raises(Busy):
                async with second.transaction():
                    pass
        await first.dispose()
    finally:
        await second.dispose()
        async with as_owner(board_database) as tx:
            await run(tx, "drop role few")


async def test_no_such_socket_is_unavailable(tmp_path: object) -> None:
    database = Database(f"postgresql://bedboard@/bedboard?host={tmp_path}")
    with pytest.raises(Unavailable, match="database_away"):
        await version(database)
    await database.dispose()


async def test_a_server_that_takes_the_call_and_says_nothing_is_unavailable_within_seconds() -> None:
    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent.append(writer)

    silent: list[asyncio.StreamWriter] = []
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        database = Database(f"postgresql://bedboard@127.0.0.1:{server.sockets[0].getsockname()[1]}/bedboard")
        async with asyncio.timeout(6):
            with pytest.raises(Unavailable, match="database_away"):
                await version(database)
        await database.dispose()
        for writer in silent:
            writer.close()
