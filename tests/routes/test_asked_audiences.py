"""Requests on the pages of several shelters, live and in English."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from tests.build import NOW, PATIENCE, FixedClock
from tests.build.api import begin, call, sql
from tests.build.asked import WOMAN, answer, asked, told
from tests.build.lines import page_line
from tests.build.site import Site


async def test_who_works_for_several_sees_what_is_asked_of_the_others(site: Site) -> None:
    for _ in range(2):
        await begin(site, "ceder", adults={"man": 1})
    await begin(site, "linde", **WOMAN)
    async with aclosing(await site.sign_in("anneke")) as anneke:
        page = await anneke.get("/staff/linde")
        assert asked(page).startswith("Ceder: 2 aanvragen Aanvragen aan Linde")
        assert '<a href="/staff/ceder">Ceder: 2 aanvragen</a>' in page.text
        page = await anneke.get("/staff/ceder")
        assert asked(page).startswith("Linde: 1 aanvraag Aanvragen aan Ceder")


async def heard(site: Site, browser: httpx.AsyncClient, shelter: str) -> asyncio.Queue[dict[str, object]]:
    """Everything that a page of this shelter hears, until the site ends."""
    found: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    begun = asyncio.Event()

    async def listen() -> None:
        async with page_line(site, browser, f"view=staff&shelter={shelter}") as line:
            await line.send('{"type":"hello","known":{}}')
            async for message in line:
                said = json.loads(message)
                begun.set()
                found.put_nowait(said)

    LISTENING.append(asyncio.create_task(listen()))
    await asyncio.wait_for(begun.wait(), PATIENCE)
    return found


LISTENING: list[asyncio.Task[None]] = []


@pytest.fixture(autouse=True)
async def no_listener_stays() -> AsyncIterator[None]:
    yield
    for task in LISTENING:
        task.cancel()
    await asyncio.gather(*LISTENING, return_exceptions=True)
    LISTENING.clear()


async def test_the_pages_of_a_shelter_hear_at_once_that_it_is_asked_and_no_others(site: Site, sanne: httpx.AsyncClient) -> None:
    async with aclosing(await site.sign_in("anneke")) as anneke, aclosing(await site.sign_in("kofi")) as kofi:
        own, elsewhere, strangers = [
            await heard(site, who, shelter) for who, shelter in ((sanne, "linde"), (anneke, "ceder"), (kofi, "ceder"))
        ]
        await begin(site, "linde", **WOMAN)
        for one in (own, elsewhere):
            async with asyncio.timeout(PATIENCE):  # of all messages together: pulses go on for ever
                while (await one.get())["type"] != "own":
                    pass
        async with site.api("demo-shelter-ceder") as ceder:
            assert (await ceder.patch("/places/ceder-1", json={"status": "occupied"})).status_code == 200
        before = []
        async with asyncio.timeout(PATIENCE):
            while (said := await strangers.get())["type"] != "update":
                before.append(said["type"])
        assert "own" not in before


async def test_what_a_page_asks_by_itself_does_not_keep_its_session_alive(
    site: Site, clock: FixedClock, sanne: httpx.AsyncClient
) -> None:
    async def used_at() -> object:
        [row] = await sql(site, "select used_at from session where person_id = 'sanne'")
        return row[0]

    clock.move(minutes=10)
    for path, used in (("/staff/linde/requests", NOW), ("/staff/linde", clock.now())):
        site.process.identity._people.clear()  # the people that it keeps for some seconds
        assert (await sanne.get(path)).status_code == 200
        assert await used_at() == used


async def test_all_of_it_is_there_in_english(site: Site, sanne: httpx.AsyncClient) -> None:
    sanne.cookies.set("language", "en")
    case_id = await begin(site, "linde", **WOMAN)
    page = await sanne.get("/staff/linde")
    words = asked(page)
    assert "Requests to Linde Places ↓ Stichting Oever (police)" in words
    assert f"arrival: after 22:00 · request {case_id}" in words
    assert "To discuss, by your rules:" in words
    assert told(page) == ["New request: Stichting Oever (police)"]
    page = await answer(sanne, case_id, answer="yes", place="linde-1")
    assert "Your answer: yes, place 1 · reserved until 15:00" in asked(page)
    assert f"Reserved for request <b>{case_id}</b>" in page.text
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    page = await sanne.get("/staff/linde")
    assert "Chosen: they arrive at 16:00 (place 1)" in asked(page) and "This is final." in asked(page)
    late = await sanne.post(f"/staff/linde/requests/{case_id}/answer", data={"key": "k", "answer": "discuss"})
    assert late.status_code == 409 and "This is already settled" in late.text
