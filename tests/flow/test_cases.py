"""Real processes: a case that is begun in one is answered in another, and nothing acknowledged dies with its process."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any

import httpx
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection

from bedboard.actions.setup import add_client, add_organization
from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.build import PATIENCE
from tests.build.processes import Process

WOMAN = {"adults": {"woman": 1}}
REQUESTERS, ROUNDS = 4, 4


async def fill(database: Database) -> None:
    """The small board, and police of four organizations."""
    now = Clock().now()
    async with database.transaction() as tx:
        await build.add_board(tx, now)
        for n in range(REQUESTERS):
            await add_organization(tx, f"o{n}", f"Organization {n}")
            await add_client(
                tx,
                client_id=f"p{n}",
                name="Police",
                role="police",
                token=f"police-{n}",
                now=now,
                organization_id=f"o{n}",
                demo=True,
            )


async def post(api: httpx.AsyncClient, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    reply = await api.post(f"/requests{path}", json=body)
    assert reply.status_code == status, reply.text
    told: dict[str, Any] = reply.json()
    return told


async def hears_of_requests(line: ClientConnection) -> None:
    async with asyncio.timeout(PATIENCE):
        while json.loads(await line.recv()) != {"type": "requests"}:
            pass


async def statuses(api: httpx.AsyncClient, *places: str) -> list[str]:
    shelters = (await api.get("/board")).json()["shelters"]
    every = {place["id"]: place["status"] for one in shelters for place in one["places"]}
    return [every[place] for place in places]


async def test_a_case_that_is_begun_in_one_process_is_answered_in_another(database: Database, tmp_path: Path) -> None:
    await fill(database)
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(Process.serve(tmp_path / "a.log", database.url))
        there = await stack.enter_async_context(Process.serve(tmp_path / "b.log", database.url))
        police, desk = [await stack.enter_async_context(here.api(f"demo-{who}")) for who in ("police", "desk")]
        linde, ceder = [await stack.enter_async_context(there.api(f"demo-shelter-{who}")) for who in ("linde", "ceder")]
        requester = await stack.enter_async_context(here.line("demo-police"))
        asked = await stack.enter_async_context(there.line("demo-shelter-linde"))
        let_go = await stack.enter_async_context(there.line("demo-shelter-ceder"))

        own_id = (await post(police, "", WOMAN | {"shelters": ["linde", "ceder"]}, 201))["id"]
        await hears_of_requests(asked)
        await hears_of_requests(let_go)
        await hears_of_requests(requester)
        [mine] = (await linde.get("/requests")).json()["requests"]
        assert (mine["id"], mine["needs"]) == (own_id, WOMAN)
        await post(linde, f"/{own_id}/answers", {"answer": "yes", "place": "linde-1"})
        await hears_of_requests(requester)
        await hears_of_requests(let_go)
        await post(ceder, f"/{own_id}/answers", {"answer": "yes", "place": "ceder-1"})
        await hears_of_requests(requester)
        await hears_of_requests(let_go)

        async def both_offers_are_seen() -> bool:
            return await statuses(police, "linde-1", "ceder-1") == ["reserved", "reserved"]

        await build.until(both_offers_are_seen, "the process in which it was begun shows both places as reserved")
        assert (await post(police, f"/{own_id}/choose", {"shelter": "linde"}))["state"] == "chosen"
        await hears_of_requests(let_go)
        gone = (await ceder.get(f"/requests/{own_id}")).json()
        assert (gone["shelters"][0]["settled"], gone["needs"]) == ("other_chosen", None)

        async def the_other_place_is_free() -> bool:
            return await statuses(linde, "linde-1") == ["reserved"] and await statuses(ceder, "ceder-1") == ["free"]

        await build.until(the_other_place_is_free, "the other process shows what was not chosen as free")
        await post(desk, f"/{own_id}/decide", {"decision": "confirm"})
        assert (await post(linde, f"/{own_id}/arrival", {"arrived": True}))["state"] == "arrived"
        over = (await police.get(f"/requests/{own_id}")).json()
        assert (over["state"], over["needs"]) == ("arrived", None)
    for log in ("a.log", "b.log"):
        written = (tmp_path / log).read_text()
        assert '"bug"' not in written and "Traceback" not in written


async def test_a_case_goes_on_where_it_was_after_each_kill_9_of_its_process(database: Database, tmp_path: Path) -> None:
    await fill(database)
    process = Process.serve(tmp_path / "app.log", database.url)
    answers: list[tuple[httpx.Request, dict[str, Any]]] = []

    async def next_life(token: str, path: str, body: Any, status: int = 200) -> dict[str, Any]:
        """Make the call in a process of its own, which is killed at once when it has answered.

        First make the call before once more, as if its answer had been lost.
        """
        async with process, process.api(token) as api:
            for request, told in answers[-1:]:
                again = await api.send(request)
                assert (again.is_success, again.json()) == (True, told)
            request = api.build_request("POST", f"/requests{path}", json=body, headers={"Idempotency-Key": f"{len(answers)}"})
            reply = await api.send(request)
            assert reply.status_code == status, reply.text
            process.kill()
            answers.append((request, reply.json()))
        return answers[-1][1]

    own_id = (await next_life("demo-police", "", WOMAN | {"shelters": ["linde", "ceder"]}, 201))["id"]
    offered = await next_life("demo-shelter-linde", f"/{own_id}/answers", {"answer": "yes", "place": "linde-1"})
    assert offered["shelters"][0]["says"] == "yes"
    assert (await next_life("demo-police", f"/{own_id}/choose", {"shelter": "linde"}))["state"] == "chosen"
    assert (await next_life("demo-desk", f"/{own_id}/decide", {"decision": "confirm"}))["state"] == "confirmed"
    assert (await next_life("demo-shelter-linde", f"/{own_id}/arrival", {"arrived": True}))["state"] == "arrived"
    async with database.transaction() as tx:
        events = await (await tx.connection()).execute(text("select what from case_event order by id"))
        assert list(events.scalars()) == ["asked", "asked", "yes", "chosen_for_desk", "confirmed", "arrived"]


async def test_what_was_acknowledged_of_many_cases_outlives_kill_9(database: Database, tmp_path: Path) -> None:
    """Four police drive cases through their lives and the shelters answer, under whose hands the process dies."""
    await fill(database)
    process = Process.serve(tmp_path / "app.log", database.url)
    random = Random(3)  # noqa: S311
    acknowledged: list[tuple[str, str, int]] = []  # the case, what was done, its version then
    enough = asyncio.Event()

    def note(case: dict[str, Any], what: str) -> None:
        acknowledged.append((case["id"], what, case["version"]))
        if len(acknowledged) >= wanted:
            enough.set()

    async def drive(n: int) -> None:
        """Cases one after the other, until the process is gone."""
        places = {"linde": ("linde-1", "linde-2"), "ceder": ("ceder-1", "ceder-2")}
        shelter = ("linde", "ceder")[n % 2]
        place = places[shelter][n // 2]
        async with process.api(f"police-{n}") as police, process.api(f"demo-shelter-{shelter}") as asked:
            with suppress(httpx.TransportError):
                while True:
                    begun = await police.post("/requests", json=WOMAN | {"shelters": [shelter, "wilg"]})
                    if begun.status_code == 429:
                        return
                    note(begun.json(), "asked")
                    path = f"/{begun.json()['id']}"
                    offered = await asked.post(f"/requests{path}/answers", json={"answer": "yes", "place": place})
                    if offered.status_code == 409:  # the last case of the process before still has it
                        note(await post(police, f"{path}/withdraw", {"why": "no_place"}), "withdrawn")
                        continue
                    note(offered.json(), "yes")
                    chosen = await post(police, f"{path}/choose", {"shelter": shelter})
                    note(chosen, "chosen_for_desk" if shelter == "linde" else "chosen")
                    note(await post(police, f"{path}/withdraw", {"why": "no_place"}), "withdrawn")
                    note(await post(police, f"{path}/outcome", {"slept": "hotel"}), "ended")

    for _ in range(ROUNDS):
        enough.clear()
        wanted = len(acknowledged) + random.randint(10, 30)
        async with process:
            drivers = [asyncio.create_task(drive(n)) for n in range(REQUESTERS)]
            async with asyncio.timeout(PATIENCE):
                await enough.wait()
            process.kill()
            await asyncio.gather(*drivers)
    async with database.transaction() as tx:
        connection = await tx.connection()
        events = await connection.execute(text("select distinct case_id, what from case_event"))
        kept = {(own_id, what) for own_id, what in events}
        versions = {
            own_id: version for own_id, version in await connection.execute(text("select id, version from case_record"))
        }
        wrong = await connection.execute(
            text("""
                select r.id, r.state from case_record r where
                    (r.over_at is null) <> (r.needs_sealed is not null)
                    or (select count(*) from claim c where c.case_id = r.id and c.ended_at is null)
                       <> (select count(*) from ask a where a.case_id = r.id and a.place_id is not null
                           and r.over_at is null and (a.settled is null or a.settled = 'chosen'))
            """)
        )
        assert wrong.all() == []
    assert len(acknowledged) >= 10 * ROUNDS
    assert [one for one in acknowledged if (one[0], one[1]) not in kept or versions[one[0]] < one[2]] == []
    done = {(own_id, what) for own_id, what, _ in acknowledged}
    assert len(kept - done) <= ROUNDS * REQUESTERS  # at most what was under way at each kill
