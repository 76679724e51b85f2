"""Wie bel ik, on a phone and on a laptop."""

from playwright.async_api import Browser, ViewportSize

from tests.build.screens import BROKEN_WORDS, DEVICES, open_page, violations_in_both_schemes
from tests.build.site import Site


@DEVICES
async def test_the_numbers_are_within_reach_of_a_thumb_and_of_everybody(
    browser: Browser, demo_site: Site, size: ViewportSize, language: str
) -> None:
    page = await open_page(browser, demo_site, "mark", size, language=language, path="/who-to-call")
    assert await violations_in_both_schemes(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert await page.evaluate(BROKEN_WORDS) == []
    heights = await page.locator("main .tel").evaluate_all("all => all.map((one) => one.offsetHeight)")
    assert len(heights) == 11 and min(heights) >= 48
    await page.context.close()
