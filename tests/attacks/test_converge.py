"""Promises 4, 5 and 6: boards behind a bad network all come to what SQL says, by themselves, and a slow one delays nobody."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.attacks.stage import is_long, tell
from tests.attacks.wire import Wire
from tests.build import PATIENCE, until
from tests.build.processes import Process
from tests.build.site import as_owner
from tests.build.statements import run

SIZES = {"short": (20, 120), "long": (200, 2000)}
TOLD_EVERY = 100
TRUTH = "select s.id, s.version, p.id, p.state from shelter s join place p on p.shelter_id = s.id"
Shown = dict[str, tuple[int, dict[str, str]]]


class Screen:
    """A program that shows the board, and comes back by itself whenever it hears no more."""

    def __init__(self, process: Process, port: int, *, is_deaf: bool = False) -> None:
        self._url = process.url.replace("http", "ws", 1) + "/api/v1/live"
        self._port = port  # of a wire, perhaps
        self._is_deaf = is_deaf  # the planted fault: it takes the first state, and no change after that
        self.board: Shown = {}

    async def follow(self) -> None:
        while True:
            with suppress(OSError, WebSocketException, TimeoutError, EOFError):
                headers = {"Authorization": "Bearer demo-police"}
                async with connect(
                    self._url,
                    additional_headers=headers,
                    host="127.0.0.1",
                    port=self._port,
                    open_timeout=10,
                    close_timeout=0.1,
                ) as line:
                    while True:
                        async with asyncio.timeout(15):  # the patience of a page
                            self.take(json.loads(await line.recv()))
            await asyncio.sleep(0.1)

    def take(self, message: dict[str, Any]) -> None:
        if message["type"] == "snapshot":
            self.board = {}
        elif self._is_deaf:
            return
        for one in message.get("shelters", [message.get("shelter")]):
            if one is not None:
                assert one["version"] >= self.board.get(one["id"], (0,))[0], "no lower version overwrites a higher one"
                self.board[one["id"]] = one["version"], {place["id"]: place["status"] for place in one["places"]}


async def in_sql(database: Database) -> Shown:
    found: Shown = {}
    async with database.transaction() as tx:
        for shelter, version, place, state in await (await tx.connection()).execute(text(TRUTH)):
            found.setdefault(shelter, (version, {}))[1][place] = "free" if state == "open" else state
    return found


async def press(process: Process, place: str, count: int, random: Random, told: Callable[[str], None]) -> None:
    """Change the place so often, and tell of each hundred."""
    async with process.api(f"demo-shelter-{place.partition('-')[0]}") as api:
        done = 0
        while done < count:
            with suppress(httpx.TransportError):
                reply = await api.patch(f"/places/{place}", json={"status": random.choice(["free", "occupied"])})
                assert reply.status_code in (200, 429, 503), reply.text
                done += reply.status_code == 200
                if done % TOLD_EVERY == 0 and reply.status_code == 200:
                    told(f"  {done} of {count} updates of {place}")
                await asyncio.sleep(0.02 if reply.status_code == 200 else 0.2)


async def harm(wires: list[Wire], database: Database, random: Random) -> None:
    """Cut and slow the network, and the line on which the bell is heard, until cancelled."""
    while True:
        wire = random.choice(wires)
        wire.delay_seconds = random.choice([0.0, 0.0, 0.05])
        if random.random() < 0.5:
            wire.cut()
        elif random.random() < 0.2:
            async with as_owner(database) as tx:
                bells = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bedboard bell'"
                await run(tx, bells)
        await asyncio.sleep(0.4)


def serve(log: Path, database: Database, boards: int) -> Process:
    return Process(log, "serve", DATABASE_URL=database.url, BEDBOARD_DEMO="true", BEDBOARD_LIVE_PAGES=str(boards + 2))


async def test_boards_behind_a_bad_network_come_to_what_sql_says(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    boards, updates = SIZES["long" if is_long(request) else "short"]
    random = Random(5)  # noqa: S311
    places = ("linde-1", "linde-2", "linde-3", "ceder-1", "ceder-2")
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    async with (
        serve(tmp_path / "a.log", database, boards) as a,
        serve(tmp_path / "b.log", database, boards) as b,
        Wire("127.0.0.1", a.port) as to_a,
        Wire("127.0.0.1", b.port) as to_b,
    ):
        screens = [Screen(*((a, to_a.port), (b, to_b.port))[number % 2]) for number in range(boards)]
        deaf = Screen(a, a.port, is_deaf=True)
        following = [asyncio.create_task(screen.follow()) for screen in (*screens, deaf)]

        async def all_open() -> bool:
            return all(screen.board for screen in (*screens, deaf))

        await until(all_open, "every board is shown")
        harming = asyncio.create_task(harm([to_a, to_b], database, random))
        each = updates // len(places)
        told = partial(tell, capsys)
        await asyncio.gather(*(press((a, b)[n % 2], place, each, random, told) for n, place in enumerate(places)))
        harming.cancel()
        with suppress(asyncio.CancelledError):
            await harming
        for wire in (to_a, to_b):
            wire.delay_seconds = 0.0
        truth = await in_sql(database)

        async def all_agree() -> bool:
            assert not [task for task in following if task.done()], "no board has failed"
            return all(screen.board == truth for screen in screens)

        await until(all_agree, "every board shows what SQL says", 2 * PATIENCE)
        assert deaf.board != truth, "a board that misses changes is seen"
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        cuts = to_a.cuts + to_b.cuts
    for process in (a, b):
        assert '"bug"' not in process.log.read_text()
    tell(capsys, f"converge: {boards} boards, {each * len(places)} updates, {cuts} ends cut, 0 boards differ")
