"""The look that alarms the desk: one tap proves who the person is, in place, and the same press then shows the number."""

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from bedboard.rules.looks import UNUSUAL
from tests.build.forms import site
from tests.build.looks import add_more, has_seen
from tests.build.rows import run
from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations_in_both_schemes
from tests.build.site import Site

__all__ = ["site"]  # fixtures


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_a_number_past_the_alarm_takes_one_tap_more(browser: Browser, site: Site, size: ViewportSize) -> None:
    await add_more(site)
    await has_seen(site, "hanneke", UNUSUAL["telephone"] - 1)
    page = await open_page(browser, site, "hanneke", size, path="/shelters/linde")
    await run(site.process.database, "update session set proven_at = null")
    button = page.locator('form[action="/shelters/linde/call"] button').first
    await button.click()
    notice = page.locator("#messages .notice")
    await expect(notice).to_contain_text("U zag in korte tijd veel telefoonnummers. Bevestig eerst dat u het bent.")
    await expect(page.locator("#calling a.tel")).to_have_count(0)
    assert await violations_in_both_schemes(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await notice.get_by_role("button", name="Bevestig dat u het bent").click()
    await expect(notice.get_by_role("button", name="Bevestig dat u het bent")).to_be_hidden()
    await button.click()
    await expect(page.locator("#calling a.tel").first).to_contain_text("CANARY-TEL-linde")
    assert [said for said in complaints(page) if "403" not in said] == []
    await page.context.close()
