"""A site on which sessions grow old: its clock also moves what a process remembers for some seconds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from bedboard.store.database import Database
from tests import build
from tests.build import NOW, PATIENCE, FixedClock
from tests.build.site import Site, as_owner, served


class WholeClock(FixedClock):
    """Moves the monotonic clock too, so that what a process keeps for some seconds grows old as well."""

    def monotonic(self) -> float:
        return monotonic() + (self.at - NOW).total_seconds()


@pytest.fixture
async def site(board_database: Database) -> AsyncIterator[Site]:
    async with served(board_database.url, WholeClock(), own_pulse=False) as site:
        yield site


async def beat(site: Site) -> None:
    """A pulse goes out; when the machine is too busy for the database to answer in time, as soon as it does."""

    async def is_out() -> bool:
        return await site.process.pulse.beat()

    await build.until(is_out, "the pulse is out")


async def code_of(line: ClientConnection) -> int | None:
    """Reads until the socket closes, and gives the code."""
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ConnectionClosed):
            while True:
                await line.recv()
    return line.close_code


@asynccontextmanager
async def locked_out(database: Database) -> AsyncIterator[None]:
    """Nobody can read the sessions meanwhile."""
    async with as_owner(database) as tx:
        await (await tx.connection()).execute(text("lock table session in access exclusive mode"))
        yield


async def used_at(site: Site) -> str:
    async with site.process.database.transaction() as tx:
        found = await (await tx.connection()).execute(text("select max(used_at) from session"))
        return str(found.scalar_one().isoformat())
