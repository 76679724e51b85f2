"""A site whose pulse a test may ring by hand, and what a listener hears."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock, until
from tests.conftest import Site, start_site, stop_site


@pytest.fixture
async def site(board: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The small board, served; its own pulse is so slow that it does not get in the way."""
    site, server, running = await start_site(board.url, clock, pulse_seconds=7)
    yield site
    await stop_site(server, running)


async def hear(line: ClientConnection, seconds: float = PATIENCE) -> dict[str, Any]:
    """The next message, whatever it is."""
    async with asyncio.timeout(seconds):
        message: dict[str, Any] = json.loads(await line.recv())
    return message


async def pulse(site: Site) -> bool:
    return await site.process.board.pulse(site.process.identity.active_tokens)


async def until_pulse(site: Site, line: ClientConnection) -> list[dict[str, Any]]:
    """Everything that is said before the pulse that this rings: what came earlier has then certainly been heard.

    On a busy machine the database may not answer in time for the first one.
    """
    await until(lambda: pulse(site), "a pulse goes out")
    heard: list[dict[str, Any]] = []
    while (message := await hear(line))["type"] != "pulse":
        heard.append(message)
    return heard
