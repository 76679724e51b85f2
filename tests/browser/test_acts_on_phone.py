"""The audit trail on a phone: rows as cards, nothing scrolls sideways; and a page full of facts stays small."""

import gzip
from contextlib import aclosing

import pytest
from playwright.async_api import Browser, expect

from tests.build.screens import PHONE, open_page
from tests.build.site import Site

LARGEST = 60_000


@pytest.mark.parametrize(
    ("person", "path"), [("gerda", "/audit"), ("gerda", "/audit/sign-ins"), ("anneke", "/manage/linde/looks")]
)
async def test_a_row_is_a_card_and_nothing_scrolls_sideways(browser: Browser, site: Site, person: str, path: str) -> None:
    async with aclosing(await site.sign_in("mark")) as mark:  # he then sees the number of linde
        await mark.post("/places/linde-1/hold", data={"key": "hold", "page": "shelter"})
        assert "CANARY-TEL-linde" in (await mark.get("/")).text
    page = await open_page(browser, site, person, PHONE, path=path)
    await expect(page.locator(".acts tbody tr").first).to_be_visible()
    wide = "[...document.querySelectorAll('.scroll, html')].filter((one) => one.scrollWidth > one.clientWidth + 1).length"
    assert await page.evaluate(wide) == 0
    assert await page.locator(".acts tbody tr").first.evaluate("(row) => getComputedStyle(row).display") == "flex"
    assert await page.locator(".acts tbody td").first.evaluate("(one) => getComputedStyle(one, '::before').content != 'none'")
    await page.context.close()


async def test_fifty_rows_with_many_facts_stay_below_the_size_of_a_first_load(site: Site) -> None:
    async with aclosing(await site.sign_in("wouter")) as wouter:
        for number in range(50):
            form = {"name": f"Opvang {number}", "organization": "oever", "unit": "noord", "telephone": f"010 {number}"}
            form |= {"address": f"Straat {number}", "confirm_times": "08:00, 16:00, 21:30", "key": f"k{number}", "do": "save"}
            assert (await wouter.post("/manage/shelters", data=form)).status_code in (200, 303)
    async with aclosing(await site.sign_in("gerda")) as gerda:
        page = (await gerda.get("/audit?kind=changes")).text
    assert page.count('<tr role="row">') == 51
    size = len(gzip.compress(page.encode(), 6))

    assert size < LARGEST / 2, "scripts and styles come on top of it"
