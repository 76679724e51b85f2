"""What shrinks above the page leaves room, so that nothing moves under the finger; the room goes when nobody sees it go."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.api import begin, call
from tests.build.cases import say
from tests.build.rows import run
from tests.build.screens import PHONE, complaints, open_page
from tests.build.site import Site, served

BAND = "() => Number.parseFloat(document.getElementById('main').style.marginTop) || 0"
TOP = "() => document.querySelector('#case h1').getBoundingClientRect().top"


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    expect.set_options(timeout=PATIENCE * 1000)
    await run(case_database, "update person set demo = true")
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


async def with_another(browser: Browser, site: Site) -> tuple[Page, str, str]:
    """Open the page of a case, at its top, while the strip has another one; give the page and the references of both."""
    case_id = await begin(site, "linde", "beuk", adults={"woman": 1})
    page = await open_page(browser, site, "mark", PHONE, path=f"/requests/{case_id}")
    other = await begin(site, "linde", adults={"woman": 1})
    await expect(page.locator(f"#my-{other}")).to_have_count(1)
    await page.evaluate("scrollTo(0, 0)")
    return page, case_id, other


async def withdraw(site: Site, page: Page, case_id: str) -> None:
    """Withdraw it elsewhere, so that the strip of this page is shorter."""
    await call(site, "demo-police", f"/requests/{case_id}/withdraw", {"why": "by_mistake"})
    await expect(page.locator(f"#my-{case_id}")).to_have_count(0)


async def wheel(page: Page, by: int, until: str) -> None:
    await page.mouse.wheel(0, by)
    await page.wait_for_function(until)


async def test_the_room_of_a_strip_that_shrinks_is_gone_after_scrolling_over_it(browser: Browser, site: Site) -> None:
    page, _, other = await with_another(browser, site)
    await page.locator("#case h1").hover()
    before = await page.evaluate(TOP)
    await withdraw(site, page, other)
    assert await page.evaluate(TOP) == pytest.approx(before, abs=1)
    room = await page.evaluate(BAND)
    assert room > 40, "the page was at its top already"
    await wheel(page, 30, f"() => ({BAND})() < {room - 29}")
    assert await page.evaluate(TOP) == pytest.approx(before - 30, abs=1), "only what the person scrolled"
    assert await page.evaluate("scrollY") == 0
    await wheel(page, 400, f"() => !({BAND})()")
    assert await page.evaluate(TOP) == pytest.approx(before - 430, abs=1)
    await wheel(page, -2000, "() => scrollY === 0")
    assert await page.evaluate(BAND) == 0
    assert complaints(page) == []
    await page.context.close()


async def test_on_a_page_that_nobody_touches_the_room_goes_with_the_next_news(browser: Browser, site: Site) -> None:
    page, case_id, other = await with_another(browser, site)
    await withdraw(site, page, other)
    await say(site.process.database, "beuk", "no", None, case_id=case_id, at=site.clock.at, reason="no_place")
    await expect(page.locator("#ask-beuk .says")).to_contain_text("nee")
    assert await page.evaluate(BAND) == 0
    assert complaints(page) == []
    await page.context.close()
