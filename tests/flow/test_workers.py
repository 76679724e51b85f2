"""`bedboard serve --workers 2`: one port, one database, nothing sticky, and a worker that dies is started again."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection

from bedboard.clock import Clock
from bedboard.commands.workers import HUNG_SECONDS, START_SECONDS, Life, wait_seconds
from bedboard.store.database import Database
from tests import build
from tests.build import PATIENCE
from tests.build.processes import ROOT, Process
from tests.build.site import TRUST

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
async def two_workers(database: Database, log: Path, token: str = "") -> AsyncIterator[Process]:
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    command = ("serve", "--workers", "2")
    async with Process(log, *command, DATABASE_URL=database.url, BEDBOARD_DEMO="true", BEDBOARD_METRICS_TOKEN=token) as process:
        await until(lambda: listening(process.port) == 2)
        yield process


async def lines_at_both(process: Process) -> dict[int, ClientConnection]:
    """Open boards until each worker has one; return one of each, after its snapshot."""
    found: dict[int, ClientConnection] = {}
    for _ in range(TRIES):
        line = await process.line()
        pid = worker_of(process, line.local_address[1])
        if pid in found:
            await line.close()
            continue
        found[pid] = line
        assert (await hear(line))["type"] == "snapshot"
        if len(found) == 2:
            return found
    raise AssertionError("all connections went to one worker")


async def test_a_tap_at_one_worker_is_on_screens_at_both_and_each_job_is_done_once(database: Database, tmp_path: Path) -> None:
    async with two_workers(database, tmp_path / "log") as process, process.api("demo-shelter-linde") as api:
        lines = await lines_at_both(process)
        reply = await api.patch("/places/linde-1", json={"status": "occupied"})
        assert reply.status_code == 200
        for line in lines.values():
            while (message := await hear(line))["type"] != "shelter":
                assert message["type"] == "pulse"
            assert message["shelter"] == reply.json()
            await line.close()
        # Both tidied at their start. The database gave the hour to one of them.
        await until(lambda: '"step": "clients"' in process.log.read_text())
        assert process.log.read_text().count('"step": "clients"') == 1


async def test_a_worker_that_is_killed_loses_no_acknowledged_tap_and_comes_back(database: Database, tmp_path: Path) -> None:
    async with two_workers(database, tmp_path / "log") as process:
        acknowledged: list[tuple[str, int, str]] = []
        served_by: set[int] = set()
        before = children(process.pid)

        async def write(place: str) -> None:
            """Tap until told to stop, on a new connection after each that was lost."""
            status = "free"
            while True:
                async with process.api("demo-shelter-linde") as api:
                    with suppress(httpx.TransportError):
                        while True:
                            status = "occupied" if status == "free" else "free"
                            reply = await api.patch(f"/places/{place}", json={"status": status})
                            assert reply.status_code == 200, reply.text
                            acknowledged.append((place, reply.json()["version"], status))
                            with suppress(OSError, ValueError, AssertionError):  # it died meanwhile
                                address = reply.extensions["network_stream"].get_extra_info("client_addr")
                                served_by.add(worker_of(process, address[1]))

        writers = [asyncio.create_task(write(f"linde-{number}")) for number in (1, 2, 3)]
        for _ in range(3):
            served_by.clear()
            count = len(acknowledged)
            await until(lambda count=count: len(acknowledged) > count + 6 and bool(served_by))  # type: ignore[misc]
            alive, victim = children(process.pid), next(iter(served_by))
            os.kill(victim, signal.SIGKILL)
            await until(lambda alive=alive: len(children(process.pid) - alive) == 1)  # type: ignore[misc]
            await until(lambda: listening(process.port) == 2)
        count = len(acknowledged)
        await until(lambda: len(acknowledged) > count + 6)
        for writer in writers:
            writer.cancel()
        for end in await asyncio.gather(*writers, return_exceptions=True):
            assert isinstance(end, asyncio.CancelledError), end
        assert children(process.pid) != before
        for line in (await lines_at_both(process)).values():  # the new one serves too
            await line.close()
    async with database.transaction() as tx:
        rows = await (await tx.connection()).execute(
            text("select place_id, version, after->>'state' from journal where action = 'place'")
        )
        kept = {(row[0], row[1], "free" if row[2] == "open" else row[2]) for row in rows}
    assert [one for one in acknowledged if one not in kept] == []


async def test_one_answer_has_the_figures_of_all_workers(database: Database, tmp_path: Path) -> None:
    token = "figures-" + "7" * 40
    async with two_workers(database, tmp_path / "log", token) as process:
        lines = await lines_at_both(process)

        async def figures() -> str:
            async with httpx.AsyncClient(base_url=process.url, timeout=PATIENCE, verify=TRUST) as client:
                return (await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})).text

        async def are_all_there() -> bool:
            said = await figures()
            return all(f'bedboard_viewers{{process="{number}"}} 1' in said for number in (0, 1))

        await build.until(are_all_there, "one answer has the viewers of both")
        for line in lines.values():
            await line.close()


async def test_asked_to_end_all_workers_end_and_the_port_is_free(database: Database, tmp_path: Path) -> None:
    async with two_workers(database, tmp_path / "log") as process:
        workers = children(process.pid)
        lines = await lines_at_both(process)
        assert await process.ask_to_end(5) == -signal.SIGTERM
        assert not any_alive(workers)
        for line in lines.values():
            async with asyncio.timeout(PATIENCE):
                await line.wait_closed()
            assert line.close_code == 1012
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", process.port))
            again.listen()
    assert "Traceback" not in process.log.read_text()


async def test_workers_do_not_outlive_a_parent_that_is_killed(database: Database, tmp_path: Path) -> None:
    async with two_workers(database, tmp_path / "log") as process:
        workers = children(process.pid)
        process.kill()
        await until(lambda: not any_alive(workers))


CANNOT_START = """
import time
from bedboard.commands.failures import Failure
from bedboard.commands.workers import Workers

