"""The question where the people of a place went, on a phone: tapped, skipped, by keyboard, and taken back with its tap."""

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from tests.build.screens import PHONE, open_page, violations_in_both_schemes
from tests.build.site import Site, as_owner


async def answers(site: Site) -> list[str]:
    """Return the answers that wait for their stay to be counted."""
    async with as_owner(site.process.database) as tx:
        return list((await (await tx.connection()).execute(text("select code from departure"))).scalars())


async def leave(page: Page) -> None:
    """Tap a place occupied, and free again."""
    tile = page.locator("#tile-linde-1")
    for status, word in (("occupied", "bezet"), ("free", "vrij")):
        await tile.locator("summary").first.click()
        await tile.locator(f'form:has([value="{status}"]) button').first.click()
        await expect(tile.locator(".state")).to_have_text(word)
    await expect(page.locator("#departure form")).to_be_visible()


@pytest.mark.parametrize(("choice", "kept"), [("home", ["home"]), ("skip", [])])
async def test_a_tap_answers_or_skips_and_the_question_goes(browser: Browser, site: Site, choice: str, kept: list[str]) -> None:
    page = await open_page(browser, site, "sanne", PHONE)
    await leave(page)
    assert await violations_in_both_schemes(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await page.locator(f'#departure [value="{choice}"]').tap()
    await expect(page.locator("#departure")).to_be_empty()
    assert await answers(site) == kept
    await page.context.close()


async def test_the_keyboard_answers_and_undoing_takes_the_stay_along(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE)
    await leave(page)
    await page.locator('#departure [value="moved_on"]').focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#departure")).to_be_empty()
    assert await answers(site) == ["moved_on"]
    await page.locator("#undo button").first.click()
    await expect(page.locator("#tile-linde-1 .state")).to_have_text("bezet")
    await expect(page.locator("#departure")).to_be_empty()
    await page.context.close()
