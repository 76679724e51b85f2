"""On the way: another hour of arrival reaches every open page.

Those who handed the request over still find the address, and hear when the place is gone.
"""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from bedboard.actions.occupancy import change_place
from bedboard.rules.places import PlaceChange
from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.api import begin, call
from tests.build.cases import ILSE, arrive, offer
from tests.build.rows import do, run
from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations_in_both_schemes
from tests.build.site import Site, served


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    expect.set_options(timeout=PATIENCE * 1000)
    await run(case_database, "update person set demo = true")
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


async def on_the_way(site: Site) -> str:
    """A case for which beuk-1 is chosen; they are expected at 16:00."""
    case_id = await begin(site, "beuk", adults={"woman": 1})
    await offer(site.process.database, "beuk-1", case_id=case_id, at=site.clock.at)
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "beuk"})
    return case_id


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_another_hour_is_on_every_open_page_at_once(browser: Browser, site: Site, size: ViewportSize) -> None:
    case_id = await on_the_way(site)
    page = await open_page(browser, site, "mark", size, path=f"/requests/{case_id}")
    tab = await page.context.new_page()
    await tab.goto(page.url)
    shelter = await open_page(browser, site, "ilse", PHONE, path="/staff/beuk")
    await expect(shelter.locator(f"#ask-{case_id}")).to_contain_text("Gekozen: ze komen om 16:00 (plek 1)")
    await page.get_by_text("Andere aankomsttijd").click()
    await page.locator('form[action$="/arrival-time"] label', has_text=re.compile("4 uur")).click()
    assert await violations_in_both_schemes(page) == []
    await page.get_by_role("button", name="Geef deze tijd door aan de opvang").click()
    for one in (page, tab):
        await expect(one.locator("#chosen .when")).to_contain_text("aankomst 18:00")
    await expect(shelter.locator(f"#ask-{case_id}")).to_contain_text("Nieuwe tijd: ze komen om 18:00 (plek 1)")
    await expect(page).to_have_url(f"{site.url}/requests/{case_id}")
    await page.reload()
    await expect(page.locator("#chosen .when")).to_contain_text("aankomst 18:00")
    assert complaints(page) == complaints(shelter) == []
    await page.context.close()
    await shelter.context.close()


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_the_address_stays_on_request_until_they_are_there(browser: Browser, site: Site, size: ViewportSize) -> None:
    case_id = await on_the_way(site)
    page = await open_page(browser, site, "mark", size, path=f"/requests/{case_id}")
    await call(site, "demo-police", f"/requests/{case_id}/hand-over", {"organization": "oever", "role": "coordinator"})
    await call(site, "demo-coordinator", f"/requests/{case_id}/take-over")
    await expect(page.locator("#case")).to_have_attribute("data-state", "handed")
    await expect(page.locator("#main")).not_to_have_attribute("data-moved", "")  # a tap is meant for what is there now
    await page.get_by_role("button", name="Toon het adres").click()
    await expect(page.locator("#address")).to_contain_text("CANARY-ADR-beuk")
    assert await violations_in_both_schemes(page) == []
    await page.reload()
    await expect(page.locator("#address")).to_be_hidden()
    await page.get_by_role("button", name="Toon het adres").click()
    await expect(page.locator("#address")).to_be_visible()
    await arrive(site.process.database, "beuk", case_id=case_id, who=ILSE)
    await expect(page.get_by_role("button", name="Toon het adres")).to_have_count(0)
    await expect(page.locator("#address")).to_be_hidden()
    await page.goto(f"{site.url}/requests")
    await expect(page.locator("#left")).to_contain_text("Zij zijn er, sinds")
    assert complaints(page) == []
    await page.context.close()


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_those_who_are_on_the_road_hear_at_once_that_the_place_is_gone(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    case_id = await on_the_way(site)
    await call(site, "demo-police", f"/requests/{case_id}/hand-over", {"organization": "oever", "role": "coordinator"})
    await call(site, "demo-coordinator", f"/requests/{case_id}/take-over")
    page = await open_page(browser, site, "mark", size, path=f"/requests/{case_id}")
    await expect(page.locator("#case .when")).to_contain_text("aankomst 16:00")
    await page.get_by_role("button", name="Toon het adres").click()
    await expect(page.locator("#address")).to_contain_text("CANARY-ADR-beuk")
    await do(site.process.database, lambda tx: change_place(tx, ILSE, "beuk-1", PlaceChange("occupied"), site.clock.at))
    warning = page.locator("#case").get_by_role("alert")
    await expect(warning).to_contain_text("De opvang zegt nu: bezet. Bel de opvang voordat u gaat.")
    assert await violations_in_both_schemes(page) == []
    await call(site, "demo-coordinator", f"/requests/{case_id}/resume")
    await expect(warning).to_contain_text("De plek in Beuk gaat niet door. Rijd er niet heen; bel Stichting Oever.")
    await expect(page.locator("#address")).to_be_hidden()
    assert await violations_in_both_schemes(page) == []
    assert complaints(page) == []
    await page.context.close()
