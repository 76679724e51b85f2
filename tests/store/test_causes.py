# ruff: noqa: S608  (the statements are the test)
"""Errors of the database, each named by its cause and answered with its refusal."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from bedboard.rules.refusals import Busy, Conflict, Refusal, Unavailable
from bedboard.store.causes import cause_of
from bedboard.store.database import Database
from tests.build.site import as_owner
from tests.build.statements import run

KINDS: dict[str, tuple[type[Refusal], str]] = {
    "away": (Unavailable, "database_away"),
    "read_only": (Unavailable, "database_read_only"),
    "full": (Unavailable, "database_full"),
    "busy": (Busy, "busy"),
    "conflict": (Conflict, "changed_meanwhile"),
}
STATES = {
    "away": "08000 08001 08003 08004 08006 08P01 25P03 25P04 28000 28P01 3D000 40003 53000 53200 53400 57000 57P01 57P02 57P03"
    " 57P04 57P05 58000 58030 58P01 58P02 F0000 F0001 XX001 XX002",
    "read_only": "25006",
    "full": "53100",
    "busy": "40000 40001 40P01 53300 55P03 57014",
    "conflict": "23503 23505 23P01",
}
BUGS = "0A000 21000 22001 22012 23502 23514 25P01 25P02 26000 42501 42601 42703 42P01 42P07 55000 P0001 XX000".split()


def as_raised(state: str) -> str:
    return f"do $$ begin raise exception 'x' using errcode = '{state}'; end $$"


@pytest.mark.parametrize(("state", "kind"), [(state, kind) for kind, states in STATES.items() for state in states.split()])
async def test_each_error_of_the_server_has_its_refusal_and_a_line_that_names_it(
    shared_database: Database, state: str, kind: str
) -> None:
    with structlog.testing.capture_logs() as log, pytest.raises(Refusal) as refused:
        async with shared_database.transaction() as tx:
            await run(tx, as_raised(state))
    assert (type(refused.value), refused.value.code) == KINDS[kind]
    assert [(one["event"], one["reason"], one["code"]) for one in log] == [("database_failed", kind, state)]


@pytest.mark.parametrize("state", BUGS)
async def test_a_mistake_of_ours_is_no_refusal(shared_database: Database, state: str) -> None:
    with structlog.testing.capture_logs() as log, pytest.raises(DBAPIError):
        async with shared_database.transaction() as tx:
            await run(tx, as_raised(state))
    assert log == []


def test_every_error_that_the_driver_knows_has_a_cause() -> None:
    """A class that PostgreSQL adds later is a bug until somebody decides otherwise: those of these classes never are."""
    passing = {"08", "28", "3D", "40", "53", "57", "58", "F0"}
    classes = [one for one in vars(asyncpg.exceptions).values() if isinstance(one, type)]
    known = [one for one in classes if issubclass(one, asyncpg.PostgresError)]
    found = {state: cause_of(one("x")).kind for one in known if (state := getattr(one, "sqlstate", None))}
    assert len(found) > 200
    assert {state for state, kind in found.items() if kind == "bug" and state[:2] in passing} == set()
    assert {state for state, kind in found.items() if kind != "bug" and state[:2] not in passing} == {
        *("23503", "23505", "23P01", "25006", "25P03", "25P04", "55P03", "XX001", "XX002")
    } & found.keys()


async def test_a_broken_rule_of_a_row_is_no_refusal_and_keeps_nothing(shared_database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with shared_database.transaction() as tx:
            await run(tx, "update shelter set version = 7 where id = 'linde'")
            await run(tx, "update place set beds = 0")
    async with shared_database.transaction() as tx:
        assert await run(tx, "select version from shelter where id = 'linde'") == 1


async def test_a_right_that_is_missing_is_a_mistake_of_ours(shared_database: Database) -> None:
    with pytest.raises(DBAPIError) as refused:
        async with shared_database.transaction() as tx:
            await run(tx, "delete from journal")
    assert cause_of(refused.value) == ("bug", "42501", False)


async def test_the_same_row_made_twice_at_once_is_a_conflict(board_database: Database) -> None:
    row = "insert into job_slot (name, taken_at) values ('x', now())"
    async with board_database.transaction() as tx:
        await run(tx, row)
    with pytest.raises(Conflict) as refused:
        async with board_database.transaction() as tx:
            await run(tx, row)
    assert refused.value.code == "changed_meanwhile"


@pytest.fixture
async def read_only(board_database: Database) -> AsyncIterator[Database]:
    """A database that takes no change, and gives everything to read."""
    async with as_owner(board_database) as tx:
        await run(tx, f"alter database {make_url(board_database.url).database} set default_transaction_read_only = on")
    database = Database(board_database.url, board_database.marks, pool_size=2)
    yield database
    await database.dispose()


async def test_a_database_that_only_gives_to_read_says_so_and_is_read(read_only: Database) -> None:
    for _ in range(3):
        with pytest.raises(Unavailable, match="database_read_only"):
            async with read_only.transaction() as tx:
                await run(tx, "update shelter set version = 7 where id = 'linde'")
        async with read_only.reading() as tx:
            assert await run(tx, "select version from shelter where id = 'linde'") == 1


async def test_a_process_that_stood_still_in_a_transaction_is_told_that_the_database_was_away(
    shared_database: Database,
) -> None:
    """As after SIGSTOP: the server ends the transaction, and what it says is waiting when the process goes on."""
    with structlog.testing.capture_logs() as log, pytest.raises(Unavailable, match="database_away"):
        async with shared_database.transaction() as tx:
            await run(tx, "update shelter set version = 7 where id = 'linde'")
            await run(tx, "set local idle_in_transaction_session_timeout = 1")
            pid = await run(tx, "select pg_backend_pid()")
            async with shared_database.reading() as other:
                while await run(other, f"select count(*) from pg_stat_activity where pid = {pid}"):
                    pass
            await run(tx, "select 1")
    assert [(one["event"], one["reason"]) for one in log] == [("database_failed", "away")]
    async with shared_database.reading() as tx:
        assert await run(tx, "select version from shelter where id = 'linde'") == 1
