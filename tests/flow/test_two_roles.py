"""Two users of one database from the command line: the owner migrates, the other serves; and the audit trail is verified."""

import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bedboard import embedded
from bedboard.store.address import asyncpg_url
from bedboard.store.seal import new_key
from tests.build import site, until
from tests.build.processes import Process, bedboard, free_port

KEY, URL = new_key(), "https://bedboard.example"


@pytest.fixture
async def empty(server_url: str) -> AsyncIterator[str]:
    """An empty database, as its owner."""
    name = f"bedboard_two_{os.getpid()}"
    server = await asyncpg.connect(asyncpg_url(server_url))
    await server.execute(f"create database {name}")
    yield site.name_database(server_url, name)
    await server.execute(f"drop database {name} with (force)")
    await server.close()


async def is_chained(url: str) -> bool:
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        ends = "(select max(id) from journal) = (select max(until_id) from chain where source = 'journal')"
        return bool(await connection.fetchval(f"select {ends}"))
    finally:
        await connection.close()


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_owner_is_told_that_it_does_not_serve_and_what_to_do(empty: str) -> None:
    assert bedboard("migrate", DATABASE_URL=empty).stdout == "migrated\n"
    refused = bedboard(
        "serve", "--port", str(free_port()), DATABASE_URL=empty, BEDBOARD_SECRET_KEY=KEY, BEDBOARD_PUBLIC_URL=URL
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("the user in DATABASE_URL may do more than serve: it is a superuser")
    assert refused.stderr.rstrip().endswith("and run `bedboard migrate`, which makes that user")


async def test_a_board_is_migrated_by_one_user_served_by_the_other_and_its_trail_is_verified(
    empty: str, tmp_path: Path
) -> None:
    web, head = site.web_url(empty), tmp_path / "head"
    settings = {"DATABASE_URL": web, "BEDBOARD_SECRET_KEY": KEY, "BEDBOARD_AUDIT_HEAD": str(head)}
    assert bedboard("migrate", DATABASE_URL=web, BEDBOARD_OWNER_URL=empty).stdout == "migrated\n"
    loaded = bedboard("seed", "seeds/demo.toml", **settings, BEDBOARD_DEMO="true")
    assert loaded.returncode == 0, loaded.stderr
    log = tmp_path / "log"
    process = Process(log, DATABASE_URL=web, BEDBOARD_SECRET_KEY=KEY, BEDBOARD_AUDIT_HEAD=str(head), BEDBOARD_DEMO="true")
    async with process, process.api("demo-shelter-linde") as api:
        assert (await api.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
        await until(lambda: is_chained(empty), "the rows are chained")
    assert "trail_broken" not in log.read_text()

    unseen = bedboard("verify", **(settings | {"BEDBOARD_AUDIT_HEAD": ""}))
    assert unseen.returncode == 0, unseen.stderr
    assert "rows/s" in unseen.stdout and "without a kept head" in unseen.stdout
    number, mark = unseen.stdout.splitlines()[1].split()[1:]
    missing = bedboard("verify", **settings)
    assert (missing.returncode, "is not there" in missing.stderr) == (1, True)
    head.write_text(json.dumps({"number": int(number), "mark": mark}))
    assert bedboard("verify", **settings).returncode == 0

    await execute(
        empty,
        "alter table journal disable trigger user",
        "update journal set actor_id = 'nobody' where id = 3",
        "delete from journal where id = 5",
    )
    found = bedboard("verify", **settings)
    assert found.returncode == 1
    assert found.stderr.splitlines()[:2] == ["journal row 3 was changed", "journal row 5 was deleted"]
    strange = bedboard("verify", **(settings | {"BEDBOARD_SECRET_KEY": new_key()}))
    assert strange.returncode == 1 and strange.stderr.startswith("chain block 1 was changed")


async def test_an_owner_who_may_make_no_users_is_told(empty: str) -> None:
    await execute(empty, "create role plain login", "grant all on schema public to plain")
    try:
        plain = site.web_url(empty).replace("bedboard_web:bedboard_web@", "plain@")
        unmade = site.web_url(empty).replace("bedboard_web:bedboard_web@", "unmade@")
        refused = bedboard("migrate", DATABASE_URL=unmade, BEDBOARD_OWNER_URL=plain)
        assert refused.returncode == 1
        assert refused.stderr.startswith("this user of the database may not do that: permission denied to create role")
        assert bedboard("migrate", DATABASE_URL=site.web_url(empty), BEDBOARD_OWNER_URL=plain).returncode == 0
    finally:
        await execute(empty, "drop owned by plain", "drop role plain")


@pytest.fixture
def locked() -> Iterator[str]:
    """The address of a database that asks for a password, which is `right`."""
    folder = Path(tempfile.mkdtemp(prefix="bedboard-locked-"))
    folder.chmod(0o755)
    server = embedded.start(folder / "data")
    rules = server.place / "pgdata" / "pg_hba.conf"
    rules.write_text("local all locked scram-sha-256\n" + rules.read_text())
    yield server.url
    server.discard()
    shutil.rmtree(folder)


def other(url: str, password: str) -> str:
    return make_url(url).set(username="locked", password=password).render_as_string(hide_password=False)


async def test_a_wrong_password_is_said_and_not_repeated(locked: str) -> None:
    await execute(locked, "create role locked login password 'right'")
    await execute(locked, "select pg_reload_conf()")
    wrong = other(locked, "pa55")
    sentence = bedboard("migrate", DATABASE_URL=wrong).stderr
    assert sentence.startswith("the database does not accept this user and password: ")
    assert "pa55" not in sentence
    right = other(locked, "right")
    assert bedboard("migrate", DATABASE_URL=right).stderr.startswith("this user of the database may not do that: ")
