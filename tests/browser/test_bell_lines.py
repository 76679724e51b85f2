"""Mijn opvang on a phone: the lines of the bell hide nothing that a press needs, and leaving without a network says so."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.build.api import begin
from tests.build.screens import PHONE, complaints, open_page
from tests.build.site import Site

DEAF_MS = 1_000  # longer than the pause in web/static/js/strip.js
LINES = "#bell p:not(.hidden):visible"
WOMAN: dict[str, Any] = {"adults": {"woman": 1}}


async def test_many_requests_give_two_lines_and_each_jump_lands_below_them(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE)
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    for number in range(4):
        await begin(site, "linde", **WOMAN)
        await expect(page.locator("#bell p:not(.hidden)")).to_have_count(number + 1)
    await expect(page.locator(LINES)).to_have_count(2)
    for left in (2, 2, 1):
        link = page.locator(f"{LINES} a").first
        card = await link.evaluate("(one) => one.hash")
        await link.click()
        await page.wait_for_timeout(DEAF_MS)  # a second tap on the spot of a line that is gone was perhaps meant for it
        await expect(page.locator(LINES)).to_have_count(left)
        await expect(page.locator(card)).to_be_in_viewport()
        await page.wait_for_function(
            """(card) => {
              const edge = document.getElementById('bell').getBoundingClientRect().bottom
              return document.querySelector(card).getBoundingClientRect().top >= edge
            }""",
            arg=card,
        )  # the words above the answers are in sight
    assert complaints(page) == []
    await page.context.close()


async def test_a_request_that_is_not_in_sight_below_the_lines_has_a_line(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE)
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    for number in range(3):
        await begin(site, "linde", **WOMAN)
        await expect(page.locator("#bell p:not(.hidden)")).to_have_count(number + 1)
    for over in (10, 60, 110, 160):  # so far the last request lies over the lower edge of the lines
        await page.evaluate(
            """(over) => {
              const last = [...document.querySelectorAll('.asked .ask')].pop().getBoundingClientRect()
              const edge = document.getElementById('bell').getBoundingClientRect().bottom
              scrollBy({ top: last.bottom - edge + over, behavior: 'instant' })
            }""",
            over,
        )
        case_id = await begin(site, "linde", **WOMAN)
        await expect(page.locator(f"#ask-{case_id}")).to_have_count(1)
        await page.wait_for_function(
            """(id) => {
              const top = document.getElementById(id).getBoundingClientRect().top
              const edge = document.getElementById('bell').getBoundingClientRect().bottom
              const has = document.querySelector(`#bell p:not(.hidden) a[href$="#${id}"]`)
              return has || top >= edge
            }""",
            arg=f"ask-{case_id}",
        )
    await page.context.close()


@pytest.mark.parametrize("person", ["sanne", "mark"])
async def test_nobody_believes_to_have_signed_out_without_a_network(browser: Browser, site: Site, person: str) -> None:
    page = await open_page(browser, site, person, PHONE)
    url = page.url
    await page.context.set_offline(True)
    await page.locator('form[action^="/sign-out"] button').first.click()
    await expect(page.locator("#notice")).to_contain_text("Niet uitgelogd: er is geen verbinding.")
    assert page.url == url
    await page.context.set_offline(False)
    await page.locator('form[action^="/sign-out"] button').first.click()
    await page.wait_for_url("**/sign-in*")
    complaints(page).clear()
    await page.context.close()
