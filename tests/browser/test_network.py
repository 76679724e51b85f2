"""Links and forms that lead to another page: without a network the page stays, and says so where the finger is."""

import re

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.build import PATIENCE
from tests.build.screens import LAPTOP, PHONE, choice, complaints, open_page, open_search
from tests.build.site import Site

STAYS = "Geen verbinding"
BACK = "Er is weer verbinding"


async def cut(page: Page) -> None:
    await page.context.set_offline(True)
    await page.evaluate("window.sameDocument = true")


async def reconnect(page: Page, site: Site) -> None:
    site.process.hub.close_where(lambda viewer: True, 1012)
    await page.context.set_offline(False)


async def expect_to_stay(page: Page, said: str = STAYS) -> None:
    await expect(page.locator("#messages .notice")).to_contain_text(said)
    assert await page.evaluate("window.sameDocument") is True, "the browser has put its own page in this place"


@pytest.mark.parametrize(
    ("person", "path", "size", "pressed"),
    [
        ("mark", "/search", PHONE, '.top nav a[href="/requests"]'),
        ("mark", "/search", PHONE, "#results .several"),
        ("mark", "/requests", LAPTOP, '.top nav a[href="/search"]'),
        ("mark", "/", LAPTOP, '#cards h3 a, #cards a[href^="/shelters/"]'),
        ("sanne", None, PHONE, '.top nav a[href$="/past"]'),
        ("sanne", "/staff/linde/past", PHONE, "form.audit button, main form button"),
        ("hanneke", "/monitor", LAPTOP, "form.audit button"),
    ],
)
async def test_a_page_without_a_network_stays_and_says_so(
    browser: Browser, site: Site, person: str, path: str | None, size: object, pressed: str
) -> None:
    page = await open_page(browser, site, person, size, path=path)  # type: ignore[arg-type]
    await cut(page)
    button = page.locator(pressed).first
    await button.click()
    await expect_to_stay(page)
    await reconnect(page, site)
    await expect(page.get_by_text(STAYS)).to_have_count(0, timeout=PATIENCE * 1000)
    await button.click()
    await page.wait_for_function("!window.sameDocument")
    assert page.url.startswith(site.url)
    await page.context.close()


async def test_what_was_chosen_is_still_there_and_is_sent_after_all(browser: Browser, site: Site) -> None:
    page = await open_search(browser, site)
    await choice(page, "adults.woman", "1").click()
    await page.locator("#results .several").click()
    await page.wait_for_url("**/requests/new*")
    boxes = page.locator('input[name^="ask."]')
    chosen = await boxes.evaluate_all("(all) => all.map((one) => one.checked)")
    await cut(page)
    await page.get_by_role("button", name="Vraag deze locaties").click()
    await expect_to_stay(page)
    assert await boxes.evaluate_all("(all) => all.map((one) => one.checked)") == chosen
    await reconnect(page, site)
    await expect(page.locator("#messages .notice")).to_contain_text(BACK, timeout=PATIENCE * 1000)
    await page.get_by_role("button", name="Vraag deze locaties").click()
    await page.wait_for_url(re.compile(r"/requests/\w+-\w+"))
    await page.context.close()


async def test_a_network_that_is_there_and_leads_to_another_machine_is_none(browser: Browser, site: Site) -> None:
    page = await open_search(browser, site)

    async def hotel(route: Route) -> None:
        await route.fulfill(status=200, content_type="text/html", body="<h1>Welcome to the hotel</h1>")

    await page.route("**/health", hotel)
    pressed = (
        "window.sameDocument = true; dispatchEvent(new Event('offline')); document.querySelector('#results .several').click()"
    )
    await page.evaluate(pressed)
    await expect_to_stay(page, "verbinding")  # which the page may have found again meanwhile
    await page.context.close()


async def test_a_press_that_was_not_sent_says_so_after_the_network_has_come_back(browser: Browser, site: Site) -> None:
    page = await open_search(browser, site)
    await cut(page)
    await page.locator('#list button[formaction*="/hold"]').first.click()
    await expect_to_stay(page, "Niet gelukt: er is geen verbinding.")
    await reconnect(page, site)
    await expect(page.locator("#messages .notice")).to_contain_text(BACK, timeout=PATIENCE * 1000)
    await expect(page.get_by_text("geen verbinding")).to_have_count(0)
    await page.locator("#messages [data-again]").click()
    await expect(page.locator("#strip .hold")).to_have_count(1)
    complaints(page).clear()
    await page.context.close()
