"""A backup of a board that people are changing, and a restore into an empty database: nothing differs but what must."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from bedboard.commands.failures import Failure
from bedboard.commands.programs import choose_program, find_program
from bedboard.migrations.rights import FUNCTIONS, RIGHTS
from bedboard.migrations.run import NUMBERS
from bedboard.store.address import asyncpg_url
from bedboard.store.seal import new_key
from tests.build import PATIENCE
from tests.build.first_day import execute, first_day
from tests.build.processes import Process, bedboard
from tests.build.site import TRUST

DEMO = {"BEDBOARD_DEMO": "true"}
EMPTIED = {"household_key", "tally_waiting", "departure"}  # unlogged: never in a backup
ENDED = {"session", "enrol_code", "journal"}  # a restore ends all access, and says so

ADD_SESSION = """
    insert into session (token_hash, person_id, kind, created_at, used_at)
    select '\\x01', id, 'person', now(), now() from person order by id limit 1
"""


@asynccontextmanager
async def empty_database(server_url: str, **more: str) -> AsyncIterator[dict[str, str]]:
    """Yield the settings of a deployment whose users and database are there, and nothing in it."""
    async with first_day(server_url) as settings:
        await execute(server_url, *bedboard("init", "--sql", **settings).stdout.splitlines())
        yield settings | more


@pytest.fixture(scope="module")
async def settings(server_url: str) -> AsyncIterator[dict[str, str]]:
    """The settings of a demo with its data."""
    async with empty_database(server_url) as settings:
        run("migrate", **settings)
        run("seed", "seeds/demo.toml", **settings, **DEMO)
        yield settings


@pytest.fixture(scope="module")
def backup(settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the demo before anybody did anything."""
    file = tmp_path_factory.mktemp("backup") / "quiet.backup"
    assert "BEDBOARD_SECRET_KEY is not in it" in run("backup", str(file), **settings)
    return file


@pytest.fixture
async def empty(server_url: str, settings: dict[str, str]) -> AsyncIterator[dict[str, str]]:
    """The same key, and another database with other users: empty."""
    async with empty_database(server_url, BEDBOARD_SECRET_KEY=settings["BEDBOARD_SECRET_KEY"]) as empty:
        yield empty


def run(*command: str, **settings: str) -> str:
    ran = bedboard(*command, **settings)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def refused(*command: str, **settings: str) -> str:
    ran = bedboard(*command, **settings)
    assert (ran.returncode, ran.stdout) == (1, "")
    return ran.stderr


async def fetch(url: str, query: str, *given: object) -> list[str]:
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        return [str(row[0]) for row in await connection.fetch(query, *given)]
    finally:
        await connection.close()


async def contents(settings: dict[str, str]) -> dict[str, list[str]]:
    """Return every row of every table, as text."""
    url = settings["BEDBOARD_OWNER_URL"]
    return {table: await fetch(url, f"select t::text from {table} t order by 1") for table in RIGHTS}  # noqa: S608


def serving(folder: Path, settings: dict[str, str]) -> Process:
    """The process of a demo with these settings, at an address of its own."""
    url, key = settings["DATABASE_URL"], settings["BEDBOARD_SECRET_KEY"]
    return Process(folder / "log", DATABASE_URL=url, BEDBOARD_SECRET_KEY=key, BEDBOARD_DEMO="true")


async def write_until(process: Process, stop: asyncio.Event) -> int:
    """Change a place as fast as the API takes it; return how often."""
    done = 0
    async with process.api("demo-shelter-linde") as api:
        while not stop.is_set():
            change = {"status": "occupied" if done % 2 else "free"}
            assert (await api.patch("/places/linde-1", json=change)).status_code == 200
            done += 1
    return done


async def test_a_backup_made_while_people_write_is_whole(
    settings: dict[str, str], empty: dict[str, str], tmp_path: Path
) -> None:
    """The trail of the restored database is unbroken, and each place is as the last line of the journal left it."""
    file, stop = tmp_path / "busy.backup", asyncio.Event()
    async with serving(tmp_path, settings) as process:
        writing = asyncio.create_task(write_until(process, stop))
        try:
            await asyncio.to_thread(run, "backup", str(file), **settings)
        finally:
            stop.set()
        assert await writing > 0
    assert file.stat().st_mode & 0o777 == 0o600
    run("restore", str(file), **empty)
    assert "verified" in run("verify", **empty)
    last = "select after ->> 'state' from journal where place_id = 'linde-1' order by id desc limit 1"
    place = await fetch(empty["BEDBOARD_OWNER_URL"], "select state from place where id = 'linde-1'")
    assert place == await fetch(empty["BEDBOARD_OWNER_URL"], last)


