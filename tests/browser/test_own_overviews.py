"""The pages that show several shelters at once to shelters' people: they follow each change, or say how old they are."""

import pytest
from playwright.async_api import Browser, expect

from tests.build.screens import PHONE, complaints, open_page
from tests.build.site import Site


@pytest.mark.parametrize(("path", "before", "after"), [("/totals", "2", "1"), ("/staff", "2 vrij", "1 vrij")])
async def test_an_overview_follows_changes_and_turns_grey_without_a_line(
    browser: Browser, site: Site, path: str, before: str, after: str
) -> None:
    page = await open_page(browser, site, "anneke", PHONE, path=path)
    numbers = page.locator("#totals tbody tr:has-text('Mannen') .sum" if path == "/totals" else "#own-ceder")
    await expect(numbers).to_contain_text(before)
    async with site.api("demo-shelter-ceder") as ceder:
        await ceder.patch("/places/ceder-1", json={"status": "occupied"})
    await expect(numbers).to_contain_text(after)
    await page.context.set_offline(True)
    await expect(page.locator("#live")).to_contain_text("Niet live")
    await expect(page.locator("#live [data-when=lost] time")).to_have_text("14:00")
    await expect(page.locator("html")).to_have_class("not-live lost")
    await page.context.set_offline(False)
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    assert [one for one in complaints(page) if "ERR_INTERNET_DISCONNECTED" not in one] == []
    await page.context.close()


async def test_the_page_of_a_shift_says_whether_it_hears_the_server(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE, path="/shift")
    await page.context.set_offline(True)
    await expect(page.locator("#live")).to_contain_text("Niet live")
    await page.context.close()
