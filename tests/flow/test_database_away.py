"""A process whose database is not there: it waits, says so, and goes on by itself; asked to end, it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import make_url

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests.build import PATIENCE, add_board, until
from tests.build.processes import Process
from tests.build.proxy import Proxy
from tests.build.site import TRUST, as_owner
from tests.build.statements import run


@pytest.fixture
async def hole(database: Database) -> AsyncIterator[Proxy]:
    """A way to the board that is shut."""
    async with database.transaction() as tx:
        await add_board(tx, Clock().now())
    async with Proxy(database.url, is_open=False) as hole:
        yield hole


def lines_of(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


async def ready(client: httpx.AsyncClient) -> tuple[int, dict[str, str]]:
    reply = await client.get("/health/ready")
    assert reply.json()["ready"] == (reply.status_code == 200)
    return reply.status_code, reply.json()["reasons"]


async def test_a_process_without_its_database_waits_says_so_and_comes_up_by_itself(hole: Proxy, tmp_path: Path) -> None:
    process = Process.serve(tmp_path / "log", hole.url)
    starting = asyncio.create_task(process.start())
    try:
        async with httpx.AsyncClient(base_url=process.url, timeout=PATIENCE, verify=TRUST) as client:

            async def is_there() -> bool:
                try:
                    return (await client.get("/health/live")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(is_there, "the process answers")
            assert (await client.get("/health")).status_code == 200
            status, reasons = await ready(client)
            assert (status, reasons["database"], reasons["migration"]) == (503, "away", "unknown")
            page = await client.get("/")
            assert page.status_code == 503 and page.headers["retry-after"] == "5"
            assert "De gegevens zijn nu niet bereikbaar" in page.text
            assert (await client.get("/static/css/bedboard.css")).status_code == 200
            assert not starting.done()
            hole.open()
            await starting

            async def is_ready() -> bool:
                return (await ready(client))[0] == 200

            await until(is_ready, "it is ready")
        said = [(line["event"], line.get("step"), line.get("reason")) for line in lines_of(process.log)]
        assert ("health", "database", "away") in said and ("health", "database", "ok") in said
        assert not [line for line in said if line[0] == "bug"]
        assert "Traceback" not in process.log.read_text()
    finally:
        starting.cancel()
        await process.__aexit__()


async def test_a_process_ends_within_seconds_though_its_database_does_not_answer(hole: Proxy, tmp_path: Path) -> None:
    hole.open()
    async with Process.serve(tmp_path / "log", hole.url) as process, process.api("demo-shelter-linde") as api:
        assert (await api.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
        hole.shut()
        press = asyncio.create_task(api.patch("/places/linde-1", json={"status": "free"}))
        await asyncio.wait([press], timeout=0.5)
        await process.ask_to_end(12)
        press.cancel()
        await asyncio.gather(press, return_exceptions=True)


async def test_a_running_process_names_what_is_wrong_and_what_is_right_again(database: Database, tmp_path: Path) -> None:
    async with database.transaction() as tx:
        await add_board(tx, Clock().now())
    name = make_url(database.url).database
    async with (
        Process.serve(tmp_path / "log", database.url) as process,
        httpx.AsyncClient(base_url=process.url, timeout=PATIENCE, verify=TRUST) as client,
    ):

        async def turn(statement: str) -> None:
            """Change a setting of the database, and end all its connections, as a restart does."""
            async with as_owner(database) as tx:
                await run(tx, "set transaction read write")
                await run(tx, statement)
                await run(tx, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bedboard_web'")

        async def says(step: str, word: str) -> None:
            async def is_said() -> bool:
                return (await ready(client))[1][step] == word

            await until(is_said, f"{step} is {word}")

        await says("database", "ok")
        await turn(f"alter database {name} set default_transaction_read_only = on")
        await says("database", "read_only")
        async with process.api("demo-shelter-linde") as api:
            reply = await api.patch("/places/linde-1", json={"status": "occupied"})
            assert (reply.status_code, reply.json()["code"]) == (503, "database_read_only")
        await turn(f"alter database {name} reset default_transaction_read_only")
        await says("database", "ok")
        await turn(f"alter database {name} set synchronous_commit = off")
        await says("safety", "unsafe")
        await turn(f"alter database {name} reset synchronous_commit")
        await says("safety", "ok")
        said = [(line["event"], line.get("step"), line.get("reason")) for line in lines_of(process.log)]
        for word in ("read_only", "ok"):
            assert ("health", "database", word) in said
        assert next(reason for event, _, reason in said if event == "database_unfit") == (
            "DATABASE_URL: this database may lose an acknowledged change: synchronous_commit=off"
        )
