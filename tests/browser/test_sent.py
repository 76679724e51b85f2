"""After a request was sent: no second one by Back, and the next search is for other people."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.api import sql
from tests.build.rows import run
from tests.build.screens import LAPTOP, PHONE, choice, complaints, open_page, open_search, violations_in_both_schemes
from tests.build.site import Site, served

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
SEND = re.compile("Vraag deze locaties")


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    expect.set_options(timeout=PATIENCE * 1000)
    await run(case_database, "update person set demo = true")
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


async def choose(page: Page) -> None:
    await choice(page, "adults.woman", "2").click()
    await expect(page.locator("#count")).to_contain_text("0 passen")
    await choice(page, "adults.woman", "1").click()
    await page.locator("button.several").click()
    await expect(page.get_by_label("Beuk")).to_be_checked()


async def send(page: Page) -> str:
    await page.get_by_role("button", name=SEND).click()
    await expect(page.locator("#case")).to_be_visible()
    return page.url


def women(page: Page, number: int) -> Locator:
    return page.locator(f'#profile [name="adults.woman"][value="{number}"]')


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_back_after_sending_says_so_and_a_second_press_makes_no_second_case(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_search(browser, site, size=size)
    await choose(page)
    kept = page.url
    html = await page.content()
    case = await send(page)
    await page.go_back()
    await expect(page).to_have_url(kept)
    await expect(page.get_by_role("heading", name="Verstuurd 14:00")).to_be_visible()
    await expect(page.get_by_role("button", name=SEND)).to_have_count(0)
    assert await violations_in_both_schemes(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # A browser that keeps whole pages shows the form itself once more.
    form = re.search(r'<form class="whom-to-ask".*?</form>', html, re.DOTALL)
    assert form is not None
    await page.evaluate("(html) => document.getElementById('main').append(bedboard.parse(html))", form[0])
    await page.get_by_role("button", name=SEND).click()
    await expect(page).to_have_url(case)
    assert await sql(site, "select count(*) from case_record") == [(1,)]
    assert complaints(page) == []
    await page.context.close()


@SIZES
async def test_the_next_search_begins_empty_and_takes_the_last_choices_over_with_one_press(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_search(browser, site, size=size)
    last = page.get_by_role("button", name="Neem de vorige keuzes over")
    await expect(last).to_be_hidden()
    await choose(page)
    await send(page)
    await page.go_back()
    await expect(page).to_have_url(re.compile(r"kept="))  # go_back may return before that
    await page.go_back()
    await expect(women(page, 1)).to_be_checked()  # Back is no new search
    await page.reload()
    await expect(women(page, 1)).to_be_checked()
    await expect(last).to_be_hidden()
    await page.locator("nav a[href='/requests']").click()
    await page.locator("nav a[href='/search']").click()
    for _ in range(2):
        await expect(women(page, 0)).to_be_checked()
        await expect(last).to_be_visible()
        await page.reload()
    assert await violations_in_both_schemes(page) == []
    await last.click()
    await expect(women(page, 1)).to_be_checked()
    await expect(last).to_be_hidden()
    await page.reload()
    await expect(women(page, 1)).to_be_checked()
    assert complaints(page) == []
    await page.context.close()


async def test_a_search_that_was_counted_is_over_too_and_a_refused_ask_is_not(browser: Browser, site: Site) -> None:
    page = await open_search(browser, site, size=PHONE)
    await choose(page)
    for tick in await page.locator(".candidates input").all():
        await tick.uncheck()
    await page.get_by_role("button", name=SEND).click()
    await expect(page.locator("#notice")).to_contain_text("Kies ten minste één locatie.")
    await page.locator("nav a[href='/search']").click()
    await expect(women(page, 1)).to_be_checked()
    await page.locator("#nothing summary").click()
    await page.get_by_role("button", name="op straat").click()
    await expect(page.locator("#nothing-name")).to_contain_text("Geteld")
    await page.goto(f"{site.url}/requests")
    await page.goto(f"{site.url}/search")
    await expect(women(page, 0)).to_be_checked()
    await expect(page.get_by_role("button", name="Neem de vorige keuzes over")).to_be_visible()
    await page.context.close()


@SIZES
async def test_an_empty_ask_is_answered_beside_the_button(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await open_search(browser, site, size=size)
    await choose(page)
    for tick in await page.locator(".candidates input").all():
        await tick.uncheck()
    button = page.get_by_role("button", name=SEND)
    await button.click()
    message = page.locator("#notice .notice")
    await expect(message).to_have_count(1)
    await expect(message).to_contain_text("Kies ten minste één locatie.")
    await expect(message).to_be_in_viewport()
    there, here = await message.bounding_box(), await button.bounding_box()
    assert there is not None and here is not None
    assert 0 <= here["y"] - (there["y"] + there["height"]) < 60
    assert await violations_in_both_schemes(page) == []
    await page.context.close()


async def test_without_scripts_an_empty_ask_is_answered_beside_the_button(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", PHONE, scripts=False, path="/search")
    await choice(page, "adults.woman", "1").click()
    await page.locator("button.several").click()
    for tick in await page.locator(".candidates input").all():
        await tick.uncheck()
    await page.get_by_role("button", name=SEND).click()
    await expect(page.locator(".save-foot .notice")).to_be_in_viewport()
    await page.context.close()
