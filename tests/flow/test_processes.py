"""Two real processes and one database: a tap here is a card there; acknowledged taps outlive kill -9; all boards agree."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import httpx
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.build import PATIENCE
from tests.build.api import correct
from tests.build.lines import cookie
from tests.build.processes import Process
from tests.build.site import TRUST

PLACES = {"linde": 4, "ceder": 2}


async def fill(database: Database) -> None:
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())


async def hear(line: ClientConnection, seconds: float = PATIENCE) -> dict[str, Any]:
    async with asyncio.timeout(seconds):
        message: dict[str, Any] = json.loads(await line.recv())
    return message


async def in_sql(database: Database) -> dict[str, Any]:
    async with database.transaction() as tx:
        rows = await (await tx.connection()).execute(
            text("select s.id, s.version, p.id as place, p.state from shelter s join place p on p.shelter_id = s.id")
        )
        found: dict[str, Any] = {}
        for row in rows:
            found.setdefault(row.id, (row.version, {}))[1][row.place] = "free" if row.state == "open" else row.state
        return found


def shown(shelters: list[dict[str, Any]]) -> dict[str, Any]:
    return {one["id"]: (one["version"], {place["id"]: place["status"] for place in one["places"]}) for one in shelters}


async def change(api: httpx.AsyncClient, random: Random) -> httpx.Response:
    """Any change of any place of the client's shelter."""
    shelter = api.headers["Authorization"].rpartition("-")[2]
    status = random.choice(["free", "occupied", "closed"])
    body = {"status": status} | ({"reason": "cleaning"} if status == "closed" else {})
    return await api.patch(f"/places/{shelter}-{random.randint(1, PLACES[shelter])}", json=body)


async def test_a_tap_in_one_process_is_on_a_screen_of_another(database: Database, tmp_path: Path) -> None:
    await fill(database)
    async with (
        Process.serve(tmp_path / "a.log", database.url) as here,
        Process.serve(tmp_path / "b.log", database.url) as there,
        there.line() as line,
        here.api("demo-shelter-linde") as api,
    ):
        await hear(line)
        reply = await api.patch("/places/linde-1", json={"status": "occupied"})
        while (message := await hear(line))["type"] != "shelter":
            assert message["type"] == "pulse"
        assert message["shelter"] == reply.json()
        assert "server" not in reply.headers  # an attacker need not know what serves
        async with there.api("demo-shelter-linde") as other:
            again = await other.post(
                "/shelters/linde/confirm",
                json=correct("cosm") | {"observed_at": reply.json()["confirmed_at"]},
                headers={"If-Match": reply.headers["etag"]},
            )
            assert (again.status_code, again.json()["version"]) == (200, 3)


async def test_signing_out_in_one_process_closes_the_screen_of_another(database: Database, tmp_path: Path) -> None:
    await fill(database)
    async with (
        Process.serve(tmp_path / "a.log", database.url) as here,
        Process.serve(tmp_path / "b.log", database.url) as there,
    ):
        async with httpx.AsyncClient(timeout=PATIENCE, verify=TRUST) as browser:
            await browser.post(f"{here.url}/sign-in/demo", data={"person": "mark"}, headers={"Origin": here.url})
            session = cookie(browser)
            assert (await browser.get(f"{there.url}/", headers=session)).status_code == 200
            url = f"{there.url.replace('http', 'ws', 1)}/live?view=board"
            async with connect(url, additional_headers=session | {"Origin": there.url}) as screen:
                await screen.send("{}")
                await hear(screen)
                await browser.post(f"{here.url}/sign-out", headers={"Origin": here.url})
                async with asyncio.timeout(PATIENCE):
                    with suppress(ConnectionClosed):
                        while True:
                            await screen.recv()
                assert screen.close_code == 4401
            assert (await browser.get(f"{there.url}/", headers=session)).status_code == 303


