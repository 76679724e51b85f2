"""What would be wrong later is refused at the start: all of it at once, and each by the variable that mends it."""

from dataclasses import dataclass, field

import pytest

from bedboard.store.database import Database
from bedboard.store.seal import new_key
from tests.build import add_board, site
from tests.build.first_day import execute
from tests.build.processes import bedboard, free_port

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
RIGHT = {"BEDBOARD_SECRET_KEY": new_key(), "BEDBOARD_PUBLIC_URL": "https://bedboard.example"}
LOCAL = {"BEDBOARD_DEMO": "true", "BEDBOARD_PUBLIC_URL": "http://127.0.0.1:8000"}
TEXT = "cGFzc3dvcmRwYXNzd29yZHBhc3N3b3JkcGFzc3dvcmQ="  # of 32 letters


def served(*options: str, **settings: str) -> list[str]:
    """Return the lines with which a start was refused."""
    ran = bedboard("serve", "--port", str(free_port()), *options, **settings)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "Traceback" not in ran.stderr
    return ran.stderr.splitlines()


def test_an_empty_environment_is_told_everything_it_needs() -> None:
    assert [line.split()[0] for line in served()] == ["DATABASE_URL", "BEDBOARD_SECRET_KEY", "BEDBOARD_PUBLIC_URL"]


@dataclass
class Case:
    """Settings that are right but for these, and the beginning of the line about them."""

    says: str
    settings: dict[str, str]
    base: dict[str, str] = field(default_factory=lambda: RIGHT)
    options: tuple[str, ...] = ()


CASES = [
    Case("BEDBOARD_PUBLIC_URL must be the https address", {"BEDBOARD_PUBLIC_URL": "http://bedboard.example"}),
    Case("BEDBOARD_PUBLIC_URL must be the https address", {"BEDBOARD_PUBLIC_URL": "http://127.0.0.1:8000"}),
    Case("BEDBOARD_PUBLIC_URL must be the https address", {"BEDBOARD_PUBLIC_URL": ""}),
    Case("BEDBOARD_PUBLIC_URL must have a name", {"BEDBOARD_PUBLIC_URL": "https://192.0.2.7"}),
    Case("BEDBOARD_PUBLIC_URL must have a name", {"BEDBOARD_PUBLIC_URL": "https://[2001:db8::1]"}),
    Case("BEDBOARD_SECRET_KEY is not set", {"BEDBOARD_SECRET_KEY": ""}),
    Case("BEDBOARD_SECRET_KEY must be a key", {"BEDBOARD_SECRET_KEY": "secret"}),
    Case("BEDBOARD_SECRET_KEY is weak", {"BEDBOARD_SECRET_KEY": "A" * 43 + "="}),
    Case("BEDBOARD_SECRET_KEY is weak", {"BEDBOARD_SECRET_KEY": f"{RIGHT['BEDBOARD_SECRET_KEY']},{TEXT}"}),
    Case("BEDBOARD_DEMO is set, and BEDBOARD_PUBLIC_URL", {"BEDBOARD_PUBLIC_URL": "https://bedboard.example"}, LOCAL),
    Case("BEDBOARD_DEMO is set, and BEDBOARD_PUBLIC_URL", {"BEDBOARD_PUBLIC_URL": "http://192.0.2.7:8000"}, LOCAL),
    Case("BEDBOARD_AUDIT_HEAD: this user cannot write into /nowhere", {"BEDBOARD_AUDIT_HEAD": "/nowhere/head"}),
    Case("BEDBOARD_DEMO is set: a demo listens on loopback only", {}, LOCAL, ("--host", "0.0.0.0")),  # noqa: S104
]


@pytest.mark.parametrize("case", CASES, ids=[f"{number} {case.says}" for number, case in enumerate(CASES)])
def test_each_wrong_setting_is_named(case: Case) -> None:
    first, *rest = served(*case.options, **(case.base | {"DATABASE_URL": NOWHERE} | case.settings))
    assert first.startswith(case.says)
    assert len(rest) == 1 and rest[0].startswith("the database does not answer: ")


async def test_settings_and_database_are_told_together(database: Database) -> None:
    """The owner serves, changes may be forgotten, and nothing is set up: with the wrong address that makes three lines."""
    owner = site.owner_url(database.url)
    await execute(
        owner, "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$"
    )
    lines = served(DATABASE_URL=owner, **(RIGHT | {"BEDBOARD_PUBLIC_URL": ""}))
    assert [line.split(":")[0][:50] for line in lines] == [
        "BEDBOARD_PUBLIC_URL must be the https address that",
        "DATABASE_URL",
        "the user in DATABASE_URL may do more than serve",
    ]
    assert lines[1].endswith("may lose an acknowledged change: synchronous_commit=off")


async def test_a_database_in_which_nothing_is_set_up_is_not_served(database: Database) -> None:
    assert served(DATABASE_URL=database.url, **RIGHT) == ["nothing is set up in this database yet: run `bedboard init`"]


async def test_a_demo_and_a_board_do_not_serve_each_others_database(database: Database) -> None:
    async with database.transaction() as tx:
        await add_board(tx, demo=False)
    assert served(DATABASE_URL=database.url, **LOCAL) == [
        "BEDBOARD_DEMO is set, and DATABASE_URL names a database that is not a demo's"
    ]


def test_every_wrong_setting_is_listed_by_the_name_of_its_variable() -> None:
    wrong = {"BEDBOARD_POOL_SIZE": "0", "BEDBOARD_PUBLIC_URL": "bedboard.example", "BEDBOARD_LOG_LEVEL": "loud"}
    wrong |= {"BEDBOARD_SECRET_KEY": "secret", "BEDBOARD_UNKNOWN": "1", "DATABASE_URL": "sqlite://"}
    wrong |= {"BEDBOARD_CAST_SPEED": "1", "BEDBOARD_AGEING_MINUTES": "3"}  # each is right, and not with the others
    ran = bedboard("serve", **wrong)
    assert ran.returncode == 1
    assert {line.split()[0] for line in ran.stderr.splitlines()} == wrong.keys()
    assert "secret" not in ran.stderr.replace("BEDBOARD_SECRET_KEY", "")
