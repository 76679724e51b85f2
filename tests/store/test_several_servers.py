"""A pair of servers: changes and the bell go to the one that takes them, also after the other has taken over."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy.engine import make_url

from bedboard import embedded
from bedboard.embedded.server import Embedded
from bedboard.rules.refusals import Unavailable
from bedboard.store.bell import Lost, listen, ring
from bedboard.store.database import Database
from tests.build import PATIENCE, until
from tests.build.embedded import ask, data_dir
from tests.build.statements import run

__all__ = ["data_dir"]  # fixtures


def folder_of(server: Embedded) -> str:
    return str(make_url(server.url).query["host"])


def follow(primary: Embedded, data_dir: Path) -> Embedded:
    """Start a standby of this server."""
    standby = embedded.start(data_dir)
    standby.stop()
    pgdata, owner = standby.place / "pgdata", (standby.place / "pgdata").stat()
    shutil.rmtree(pgdata)
    programs = embedded.bundled_programs()
    assert programs is not None
    command = [str(programs / "pg_basebackup"), "-h", folder_of(primary), "-p", "5432", "-U", "bedboard"]
    subprocess.run([*command, "-D", str(pgdata), "-R", "-c", "fast"], check=True, cwd="/", capture_output=True)
    for path in (pgdata, *pgdata.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    return embedded.start(data_dir)


@pytest.fixture
def other_dir(tmp_path: Path) -> Path:
    return tmp_path / "other"


async def test_the_pool_and_the_bell_find_the_server_that_takes_changes_and_the_next_one(
    data_dir: Path, other_dir: Path
) -> None:
    primary = embedded.start(data_dir)
    standby: Embedded | None = None
    try:
        await asyncio.to_thread(ask, primary.url, "create table t (n int)")
        standby = await asyncio.to_thread(follow, primary, other_dir)
        folders = ",".join(quote(folder_of(one)) for one in (standby, primary))
        database = Database(f"postgresql://bedboard@/postgres?host={folders}&port=5432,5432", pool_size=2)
        heard: list[str] = []

        async def write() -> None:
            async with database.transaction() as tx:
                await run(tx, "insert into t values (1)")
                await ring(tx, "shelter", f"number {len(heard)}")

        async def has_heard() -> bool:
            return bool(heard)

        async with listen(database, lambda _noun, key, _version: heard.append(key)) as listener:
            await write()
            await until(has_heard, "the bell of the primary is heard")
            await asyncio.to_thread(primary.stop)
            async with asyncio.timeout(PATIENCE):
                await listener.ends
        with pytest.raises(Unavailable):  # only a server that follows is left
            await write()
        with pytest.raises(Lost):
            async with listen(database, lambda *_: None):
                pass
        await asyncio.to_thread(ask, standby.url, "select pg_promote()")

        async def is_written() -> bool:
            try:
                await write()
            except Unavailable:
                return False
            return True

        async with listen(database, lambda _noun, key, _version: heard.append(key)):
            await until(is_written, "the second server takes changes")

            async def has_heard_again() -> bool:
                return len(heard) > 1

            await until(has_heard_again, "its bell is heard")
        await database.dispose()
    finally:
        primary.stop()
        if standby is not None:
            standby.discard()
