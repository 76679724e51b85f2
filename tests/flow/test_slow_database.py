"""A process whose way to the database is slow: a press is answered before its phone gives up, and keeps nobody else out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests.build import add_board, until
from tests.build.processes import Process
from tests.build.proxy import Proxy

PHONE_SECONDS = 10.0
SLOW = 1.0
"""Seconds of a trip: a tap makes ten of them in its two calls of the database."""


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    async with database.transaction() as tx:
        await add_board(tx, Clock().now())
    async with Proxy(database.url) as proxy:
        yield proxy


async def press(api: httpx.AsyncClient, status: str = "occupied") -> httpx.Response:
    return await api.patch("/places/linde-1", json={"status": status})


async def test_a_press_on_a_slow_way_is_answered_before_the_phone_gives_up(proxy: Proxy, tmp_path: Path) -> None:
    async with Process.serve(tmp_path / "log", proxy.url) as process, process.api("demo-shelter-linde") as api:
        assert (await press(api)).status_code == 200
        proxy.delay = SLOW
        async with asyncio.timeout(PHONE_SECONDS + 5):  # with time for a machine that does other things
            reply = await press(api, "free")
        assert reply.status_code == 200 or (reply.status_code, reply.json()["code"]) == (503, "database_away")
        assert reply.status_code == 200 or reply.headers["retry-after"] == "5"
        proxy.delay = 2 * SLOW
        async with asyncio.timeout(PHONE_SECONDS + 5):
            reply = await press(api, "free")
        assert (reply.status_code, reply.json()["code"]) == (503, "database_away")
        proxy.delay = 0

        async def goes_through() -> bool:
            return (await press(api, "free")).status_code == 200

        await until(goes_through, "a press goes through again")


async def test_a_process_with_many_presses_in_a_hole_ends_within_seconds(proxy: Proxy, tmp_path: Path) -> None:
    async with Process.serve(tmp_path / "log", proxy.url) as process, process.api("demo-shelter-linde") as api:
        assert (await press(api)).status_code == 200
        proxy.shut()
        presses = [asyncio.create_task(press(api, status)) for status in ("free", "occupied") * 6]
        await asyncio.wait(presses, timeout=1)
        await process.ask_to_end(12)
        for one in presses:
            one.cancel()
        await asyncio.gather(*presses, return_exceptions=True)
