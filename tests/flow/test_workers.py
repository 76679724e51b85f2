"""`bedboard serve --workers 2`: one port, one database, nothing sticky, and a worker that dies is started again."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from bedboard.commands.workers import HUNG_SECONDS, START_SECONDS, Life, wait_seconds
from bedboard.store.database import Database
from tests import build
from tests.build import PATIENCE
from tests.build.processes import ROOT
from tests.build.site import TRUST
from tests.build.workers import any_alive, children, hear, lines_at_both, listening, some_workers, until, worker_of


async def test_a_tap_at_one_worker_is_on_screens_at_both_and_each_job_is_done_once(database: Database, tmp_path: Path) -> None:
    async with some_workers(database, tmp_path / "log") as process, process.api("demo-shelter-linde") as api:
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
    async with some_workers(database, tmp_path / "log") as process:
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
    async with some_workers(database, tmp_path / "log", token) as process:
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
    async with some_workers(database, tmp_path / "log") as process:
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
    async with some_workers(database, tmp_path / "log") as process:
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
