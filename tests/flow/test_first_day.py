"""The first day of a deployment from the command line: from an empty PostgreSQL to the code of the first administrator."""

import re
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bedboard.migrations.run import migrate
from bedboard.references import WORDS
from tests.build.first_day import ADMIN, PASSWORD, as_user, execute, first_day, rows
from tests.build.processes import bedboard, free_port

HOURS = "mon-fri 09:00-17:00"


@pytest.fixture
async def settings(server_url: str) -> AsyncIterator[dict[str, str]]:
    """The settings of a deployment of which nothing is there yet."""
    async with first_day(server_url) as settings:
        yield settings


@dataclass
class Board:
    """A board that was set up, its settings, and what the command said."""

    settings: dict[str, str]
    made: subprocess.CompletedProcess[str]

    @property
    def owner_url(self) -> str:
        return self.settings["BEDBOARD_OWNER_URL"]


@pytest.fixture(scope="module")
async def board(server_url: str) -> AsyncIterator[Board]:
    """Set up once for the tests that only look at it."""
    async with first_day(server_url) as settings:
        yield Board(settings, bedboard("init", *ADMIN, "--server", server_url, **settings))


async def test_an_empty_server_becomes_a_board_with_an_administrator(board: Board) -> None:
    assert (board.made.returncode, board.made.stderr) == (0, "")
    code, whose, what, after = board.made.stdout.splitlines()
    assert len(code.split("-")) == 5 and set(code.split("-")) <= set(WORDS)
    assert whose == "for Noor de Wit, within 15 minutes, at https://bedboard.example/enrol"
    assert what == "set up: Nederland, units: 10, kinds of place: 7"
    [(person_id, name, role, organization)] = await rows(
        board.owner_url, "select p.id, p.name, p.role, o.name from person p join organization o on o.id = p.organization_id"
    )
    assert (name, role, organization) == ("Noor de Wit", "admin", "Regio Oost")
    assert after == f"start bedboard now; another code: bedboard enrol {person_id}"
    assert bedboard("verify", **board.settings).returncode == 0
    again = bedboard("enrol", str(person_id), **board.settings)
    assert again.returncode == 0 and again.stdout.splitlines()[1] == whose


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("select name, time_zone, country, demo from deployment", [("Nederland", "Europe/Amsterdam", "NL", False)]),
        ("select count(*) from travel", [(45,)]),
        ("select count(*) from contact", [(0,)]),  # those of the demo are invented
        ("select code, desk_hours from kind where decides = 'desk' order by 1", [("cosm", HOURS), ("omm", HOURS)]),
        ("select action from journal order by id", [("add_organization",), ("add_person",)]),
    ],
)
async def test_the_dutch_set_is_loaded(board: Board, query: str, found: list[tuple[object, ...]]) -> None:
    assert await rows(board.owner_url, query) == found


async def test_both_users_may_only_log_in_and_the_web_user_owns_nothing(server_url: str, board: Board) -> None:
    owner = make_url(board.owner_url)
    rights = "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where starts_with(rolname, $1)"
    assert await rows(server_url, rights, owner.database) == [(False, False, False, False)] * 2
    owners = "select distinct tableowner from pg_tables where schemaname = 'public'"
    assert await rows(board.owner_url, owners) == [(owner.username,)]


async def test_a_board_is_set_up_once_and_a_second_time_says_what_is_there(board: Board) -> None:
    before = await rows(board.owner_url, "select count(*) from sign_in")
    again = bedboard("init", *ADMIN, **board.settings)
    assert (again.returncode, again.stdout) == (1, "")
    first, second = again.stderr.splitlines()
    counts = "organizations: 1, shelters: 0, places: 0, people: 1"
    assert re.fullmatch(rf"this database is set up already: 'Nederland', since \d{{4}}-\d\d-\d\d, with {counts}", first)
    assert second.startswith("a new code for an administrator: bedboard enrol ")
    assert await rows(board.owner_url, "select count(*) from sign_in") == before


