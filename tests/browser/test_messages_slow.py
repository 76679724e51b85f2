"""A press whose answer is slow or lost: the page says so, and pressed once more it is the same press."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Route, ViewportSize, expect

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.hostile import COVERED, OVERLAP, UNANSWERED, Presses, changing, opened, press
from tests.build.screens import LAPTOP, PHONE, complaints, open_page
from tests.build.site import Site, served

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    async with served(board_database.url, clock, session_idle_minutes=600) as site:
        yield site


@SIZES
async def test_pressed_once_more_it_is_the_same_press_and_done_once(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await opened(browser, site, "mark", "/shelters/linde", size)
    sent: list[str | None] = []

    async def lose_the_answer(route: Route) -> None:
        sent.append(route.request.post_data)
        await route.abort()

    await page.route("**/hold", lose_the_answer)
    await press(page.locator('form[action="/places/linde-1/hold"] button'))
    again = page.locator("#messages [data-again]")
    await expect(again).to_be_visible()
    await Presses(page, "", changing(site, "linde-2")).live_changes()  # they bring new keys
    await page.unroute("**/hold")
    async with page.expect_request("**/hold") as request:
        await again.click()
    assert (await request.value).post_data == sent[0]
    await expect(page.locator("#strip .hold")).to_have_count(1)
    await expect(page.locator("#messages .notice")).to_have_count(0)
    complaints(page).clear()
    await page.context.close()


async def test_once_more_after_the_place_has_gone_says_that_it_cannot_be(browser: Browser, site: Site) -> None:
    page = await opened(browser, site, "mark", "/shelters/linde", PHONE)
    await page.route("**/hold", lambda route: route.abort())
    await press(page.locator('form[action="/places/linde-1/hold"] button'))
    await expect(page.locator("#messages [data-again]")).to_be_visible()
    await changing(site, "linde-1")()
    await expect(page.locator('form[action="/places/linde-1/hold"]')).to_have_count(0)
    await expect(page.locator("#messages .notice")).to_contain_text(UNANSWERED)
    await page.locator("#messages [data-again]").click()
    await expect(page.locator("#messages .notice")).to_contain_text("Dit kan nu niet meer.")
    complaints(page).clear()
    await page.context.close()


@SIZES
async def test_a_slow_answer_is_waited_for_and_the_page_says_so(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await open_page(browser, site, "mark", size, path="/shelters/linde")
    go = asyncio.Event()

    async def slowly(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await page.route("**/hold", slowly)
    button = page.locator('form[action="/places/linde-1/hold"] button')
    await press(button)
    await expect(page.locator("#waits .notice")).to_contain_text("Wordt verstuurd…")
    assert await page.evaluate(COVERED) == []
    assert not await button.evaluate(OVERLAP)
    await changing(site, "linde-2")()
    await expect(page.locator("#place-linde-2")).to_contain_text("bezet")
    await expect(page.locator("#waits .notice")).to_have_count(1)
    await expect(button).to_contain_class("sending")
    go.set()
    await expect(page.locator("#strip .hold")).to_have_count(1)
    await expect(page.locator("#messages .notice")).to_have_count(0)
    await page.context.close()


async def test_twelve_seconds_are_no_reason_to_give_up(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", path="/shelters/linde")
    await page.clock.install()
    go = asyncio.Event()

    async def slowly(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await page.route("**/hold", slowly)
    await press(page.locator('form[action="/places/linde-1/hold"] button'))
    await page.clock.run_for(12_000)
    await expect(page.locator("#waits .notice")).to_have_count(1)
    await expect(page.locator("#notice .notice")).to_have_count(0)
    go.set()
    await expect(page.locator("#strip .hold")).to_have_count(1)
    await page.context.close()


async def test_without_end_no_answer_is_said_after_a_while(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", path="/shelters/linde")
    await page.clock.install()
    never = asyncio.Event()
    await page.route("**/hold", lambda route: never.wait())
    await press(page.locator('form[action="/places/linde-1/hold"] button'))
    await expect(page.locator(".sending")).to_have_count(1)
    await page.clock.run_for(21_000)
    await expect(page.locator("#notice .notice")).to_contain_text(UNANSWERED)
    never.set()
    complaints(page).clear()
    await page.context.close()


async def test_a_press_on_a_page_that_came_back_from_memory_and_one_while_it_reconnects(browser: Browser, site: Site) -> None:
    page = await opened(browser, site, "mark", "/shelters/linde", PHONE)
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await page.locator('form[action="/places/linde-1/hold"] button').evaluate("(one) => one.click()")
    await expect(page.locator("#strip .hold")).to_have_count(1)
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    await expect(page.locator("#messages .notice")).to_have_count(0)
    await page.context.close()


async def test_a_message_is_closed_with_escape_and_takes_no_focus(browser: Browser, site: Site) -> None:
    page = await opened(browser, site, "mark", "/shelters/linde", LAPTOP)
    await page.route("**/hold", lambda route: route.abort())
    button = page.locator('form[action="/places/linde-1/hold"] button')
    await button.press("Enter")
    await expect(page.locator("#notice[role=alert] .notice")).to_have_count(1)
    await expect(button).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#messages .notice")).to_have_count(0)
    await expect(button).to_be_focused()
    await button.press("Enter")
    await page.locator("#messages [data-close]").press("Enter")
    await expect(button).to_be_focused()
    complaints(page).clear()
    await page.context.close()


async def test_without_scripts_a_notice_stands_at_the_top(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", scripts=False, path="/search")
    await page.locator('button[formaction="/search/alert"]').click()
    await expect(page.locator("#notice")).to_be_in_viewport()
    await expect(page.locator("#notice")).to_contain_text("kies eerst voor wie u een plek zoekt")
    assert await page.locator("#notice").evaluate("(one) => getComputedStyle(one).position") == "static"
    await page.context.close()
