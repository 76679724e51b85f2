"""Two real processes, 24 who ask for the last place at once: exactly one gets it, and both boards say so."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from sqlalchemy import text

from bedboard.actions.setup import add_client, add_organization
from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.build.processes import Process

TAKERS, ROUNDS = 24, 8


async def fill(database: Database) -> None:
    """The small board, with one free place of linde's left, and takers of 24 organizations."""
    now = Clock().now()
    async with database.transaction() as tx:
        await build.add_board(tx, now)
        await (await tx.connection()).execute(text("update place set state = 'occupied' where id = 'linde-2'"))
        for n in range(TAKERS):
            await add_organization(tx, f"o{n}", f"Organization {n}")
            await add_client(
                tx,
                client_id=f"taker-{n}",
                name="Taker",
                role="police",
                token=f"token-{n}",
                now=now,
                organization_id=f"o{n}",
                demo=True,
            )


async def seen_by(process: Process) -> str:
    async with process.api("demo-police") as api:
        shelter = (await api.get("/board")).json()["shelters"]
    return str(next(place["status"] for one in shelter for place in one["places"] if place["id"] == "linde-1"))


async def both_see(status: str, *processes: Process) -> None:
    async def is_so() -> bool:
        return [await seen_by(one) for one in processes] == [status] * len(processes)

    await build.until(is_so, f"both boards say {status}")


async def test_the_last_place_goes_to_exactly_one_of_24_in_two_processes(database: Database, tmp_path: Path) -> None:
    await fill(database)
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(Process.serve(tmp_path / "a.log", database.url))
        there = await stack.enter_async_context(Process.serve(tmp_path / "b.log", database.url))
        takers = [await stack.enter_async_context((here, there)[n % 2].api(f"token-{n}")) for n in range(TAKERS)]

        async def take(api: httpx.AsyncClient) -> httpx.Response:
            return await api.post("/places/linde-1/holds")

        winners = set()
        for _ in range(ROUNDS):
            replies = await asyncio.gather(*map(take, takers))
            won = [n for n, reply in enumerate(replies) if reply.status_code == 201]
            assert len(won) == 1, [reply.status_code for reply in replies]
            assert {reply.json()["code"] for n, reply in enumerate(replies) if n not in won} == {"not_free"}
            await both_see("held", here, there)
            winners.add(won[0])
            gone = await takers[won[0]].delete(f"/holds/{replies[won[0]].json()['id']}")
            assert gone.status_code == 204
            await both_see("free", here, there)
        assert len(winners) > 1  # it was a race


async def test_a_hold_outlives_the_process_that_gave_it(database: Database, tmp_path: Path) -> None:
    await fill(database)
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(Process.serve(tmp_path / "a.log", database.url))
        there = await stack.enter_async_context(Process.serve(tmp_path / "b.log", database.url))
        async with here.api("token-0") as api:
            held = await api.post("/places/linde-1/holds")
            assert held.status_code == 201
        here.kill()
        await both_see("held", there)
        async with there.api("token-1") as other, there.api("token-0") as mine:
            assert (await other.post("/places/linde-1/holds")).json()["code"] == "not_free"
            assert (await mine.delete(f"/holds/{held.json()['id']}")).status_code == 204
