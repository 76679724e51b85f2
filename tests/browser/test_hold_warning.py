"""Five minutes before a hold ends its holder is warned on every page with the strip: in words, in the title, and aloud."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from bedboard.rules.claims import HOLD, HOLD_WARNING
from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.api import begin
from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations_in_both_schemes
from tests.build.site import Site, served

TITLE = re.compile("^● Vasthouden eindigt bijna – ")
COUNT = """() => {
  window.tones = 0
  const start = OscillatorNode.prototype.start
  OscillatorNode.prototype.start = function (...given) { window.tones++; return start.apply(this, given) }
}"""


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    expect.set_options(timeout=PATIENCE * 1000)
    async with served(board_database.url, clock, session_idle_minutes=600, pulse_seconds=0.2) as site:
        yield site


def hold(page: Page) -> Locator:
    return page.locator("#strip .hold")


async def begin_hold(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/shelters/linde")
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    await page.locator('form[action="/places/linde-1/hold"] button').click()
    await expect(hold(page).locator(".left")).to_be_visible()
    await page.evaluate(COUNT)


async def until_left(site: Site, left: timedelta, *, of: timedelta = HOLD) -> None:
    """Move the clock to the moment at which so much of a hold is left."""
    site.clock.move(seconds=(of - left).total_seconds())
    site.process.board.age()


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_five_minutes_before_its_end_a_hold_says_so_and_can_be_extended(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_page(browser, site, "mark", size)
    await begin_hold(page, site)
    warning = hold(page).get_by_role("alert")
    await page.locator("[data-way=sound]").click()
    await page.wait_for_function("() => window.tones === 2")
    await until_left(site, HOLD_WARNING + timedelta(seconds=20))
    await expect(hold(page).locator(".left")).to_have_text(re.compile(r"nog 5:[012]\d"))
    await expect(warning).to_have_count(0)
    await expect(page).not_to_have_title(TITLE)

    await until_left(site, HOLD_WARNING - timedelta(seconds=1), of=HOLD_WARNING + timedelta(seconds=20))
    await expect(warning).to_have_text("Nog hoogstens 5 minuten. Verleng, of geef de plek vrij.")
    await expect(warning).to_be_in_viewport()
    await expect(warning.locator("svg")).to_be_visible()  # a shape besides the words and the colour
    await expect(page).to_have_title(TITLE)
    await page.wait_for_function("() => window.tones === 5")
    assert await violations_in_both_schemes(page) == []

    await warning.evaluate("(warning) => { window.warning = warning }")
    await page.evaluate("""() => {
      window.said = 0
      new MutationObserver(() => window.said++).observe(window.warning, {subtree: true, childList: true, characterData: true})
    }""")
    async with page.expect_request("**/strip") as asked:
        site.process.news.tell("person:mark")
    await (await asked.value).response()
    await expect(hold(page).get_by_role("button", name="Verleng 30 minuten")).to_be_visible()
    assert await page.evaluate("[window.warning.isConnected, window.said, window.tones]") == [True, 0, 5], "said once"

    await hold(page).get_by_role("button", name="Verleng 30 minuten").click()
    await expect(warning).to_have_count(0)
    await expect(page).not_to_have_title(TITLE)
    await until_left(site, HOLD_WARNING - timedelta(seconds=2), of=HOLD + HOLD_WARNING - timedelta(seconds=1))
    await expect(warning).to_have_text("Nog hoogstens 5 minuten. Langer vasthouden kan niet meer.")
    await page.wait_for_function("() => window.tones === 8")
    assert complaints(page) == []
    await page.context.close()


async def test_every_page_with_the_strip_warns_and_the_next_page_does_not_ring_again(browser: Browser, site: Site) -> None:
    case_id = await begin(site, "linde", adults={"woman": 1})
    page = await open_page(browser, site, "mark", PHONE)
    await begin_hold(page, site)
    await page.locator("[data-way=sound]").click()
    await page.context.add_init_script(f"({COUNT})()")
    await until_left(site, HOLD_WARNING - timedelta(seconds=1))
    await expect(hold(page).get_by_role("alert")).to_be_visible()
    for path in ("/", "/search", "/requests", f"/requests/{case_id}", "/shelters/ceder", f"/requests/{case_id}/more"):
        await page.goto(site.url + path)
        await expect(hold(page).get_by_role("alert"), path).to_be_visible()
        await expect(page, path).to_have_title(TITLE)
        await expect(page.locator("#live")).to_have_attribute("data-state", "live")
        assert await page.evaluate("window.tones") == 0, path
    assert complaints(page) == []
    await page.context.close()


async def test_a_tab_that_was_away_warns_when_it_comes_back(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", PHONE)
    await page.clock.install()
    await begin_hold(page, site)
    await page.clock.pause_at(await page.evaluate("Date.now() / 1000 + 1"))  # its timers stand still, as in a tab that sleeps
    await until_left(site, HOLD_WARNING - timedelta(seconds=30))
    await expect(hold(page).locator(".ending")).to_be_hidden()
    await page.clock.resume()
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(hold(page).get_by_role("alert")).to_be_visible()
    await expect(page).to_have_title(TITLE)
    await page.context.close()


async def test_without_scripts_a_page_says_that_a_hold_ends_soon(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", PHONE, scripts=False, path="/shelters/linde")
    await page.locator('form[action="/places/linde-1/hold"] button').click()
    await expect(hold(page).locator(".ending")).to_be_hidden()
    await until_left(site, HOLD_WARNING)
    await page.goto(f"{site.url}/")
    await expect(hold(page).locator(".ending")).to_be_visible()
    await page.context.close()


async def test_several_holds_that_end_are_told_by_their_number(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", PHONE)
    await begin_hold(page, site)
    await page.goto(f"{site.url}/shelters/ceder")
    await page.locator('form[action="/places/ceder-1/hold"] button').click()
    await expect(hold(page)).to_have_count(2)
    site.clock.move(seconds=(HOLD - HOLD_WARNING).total_seconds() + 1)
    site.process.board.age()
    await expect(page).to_have_title(re.compile("^● 2 plekken die u vasthoudt lopen af – "))
    await page.locator('[action$="/extend"] button').first.click()
    await expect(hold(page).locator(".ending:visible")).to_have_count(1)
    await expect(page).to_have_title(TITLE)
    assert complaints(page) == []
    await page.context.close()
