"""Real parts for every level: a throw-away embedded PostgreSQL (or BEDBOARD_TEST_DATABASE_URL), a migrated database for each
test that asks for one, and a whole site on a real port."""

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import asyncpg
import httpx
import pytest
import uvicorn
from hypothesis import settings
from sqlalchemy.engine import make_url

from bedboard import embedded
from bedboard.app import build_app
from bedboard.live.wire import WEBSOCKET_OPTIONS
from bedboard.log import set_up_log
from bedboard.migrations.run import migrate_now
from bedboard.process import Process
from bedboard.settings import Settings
from bedboard.store.database import Database, Transaction, asyncpg_url
from tests import build
from tests.build import PATIENCE, FixedClock

numbers = count(1)
settings.register_profile("long")  # pytest --hypothesis-profile=long: see tests/actions/test_request_lives.py


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server on which databases may be made; the wheel's unless another one is named."""
    set_up_log("warning")
    given = os.environ.get("BEDBOARD_TEST_DATABASE_URL")
    if given:
        yield given
        return
    # In memory where the system offers that: the same server with the same settings, which waits for no disk. What a crash
    # leaves behind is tested with processes of their own.
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


def _named(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


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
    migrate_now(_named(server_url, name))
    yield name
    _execute(server_url, f"drop database {name}")


async def _make_database(server_url: str, template: str) -> str:
    name = f"bedboard_test_{os.getpid()}_{next(numbers)}"
    connection = await asyncpg.connect(asyncpg_url(server_url))
    try:
        await connection.execute(f"create database {name} template {template}")
    finally:
        await connection.close()
    return _named(server_url, name)


async def _drop_database(server_url: str, url: str) -> None:
    connection = await asyncpg.connect(asyncpg_url(server_url))
    try:
        await connection.execute(f"drop database {make_url(url).database} with (force)")
    finally:
        await connection.close()


@pytest.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """A migrated, empty database of this test's own."""
    url = await _make_database(server_url, template)
    yield url
    await _drop_database(server_url, url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=30)
    yield database
    await database.dispose()


@pytest.fixture
async def board(database: Database) -> Database:
    """The database with the small board of `build.add_board`."""
    async with database.transaction() as tx:
        await build.add_board(tx)
    return database


@pytest.fixture(scope="session")
async def shared_database(server_url: str, template: str) -> AsyncIterator[Database]:
    url = await _make_database(server_url, template)
    database = Database(url, pool_size=5)
    async with database.transaction() as tx:
        await build.add_board(tx)
    yield database
    await database.dispose()
    await _drop_database(server_url, url)


class RollBack(Exception):
    """Ends a transaction of a test without keeping anything."""


@pytest.fixture
async def tx(shared_database: Database) -> AsyncIterator[Transaction]:
    """A transaction on the small board, rolled back after the test: for the store."""
    manager = shared_database.transaction()
    session = await manager.__aenter__()
    yield session
    await session.rollback()
    await manager.__aexit__(None, None, None)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@dataclass
class Site:
    """A running process' worth of bedboard: real HTTP and sockets on `url`, a clock that the test moves, and its process."""

    url: str
    clock: FixedClock
    process: Process

    @property
    def live_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def client(self) -> httpx.AsyncClient:
        """A browser without scripts: keeps cookies, sends its origin, does not follow redirects by itself."""
        return httpx.AsyncClient(base_url=self.url, headers={"Origin": self.url}, timeout=PATIENCE)

    def api(self, token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)

    async def sign_in(self, person: str) -> httpx.AsyncClient:
        """A browser in which `person` has signed in."""
        client = self.client()
        reply = await client.post("/sign-in/demo", data={"person": person})
        assert reply.status_code == 303, reply.text
        return client


async def start_site(
    database_url: str, clock: FixedClock, **settings: object
) -> tuple[Site, uvicorn.Server, asyncio.Task[None]]:
    """Serves on a free port in this very loop; the caller ends it with `stop_site`."""
    listening = socket.socket(proto=socket.IPPROTO_TCP)  # only then asyncio turns Nagle's delay off
    listening.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    given = {"demo": True, "public_url": url, "database_url": database_url} | settings
    app = build_app(Settings(**given), build.SEAL, clock)  # type: ignore[arg-type]
    config = uvicorn.Config(app, lifespan="on", log_level="warning", access_log=False, **WEBSOCKET_OPTIONS)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve([listening]))
    async with asyncio.timeout(PATIENCE):
        while not server.started:
            if running.done():
                running.result()
            await asyncio.sleep(0.01)
    return Site(url, clock, app.app.state.process), server, running


async def stop_site(server: uvicorn.Server, running: asyncio.Task[None]) -> None:
    server.should_exit = True
    await running


@pytest.fixture
async def site(board: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The small board, served."""
    site, server, running = await start_site(board.url, clock)
    yield site
    await stop_site(server, running)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in Path(str(item.fspath)).parts:
            item.add_marker("browser")
