"""Wie bel ik: the page, the number after a sentence that says whom to call, and the API."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from importlib.metadata import version

import httpx
import pytest

from bedboard.seeds import load_seeds, read_seed_file
from bedboard.settings import SEEDS
from bedboard.store.database import Database
from tests.build import NOW, SEAL, FixedClock
from tests.build.forms import main
from tests.build.site import Site, served

DESK, STAND_IN, NIDOS, KEEPERS = "088 000 90 01", "088 000 90 02", "088 000 90 20", "088 000 90 80"
TOO_MANY = {"group": "20", "arrival": "now"}
CHILD = {"minor_alone": "on", "needs.wheelchair": "on", "arrival": "now"}


@pytest.fixture
async def demo_site(database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    async with database.transaction() as tx:
        await load_seeds(tx, read_seed_file(SEEDS / "demo.toml"), SEAL, clock.now(), demo=True)
    async with served(database.url, clock) as site:
        yield site


@pytest.mark.parametrize("person", ["mark", "lucia", "hanneke", "sanne", "wouter", "gerda"])
async def test_everybody_who_is_signed_in_reads_the_numbers(demo_site: Site, person: str) -> None:
    async with aclosing(await demo_site.sign_in(person)) as browser:
        words = main((await browser.get("/who-to-call")).text)
        assert f"Plaatsingsdesk {DESK} nu bereikbaar · ma–vr 09:00–17:00" in words
        assert f"Bel Achterwacht van de plaatsingsdesk {STAND_IN} nu niet bereikbaar · elke dag 17:00–23:00" in words
        assert f"Nidos {NIDOS} nu bereikbaar · altijd" in words
        assert 'href="/who-to-call"' in (await browser.get("/", follow_redirects=True)).text


async def test_nobody_else_reads_them(demo_site: Site) -> None:
    async with demo_site.client() as stranger:
        assert (await stranger.get("/who-to-call")).headers["location"].startswith("/sign-in")
        assert (await stranger.get("/api/v1/contacts")).status_code == 401


@pytest.mark.parametrize(
    ("at", "number"),
    [(NOW, DESK), (NOW.replace(hour=15, minute=59), DESK), (NOW.replace(hour=16), STAND_IN), (NOW.replace(hour=22), None)],
)
async def test_where_a_text_says_to_call_stands_the_number_that_is_answered_now(
    demo_site: Site, at: datetime, number: str | None
) -> None:
    demo_site.clock.at = at
    async with aclosing(await demo_site.sign_in("mark")) as browser:
        part = (await nothing_found(browser, TOO_MANY)).partition('id="none"')[2].partition("<details")[0]
        assert [one for one in (DESK, STAND_IN) if one in part] == ([number] if number else [])
        assert 'href="/who-to-call"' in part


async def nothing_found(browser: httpx.AsyncClient, needs: dict[str, str]) -> str:
    reply = await browser.post("/search", data=needs, follow_redirects=True)
    assert reply.status_code == 200
    return reply.text


async def test_for_a_minor_alone_it_is_the_number_of_those_who_decide(demo_site: Site) -> None:
    async with aclosing(await demo_site.sign_in("mark")) as browser:
        part = (await nothing_found(browser, CHILD)).partition('id="none"')[2].partition("<details")[0]
        for_minor = part.rpartition('class="for-minor"')[2]
        assert NIDOS in for_minor and DESK not in for_minor


async def test_the_api_names_the_numbers_and_which_are_answered(demo_site: Site) -> None:
    async with demo_site.api("demo-police") as api:
        answer = (await api.get("/contacts")).json()
        desk, stand_in = (one for one in answer["contacts"] if one["topic"] == "desk")
        assert (desk["telephone"], desk["answered_now"], stand_in["answered_now"]) == (DESK, True, False)
        demo_site.clock.move(hours=4)
        desk, stand_in = (one for one in (await api.get("/contacts")).json()["contacts"] if one["topic"] == "desk")
        assert (desk["answered_now"], stand_in["answered_now"]) == (False, True)
        assert desk["hours"] == "mon-fri 09:00-17:00"


async def test_a_page_that_failed_names_the_people_who_run_bedboard(demo_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async with aclosing(await demo_site.sign_in("mark")) as browser:

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(demo_site.process.board, "facets", fail)
        reply = await browser.get("/")
        assert reply.status_code == 500 and KEEPERS in reply.text


@pytest.mark.parametrize(
    ("person", "says"),
    [("mark", "politie"), ("lucia", "zorgcoördinator"), ("hanneke", "plaatsingsdesk"), ("sanne", "opvangmedewerker")],
)
async def test_each_role_reads_its_own_help(demo_site: Site, person: str, says: str) -> None:
    async with aclosing(await demo_site.sign_in(person)) as browser:
        words = main((await browser.get("/help")).text)
        assert f"Hulp: {says}" in words and "Wat wij vastleggen" in words and KEEPERS in words


async def test_every_page_says_the_version_and_leads_to_help(demo_site: Site) -> None:
    async with aclosing(await demo_site.sign_in("mark")) as browser:
        for path in ("/", "/search", "/requests", "/shelters/linde", "/who-to-call"):
            page = (await browser.get(path)).text
            assert f"bedboard {version('bedboard')}" in page and 'href="/help"' in page, path