def serve(number, on_ready):
    if number == 1:
        raise Failure("nothing is set up")
    time.sleep(600)

Workers(2, serve).run()
"""


def test_a_worker_that_cannot_start_ends_the_others_and_has_the_last_word() -> None:
    command = [sys.executable, "-c", CANNOT_START]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "nothing is set up\n")


HANGS = """
import os, signal, sys, time
from pathlib import Path
from bedboard.commands import workers
from bedboard.log import set_up_log

workers.HUNG_SECONDS = 1.0
set_up_log("info")
lives = Path(sys.argv[1])

def serve(number, on_ready):
    with lives.open("a") as file:
        file.write(f"{number}\\n")
    count = lives.read_text().count(f"{number}\\n")
    if number == 1 and count == 2:
        os.kill(os.getppid(), signal.SIGTERM)
    while True:
        on_ready()
        if number == 1 and count == 1:
            os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(0.1)

workers.Workers(2, serve).run()
"""


def test_a_worker_that_hangs_is_killed_and_started_again(tmp_path: Path) -> None:
    lives = tmp_path / "lives"
    command = [sys.executable, "-c", HANGS, str(lives)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert sorted(lives.read_text().split()) == ["0", "1", "1"], "the other one has lived on"
    said = [(line["event"], line["process"]) for line in map(json.loads, ran.stdout.splitlines())]
    assert said == [("worker_hung", 1), ("worker_ended", 1)]


def test_a_worker_hangs_after_a_time_without_a_beat_and_has_longer_to_begin() -> None:
    life = Life(0, 0.0)
    assert not life.look(0, START_SECONDS - 1)
    assert not life.look(1, 5.0)
    assert not life.look(1, HUNG_SECONDS - 1)
    assert not life.look(2, 5.0)
    assert life.look(2, HUNG_SECONDS)
    assert Life(1, 0.0).look(0, START_SECONDS)


@pytest.mark.parametrize(("waits", "seconds"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (6, 16), (7, 30), (70, 30)])
def test_a_worker_that_keeps_dying_young_waits_longer_each_time(waits: int, seconds: float) -> None:
    assert wait_seconds(waits) == seconds
