"""The commands, as somebody types them: a mistake is told in one line, and nothing else has happened."""

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib.metadata import version

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bedboard.migrations.run import NUMBERS, migrate
from bedboard.store.address import asyncpg_url
from bedboard.store.database import Database
from bedboard.store.seal import new_key
from tests.build import processes, site
from tests.build.processes import said

KEY = {"BEDBOARD_SECRET_KEY": new_key(), "BEDBOARD_PUBLIC_URL": "https://bedboard.example"}
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
NEEDED = f"this version needs {NUMBERS[-1]}"


def bedboard(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command; one that would serve gets a port that is free, unless the command names one."""
    port = ["--port", str(processes.free_port())] if command[:1] in (("serve",), ("demo",)) and "--port" not in command else []
    return processes.bedboard(*command, *port, **settings)


def other(url: str, **parts: str) -> str:
    return make_url(url).set(**parts).render_as_string(hide_password=False)  # type: ignore[arg-type]


# --- settings and options: refused before anything is looked at -------------------------------------------------------


@dataclass
class Wrong:
    """A command, its settings, and words of the sentence that it gets."""

    command: str
    words: str
    settings: dict[str, str] = field(default_factory=dict)


WRONG = [
    Wrong("serve", "DATABASE_URL is not set", KEY),
    Wrong("migrate", "DATABASE_URL is not set", {"DATABASE_URL": ""}),
    Wrong("migrate", "DATABASE_URL must be the address of a PostgreSQL database", {"DATABASE_URL": "bedboard"}),
    Wrong("serve", "DATABASE_URL must be the address of a PostgreSQL database", {"DATABASE_URL": "sqlite://", **KEY}),
    Wrong(
        "token roster --role police --organization oever", "DATABASE_URL must be the", {"DATABASE_URL": "mysql://h/bedboard"}
    ),
    Wrong("seed seeds/demo.toml", "DATABASE_URL has no valid port", {"DATABASE_URL": "postgresql://a@h:port/bedboard"}),
    Wrong("demo", "DATABASE_URL has no valid port", {"DATABASE_URL": "postgresql://a@h:70000/bedboard"}),
    Wrong("serve", "DATABASE_URL has no valid port", {"DATABASE_URL": "postgresql://a:pass/word@h/bedboard", **KEY}),
    Wrong("serve", "an option that bedboard does not know: frob", {"DATABASE_URL": "postgresql://h/bedboard?frob=1", **KEY}),
    Wrong(
        "serve", "DATABASE_URL has an sslmode that is none of", {"DATABASE_URL": "postgresql://h/bedboard?sslmode=on", **KEY}
    ),
    Wrong("enrol wouter", "BEDBOARD_SECRET_KEY must be a key as `bedboard key` prints it", {"BEDBOARD_SECRET_KEY": "secret"}),
    Wrong("enrol wouter", "BEDBOARD_SECRET_KEY is weak: it was not drawn", {"BEDBOARD_SECRET_KEY": "c2VjcmV0" * 5 + "c2U="}),
    Wrong("migrate", "BEDBOARD_POOL_SIZE should be a valid integer", {"BEDBOARD_POOL_SIZE": "many"}),
    Wrong("migrate", "BEDBOARD_PUBLIC_URL must be like", {"BEDBOARD_PUBLIC_URL": "https://h:99999"}),
    Wrong(
        "migrate",
        "BEDBOARD_POL_SIZE is not a setting of bedboard; did you mean BEDBOARD_POOL_SIZE?",
        {"BEDBOARD_POL_SIZE": "3"},
    ),
    Wrong(
        "migrate",
        "BEDBOARD_DATABASE_URL is not a setting of bedboard; did you mean DATABASE",
        {"BEDBOARD_DATABASE_URL": NOWHERE},
    ),
    Wrong("demo", "BEDBOARD_FROB is not a setting of bedboard", {"BEDBOARD_FROB": "1"}),
    Wrong("serve --host no.such.host.invalid", "no address no.such.host.invalid", {"DATABASE_URL": NOWHERE, **KEY}),
    Wrong("serve --host 192.0.2.1", "cannot listen on 192.0.2.1", {"DATABASE_URL": NOWHERE, **KEY}),
    Wrong("serve --port 0", "'--port': Input should be greater than or equal to 1"),
    Wrong("demo --port 65536", "'--port': Input should be less than or equal to 65535"),
    Wrong("serve --port http", "'--port': Input should be a valid integer"),
    Wrong("demo --data /dev/null/x", "the data folder /dev/null/x cannot be used: Not a directory"),
    Wrong("demo --data /proc/x", "the data folder /proc/x cannot be used: "),
    Wrong("demo --date yesterday", "'yesterday' is not a date like 2024-01-01"),
    Wrong("demo --fresh", "--fresh throws away the embedded database only", {"DATABASE_URL": NOWHERE}),
    Wrong("seed none.toml", "none.toml cannot be read: No such file", {"DATABASE_URL": NOWHERE}),
    Wrong("seed tests", "tests cannot be read: Is a directory", {"DATABASE_URL": NOWHERE}),
    Wrong("import london x.csv --date 2024-01-01", "'london' is not one of 'toronto'"),
    Wrong("import toronto none.csv --date 2024-01-01", "none.csv cannot be read: No such file", {"DATABASE_URL": NOWHERE}),
    Wrong("import toronto none.csv --date 2024-02-30", "'2024-02-30' is not a date"),
    Wrong("import toronto none.csv", "Missing option '--date'"),
    Wrong("replay none.csv --from 2024-01-01 --to 2024-01-02", "none.csv cannot be read: No such file"),
    Wrong("replay none.csv --from soon --to 2024-01-02", "'soon' is not a date"),
    Wrong("token roster --role king", "'king' is not one of 'machine', 'coordinator'"),
    Wrong("token roster --role machine", "name it with --shelter"),
    Wrong("token roster --role police --shelter linde", "--shelter is for a machine"),
    Wrong("token roster --role police", "acts for an organization: name it with --organization"),
    Wrong("token roster --role machine --shelter linde --scope search", "the role machine has other scopes: report, read"),
    Wrong("token roster --role machine --shelter linde --days 366", "a token counts for 1 to 365 days"),
    Wrong("token rotate", "Missing argument 'client'"),
    Wrong("token list", "DATABASE_URL is not set"),
    Wrong("token jan@politie.nl --role police", "an e-mail address belongs to a person"),
    Wrong("token 0612345678 --role police", "this looks like a number"),
    Wrong("enrol", "Missing argument 'person'"),
    Wrong("enrol wouter", "BEDBOARD_SECRET_KEY is not set", {"DATABASE_URL": NOWHERE}),
    Wrong("frob", "No such command 'frob'"),
    Wrong("serve --frob", "No such option: --frob"),
    Wrong("seed", "Missing argument 'file'"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.command}: {wrong.words}"[:70])
def test_what_is_wrong_is_said_in_one_line(wrong: Wrong) -> None:
    assert wrong.words in said(bedboard(*wrong.command.split(), **wrong.settings))


def test_a_person_gets_no_token() -> None:
    assert "the name of a person" in said(bedboard("token", "Jan Jansen", "--role", "police", DATABASE_URL=NOWHERE))


# --- help and version -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        "",
        "serve",
        "init",
        "migrate",
        "backup",
        "restore",
        "key",
        "push-keys",
        "seed",
        "token",
        "token list",
        "enrol",
        "import",
        "replay",
        "demo",
    ],
)
def test_each_command_explains_itself(command: str) -> None:
    short, long = bedboard(*command.split(), "-h"), bedboard(*command.split(), "--help")
    assert short.returncode == 0
    assert short.stdout.startswith("Usage: ")
    assert short.stdout == long.stdout


def test_the_version_is_that_of_the_package() -> None:
    typed = subprocess.run([sys.executable, "-m", "bedboard", "--version"], capture_output=True, text=True, check=False)
    for ran in (bedboard("--version"), typed):
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"bedboard {version('bedboard')}\n", "")


def test_help_is_quick_for_it_imports_nothing_heavy() -> None:
    code = "import sys; sys.argv = ['bedboard', '--help']\nfrom bedboard.cli import main\n"
    code += "try: main()\nexcept SystemExit: print('loaded:', *sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stderr.split())
    assert "bedboard.cli" in loaded
    assert loaded.isdisjoint({"sqlalchemy", "starlette", "cryptography", "pydantic", "asyncpg", "httpx", "uvicorn", "alembic"})


# --- the database -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def unmigrated(server_url: str) -> AsyncIterator[str]:
    """A database in which nothing is."""
    name = f"bedboard_bare_{os.getpid()}"
    connection = await asyncpg.connect(asyncpg_url(server_url))
    await connection.execute(f"create database {name}")
    yield other(server_url, database=name)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


COMMANDS = ["serve", "migrate", "seed seeds/demo.toml", "token roster --role police --organization oever", "demo"]


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_database_that_is_not_there_is_named(shared_database: Database, command: str) -> None:
    ran = bedboard(*command.split(), DATABASE_URL=other(shared_database.url, database="nowhere"), **KEY)
    assert said(ran) == 'there is no such database: database "nowhere" does not exist'


@pytest.mark.parametrize("command", COMMANDS[1:])  # the first waits for it: test_database_away.py
def test_a_server_that_does_not_answer_is_said(command: str) -> None:
    assert said(bedboard(*command.split(), DATABASE_URL=NOWHERE, **KEY)).startswith("the database does not answer: ")


async def test_a_user_whom_the_database_does_not_know_is_named(shared_database: Database) -> None:
    sentence = said(bedboard("serve", DATABASE_URL=other(shared_database.url, username="stranger"), **KEY))
    assert sentence.startswith("the database does not know this user: ")
    assert '"stranger"' in sentence


@pytest.mark.parametrize("command", [one for one in COMMANDS if one not in ("serve", "migrate", "demo")])
async def test_an_empty_database_is_to_be_set_up_first(unmigrated: str, command: str) -> None:
    assert (
        said(bedboard(*command.split(), DATABASE_URL=unmigrated, **KEY))
        == f"the database is empty, {NEEDED}: run `bedboard init`"
    )


async def test_an_older_database_is_not_served(unmigrated: str) -> None:
    await migrate(unmigrated, "0002")
    ran = bedboard("serve", DATABASE_URL=unmigrated, **KEY)
    assert f"the database is at 0002, {NEEDED}: run `bedboard migrate`" in ran.stderr.splitlines()
    assert bedboard("migrate", DATABASE_URL=unmigrated).stdout == "migrated\n"


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_newer_database_is_not_touched(database: Database, command: str) -> None:
    await execute(site.owner_url(database.url), "update alembic_version set version_num = '9999'")
    ran = bedboard(*command.split(), DATABASE_URL=database.url, **KEY)
    assert said(ran) == f"the database is at 9999, {NEEDED}: install the bedboard that made it"


async def test_an_older_database_of_real_use_is_not_changed_by_a_demo(unmigrated: str) -> None:
    await migrate(unmigrated, "0002")
    await execute(unmigrated, "insert into deployment values (1, 'real', 'Europe/Amsterdam', false, now())")
    assert "not a demo's" in said(bedboard("demo", DATABASE_URL=unmigrated))
    assert "is at 0002" in bedboard("serve", DATABASE_URL=unmigrated, **KEY).stderr


async def test_a_database_of_another_program_is_left_alone(unmigrated: str) -> None:
    await execute(unmigrated, "create table person (id int)")
    sentence = said(bedboard("migrate", DATABASE_URL=unmigrated))
    assert sentence == 'this database has other tables than bedboard\'s: relation "person" already exists'


@pytest.mark.parametrize("command", ["serve", "demo"])
async def test_a_port_in_use_is_said_and_no_address_is_announced(shared_database: Database, command: str) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        ran = bedboard(command, "--port", str(port), DATABASE_URL=shared_database.url, **KEY)
    assert said(ran) == f"port {port} is in use by another program; choose another one with --port"


# --- codes ------------------------------------------------------------------------------------------------------------


async def test_the_first_administrator_gets_a_code_on_the_server(board_database: Database) -> None:
    ran = bedboard("enrol", "wouter", DATABASE_URL=board_database.url, **KEY)
    assert (ran.returncode, ran.stderr) == (0, "")
    code, told = ran.stdout.splitlines()
    assert len(code.split("-")) == 5
    assert told == "for Wouter, within 15 minutes, at https://bedboard.example/enrol"
    assert said(bedboard("enrol", "nobody", DATABASE_URL=board_database.url, **KEY)) == (
        "there is no such person, or they have left"
    )
