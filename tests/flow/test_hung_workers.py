"""`bedboard serve --workers 4` at work: one worker stands still and another one is killed."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import httpx
from websockets.exceptions import ConnectionClosed

from bedboard.store.database import Database
from tests.build import PATIENCE
from tests.build.processes import Process
from tests.build.site import TRUST
from tests.build.workers import TRIES, children, hear, lines_at_both, listening, some_workers, until, worker_of


async def test_of_four_workers_one_hangs_and_one_dies_and_their_screens_come_back(database: Database, tmp_path: Path) -> None:
    async with some_workers(database, tmp_path / "log", count=4) as process:
        lines = await lines_at_both(process, 4)
        before = children(process.pid)
        hung, dead, *_ = lines
        os.kill(hung, signal.SIGSTOP)
        os.kill(dead, signal.SIGKILL)
        for line in (lines.pop(hung), lines.pop(dead)):  # the parent kills the one that hangs, so its screens hear it too
            with suppress(ConnectionClosed):
                while True:
                    await hear(line)
        await until(lambda: len(children(process.pid) - before) == 2 and listening(process.port) == 4)
        assert before & children(process.pid) == before - {hung, dead}, "the others have lived on"
        for line in lines.values():
            assert (await hear(line))["type"] in ("pulse", "shelter")
        again = await lines_at_both(process, 4)
        assert again.keys() == children(process.pid)
        async with process.api("demo-shelter-linde") as api:
            assert (await api.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
        for line in again.values():
            while (message := await hear(line))["type"] != "shelter":
                assert message["type"] == "pulse"
            await line.close()
        ready = await are_ready(process, 4)
        assert ready == children(process.pid), "each of the four says that it is ready"
        log = process.log.read_text()
        assert log.count('"worker_hung"') == 1 and log.count('"worker_ended"') == 2
        for line in lines.values():
            await line.close()


async def are_ready(process: Process, count: int) -> set[int]:
    """Ask for readiness on new connections until so many workers have answered that they are; return which."""
    found: set[int] = set()
    for _ in range(TRIES):
        async with httpx.AsyncClient(base_url=process.url, timeout=PATIENCE, verify=TRUST) as client:
            reply = await client.get("/health/ready")
            assert reply.status_code == 200, reply.text
            found.add(worker_of(process, reply.extensions["network_stream"].get_extra_info("client_addr")[1]))
        if len(found) == count:
            break
    return found
