"""A process that has not yet read what its board is for: it says so, promises nothing, and does nothing twice."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from bedboard.actions.setup import add_client
from bedboard.actions.signin import begin_session
from bedboard.rules.clients import ClientRole
from bedboard.store.bell import ring
from bedboard.store.database import Database
from bedboard.store.people import get_person
from bedboard.store.setup import add_deployment
from tests.build import NOW, FixedClock, until
from tests.build.api import correct
from tests.build.rows import run
from tests.build.site import Site, facts, served

CLIENTS: dict[ClientRole, str | None] = {"machine": "linde", "police": None, "admin": None}
PAGES = {"mark": ["/", "/?kind=cosm"], "wouter": ["/"], "sanne": ["/staff/linde", "/totals"]}
READS = ["/board", "/shelters/linde"]
WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("PATCH", "/places/linde-1", {"status": "occupied"}),
    ("PUT", "/shelters/linde/occupancy", {"kinds": {"cosm": {"empty": 0}}, "observed_at": NOW.isoformat()}),
    ("POST", "/shelters/linde/confirm", correct("cosm")),
]


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """Its database has everything but the one row by which the board knows what it is for."""
    async with board_database.transaction() as tx:
        for role, shelter in CLIENTS.items():
            await add_client(tx, client_id=role, name=role, role=role, token=f"demo-a-{role}", now=NOW, shelter_id=shelter)
    await run(board_database, "delete from deployment")
    async with served(board_database.url, clock) as site:
        yield site


async def sign_in(site: Site, case_id: str) -> httpx.AsyncClient:
    """By another way than the demo's, which only a board that has been read offers."""
    async with site.process.database.transaction() as tx:
        person = await get_person(tx, case_id)
        assert person is not None
        token = await begin_session(tx, person, site.clock)
    browser = site.client()
    browser.cookies.set(site.process.identity.cookie, token)
    return browser


async def read_at_last(site: Site) -> None:
    async with site.process.database.transaction() as tx:
        await add_deployment(tx, "Proef", "Europe/Amsterdam", "NL", NOW, demo=True)
        await ring(tx, "catalogue", "all")

    async def has_read() -> bool:
        return site.process.board.catalogue is not None

    await until(has_read, "the board has been read")


async def test_every_page_and_every_read_is_unavailable_until_the_board_has_been_read(site: Site) -> None:
    async def statuses() -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for case_id, paths in PAGES.items():
            async with await sign_in(site, case_id) as browser:
                found |= {(case_id, path): (await browser.get(path)).status_code for path in paths}
        for role in CLIENTS:
            async with site.api(f"demo-a-{role}") as api:
                found |= {(role, path): (await api.get(path)).status_code for path in READS}
        return found

    before = await statuses()
    assert before == dict.fromkeys(before, 503)
    await read_at_last(site)
    after = await statuses()
    assert after == dict.fromkeys(before, 200)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_a_call_that_is_answered_unavailable_has_changed_nothing(
    site: Site, method: str, path: str, body: dict[str, Any]
) -> None:
    before = await facts(site)
    async with site.api("demo-a-machine") as api:
        headers = {"Idempotency-Key": "one"}
        reply = await api.request(method, path, json=body, headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (503, "database_away")
        assert reply.headers["retry-after"] == "5"
        assert await facts(site) == before
        await read_at_last(site)
        assert (await api.request(method, path, json=body, headers=headers)).status_code == 200


async def test_a_tap_that_is_answered_unavailable_is_done_once_when_it_is_tried_again(site: Site) -> None:
    async with await sign_in(site, "sanne") as browser:
        tap = {"key": "one", "status": "occupied"}
        headers = {"HX-Request": "true"}
        assert (await browser.post("/staff/linde/places/linde-1", data=tap, headers=headers)).status_code == 503
        await read_at_last(site)
        again = await browser.post("/staff/linde/places/linde-1", data=tap, headers=headers)
        assert again.status_code == 200
        assert 'data-stamp="2.' in again.text
        async with site.process.database.transaction() as tx:
            found = await (await tx.connection()).execute(text("select count(*) from journal where action = 'place'"))
            assert found.scalar_one() == 1
