"""Mijn opvang of a shelter with 400 places: small tiles, one tile for a change, and the sheets that they share."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from websockets.asyncio.client import ClientConnection

from bedboard.actions.setup import add_person, add_shelter
from bedboard.store.database import Database
from bedboard.store.tables.people import Person
from tests.build import NOW, SEAL, FixedClock, place, shelter
from tests.build.lines import hear, page_line
from tests.build.pages import forms, press
from tests.build.screens import PHONE, complaints, open_page, sign_in
from tests.build.site import Site, served

PLACES = 400
SMALL = 16 * 1024  # bytes of a change, and of the answer to a tap; the whole page is more than half a megabyte


@pytest.fixture
async def large_site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The small board, and groot: 400 places, a tenth of them free, of which bram is staff."""
    places = [place(f"groot-{n}", state="open" if n % 10 == 0 else "occupied") for n in range(PLACES)]
    async with board_database.transaction() as tx:
        await add_shelter(tx, shelter("groot", places), SEAL, NOW)
        await add_person(tx, Person(id="bram", organization_id="oever", name="Bram", role="staff", demo=True), ["groot"])
    async with served(board_database.url, clock) as site:
        yield site


async def news(line: ClientConnection) -> dict[str, Any]:
    """The next message that is no pulse."""
    while (message := await hear(line))["type"] == "pulse":
        pass
    return message


async def change(site: Site, place_id: str, **what: Any) -> None:
    """As a browser without scripts does."""
    browser = await site.sign_in("bram")
    page = await browser.get(f"/staff/groot?place={place_id}")
    [form, *_] = forms(page, f"/staff/groot/places/{place_id}", **what)
    assert (await press(browser, form)).status_code == 303
    await browser.aclose()


async def test_one_change_sends_one_tile_and_a_returning_page_gets_what_it_missed(large_site: Site) -> None:
    browser = await large_site.sign_in("bram")
    async with page_line(large_site, browser, "view=staff&shelter=groot") as line:
        await line.send('{"type":"hello","known":{"groot":"1.0"}}')
        first = await hear(line)
        assert (first["exists"], first["fragments"]) == (["groot"], [])
        await change(large_site, "groot-7", status="free")
        tile, frame = await news(line), await news(line)
        assert [one["fragments"][0]["id"] for one in (tile, frame)] == ["groot-7", "groot"]
        assert len(str(tile)) + len(str(frame)) < SMALL
    async with page_line(large_site, browser, "view=staff&shelter=groot") as line:
        await line.send('{"type":"hello","known":{"groot":"1.0"}}')
        assert [one["id"] for one in (await hear(line))["fragments"]] == ["groot-7", "groot"]
    await browser.aclose()


async def test_the_answer_to_a_tap_has_one_tile_for_a_page_that_says_what_it_shows(large_site: Site) -> None:
    browser = await large_site.sign_in("bram")
    fields = {"status": "free", "key": "a-key-of-a-tap-of-a-script"}
    said = {"HX-Request": "true", "Bedboard-Shows": "1.0"}
    reply = await browser.post("/staff/groot/places/groot-7", data=fields, headers=said)
    assert reply.text.count('class="tile ') == 1 and 'id="tile-groot-7"' in reply.text
    assert len(reply.content) < SMALL
    for shows in ("", "0.9", "9" * 30 + ".0", "x"):
        headers = {"HX-Request": "true", "Bedboard-Shows": shows}
        again = await browser.post("/staff/groot/places/groot-7", data=fields, headers=headers)
        assert again.text.count('class="tile ') == PLACES, "a page of which nothing is known gets all of it"
    await browser.aclose()


async def open_tile(page: Page, place_id: str) -> None:
    await page.locator(".fold > summary").first.click()
    await page.locator(f"#tile-{place_id} > summary").click()


async def test_the_first_load_is_small_and_a_place_is_changed_with_two_taps(browser: Browser, large_site: Site) -> None:
    context = await browser.new_context(viewport=PHONE, locale="nl-NL")
    path = await sign_in(context, large_site, "bram")
    page, sizes = await context.new_page(), []
    client = await context.new_cdp_session(page)
    await client.send("Network.enable")
    client.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    await page.goto(large_site.url + path, wait_until="load")
    assert 0 < sum(sizes) <= 60 * 1024, sum(sizes)
    other = await open_page(browser, large_site, "bram", PHONE)
    await open_tile(page, "groot-7")
    await page.locator('#tile-groot-7 form:has([value="free"]) button').first.click()
    await expect(page.locator("#tile-groot-7 .state")).to_have_text("vrij")
    await other.locator(".fold > summary").first.click()
    await expect(other.locator("#tile-groot-7 .state")).to_have_text("vrij")
    assert await other.locator(".tile").count() == PLACES
    await expect(page.locator(".staff-head .counts")).to_contain_text("41 vrij")
    assert complaints(other) == []
    await context.close()
    await other.context.close()


async def test_an_open_sheet_stays_while_its_place_changes(browser: Browser, large_site: Site) -> None:
    page = await open_page(browser, large_site, "bram", PHONE)
    await open_tile(page, "groot-7")
    await page.locator("#tile-groot-7 .when summary").click()
    await page.locator("#until-groot-7").fill("2026-03-12T09:00")
    await change(large_site, "groot-7", status="free")
    await expect(page.locator("#tile-groot-7 .state")).to_have_text("vrij")
    await expect(page.locator("#tile-groot-7 .choices")).to_be_visible()
    assert complaints(page) == []
    await page.context.close()


async def test_without_scripts_a_small_tile_leads_to_its_sheet(large_site: Site) -> None:
    browser: httpx.AsyncClient = await large_site.sign_in("bram")
    page = await browser.get("/staff/groot")
    assert forms(page, "/staff/groot/places/groot-7") == []
    assert 'href="/staff/groot?place=groot-7#tile-groot-7"' in page.text
    await change(large_site, "groot-7", status="free")
    assert 'class="tile free" id="tile-groot-7"' in (await browser.get("/staff/groot")).text
    await browser.aclose()
