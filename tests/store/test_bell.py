"""The bell: heard by everybody, at the commit, in the order of commits; never for what was rolled back."""

import asyncio

import pytest
from sqlalchemy import text

from bedboard.store.bell import Lost, listen, ring
from bedboard.store.database import Database
from tests.build import PATIENCE, Bell, hearing


async def test_a_bell_is_heard_at_the_commit_and_not_before(database: Database) -> None:
    async with hearing(database) as ear:
        async with database.transaction() as tx:
            await ring(tx, "shelter", "linde", 7)
            assert await ear.heard() == []
        assert await ear.heard() == [("shelter", "linde", 7)]


async def test_a_bell_of_a_transaction_that_is_rolled_back_is_never_heard(database: Database) -> None:
    async with hearing(database) as ear:
        with pytest.raises(ZeroDivisionError):
            async with database.transaction() as tx:
                await ring(tx, "shelter", "linde", 7)
                raise ZeroDivisionError
        assert await ear.heard() == []


async def test_bells_come_in_the_order_of_commits_and_to_everybody(database: Database) -> None:
    async with hearing(database) as one, hearing(database) as two:
        async with database.transaction() as slow:
            await ring(slow, "shelter", "linde", 2)
            async with database.transaction() as quick:
                await ring(quick, "shelter", "ceder", 3)
                await ring(quick, "session", "a b c")  # the id is all the rest
        expected: list[Bell] = [("shelter", "ceder", 3), ("session", "a b c", 0), ("shelter", "linde", 2)]
        assert await one.heard() == expected
        assert await two.heard() == expected


async def test_the_bell_carries_a_version_beyond_32_bits(database: Database) -> None:
    async with hearing(database) as ear:
        async with database.transaction() as tx:
            await ring(tx, "shelter", "linde", 2**62)
        assert await ear.heard() == [("shelter", "linde", 2**62)]


async def test_a_closed_listener_hears_nothing_more(database: Database) -> None:
    async with hearing(database) as ear:
        pass
    async with hearing(database) as fence:
        async with database.transaction() as tx:
            await ring(tx, "shelter", "linde", 7)
        assert await fence.heard() == [("shelter", "linde", 7)]
    assert ear._heard == []


async def test_a_line_knows_that_it_stands_and_that_it_has_ended(database: Database) -> None:
    async with listen(database, lambda noun, own_id, version: None) as line:
        await line.check()
        assert not line.ends.done()
        async with database.transaction() as tx:
            ended = await (await tx.connection()).execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'bedboard bell' and datname = current_database()"
                )
            )
            assert ended.scalars().all() == [True]
        async with asyncio.timeout(PATIENCE):
            await line.ends
        with pytest.raises(Lost):
            await line.check()


async def test_without_a_server_there_is_no_line(tmp_path: object) -> None:
    database = Database(f"postgresql://bedboard@/bedboard?host={tmp_path}")
    with pytest.raises(Lost):
        async with listen(database, lambda noun, own_id, version: None):
            raise AssertionError("nobody is there")
    await database.dispose()
