"""A tap without a network survives a reload that fails: it is sent from the next page of ours."""

import pytest
from playwright.async_api import Browser, Error, Page, expect

from tests.build.screens import PHONE, open_page
from tests.build.site import Site


async def tap_offline(page: Page) -> Page:
    """Tap linde-1 without a network, reload, and close the tab with the browser's own page; return a new tab."""
    await page.context.route("**/*", lambda route: route.abort("internetdisconnected"))
    await page.locator("#tile-linde-1 > summary").click()
    await page.locator("#tile-linde-1 .choice.occupied").click()
    await expect(page.locator("#tile-linde-1")).to_have_class("tile free queued")
    with pytest.raises(Error):
        await page.reload()
    other = await page.context.new_page()
    await page.close()  # it would come back to our page by itself
    await other.context.unroute_all()
    return other


async def status(site: Site) -> str:
    return next(place.status for place in site.process.board.cards["linde"].places if place.id == "linde-1")


@pytest.mark.parametrize(("person", "path"), [("sanne", "/staff/linde"), ("anneke", "/staff"), ("sanne", "/shift")])
async def test_a_tap_without_a_network_is_sent_after_a_reload(browser: Browser, site: Site, person: str, path: str) -> None:
    page = await open_page(browser, site, person, PHONE, path="/staff/linde")
    page = await tap_offline(page)
    assert await status(site) == "free"
    await page.goto(site.url + path)
    await expect(page.locator("#outbox li[data-is=sent]")).to_contain_text("1 bezet", use_inner_text=False)
    assert await status(site) == "occupied"
    await page.goto(f"{site.url}/staff/linde")
    await expect(page.locator("#tile-linde-1")).to_have_class("tile occupied")
    await page.context.close()
