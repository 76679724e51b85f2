"""axe on every page, phone and laptop, light and dark, both languages; and what axe cannot see: width, targets, keyboard."""

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from tests.build.screens import DEVICES, LAPTOP, PHONE, complaints, open_page, violations, violations_in_both_schemes
from tests.build.site import Site

PAGES = [  # who, where
    (None, "/sign-in"),
    ("mark", "/"),
    ("mark", "/?kind=cosm"),
    ("mark", "/?kind=cosm&unit=zuid"),
    ("mark", "/shelters/linde"),
    ("mark", "/shelters/wilg"),
    ("hanneke", "/?wall=1"),
    ("sanne", "/staff/linde"),
    ("anneke", "/staff/ceder"),
    ("sanne", "/totals"),
    ("gerda", "/"),
    ("mark", "/no-such-page"),
]


@DEVICES
async def test_axe_finds_nothing_on_any_page(browser: Browser, site: Site, size: ViewportSize, language: str) -> None:
    found: list[str] = []
    for person in {person: None for person, _ in PAGES}:
        page = await open_page(browser, site, person, size, language=language)
        for path in [path for who, path in PAGES if who == person]:
            await page.goto(site.url + path)
            found += [f"{path} as {person}: {one}" for one in await violations_in_both_schemes(page)]
        await page.context.close()
    assert found == []


@pytest.mark.parametrize("language", ["nl-NL", "en-GB"])
async def test_no_page_is_wider_than_a_phone(browser: Browser, site: Site, language: str) -> None:
    for person in {person: None for person, _ in PAGES}:
        page = await open_page(browser, site, person, PHONE, language=language)
        for path in [path for who, path in PAGES if who == person]:
            await page.goto(site.url + path)
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE["width"], f"{path} as {person} is {width} px wide"
        await page.context.close()


async def test_axe_finds_nothing_while_a_tile_is_open_and_after_a_tap(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    await page.locator("#tile-linde-1 summary").first.click()
    assert await violations(page) == []
    await page.locator(
        '#tile-linde-1 button[value="occupied"], #tile-linde-1 form:has([value="occupied"]) button'
    ).first.click()
    await expect(page.locator("#undo button").first).to_be_visible()
    assert await violations(page) == []
    assert complaints(page) == []
    await page.context.close()


async def test_pages_fit_a_screen_of_320_pixels(browser: Browser, site: Site) -> None:
    for person, path in [("mark", "/"), ("sanne", "/staff/linde"), ("sanne", "/totals"), (None, "/sign-in")]:
        page = await open_page(browser, site, person, {"width": 320, "height": 640})
        await page.goto(site.url + path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
        await page.context.close()


async def test_what_a_thumb_must_hit_is_48_pixels_high(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    await page.locator("#tile-linde-1 summary").first.click()
    for target in await page.locator("main button:visible, main summary:visible").all():
        box = await target.bounding_box()
        assert box is not None
        assert box["height"] >= 47.5, await target.inner_text()
    await page.context.close()


async def test_a_place_is_changed_with_the_keyboard_alone(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", LAPTOP)
    await page.locator("#tile-linde-1 summary").first.focus()
    await page.keyboard.press("Enter")
    for _ in range(10):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.closest('form')?.querySelector('[name=status]')?.value") == "occupied":
            break
    await page.keyboard.press("Enter")
    await expect(page.locator("#tile-linde-1 summary").first).to_contain_text("bezet")
    await page.context.close()


async def test_first_load_of_any_page_is_at_most_60_kilobytes(browser: Browser, site: Site) -> None:
    for person in {person: None for person, _ in PAGES}:
        page = await open_page(browser, site, person)
        for path in [path for who, path in PAGES if who == person]:
            fresh = await browser.new_context(storage_state=await page.context.storage_state())
            other = await fresh.new_page()
            sizes: list[int] = []
            client = await fresh.new_cdp_session(other)
            await client.send("Network.enable")
            client.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(int(event["encodedDataLength"])))
            await other.goto(site.url + path, wait_until="load")
            assert sizes
            assert sum(sizes) <= 60 * 1024, f"{path} as {person}: {sum(sizes)} bytes"
            await fresh.close()
        await page.context.close()
