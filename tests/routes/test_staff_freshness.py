"""The age of its news on a shelter's own page and in the API: the reach of a tap, and the question after it."""

from datetime import timedelta

import httpx
from sqlalchemy import text

from tests.build import NOW
from tests.build.pages import follow, forms, press
from tests.build.site import Site

ASKS = "Klopt de rest ook?"


async def occupy(browser: httpx.AsyncClient, place: str) -> httpx.Response:
    page = await browser.get(f"/staff/{place.rpartition('-')[0]}")
    [tap] = [
        one for one in forms(page, f"/staff/linde/places/{place}", status="occupied") if "expected_free_at" not in one.fields
    ]
    return await follow(browser, await press(browser, tap))


async def test_one_tap_in_a_stale_shelter_asks_about_the_rest_and_the_button_answers(site: Site) -> None:
    site.pass_time(hours=7.5)
    browser = await site.sign_in("sanne")
    site.pass_time(minutes=5)
    page = (await browser.get("/staff/linde")).text
    assert "niet bevestigd sinds" in page
    assert ": bevestig nu" in page
    assert "onbekend — bel" not in page
    assert ASKS not in page
    page = (await occupy(browser, "linde-1")).text
    assert ASKS in page
    assert "✓ Bevestigd" not in page
    async with site.api("demo-police") as police:
        linde = (await police.get("/shelters/linde")).json()
    assert (linde["freshness"], linde["unconfirmed"], linde["confirmed_at"]) == ("stale", True, "2026-03-11T12:00:00Z")
    assert linde["places"][0]["status"] == "occupied"
    [confirm] = forms(await browser.get("/staff/linde"), "/staff/linde/confirm")
    page = (await follow(browser, await press(browser, confirm))).text
    assert "✓ Bevestigd 21:35" in page
    assert ASKS not in page
    await browser.post("/language", data={"language": "en"})
    assert "✓ Confirmed 21:35" in (await browser.get("/staff/linde")).text
    await browser.aclose()


async def test_one_tap_while_the_news_is_ageing_confirms_the_rest(site: Site) -> None:
    site.pass_time(hours=6)
    browser = await site.sign_in("sanne")
    page = (await occupy(browser, "linde-1")).text
    assert ASKS not in page
    assert "✓ Bevestigd 20:00" in page
    await browser.aclose()


async def test_a_shelter_that_never_confirmed_reads_that_it_has_to(site: Site) -> None:
    async with site.process.database.transaction() as tx:
        await (await tx.connection()).execute(text("update shelter set confirmed_at = null, version = 2 where id = 'linde'"))
    browser = await site.sign_in("sanne")
    page = (await browser.get("/staff/linde")).text
    assert "nog nooit bevestigd: bevestig nu" in page
    assert "onbekend — bel" not in page
    await browser.post("/language", data={"language": "en"})
    page = (await browser.get("/staff/linde")).text
    assert "never confirmed: confirm now" in page
    assert "unknown — call" not in page
    await browser.aclose()


async def test_the_api_says_that_a_stale_shelter_is_unconfirmed_after_a_change_of_one_place(site: Site) -> None:
    site.pass_time(hours=7.5)
    async with site.api("demo-shelter-linde") as machine:
        changed = (await machine.patch("/places/linde-1", json={"status": "occupied"})).json()
        assert (changed["unconfirmed"], changed["freshness"]) == (True, "stale")
        at = (NOW + timedelta(hours=7.5)).isoformat()
        half = await machine.put("/shelters/linde/occupancy", json={"kinds": {"cosm": {"empty": 1}}, "observed_at": at})
        assert half.json()["unconfirmed"] is True
        whole = await machine.put("/shelters/linde/occupancy", json={"kinds": {"women": {"empty": 0}}, "observed_at": at})
        assert (whole.json()["unconfirmed"], whole.json()["confirmed_at"]) == (False, "2026-03-11T20:30:00Z")
    mark = await site.sign_in("mark")
    assert "doorgegeven door het systeem van de opvang" in (await mark.get("/")).text
    await mark.aclose()