async def test_what_was_acknowledged_outlives_kill_9_and_screens_come_back(database: Database, tmp_path: Path) -> None:
    """Promise 1, small: five rounds of three writers under whose hands the process dies."""
    await fill(database)
    acknowledged: list[tuple[str, int, str, str]] = []
    process = Process.serve(tmp_path / "app.log", database.url)
    random = Random(1)  # noqa: S311
    enough = asyncio.Event()

    async def write(shelter: str, place: str) -> None:
        async with process.api(f"demo-shelter-{shelter}") as api:
            status = "free"
            with suppress(httpx.TransportError):
                while True:
                    status = "occupied" if status == "free" else "free"
                    reply = await api.patch(f"/places/{place}", json={"status": status})
                    assert reply.status_code == 200, reply.text
                    acknowledged.append((shelter, reply.json()["version"], place, status))
                    if len(acknowledged) >= wanted:
                        enough.set()

    for _ in range(5):
        enough.clear()
        wanted = len(acknowledged) + random.randint(5, 25)
        await process.start()
        async with process.line() as screen:
            assert shown((await hear(screen))["shelters"]) == await in_sql(database)  # back, with everything
            writers = [
                asyncio.create_task(write(*who)) for who in (("linde", "linde-1"), ("linde", "linde-2"), ("ceder", "ceder-1"))
            ]
            async with asyncio.timeout(PATIENCE):
                await enough.wait()
            process.kill()
            await asyncio.gather(*writers)
            with suppress(ConnectionClosed):
                async with asyncio.timeout(PATIENCE):
                    while True:
                        await screen.recv()
            assert screen.close_code in (None, 1006, 1011, 1012)
    async with database.transaction() as tx:
        rows = await (await tx.connection()).execute(
            text("select shelter_id, version, place_id, after->>'state' from journal where action = 'place'")
        )
        kept = {(row[0], row[1], row[2], "free" if row[3] == "open" else row[3]) for row in rows}
    assert len(acknowledged) >= 25
    assert [one for one in acknowledged if one not in kept] == []
    assert len(kept) - len(acknowledged) <= 5 * 3  # at most what was under way at each kill


async def test_a_call_whose_answer_was_lost_with_the_process_is_done_once_when_repeated(
    database: Database, tmp_path: Path
) -> None:
    await fill(database)
    body, key = {"status": "occupied"}, {"Idempotency-Key": "lost"}
    process = Process.serve(tmp_path / "app.log", database.url)
    await process.start()
    async with process.api("demo-shelter-linde") as api:
        first = await api.patch("/places/linde-1", json=body, headers=key)
    process.kill()
    async with process, process.api("demo-shelter-linde") as api:
        again = await api.patch("/places/linde-1", json=body, headers=key)
        assert (again.status_code, again.content, again.json()["version"]) == (200, first.content, 2)
        assert (await api.get("/shelters/linde")).json()["version"] == 2


async def test_asked_to_end_it_ends_within_five_seconds_with_open_screens(database: Database, tmp_path: Path) -> None:
    await fill(database)
    async with Process.serve(tmp_path / "app.log", database.url) as process:
        lines = [await process.line() for _ in range(20)]
        for line in lines:
            await hear(line)
        await process.ask_to_end(5)
        for line in lines:
            async with asyncio.timeout(PATIENCE):
                with suppress(ConnectionClosed):
                    while True:
                        await line.recv()
            assert line.close_code == 1012  # "restarting": the page comes back by itself
            await line.close()
    assert "Traceback" not in process.log.read_text()


async def watch(line: ClientConnection, board: dict[str, Any]) -> None:
    """Until cancelled: keeps the board as the line says it is. Fails when a shelter goes back to a lower version."""
    while True:
        message = json.loads(await line.recv())
        for one in message.get("shelters", [message.get("shelter")]):
            if one is not None:
                assert one["version"] >= board.get(one["id"], (0,))[0]
                board.update(shown([one]))


async def test_two_processes_come_to_what_sql_says_after_a_storm(database: Database, tmp_path: Path) -> None:
    await fill(database)
    random = Random(7)  # noqa: S311
    async with (
        Process.serve(tmp_path / "a.log", database.url) as a,
        Process.serve(tmp_path / "b.log", database.url) as b,
        a.line() as at_a,
        b.line() as at_b,
        a.api("demo-shelter-linde") as linde_a,
        b.api("demo-shelter-linde") as linde_b,
        b.api("demo-shelter-ceder") as ceder_b,
    ):
        boards: list[dict[str, Any]] = [{}, {}]

        watchers = [asyncio.create_task(watch(*pair)) for pair in zip((at_a, at_b), boards, strict=True)]

        async def storm(api: httpx.AsyncClient) -> None:
            for _ in range(40):
                assert (await change(api, random)).status_code in (200, 409)

        await asyncio.gather(storm(linde_a), storm(linde_b), storm(ceder_b))
        truth = await in_sql(database)
        assert truth["linde"][0] > 60
        async with asyncio.timeout(PATIENCE):
            while boards != [truth, truth]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        for process in (a, b):
            async with process.api("demo-police") as api:
                assert shown((await api.get("/board")).json()["shelters"]) == truth
        assert not any(watcher.done() for watcher in watchers)
        for watcher in watchers:
            watcher.cancel()
    for process in (a, b):
        assert "CANARY" not in process.log.read_text()
        assert '"bug"' not in process.log.read_text()
