"""messages.js: the message about a press is in view and near it, stays until the next press, and live news never touches it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.api import begin
from tests.build.hostile import HOSTILE, OVERLAP, SPOTS, WATCH, Presses, changing, enter, opened, press
from tests.build.screens import LAPTOP, PHONE, complaints, violations_in_both_schemes
from tests.build.site import Site, served

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
WRONG_NETWORK = ("offline", "502 of a proxy", "200 of a captive portal", "409")
POINTS = 2 * SPOTS * len(WRONG_NETWORK)
WOMAN: dict[str, Any] = {"adults": {"woman": 1}}


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


@SIZES
async def test_a_hold_under_every_hostile_answer(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await opened(browser, site, "mark", "/shelters/linde", size)
    button = page.locator('form[action="/places/linde-1/hold"] button')
    presses = Presses(page, "**/places/linde-1/hold", changing(site, "linde-2"))
    for name in HOSTILE:
        await presses.under(name, lambda: press(button))
        assert not await button.evaluate(OVERLAP), name
        await expect(page.locator("#messages [data-again]:visible")).to_have_count(0 if name in ("409", "422") else 1)
    assert site.process.board.cards["linde"].counts["held"] == 0, "nothing was done later"
    assert presses.seen == 2 * SPOTS * len(HOSTILE)
    await page.context.close()


async def everywhere(
    page: Page, pattern: str, do: Callable[[], Awaitable[None]], change: Callable[[], Awaitable[object]]
) -> int:
    """Do a press on each wrong network; give the number of points at which its message was looked at."""
    presses = Presses(page, pattern, change)
    for name in WRONG_NETWORK:
        await presses.under(name, do)
    return presses.seen


@SIZES
async def test_an_own_hold_is_not_changed_later_than_it_is_pressed(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await opened(browser, site, "mark", "/shelters/linde", size)
    await press(page.locator('form[action="/places/linde-1/hold"] button'))
    await expect(page.locator("#strip .hold")).to_have_count(1)
    for word in ("extend", "release"):
        button = page.locator(f'#strip form[action$="/{word}"] button')
        assert await everywhere(page, f"**/{word}", lambda button=button: enter(button), changing(site, "linde-2")) == POINTS  # type: ignore[misc]
        assert not await button.evaluate(OVERLAP)
    await expect(page.locator("#strip .hold")).to_have_count(1)
    await expect(page.locator("#strip form[action$='/extend']")).to_have_count(1)
    await page.context.close()


@SIZES
async def test_a_search_and_its_ends_say_so_too(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await opened(browser, site, "mark", "/search", size)
    await page.locator('label:has(input[name="adults.man"][value="1"])').click()
    await page.locator("#nothing summary").press("Enter")
    for selector, pattern in (
        ('#list button[name="key"]', "**/hold*"),
        ('button[formaction="/search/alert"]', "**/search/alert"),
        ('#nothing button[formaction$="slept=hotel"]', "**/search/nothing*"),
    ):
        button = page.locator(selector).first
        assert await everywhere(page, pattern, lambda button=button: enter(button), changing(site, "ceder-2")) == POINTS  # type: ignore[misc]
    await expect(page.locator("#strip article")).to_have_count(0)
    await expect(page.locator("#list .match")).not_to_have_count(0)
    await page.context.close()


@SIZES
async def test_a_filter_of_the_board_that_is_not_fetched_says_so(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await opened(browser, site, "mark", "/", size)
    chip = page.locator("#kind-cosm").first
    assert await everywhere(page, "**/?*kind=*", lambda: press(chip), changing(site)) == POINTS
    assert page.url == f"{site.url}/"
    await press(chip)
    await expect(page).to_have_url(f"{site.url}/?kind=cosm")
    await expect(page.locator("#messages .notice")).to_have_count(0)
    await page.context.close()


@SIZES
async def test_an_answer_and_a_hold_for_a_caller_are_for_now_and_do_not_wait(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    staff = await opened(browser, site, "sanne", None, size)
    discuss = staff.locator(f"#discuss-{case_id}")
    button = discuss.locator("button")

    async def answer() -> None:
        if await discuss.get_attribute("open") is None:
            await discuss.locator("summary").press("Enter")
        await enter(button)

    assert await everywhere(staff, "**/answer", answer, changing(site, "linde-2")) == POINTS
    await staff.keyboard.press("Escape")

    async def hold_for_a_caller() -> None:
        caller = staff.locator("#tile-linde-1 .caller")
        await staff.locator("#tile-linde-1 > summary").press("Enter")
        if await caller.get_attribute("open") is None:
            await caller.locator("summary").press("Enter")
        await caller.locator('button[value="oever police"]').click()

    assert await everywhere(staff, "**/hold", hold_for_a_caller, changing(site, "linde-2")) == POINTS
    await expect(staff.locator("#outbox li")).to_have_count(0)
    assert site.process.board.cards["linde"].counts["held"] == 0
    await expect(staff.locator(f"#ask-{case_id} .replies")).to_be_visible()
    await staff.context.close()


@SIZES
@pytest.mark.parametrize("button", ["button.several", 'button[formaction="/search/alert"]'], ids=["several", "alert"])
async def test_a_search_for_nobody_says_what_is_missing_and_live_news_leaves_it(
    browser: Browser, site: Site, size: ViewportSize, button: str
) -> None:
    page = await opened(browser, site, "mark", "/search", size)
    for _ in range(4):
        await page.locator(button).evaluate("(one) => one.click()")
        await page.wait_for_load_state()
        await expect(page.locator("#live")).to_have_attribute("data-state", "live")
        await page.evaluate(WATCH)
        presses = Presses(page, "", changing(site, "ceder-2"))
        await presses.look("kies eerst voor wie u een plek zoekt")
        await presses.live_changes()
        await presses.look("kies eerst voor wie u een plek zoekt")
        field = page.locator("#profile [data-wrong]")
        await expect(field).to_be_in_viewport()
        await expect(page.locator('[name="adults.woman"][value="0"]')).to_be_focused()
        assert await page.locator(f"#{await field.get_attribute('aria-describedby')}").inner_text() != ""
        assert not await field.evaluate(OVERLAP)
    assert await violations_in_both_schemes(page) == []
    await page.locator('label:has(input[name="adults.man"][value="1"])').click()
    await expect(page.locator("#messages .notice")).to_have_count(0)
    await expect(page.locator("[data-wrong], [aria-describedby^=wrong]")).to_have_count(0)
    complaints(page).clear()  # a browser writes down every 422
    await page.context.close()
