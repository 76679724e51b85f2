"""The page of a case on paper, and its forms on a small screen."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.api import begin, confirmed
from tests.build.rows import run
from tests.build.screens import LAPTOP, PHONE, complaints, open_page
from tests.build.site import Site, served

OVERLAP = """() => {
  const [address, when] = ['#address', '.picked .when'].map((one) => document.querySelector(one).getBoundingClientRect())
  return address.top < when.bottom && when.top < address.bottom
}"""


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    expect.set_options(timeout=PATIENCE * 1000)
    await run(case_database, "update person set demo = true")
    long = "Regionaal Coördinatiepunt Mensenhandel van de Gezamenlijke Gemeenten"
    await run(
        case_database,
        "update organization set name = :name, telephones = :numbers where id = 'oever'",
        name=long,
        numbers='{"police": "088 000 77 77"}',
    )
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


async def test_on_paper_the_address_covers_nothing_and_cannot_be_closed(browser: Browser, site: Site) -> None:
    case_id = await confirmed(site)
    page = await open_page(browser, site, "mark", PHONE, path=f"/requests/{case_id}")
    await page.get_by_role("button", name="Toon het adres").click()
    await expect(page.locator("#address")).to_contain_text("CANARY-ADR-linde")
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": 360, "height": 200})
    await page.locator(".picked .when").evaluate("(one) => one.scrollIntoView({block: 'end'})")
    assert not await page.evaluate(OVERLAP)
    await expect(page.locator("#address")).to_be_visible()
    await expect(page.locator("#address a")).to_be_hidden()
    assert complaints(page) == []
    await page.context.close()


async def test_on_paper_the_number_of_the_requester_is_black(browser: Browser, site: Site) -> None:
    case_id = await confirmed(site)
    page = await open_page(browser, site, "hanneke", LAPTOP, path=f"/requests/{case_id}")
    await expect(page.locator(".case-head .tel")).to_contain_text("088 000 77 77")
    await page.emulate_media(media="print")
    await expect(page.locator(".case-head .tel")).to_have_css("color", "rgb(0, 0, 0)")
    await expect(page.locator(".case-head .tel")).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    await page.context.close()


async def test_choosing_who_takes_a_request_over_makes_the_page_no_wider(browser: Browser, site: Site) -> None:
    case_id = await begin(site, "beuk")
    page = await open_page(browser, site, "mark", PHONE, path=f"/requests/{case_id}")
    await page.get_by_text("Draag deze aanvraag over").click()
    await expect(page.locator('select[name="to"]')).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await page.context.close()
