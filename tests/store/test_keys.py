"""The needs of a household cannot be read back from the files of the database once it has ended, not even with the seal."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import text

from bedboard import embedded
from bedboard.actions.alerts import add_alert, stop_alert
from bedboard.actions.retention import destroy_keys, keep_keys
from bedboard.migrations.run import migrate
from bedboard.rules.refusals import Busy, Refusal
from bedboard.rules.retention import KEYS_REWRITTEN
from bedboard.store.cases import get_case
from bedboard.store.database import Database
from bedboard.store.keys import list_keys, rewrite_keys
from bedboard.store.seal import SealedNeeds
from tests.build import NOW, SEAL, add_board, until
from tests.build.cases import MARK, add_case_board, ask, tell, withdraw
from tests.build.embedded import data_dir
from tests.build.rows import do, run

__all__ = ["data_dir"]  # fixtures

CANARY = '{"needs":["CANARY-wheelchair"]}'
TOKEN = re.compile(rb"gAAAA[A-Za-z0-9_-]{60,}={0,2}")


@pytest.fixture
async def own(data_dir: Path) -> AsyncIterator[Database]:
    """A database on a server of its own, whose files nobody else writes."""
    with embedded.start(data_dir) as server:
        await migrate(server.url)
        database = Database(server.url, SEAL.marks)
        async with database.transaction() as tx:
            await add_board(tx)
            await add_case_board(tx)
        yield database
        await database.dispose()


async def outside(database: Database, *statements: str) -> None:
    """Run statements that no transaction may contain."""
    async with database.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in statements:
            await plain.execute(text(statement))


async def write_out(database: Database) -> None:
    """Let PostgreSQL write all that it has in memory to its files: a checkpoint alone leaves unlogged tables out."""
    await outside(database, "create database copy strategy file_copy", "drop database copy", "checkpoint")


def everything_in(folder: Path) -> bytes:
    """Return every byte of the files of the server: tables, indexes, write-ahead log, its own log."""
    files = sorted(path for path in (folder / "embedded-postgresql").resolve().rglob("*") if path.is_file())
    found = b"\n".join(path.read_bytes() for path in files)
    print(f"{len(files)} files, {len(found):,} bytes searched")  # noqa: T201
    return found


def read_back(found: bytes) -> set[str]:
    """Return all texts that these bytes give to a thief with the seal: all that it opens, and all that this opens as a key."""
    tokens = set(TOKEN.findall(found))
    opened = set()
    for token in tokens:
        with suppress(InvalidToken):
            opened.add(SEAL.open(token))
    texts = set(opened)
    for key in opened:
        with suppress(ValueError):
            for token in tokens:
                with suppress(InvalidToken):
                    texts.add(Fernet(key).decrypt(token).decode())
    return texts


async def test_ended_needs_are_in_no_file_that_could_be_opened(own: Database, data_dir: Path) -> None:
    await ask(own, needs=SEAL.close_needs(CANARY + "case"))
    await do(own, lambda tx: add_alert(tx, MARK, "w1", SEAL.close_needs(CANARY + "alert"), (), NOW))
    await ask(own, case_id="r2", needs=SealedNeeds(SEAL.close(CANARY + "as before"), None))
    await ask(own, case_id="r3", needs=SEAL.close_needs(CANARY + "goes on"))
    await write_out(own)
    every = {CANARY + which for which in ("case", "alert", "as before", "goes on")}
    assert read_back(everything_in(data_dir)) >= every, "the control: while they live, a thief with the seal reads them"

    for case_id in ("r1", "r2"):
        await withdraw(own, case_id=case_id, why="found_otherwise")
    await do(own, lambda tx: stop_alert(tx, MARK, "w1", NOW))
    await write_out(own)
    assert read_back(everything_in(data_dir)) >= every, "the control: a deleted row is still in the file"

    assert await do(own, lambda tx: destroy_keys(tx, NOW + KEYS_REWRITTEN))
    await outside(own, "vacuum")
    await write_out(own)
    found = everything_in(data_dir)
    assert CANARY.encode() not in found
    left = {said for said in read_back(found) if "CANARY-wheelchair" in said}
    # The control: needs that the deployment itself has sealed, as all were before, are still in the write-ahead log.
    assert left == {CANARY + "as before", CANARY + "goes on"}
    record = await do(own, lambda tx: get_case(tx, "r3"))
    assert SEAL.open_needs(record.needs) == CANARY + "goes on"


async def test_a_key_goes_when_the_case_is_over_and_not_only_when_it_is_at_its_end(case_database: Database) -> None:
    await ask(case_database)
    assert (await do(case_database, list_keys)).keys() == {"r1"}
    await withdraw(case_database)
    assert await do(case_database, list_keys) == {}
    await tell(case_database)
    assert await do(case_database, list_keys) == {}


async def test_a_key_without_a_case_goes_too_and_those_in_use_stay(case_database: Database) -> None:
    await ask(case_database)
    await run(case_database, "insert into household_key values ('nobodys', 'x')")
    await do(case_database, rewrite_keys)
    assert (await do(case_database, list_keys)).keys() == {"r1"}


async def test_keys_that_are_in_use_at_this_moment_are_left_for_later(case_database: Database) -> None:
    await ask(case_database)
    async with case_database.transaction() as tx:
        await list_keys(tx)
        with pytest.raises(Busy):
            await do(case_database, rewrite_keys)
    assert await do(case_database, lambda tx: destroy_keys(tx, NOW)), "and the turn was not used up"


async def test_a_crash_of_the_database_loses_no_key_that_a_process_knows(own: Database) -> None:
    for case_id in ("r1", "r2"):
        await ask(own, case_id=case_id, needs=SEAL.close_needs(CANARY))
    await do(own, lambda tx: add_alert(tx, MARK, "w1", SEAL.close_needs(CANARY), (), NOW))
    known = await do(own, lambda tx: keep_keys(tx, {}))
    assert known.keys() == {"r1", "r2", "w1"}
    await withdraw(own, case_id="r2")
    async with own.engine.connect() as connection:
        os.kill((await connection.execute(text("select pg_backend_pid()"))).scalar_one(), signal.SIGKILL)
        await connection.invalidate()

    async def is_back() -> bool:
        with suppress(Refusal, OSError):
            return bool(await do(own, list_keys) == {})
        await asyncio.sleep(0.05)
        return False

    await until(is_back, "the server is back, and has lost the keys")
    record = await do(own, lambda tx: get_case(tx, "r1"))
    with pytest.raises(InvalidToken):
        SEAL.open_needs(record.needs)
    present = await do(own, lambda tx: keep_keys(tx, known))
    assert present.keys() == {"r1", "w1"}, "not that of a case that is over"
    record = await do(own, lambda tx: get_case(tx, "r1"))
    assert SEAL.open_needs(record.needs) == CANARY


async def test_an_end_and_putting_back_at_once_leave_no_key(case_database: Database) -> None:
    await ask(case_database)
    known = await do(case_database, list_keys)
    await run(case_database, "truncate household_key")
    for _ in range(5):
        await asyncio.gather(
            do(case_database, lambda tx: keep_keys(tx, known)), do(case_database, lambda tx: keep_keys(tx, known))
        )
    await asyncio.gather(withdraw(case_database), do(case_database, lambda tx: keep_keys(tx, known)))
    assert await do(case_database, lambda tx: keep_keys(tx, known)) == {}
