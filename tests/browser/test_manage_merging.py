"""Merging two organizations, and new kinds, units and languages, on a phone and a laptop, with axe."""

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.build.screens import DEVICES, LAPTOP, PHONE, complaints, open_page, violations_in_both_schemes
from tests.build.site import Site

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])


async def looks_right(page: Page, size: ViewportSize) -> None:
    assert await violations_in_both_schemes(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@SIZES
async def test_an_administrator_merges_two_organizations(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await open_page(browser, site, "wouter", size, path="/manage/organizations/desk")
    await page.get_by_role("link", name="Samenvoegen met een andere organisatie").click()
    await page.locator("#field-into").select_option(label="Stichting Oever")
    await page.get_by_role("button", name="Bekijk wat verandert").click()
    await expect(page.locator(".replacing")).to_contain_text("Dit gaat naar Stichting Oever")
    await looks_right(page, size)
    await page.go_back()
    await page.go_forward()
    await page.get_by_role("button", name="Voeg samen").click()
    await expect(page.locator(".is-saved")).to_be_visible()
    await expect(page.locator("#main h1")).to_have_text("Stichting Oever")
    await page.goto(f"{site.url}/manage/organizations/desk")
    await expect(page.get_by_role("link", name="Samengevoegd met Stichting Oever")).to_be_visible()
    await looks_right(page, size)
    assert complaints(page) == []
    await page.context.close()


@DEVICES
async def test_the_pages_of_kinds_units_and_languages_are_accessible(
    browser: Browser, site: Site, size: ViewportSize, language: str
) -> None:
    page = await open_page(browser, site, "wouter", size, language=language)
    for path in ("kinds", "units", "languages", "languages/ti", "organizations/desk/merge"):
        await page.goto(f"{site.url}/manage/{path}")
        await looks_right(page, size)
    assert complaints(page) == []
    await page.context.close()
