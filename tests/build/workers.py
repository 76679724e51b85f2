"""Several workers of one `bedboard serve`: which there are, and which of them has a connection."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.build import PATIENCE
from tests.build.processes import Process

TRIES = 60  # connections until both workers have one; that all go to one of them has a chance of 2 to the power of -59


def children(pid: int) -> set[int]:
    with suppress(FileNotFoundError):
        return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    return set()


def any_alive(pids: set[int]) -> bool:
    return any(Path(f"/proc/{pid}").exists() for pid in pids)


def sockets(port: int) -> list[list[str]]:
    """The lines of the kernel's list of sockets with this local port."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [line for line in lines if int(line[1].partition(":")[2], 16) == port]


def listening(port: int) -> int:
    return sum(1 for line in sockets(port) if line[3] == "0A")


def worker_of(process: Process, client_port: int) -> int:
    """The worker at the other end of a connection from this port."""
    [inode] = [line[9] for line in sockets(process.port) if int(line[2].partition(":")[2], 16) == client_port]
    for pid in children(process.pid):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                if os.readlink(one) == f"socket:[{inode}]":
                    return pid
    raise AssertionError("no worker has this connection")


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def hear(line: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        message: dict[str, Any] = json.loads(await line.recv())
    return message


@asynccontextmanager
async def some_workers(database: Database, log: Path, token: str = "", count: int = 2) -> AsyncIterator[Process]:
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    command = ("serve", "--workers", str(count))
    async with Process(log, *command, DATABASE_URL=database.url, BEDBOARD_DEMO="true", BEDBOARD_METRICS_TOKEN=token) as process:
        await until(lambda: listening(process.port) == count)
        yield process


async def lines_at_both(process: Process, count: int = 2) -> dict[int, ClientConnection]:
    """Open boards until so many workers have one; return one of each, after its snapshot."""
    found: dict[int, ClientConnection] = {}
    for _ in range(TRIES):
        line = await process.line()
        pid = worker_of(process, line.local_address[1])
        if pid in found:
            await line.close()
            continue
        found[pid] = line
        assert (await hear(line))["type"] == "snapshot"
        if len(found) == count:
            return found
    raise AssertionError("all connections went to one worker")
