"""A hole between a process and its database: open pages are live again soon after it."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests.build import PATIENCE, add_board
from tests.build.lines import hear
from tests.build.processes import Process
from tests.build.proxy import Proxy

HOLE_SECONDS = 9.0
"""Longer than the pulse needs to notice it, and shorter than a page waits before it gives up a silent socket."""


async def stay(process: Process, heard: Callable[[], None]) -> None:
    """Be a page: call `heard` with each pulse, and come back as `web/static/js/live.js` does."""
    attempt = 0
    while True:
        try:
            async with process.line() as line:
                while True:
                    if (await hear(line))["type"] == "pulse":
                        attempt = 0
                        heard()
        except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError):
            await asyncio.sleep(random.uniform(0, min(4.0, 0.5 * 2**attempt)))  # noqa: S311
            attempt += 1


@asynccontextmanager
async def pages(process: Process, count: int) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Yield a way to wait until each of so many pages has heard a pulse since then."""
    waiting: list[asyncio.Event] = []

    def page() -> asyncio.Task[None]:
        pulse = asyncio.Event()
        waiting.append(pulse)
        return asyncio.create_task(stay(process, pulse.set))

    async def all_live() -> None:
        for one in waiting:
            one.clear()
        await asyncio.gather(*(one.wait() for one in waiting))

    tasks = [page() for _ in range(count)]
    try:
        yield all_live
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    async with database.transaction() as tx:
        await add_board(tx, Clock().now())
    async with Proxy(database.url) as proxy:
        yield proxy


async def test_open_pages_are_live_again_soon_after_a_hole(proxy: Proxy, tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with Process.serve(tmp_path / "log", proxy.url) as process, pages(process, 20) as all_live:
        async with asyncio.timeout(PATIENCE):
            await all_live()
        proxy.shut()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(HOLE_SECONDS):
                await all_live()
        proxy.open()
        opened = loop.time()
        async with asyncio.timeout(PATIENCE):
            await all_live()
        print(f"all live {loop.time() - opened:.1f} s after a hole of {HOLE_SECONDS:.0f} s")  # noqa: T201
        async with process.api("demo-shelter-linde") as api:
            assert (await api.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