async def test_every_table_comes_back_but_for_keys_of_households_and_all_access_has_ended(
    server_url: str, settings: dict[str, str], empty: dict[str, str], tmp_path: Path
) -> None:
    url, file = settings["BEDBOARD_OWNER_URL"], tmp_path / "file"
    await execute(url, ADD_SESSION)
    [person] = await fetch(url, "select id from person order by id limit 1")
    assert bedboard("enrol", person, **settings).returncode == 0
    run("backup", str(file), **settings)
    before = await contents(settings)
    assert before["household_key"] and before["case_record"] and before["shelter_contact"]
    said = run("restore", str(file), **empty)
    assert said.startswith(f"restored from migration {NUMBERS[-1]}; everybody signs in again\n")
    after = await contents(empty)
    assert [after[name] for name in EMPTIED] == [[], [], []]
    same = RIGHTS.keys() - EMPTIED - ENDED - {"epoch"}  # a restored database begins another one
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert set(after["journal"]) > set(before["journal"]) and len(after["journal"]) == len(before["journal"]) + 1
    for table in ("session", "enrol_code"):
        assert await fetch(url, f"select ended_at from {table} where ended_at is null") != []  # noqa: S608
        assert await fetch(empty["BEDBOARD_OWNER_URL"], f"select 1 from {table} where ended_at is null") == []  # noqa: S608


async def test_rights_after_a_restore_are_those_of_a_migration(
    settings: dict[str, str], backup: Path, empty: dict[str, str]
) -> None:
    """Also those of everybody: a restore makes all functions, and PostgreSQL lets everybody call a new one."""
    run("restore", str(backup), **empty)
    for one in (settings, empty):
        web = one["DATABASE_URL"].split("//")[1].split(":")[0]
        query = (
            "select privilege_type || ' ' || table_name from information_schema.role_table_grants where grantee = $1 order by 1"
        )
        rights = await fetch(one["BEDBOARD_OWNER_URL"], query, web)
        assert sorted(rights) == sorted(
            f"{right.strip().upper()} {table}" for table, each in RIGHTS.items() for right in each.split(",")
        )
        may = "select has_function_privilege('public', $1, 'execute')"
        assert {(await fetch(one["BEDBOARD_OWNER_URL"], may, name))[0] for name in FUNCTIONS} == {"False"}


async def test_a_restored_board_is_served_and_the_auditor_reads_that_it_was_restored(
    backup: Path, empty: dict[str, str], tmp_path: Path
) -> None:
    run("restore", str(backup), **empty)
    async with serving(tmp_path, empty) as process, process.api("demo-shelter-linde") as api:
        assert (await api.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
        headers = {"Origin": process.url}
        async with httpx.AsyncClient(base_url=process.url, headers=headers, timeout=PATIENCE, verify=TRUST) as auditor:
            await auditor.post("/sign-in/demo", data={"person": "gerda"})
            assert "teruggezet uit een reservekopie" in (await auditor.get("/audit")).text


async def test_a_restore_takes_only_an_empty_database_and_only_the_right_file(
    server_url: str, settings: dict[str, str], backup: Path, empty: dict[str, str], tmp_path: Path
) -> None:
    before = await contents(settings)
    assert "is not empty" in refused("restore", str(backup), **settings)
    assert await contents(settings) == before
    assert "cannot be read" in refused("restore", str(tmp_path / "none"), **empty)
    (tmp_path / "text").write_text("not a backup")
    assert "pg_restore failed" in refused("restore", str(tmp_path / "text"), **empty)
    assert "is not the key of this backup" in refused("restore", str(backup), **(empty | {"BEDBOARD_SECRET_KEY": new_key()}))
    url = settings["BEDBOARD_OWNER_URL"]
    await execute(url, "update alembic_version set version_num = '9999'")
    try:
        run("backup", str(tmp_path / "newer"), **settings)
    finally:
        await execute(url, f"update alembic_version set version_num = '{NUMBERS[-1]}'")  # noqa: S608
    assert "the backup is at 9999" in refused("restore", str(tmp_path / "newer"), **empty)
    await execute(empty["BEDBOARD_OWNER_URL"], "create table other (id int)")
    assert refused("restore", str(backup), **empty) == (
        "this database is not empty, it has other: a backup is read into a new database\n"
    )


def test_a_backup_is_of_a_board_and_replaces_no_file(
    settings: dict[str, str], backup: Path, empty: dict[str, str], tmp_path: Path
) -> None:
    size = backup.stat().st_size
    assert refused("backup", str(backup), **settings) == f"{backup} is there already\n"
    assert backup.stat().st_size == size
    assert refused("backup", str(tmp_path / "x"), **empty) == "there is no board in this database\n"
    assert "cannot be written: No such file" in refused("backup", str(tmp_path / "none" / "x"), **settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("versions", "server", "chosen"),
    [
        ((18,), 18, 18),
        ((15, 18), 18, 18),
        ((18, 15), 15, 15),
        ((16, 15), 15, 15),
        ((16,), 15, 16),
        ((18,), 17, 18),
        ((18,), 16, None),  # it writes what a server of 16 cannot read back
        ((15,), 16, None),
        ((), 16, None),
    ],
)
def test_the_program_suits_the_server(versions: tuple[int, ...], server: int, chosen: int | None) -> None:
    found = {Path(f"/{version}/pg_dump"): version for version in versions}
    if chosen is not None:
        assert choose_program("pg_dump", found, server) == Path(f"/{chosen}/pg_dump")
        return
    with pytest.raises(Failure, match="is of PostgreSQL" if versions else "pg_dump is missing") as refused:
        choose_program("pg_dump", found, server)
    assert f"postgresql-client-{server}" in str(refused.value)


def test_the_bundled_programs_are_found() -> None:
    assert find_program("pg_dump", 18).name == "pg_dump"
    with pytest.raises(Failure, match="pg_none is missing"):
        find_program("pg_none", 18)
