"""A site of bedboard on a real port, served from a database made for it."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from math import inf
from typing import Any

import asyncpg
import httpx
import uvicorn
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bedboard.admission import Limits
from bedboard.app import build_app
from bedboard.doorway import Patience, make_doorway
from bedboard.embedded.server import USER, WEB_USER
from bedboard.live.wire import WEBSOCKET_OPTIONS
from bedboard.process import Process
from bedboard.settings import Settings
from bedboard.store.address import asyncpg_url
from bedboard.store.database import Database, Transaction
from tests import build
from tests.build import PATIENCE, FixedClock

numbers = count(1)

PATIENT = Limits(sockets=inf, calls_a_second=inf, calls_in_burst=inf, strangers_a_second=inf, strangers_in_burst=inf)
"""The limits of a site, but for sockets and rates: a test has one person and asks as fast as the machine lets it."""

KEEP_ALIVE_SECONDS = 600  # a client of a slow test must not write to a connection that is closed at that moment

TRUST = ssl.create_default_context()
"""For every client of a test: nothing here speaks TLS, and a client that makes this by itself reads all certificates."""


def name_database(server_url: str, name: str) -> str:
    """Return the address of a database, as the owner of everything in it."""
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def web_url(url: str) -> str:
    """Return the address of the same database as the role that serves, as in production; the migration makes it."""
    return make_url(url).set(username=WEB_USER, password=WEB_USER).render_as_string(hide_password=False)


def owner_url(url: str) -> str:
    """Return the address of the same database as its owner, for what only a test or a thief does."""
    owner = make_url(os.environ.get("BEDBOARD_TEST_DATABASE_URL") or f"postgresql://{USER}@")
    return make_url(url).set(username=owner.username, password=owner.password).render_as_string(hide_password=False)


@asynccontextmanager
async def as_owner(database: Database) -> AsyncIterator[Transaction]:
    """A transaction of the owner of the tables, for what only a test or a thief does."""
    owner = Database(owner_url(database.url), database.marks, pool_size=1)
    try:
        async with owner.transaction() as tx:
            yield tx
    finally:
        await owner.dispose()


async def make_database(server_url: str, template: str) -> str:
    """Make a copy of the template, and return its address as the role that serves."""
    name = f"bedboard_test_{os.getpid()}_{next(numbers)}"
    connection = await asyncpg.connect(asyncpg_url(server_url))
    try:
        # Copied as files: half the work of copying through the log, which is for large servers.
        await connection.execute(f"create database {name} template {template} strategy file_copy")
    finally:
        await connection.close()
    return web_url(name_database(server_url, name))


async def drop_database(server_url: str, url: str) -> None:
    connection = await asyncpg.connect(asyncpg_url(server_url))
    try:
        await connection.execute(f"drop database {make_url(url).database} with (force)")
    finally:
        await connection.close()


class Browser(httpx.AsyncClient):
    """A browser without scripts: it keeps cookies and sends its origin.

    It goes on to a page that was kept for it, so that a reply is the page that the person sees. Other redirects are the test's.
    """

    async def request(self, method: str, url: httpx.URL | str, **how: Any) -> httpx.Response:
        reply = await super().request(method, url, **how)
        while (where := self._kept(reply)) is not None:
            assert reply.status_code == 303
            reply = await super().request("GET", where)
        return reply

    @staticmethod
    def _kept(reply: httpx.Response) -> str | None:
        """Return the address of a page whose contents came along with this reply."""
        where = reply.headers.get("location", "")
        kept_id = where.rpartition("kept=")[2]
        return str(where) if f"-kept-{kept_id}=" in reply.headers.get("set-cookie", "") else None


@dataclass
class Site:
    """A running process' worth of bedboard: real HTTP and sockets on `url`, a clock that the test moves, and its process."""

    url: str
    clock: FixedClock
    process: Process

    @property
    def live_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def pass_time(self, **by: float) -> None:
        """Move the clock, and let the process forget whom it has seen, as it does in so much time: `pass_time(minutes=5)`."""
        self.clock.move(**by)
        self.process.identity._people.clear()

    async def stay(self) -> None:
        """Let everybody who is signed in begin again at this moment, so that no session is locked or over."""
        async with self.process.database.transaction() as tx:
            used = text("update session set created_at = :now, used_at = :now where ended_at is null")
            await (await tx.connection()).execute(used, {"now": self.clock.now()})
        self.process.identity._people.clear()

    def client(self) -> httpx.AsyncClient:
        """A browser without scripts in which nobody has signed in."""
        return Browser(base_url=self.url, headers={"Origin": self.url}, timeout=PATIENCE, verify=TRUST)

    def api(self, token: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, timeout=PATIENCE, verify=TRUST)

    async def open_wall(self, person: str = "hanneke") -> httpx.AsyncClient:
        """A browser that `person` has made a wall screen."""
        client = await self.sign_in(person)
        reply = await client.post("/wall", data={"back": ""})
        assert reply.headers["location"] == "/?wall=1", reply.text
        return client

    async def sign_in(self, person: str) -> httpx.AsyncClient:
        """A browser in which `person` has signed in."""
        client = self.client()
        reply = await client.post("/sign-in/demo", data={"person": person})
        assert reply.status_code == 303, reply.text
        return client


async def start_site(
    database_url: str,
    clock: FixedClock,
    *,
    own_pulse: bool = True,
    has_jobs: bool = False,
    has_watch: bool = False,
    host: str = "127.0.0.1",
    limits: Limits = PATIENT,
    patience: Patience | None = None,
    port: int = 0,
    **given: object,
) -> tuple[Site, uvicorn.Server, asyncio.Task[None]]:
    """Serve on a free port in this very loop; the caller ends it with `stop_site`.

    `own_pulse` False: only the test rings the pulse, however slow the machine is. Without `has_jobs` the scheduler does
    nothing between two steps of a test, and without `has_watch` no socket is closed because the machine is busy.
    """
    listening = socket.socket(proto=socket.IPPROTO_TCP)  # only then asyncio turns Nagle's delay off
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    url = f"http://{host}:{listening.getsockname()[1]}"
    settings = Settings(**{"demo": True, "public_url": url, "database_url": database_url} | given)  # type: ignore[arg-type]
    if not own_pulse:
        settings = settings.model_copy(update={"pulse_seconds": 3600.0})  # more than the settings allow
    app = build_app(settings, build.SEAL, clock, has_jobs=has_jobs, has_watch=has_watch, limits=limits)
    config = uvicorn.Config(
        app,
        http=make_doorway(patience),
        lifespan="on",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        **WEBSOCKET_OPTIONS,
    )
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


@asynccontextmanager
async def served(database_url: str, clock: FixedClock, **how: Any) -> AsyncIterator[Site]:
    """Serve until the end of the block; `how` as for `start_site`."""
    site, server, running = await start_site(database_url, clock, **how)
    try:
        yield site
    finally:
        await stop_site(server, running)


async def facts(site: Site) -> tuple[Any, ...]:
    """All that a refused call must leave as it was: places, versions, how many rows of journal and of kept answers."""
    async with site.process.database.transaction() as tx:
        connection = await tx.connection()
        shelters = await connection.execute(text("select id, version, confirmed_at from shelter order by id"))
        places = await connection.execute(
            text("select id, state, since, observed_at, expected_free_at, closed_reason from place order by id")
        )
        counts = await connection.execute(text("select (select count(*) from journal), (select count(*) from stored_reply)"))
        return (*map(tuple, shelters), *map(tuple, places), tuple(counts.one()))