async def test_a_demo_is_not_set_up_again_and_not_served_as_a_board(board: Board) -> None:
    await execute(board.owner_url, "update deployment set demo = true")
    try:
        assert "is set up already: a demo" in bedboard("init", *ADMIN, **board.settings).stderr
        served = bedboard("serve", "--port", str(free_port()), **board.settings)
        assert served.stderr == "DATABASE_URL names the database of a demo, and BEDBOARD_DEMO is not set\n"
    finally:
        await execute(board.owner_url, "update deployment set demo = false")


async def test_without_an_administrator_of_the_server_the_sql_is_said(server_url: str, settings: dict[str, str]) -> None:
    refused = bedboard("init", *ADMIN, **settings)
    assert refused.returncode == 1
    names = make_url(settings["BEDBOARD_OWNER_URL"]).username, make_url(settings["DATABASE_URL"]).username
    for name in names:
        assert f"create role \"{name}\" login nosuperuser nocreatedb nocreaterole nobypassrls password '…';" in refused.stderr
    assert PASSWORD not in refused.stderr
    printed = bedboard("init", "--sql", **settings)
    assert (printed.returncode, printed.stderr) == (0, "")
    await execute(server_url, *printed.stdout.splitlines())
    await migrate(settings["BEDBOARD_OWNER_URL"], "0002")  # as when it was interrupted
    assert bedboard("init", *ADMIN, **settings).returncode == 0


async def test_what_is_wrong_in_a_file_is_named_and_nothing_is_made(
    server_url: str, settings: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "own.toml"
    file.write_text('base = "netherlands.toml"\n[deployment]\ncountry = "Nowhere"\ntime_zone = "Mars/Base"\n')
    refused = bedboard("init", *ADMIN, "--file", str(file), "--server", server_url, **settings)
    assert refused.returncode == 1
    assert [line.split(":")[0] for line in refused.stderr.splitlines()] == ["deployment.time_zone", "deployment.country"]
    name = make_url(settings["DATABASE_URL"]).database
    assert await rows(server_url, "select from pg_database where datname = $1", name) == []


async def test_a_file_changes_a_part_of_the_dutch_set(server_url: str, settings: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('base = "netherlands.toml"\n[deployment]\nname = "Regio"\nholidays = [2026-12-24]\n')
    assert bedboard("init", *ADMIN, "--file", str(file), "--server", server_url, **settings).returncode == 0
    found = await rows(settings["DATABASE_URL"], "select name, country, (select count(*) from holiday) from deployment")
    assert found == [("Regio", "NL", 1)]


def test_all_that_is_wrong_is_said_before_anything_is_made() -> None:
    wrong = bedboard("init", *ADMIN, BEDBOARD_PUBLIC_URL="http://bedboard.example", BEDBOARD_SECRET_KEY="c" * 43 + "=")
    assert [line.split()[0] for line in wrong.stderr.splitlines()] == [
        "BEDBOARD_SECRET_KEY",
        "DATABASE_URL",
        "BEDBOARD_PUBLIC_URL",
        "BEDBOARD_OWNER_URL",
    ]
    assert wrong.returncode == 1


async def test_the_two_addresses_name_two_users_of_one_database(server_url: str, settings: dict[str, str]) -> None:
    web = settings["DATABASE_URL"]
    one = bedboard("init", *ADMIN, **(settings | {"BEDBOARD_OWNER_URL": web}))
    assert "name the same user" in one.stderr
    other = bedboard("init", *ADMIN, **(settings | {"BEDBOARD_OWNER_URL": as_user(server_url, "owner", "other")}))
    assert "name two databases" in other.stderr


def test_names_are_those_that_a_page_would_take(settings: dict[str, str]) -> None:
    refused = bedboard("init", "--admin", "noor@oost.example", "--organization", "", **settings)
    assert refused.stderr.splitlines() == ["--admin: 'noor@oost.example' is not a name", "--organization: a name is needed"]
