"""An update while people work: the old version serves on past a migration that only adds, and may be started again."""

from pathlib import Path

import pytest

from bedboard.clock import Clock
from bedboard.migrations.run import NUMBERS, OLDEST
from bedboard.store.database import Database
from bedboard.store.seal import new_key
from tests import build
from tests.build.first_day import execute
from tests.build.processes import Process, bedboard, free_port
from tests.build.site import owner_url

RIGHT = {"BEDBOARD_SECRET_KEY": new_key(), "BEDBOARD_PUBLIC_URL": "https://bedboard.example"}
REFUSED = f"the database is at 9999, this version needs {NUMBERS[-1]}: install the bedboard that made it"


def newer(oldest: str, at: str = "9999") -> tuple[str, ...]:
    """The statements of a newer version's migration, which adds a column and may be served from `oldest` on."""
    return (
        "alter table shelter add column if not exists later text",
        "update alembic_version set version_num = '9999'",
        f"comment on table alembic_version is '{at} serves from {oldest}'",
    )


async def occupy(process: Process, place: str) -> int:
    async with process.api("demo-shelter-linde") as api:
        return (await api.patch(f"/places/{place}", json={"status": "occupied"})).status_code


async def test_an_old_process_serves_on_and_another_one_can_be_started(database: Database, tmp_path: Path) -> None:
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    async with Process.serve(tmp_path / "first.log", database.url) as first:
        await execute(owner_url(database.url), *newer(NUMBERS[-1]))
        assert await occupy(first, "linde-1") == 200
        async with Process.serve(tmp_path / "second.log", database.url) as second:
            assert await occupy(second, "linde-2") == 200
            assert "Traceback" not in first.log.read_text() + second.log.read_text()


@pytest.mark.parametrize("said", [newer("9999"), newer(NUMBERS[-1], at="9998"), newer(NUMBERS[-1])[:2]])
async def test_an_old_version_does_not_start_where_it_may_not_serve(database: Database, said: tuple[str, ...]) -> None:
    """The newer one needs more, or it says nothing about this migration: the comment of before is still there."""
    await execute(owner_url(database.url), *said)
    ran = bedboard("serve", "--port", str(free_port()), DATABASE_URL=database.url, **RIGHT)
    assert ran.returncode == 1 and REFUSED in ran.stderr


async def test_an_old_version_never_migrates_a_newer_database(database: Database) -> None:
    await execute(owner_url(database.url), *newer(NUMBERS[-1]))
    ran = bedboard("migrate", DATABASE_URL=database.url, BEDBOARD_OWNER_URL=owner_url(database.url))
    assert (ran.returncode, ran.stderr) == (1, REFUSED + "\n")


def test_the_oldest_version_that_may_serve_is_one_that_there_was() -> None:
    assert OLDEST in NUMBERS
