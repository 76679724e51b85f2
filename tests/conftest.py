"""Real parts for every level: a PostgreSQL, a migrated database for each test that asks for one, and a whole site
on a real port.

The PostgreSQL is a throw-away embedded one, or that of BEDBOARD_TEST_DATABASE_URL.
"""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import settings
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bedboard import embedded
from bedboard.log import set_up_log
from bedboard.migrations.run import migrate_now
from bedboard.store import database as store_database
from bedboard.store.address import asyncpg_url
from bedboard.store.database import Database, Transaction
from tests import build
from tests.build import FixedClock
from tests.build.cases import add_case_board
from tests.build.site import Site, drop_database, make_database, name_database, owner_url, served, web_url

gc.disable()  # until all tests are collected: `pytest_collection_finish`

settings.register_profile("long")  # pytest --hypothesis-profile=long: see tests/actions/test_case_lives.py


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=2, help="how often the embedded database is killed under a demo")
    parser.addoption("--attack", choices=("short", "long"), default="short", help="the length of the attacks on the promises")


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server on which databases may be made; the wheel's unless another one is named."""
    set_up_log("warning")
    given = os.environ.get("BEDBOARD_TEST_DATABASE_URL")
    if given:
        yield given
        return
    # In memory where the system offers that: the same server with the same settings, which waits for no disk. The remains
    # of a crash are tested with processes of their own.
    folder = Path(tempfile.mkdtemp(prefix="bedboard-", dir=SHM)) if has_room(SHM) else tmp_path_factory.mktemp("postgresql")
    folder.chmod(0o755)  # PostgreSQL does not run as root, and must be able to come in
    server = embedded.start(folder / "data")
    try:
        yield server.url
    finally:
        server.discard()
        shutil.rmtree(folder, ignore_errors=True)


SHM = Path("/dev/shm")  # noqa: S108


def has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 4 * 1024**3


def _execute(server_url: str, statement: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(asyncpg_url(server_url))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute())


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a migrated, empty database from which the others are copied."""
    name = f"bedboard_template_{os.getpid()}"
    _execute(server_url, f"create database {name}")
    url = name_database(server_url, name)
    migrate_now(url, web_url(url))
    with _shared_statements(url):
        yield name
    _execute(server_url, f"drop database {name}")


@contextmanager
def _shared_statements(url: str) -> Iterator[None]:
    """Let all databases of this process know each statement once it is compiled.

    Every test has a database of its own, and so an engine, and each would compile all its statements again.
    """
    first = Database(url).engine

    async def learn() -> None:
        async with first.connect():  # what kind of server it is
            pass
        await first.dispose()

    asyncio.run(learn())

    def create(*given: Any, **options: Any) -> AsyncEngine:
        engine = create_async_engine(*given, **options)
        engine.sync_engine.dialect, engine.sync_engine._compiled_cache = first.dialect, first.sync_engine._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_database, "create_async_engine", create)
        yield


@pytest.fixture(scope="session")
def board_template(server_url: str, template: str) -> Iterator[str]:
    """The name of a database with the small board of `build.add_board`, from which the others are copied."""
    with _filled(server_url, template, "board", build.add_board) as name:
        yield name


@pytest.fixture(scope="session")
def case_template(server_url: str, board_template: str) -> Iterator[str]:
    """The name of a database with the board of `cases.add_case_board`."""
    with _filled(server_url, board_template, "cases", add_case_board) as name:
        yield name


@contextmanager
def _filled(server_url: str, template: str, what: str, fill: Callable[[Transaction], Awaitable[object]]) -> Iterator[str]:
    """Yield the name of a copy of the template that is filled further."""
    name = f"bedboard_{what}_{os.getpid()}"
    _execute(server_url, f"create database {name} template {template}")

    async def fill_it() -> None:
        database = Database(name_database(server_url, name), build.SEAL.marks)
        async with database.transaction() as tx:
            await fill(tx)
        await database.dispose()

    asyncio.run(fill_it())
    yield name
    _execute(server_url, f"drop database {name}")


@pytest.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """A migrated, empty database of this test's own."""
    url = await make_database(server_url, template)
    yield url
    await drop_database(server_url, url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, build.SEAL.marks, pool_size=30)
    yield database
    await database.dispose()


@asynccontextmanager
async def _copied(server_url: str, template: str) -> AsyncIterator[Database]:
    url = await make_database(server_url, template)
    database = Database(url, build.SEAL.marks, pool_size=30)
    yield database
    await database.dispose()
    await drop_database(server_url, url)


@pytest.fixture
async def board_database(server_url: str, board_template: str) -> AsyncIterator[Database]:
    """A database of this test's own with the small board of `build.add_board`."""
    async with _copied(server_url, board_template) as database:
        yield database


@pytest.fixture
async def case_database(server_url: str, case_template: str) -> AsyncIterator[Database]:
    """The small board, and on it everybody who may decide on something: `cases.add_case_board`."""
    async with _copied(server_url, case_template) as database:
        yield database


@pytest.fixture(scope="session")
async def shared_database(server_url: str, board_template: str) -> AsyncIterator[Database]:
    url = await make_database(server_url, board_template)
    database = Database(url, build.SEAL.marks, pool_size=5)
    yield database
    await database.dispose()
    await drop_database(server_url, url)


class RollBack(Exception):
    """Ends a transaction of a test without keeping anything."""


@asynccontextmanager
async def _rolled_back(database: Database) -> AsyncIterator[Transaction]:
    async with database.transaction() as session:
        yield session
        await session.rollback()


@pytest.fixture
async def tx(shared_database: Database) -> AsyncIterator[Transaction]:
    """A transaction on the small board, rolled back after the test: for the store. It is the role's that serves."""
    async with _rolled_back(shared_database) as session:
        yield session


@pytest.fixture(scope="session")
async def owner_database(shared_database: Database) -> AsyncIterator[Database]:
    database = Database(owner_url(shared_database.url), build.SEAL.marks, pool_size=5)
    yield database
    await database.dispose()


@pytest.fixture
async def owner_tx(owner_database: Database) -> AsyncIterator[Transaction]:
    """The same as the owner of the tables, whom only their constraints and triggers stop."""
    async with _rolled_back(owner_database) as session:
        yield session


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The small board, served."""
    async with served(board_database.url, clock) as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; without one the test is skipped, except where CI says that there must be one.

    The headless shell is the same browser without its windows: it opens a page with a third of the work.
    """
    found = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI has no Chromium")
        pytest.skip("no Chromium on this machine")
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in Path(str(item.fspath)).parts:
            item.add_marker("browser")
    # The wheel's tests take a minute, mostly by waiting for pip: begun last, the other workers would wait for them.
    items.sort(key=lambda item: item.path.name != "test_wheel.py")


def pytest_collection_finish() -> None:
    """Let the collector of garbage leave alone what stays to the end: half a million objects of modules and tests."""
    gc.collect()
    gc.freeze()
    gc.enable()
