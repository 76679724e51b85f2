"""Waiting for a place: a detective's phone at night on the board, while a shelter far away frees one."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.push import KEYS, devices, fake_push, serving
from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations
from tests.build.site import Site, served

TWO_WORDS = re.compile("● Er is iets vrij – ")


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The small board, with push keys."""
    async with served(board_database.url, clock, **KEYS) as site:
        yield site


async def occupy(site: Site, place: str, status: str = "occupied") -> None:
    async with site.api(f"demo-shelter-{place.partition('-')[0]}") as api:
        assert (await api.patch(f"/places/{place}", json={"status": status})).status_code == 200


async def wait_for_a_man(page: Page, site: Site) -> None:
    """By the button of the search page, as people do."""
    await page.goto(f"{site.url}/search")
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    await page.evaluate("""document.querySelector('input[name="adults.man"][value="1"]').click()""")
    await page.evaluate("""document.querySelector('button[formaction="/search/alert"]').click()""")
    await expect(page.locator("#strip .waiting .for")).to_contain_text("U wacht op een plek voor: 1 man")


@pytest.mark.parametrize("size", [PHONE, LAPTOP])
async def test_the_board_says_at_once_that_something_is_free_until_somebody_has_looked(
    browser: Browser, site: Site, size: dict[str, int]
) -> None:
    for place in ("ceder-1", "ceder-2"):
        await occupy(site, place)
    page = await open_page(browser, site, "mark", PHONE if size is PHONE else LAPTOP, "dark")
    await wait_for_a_man(page, site)
    await page.goto(f"{site.url}/")
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    await page.evaluate("window.sameDocument = true")
    sound = page.get_by_role("switch", name="Geluid")
    await sound.click()
    await expect(sound).to_have_attribute("aria-checked", "true")
    await occupy(site, "ceder-1", "free")
    alert = page.locator("#strip .waiting [role=alert]")
    await expect(alert).to_contain_text("Er is iets vrij (14:00)")
    await expect(page).to_have_title(re.compile(TWO_WORDS.pattern + "Bord"))
    await expect(sound).to_have_attribute("aria-checked", "true")  # the choice is not drawn away
    await expect(sound).to_be_focused()
    assert await page.evaluate("window.sameDocument")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await violations(page) == []
    async with page.expect_navigation():
        await page.locator("#strip .waiting .go").click()
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    assert not await page.evaluate("window.sameDocument === true"), "a whole page, not a filter of the board"
    await expect(alert).to_have_count(0)
    await expect(page).not_to_have_title(TWO_WORDS)
    await expect(page.locator('input[name="adults.man"][value="1"]')).to_be_checked()
    await page.locator("#strip .waiting form button").click()
    await expect(page.locator("#strip .waiting")).to_have_count(0)
    assert re.search("/alerts/[0-9a-f]{32}$", page.url), "what was chosen is still there"
    assert complaints(page) == []
    await page.context.close()


async def test_it_works_without_scripts(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", scripts=False, path="/search")
    await page.locator('button[formaction="/search/alert"]').click()
    await expect(page.locator("#notice")).to_contain_text("kies eerst voor wie u een plek zoekt")
    await page.locator('input[name="adults.man"][value="1"]').check(force=True)
    await page.locator('button[formaction="/search/alert"]').click()
    assert re.search("/alerts/[0-9a-f]{32}$", page.url)
    await expect(page.locator("#strip .waiting .for")).to_contain_text("1 man")
    await expect(page.locator("#ways")).to_be_hidden()
    await page.locator("#strip .waiting form button").click()
    await expect(page.locator("#strip .waiting")).to_have_count(0)
    assert page.url == f"{site.url}/search"
    await page.context.close()


async def test_a_device_is_offered_a_message_and_can_take_it_back(
    browser: Browser, site: Site, board_database: Database
) -> None:
    async with serving() as service:
        page = await open_page(browser, site, "mark", workers="allow")
        await page.add_init_script(fake_push(service))
        await wait_for_a_man(page, site)
        await page.locator("[data-way=push-on]").click()
        await expect(page.locator("[data-way=push-off]")).to_be_focused()
        await expect(page.locator("[data-way=push-on]")).to_be_hidden()
        assert await devices(board_database) == [service.subscription()["endpoint"]]
        worker = await page.evaluate("navigator.serviceWorker.ready.then((one) => one.scope + ' ' + one.active.scriptURL)")
        assert worker == f"{site.url}/ {site.url}/sw.js?lang=nl"
        await page.locator("[data-way=push-off]").click()
        await expect(page.locator("[data-way=push-on]")).to_be_focused()
        assert await devices(board_database) == []
        assert complaints(page) == []
        await page.context.close()
