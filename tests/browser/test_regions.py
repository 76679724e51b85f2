"""Sociale kaart, on a phone, on a laptop and on paper."""

from playwright.async_api import Browser, ViewportSize

from tests.build.screens import BROKEN_WORDS, DEVICES, LAPTOP, open_page, violations_in_both_schemes
from tests.build.site import Site

A4_WIDTH = 718  # CSS pixels between margins of 10 mm


@DEVICES
async def test_it_is_readable_for_everybody_and_as_wide_as_the_screen(
    browser: Browser, demo_site: Site, size: ViewportSize, language: str
) -> None:
    page = await open_page(browser, demo_site, "lucia", size, language=language, path="/regions")
    assert await violations_in_both_schemes(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert await page.evaluate(BROKEN_WORDS) == []
    first = page.locator("main nav a").first
    await first.click()
    assert await page.locator(":target").inner_text() == await first.inner_text()
    await page.context.close()


async def test_it_prints_without_what_is_to_press(browser: Browser, demo_site: Site) -> None:
    page = await open_page(browser, demo_site, "hanneke", LAPTOP, path="/regions")
    await page.set_viewport_size({"width": A4_WIDTH, "height": 1000})
    await page.emulate_media(media="print")
    assert await page.evaluate("document.documentElement.scrollWidth") <= A4_WIDTH
    assert not await page.locator("nav").first.is_visible() and not await page.locator("main nav").is_visible()
    assert await page.locator(".on-paper").is_visible()
    await page.context.close()
