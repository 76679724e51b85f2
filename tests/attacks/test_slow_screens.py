"""Promise 6: a screen that does not read, and fifty that read a byte a second, delay no other screen."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import httpx
import pytest

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.attacks.stage import HANDSHAKE, is_long, planted, tell
from tests.build import PATIENCE, until
from tests.build.processes import Process
from tests.build.site import TRUST

SLOW = {"short": 10, "long": 50}
OTHERS = {"short": 4, "long": 20}
CHANGES = {"short": 40, "long": 1000}
MOST_SECONDS = 10.0
"""Far more than a change takes on a busy machine, and the patience of the server with a screen that does not read."""

AT_ONCE = 10
MOST_CHANGES = 600
"""After so many the buffers of the kernel for a screen that does not read are full."""

NEVER_SECONDS = 3600.0
SMALL_BUFFER = 1024
FIGURES = "figures-of-the-attack-on-slow-screens"
LAGGING = re.compile(r"^bedboard_viewers_lagging\S* (\S+)$", re.MULTILINE)
AWAITS = """
import asyncio
from bedboard.live import reader
from bedboard.live.hub import Hub
hubs, begin, read = [], Hub.__init__, reader.list_shelters
def keep(self, *given, **named):
    begin(self, *given, **named)
    hubs.append(self)
async def list_shelters(*given):
    while any(hub.lagging for hub in hubs):
        await asyncio.sleep(0.05)
    return await read(*given)
Hub.__init__, reader.list_shelters = keep, list_shelters
"""


async def read_slowly(process: Process, pause_seconds: float) -> None:
    """Be a screen that reads a byte after each pause, and comes back when it is closed, until cancelled."""
    loop, host = asyncio.get_running_loop(), f"127.0.0.1:{process.port}"
    while True:
        with socket.socket() as line, suppress(OSError):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            line.setblocking(False)
            await loop.sock_connect(line, ("127.0.0.1", process.port))
            await loop.sock_sendall(line, HANDSHAKE.format(host=host).encode())
            while True:
                await asyncio.sleep(pause_seconds)
                if not await loop.sock_recv(line, 1):
                    break
        await asyncio.sleep(0.5)


class Reader:
    """A screen as it should be. `heard`: when it heard of each version."""

    def __init__(self) -> None:
        self.heard: dict[int, float] = {}

    async def read(self, process: Process) -> None:
        """Note the versions of one shelter, until cancelled."""
        async with process.line() as line:
            while True:
                message = json.loads(await line.recv())
                for one in message.get("shelters", [message.get("shelter")]):
                    if one is not None and one["id"] == "linde":
                        self.heard.setdefault(one["version"], monotonic())


@asynccontextmanager
async def running(*work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do all this until the end; work that has failed fails the test."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def waits(process: Process, readers: list[Reader], changes: int) -> list[float]:
    """Change a place so often; return how long each change took from the press to each reader, `MOST_SECONDS` at most."""
    found: list[float] = []
    async with process.api("demo-shelter-linde") as api:
        for number in range(changes):
            begun = monotonic()
            reply = await api.patch("/places/linde-1", json={"status": "free" if number % 2 else "occupied"})
            assert reply.status_code == 200, reply.text
            version = reply.json()["version"]

            async def is_heard(version: int = version) -> bool:
                return all(version in reader.heard for reader in readers)

            with suppress(TimeoutError):
                async with asyncio.timeout(MOST_SECONDS):
                    await until(is_heard, "every reader hears of the change", PATIENCE)
            found += [reader.heard.get(version, begun + MOST_SECONDS) - begun for reader in readers]
            if max(found) >= MOST_SECONDS:
                break
    return found


async def lagging(process: Process) -> int:
    """Return how many screens cannot take a message at this moment."""
    headers = {"Authorization": f"Bearer {FIGURES}"}
    async with httpx.AsyncClient(base_url=process.url, headers=headers, timeout=PATIENCE, verify=TRUST) as client:
        text = (await client.get("/metrics")).text
    return int(float(LAGGING.findall(text)[0]))


def percentile(found: list[float], part: float) -> float:
    """Return a wait in milliseconds, below which this part of them lies."""
    return 1000 * sorted(found)[int(part * (len(found) - 1))]


@pytest.mark.parametrize("awaits", [True, False], ids=["a server that waits for them", "as it is"])
async def test_screens_that_do_not_read_delay_no_other(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest, awaits: bool
) -> None:
    if awaits and not is_long(request):
        pytest.skip("scripts/attack plants its fault")
    size = "long" if is_long(request) and not awaits else "short"
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    process = Process(
        tmp_path / "log",
        "serve",
        program=planted(tmp_path, AWAITS) if awaits else None,
        DATABASE_URL=database.url,
        BEDBOARD_DEMO="true",
        BEDBOARD_LIVE_PAGES="200",
        BEDBOARD_METRICS_TOKEN=FIGURES,
        BEDBOARD_PATIENCE_SECONDS="60" if awaits else "10",
    )
    readers = [Reader() for _ in range(OTHERS[size])]
    async with process, running(*(reader.read(process) for reader in readers)):

        async def all_read() -> bool:
            return all(reader.heard for reader in readers)

        await until(all_read, "every reader has the board")
        alone = await waits(process, readers, CHANGES[size] // 4)
        slow = [read_slowly(process, 1.0) for _ in range(SLOW[size])]
        async with running(read_slowly(process, NEVER_SECONDS), *slow):
            if awaits:
                beside = await waits(process, readers, MOST_CHANGES)
                assert max(beside) >= MOST_SECONDS, "a server that waits for its slowest screen is seen"
                return
            beside, most = [], 0
            while len(beside) < CHANGES[size] * len(readers) or not most:
                beside += await waits(process, readers, AT_ONCE)
                most = max(most, await lagging(process))  # often: after ten seconds a slow one is closed, and begins again
                assert len(beside) <= (CHANGES[size] + MOST_CHANGES) * len(readers), "the slow ones fall behind"
    assert max(beside) < MOST_SECONDS
    assert '"bug"' not in process.log.read_text()
    tell(
        capsys,
        f"slow screens: one that does not read and {SLOW[size]} that read a byte a second, up to {most} behind at once; "
        f"{len(beside) // len(readers)} changes to {len(readers)} others, p50 {percentile(beside, 0.5):.0f} ms, "
        f"p99 {percentile(beside, 0.99):.0f} ms (before: {percentile(alone, 0.5):.0f} and {percentile(alone, 0.99):.0f} ms)",
    )
