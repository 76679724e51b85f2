"""Back, reload and a second tab, with and without scripts: no page came by POST, and the choices of a tab stay in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from tests.build.screens import LAPTOP, PHONE, choice, complaints, open_page, open_search
from tests.build.site import Site

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@asynccontextmanager
async def searching(browser: Browser, site: Site, size: ViewportSize, *, scripts: bool) -> AsyncIterator[Page]:
    """A search for two women and a child, of which the page says what is found."""
    page = await open_search(browser, site, size=size, scripts=scripts)
    await choice(page, "adults.woman", "2").click()
    await page.locator("#children > summary").click()
    await choice(page, "children.child_0_3", "1").click()
    if not scripts:
        await page.locator("#profile > .find").click()
    await expect(page.locator("#count")).to_contain_text("0 passen")
    yield page
    await page.context.close()


def chosen(page: Page, name: str) -> Locator:
    return page.locator(f'#profile [name="{name}"]:checked')


async def is_as_it_was(page: Page) -> None:
    await expect(chosen(page, "adults.woman")).to_have_value("2")
    await expect(chosen(page, "children.child_0_3")).to_have_value("1")
    await expect(page.locator("#children")).to_have_attribute("open", "")


async def press(page: Page, button: Locator, leads_to: str) -> None:
    await button.click()
    await expect(page.locator(leads_to).first).to_be_visible()


async def back(page: Page) -> None:
    """A page that came by POST could not be shown again: the browser would ask whether to send its form a second time."""
    reply = await page.go_back()
    assert reply is None or (reply.request.method == "GET" and reply.ok), reply


@SCRIPTS
@SIZES
async def test_choices_survive_back_reload_and_other_pages(
    browser: Browser, site: Site, size: ViewportSize, scripts: bool
) -> None:
    async with searching(browser, site, size, scripts=scripts) as page:
        await page.reload()
        await is_as_it_was(page)
        await page.goto(f"{site.url}/shelters/linde")
        await back(page)
        await is_as_it_was(page)
        await page.go_forward()
        await expect(page).to_have_url(f"{site.url}/shelters/linde")
        await back(page)
        await is_as_it_was(page)
        if scripts:
            await press(page, page.locator("nav a[href='/requests']"), "#cases, h1")
            await press(page, page.locator("nav a[href='/search']"), "#profile")
            await is_as_it_was(page)
            assert complaints(page) == []


@SCRIPTS
@SIZES
async def test_back_from_a_new_case_goes_to_the_shelters_and_then_to_the_search(
    browser: Browser, site: Site, size: ViewportSize, scripts: bool
) -> None:
    page = await open_search(browser, site, size=size, scripts=scripts)
    await choice(page, "adults.woman", "1").click()
    await press(page, page.locator("button.several"), ".candidates")
    ticks = page.locator(".candidates input")
    await ticks.last.check()
    if scripts:
        await page.reload()
        await expect(ticks.last).to_be_checked()
    await press(page, page.locator(".save-foot button"), "#case")
    case = page.url
    for way in (back, Page.reload):
        await way(page)
        await expect(page.locator("#sent h1")).to_contain_text("Verstuurd")
        await expect(page.locator(f"#sent a[href='{case.removeprefix(site.url)}']")).to_be_visible()
        await expect(page.locator(".candidates")).to_have_count(0)
    await press(page, page.locator("button.link"), "#profile")
    await expect(chosen(page, "adults.woman")).to_have_value("1")
    await back(page)
    await expect(page.locator("#sent")).to_be_visible()
    await back(page)
    await expect(page.locator("#profile")).to_be_visible()
    if scripts:
        await expect(chosen(page, "adults.woman")).to_have_value("1")
    await page.goto(case)
    await page.goto(f"{site.url}/")
    await back(page)
    await expect(page).to_have_url(case)
    assert not scripts or complaints(page) == []
    await page.context.close()


@SIZES
async def test_without_scripts_a_refused_ask_can_be_left_and_seen_again(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_search(browser, site, size=size, scripts=False)
    await choice(page, "adults.woman", "1").click()
    await press(page, page.locator("button.several"), ".candidates")
    for tick in await page.locator(".candidates input").all():
        await tick.uncheck()
    await press(page, page.locator(".save-foot button"), "#notice .notice")
    await page.reload()
    await expect(page.locator("#notice .notice")).to_be_visible()
    await page.goto(f"{site.url}/")
    await page.go_back()
    await expect(page.locator("#notice .notice")).to_be_visible()
    await expect(page.locator(".candidates input:checked")).to_have_count(0)
    await back(page)
    await expect(page.locator("#notice .notice")).to_have_count(0)
    await page.context.close()


@SCRIPTS
@SIZES
async def test_two_tabs_have_their_own_choices(browser: Browser, site: Site, size: ViewportSize, scripts: bool) -> None:
    async with searching(browser, site, size, scripts=scripts) as page:
        other = await page.context.new_page()
        await other.goto(f"{site.url}/search")
        await expect(chosen(other, "adults.woman")).to_have_value("0")
        await choice(other, "adults.woman", "4").click()
        if not scripts:
            await other.locator("#profile > .find").click()
        else:
            await expect(other.locator("#count")).to_contain_text("0 passen")
        for _ in range(2):
            await page.reload()
            await is_as_it_was(page)
            await other.reload()
            await expect(chosen(other, "adults.woman")).to_have_value("4")


@SIZES
async def test_after_signing_out_nothing_comes_back_and_nothing_can_be_read(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    async with searching(browser, site, size, scripts=True) as page:
        other = await page.context.new_page()
        await other.goto(f"{site.url}/search")
        await choice(other, "adults.woman", "4").click()
        await other.wait_for_function("sessionStorage.length")
        for tab in (page, other):
            stored = await tab.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
            assert "kept:/search" in stored and "woman" not in stored and "child" not in stored
        left = await other.evaluate("({...sessionStorage})")
        await press(page, page.locator("footer form[action^='/sign-out'] button"), ".people")
        assert await page.evaluate("sessionStorage.length") == 0
        assert [one["name"] for one in await page.context.cookies() if "kept" in one.get("name", "")] == []
        await press(page, page.locator("button[value=mark]"), "#profile")
        await expect(chosen(page, "adults.woman")).to_have_value("0")
        # The other tab still holds what it had. Its key has gone with the session, so it is erased and not shown.
        await other.reload()
        await expect(other.locator("#live")).to_have_attribute("data-state", "live")
        await expect(chosen(other, "adults.woman")).to_have_value("0")
        await other.wait_for_function(
            "(before) => sessionStorage['bedboard:kept:/search'] !== before", arg=left["bedboard:kept:/search"]
        )
        assert complaints(page) == complaints(other) == []


@SIZES
async def test_everything_can_be_cleared_for_another_person(browser: Browser, site: Site, size: ViewportSize) -> None:
    async with searching(browser, site, size, scripts=True) as page:
        await page.locator("a.clear").click()
        await expect(chosen(page, "adults.woman")).to_have_value("0")
        await page.reload()
        await expect(chosen(page, "adults.woman")).to_have_value("0")
        assert complaints(page) == []


@SIZES
async def test_the_place_in_a_list_comes_back_with_the_choices(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await open_search(browser, site, size=size)
    await choice(page, "needs.lvb").click()
    await page.wait_for_function("sessionStorage['bedboard:kept:/search']")
    await page.evaluate("scrollTo({top: 700, behavior: 'instant'})")
    there = await page.evaluate("scrollY")
    await page.goto(f"{site.url}/shelters/linde")
    await back(page)
    await expect(chosen(page, "needs.lvb")).to_have_count(1)
    await page.wait_for_function("(there) => Math.abs(scrollY - there) < 60", arg=there)
    await page.context.close()


@SIZES
async def test_criteria_that_were_typed_survive_a_reload_until_somebody_saves(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_page(browser, site, "anneke", size, path="/manage/linde/criteria")
    age = page.locator("#limit-min_age")
    await age.fill("18")
    await page.locator("label.answer:has([name='criteria.pets'][value='no'])").click()
    await expect(page.locator(".trial")).to_contain_text("nog niet opgeslagen", ignore_case=True)
    await page.reload()
    await expect(age).to_have_value("18")
    await page.goto(f"{site.url}/staff/linde")
    await back(page)
    await expect(age).to_have_value("18")
    await expect(page.locator("[name='criteria.pets']:checked")).to_have_value("no")
    await press(page, page.locator(".save-foot .main-button"), ".is-saved")
    await back(page)
    await expect(age).to_have_value("18")  # as it is saved now
    await age.fill("20")
    await age.blur()
    await page.goto(f"{site.url}/manage/linde/criteria")
    await expect(age).to_have_value("18")  # a new visit begins with the saved ones
    assert complaints(page) == []
    await page.context.close()


@SCRIPTS
@SIZES
@pytest.mark.parametrize("link", ["/shelters/linde", "/?kind=cosm", "/requests"])
async def test_a_link_leads_through_signing_in_to_its_page(
    browser: Browser, site: Site, size: ViewportSize, scripts: bool, link: str
) -> None:
    page = await open_page(browser, site, None, size, scripts=scripts, path=link)
    await page.locator("button[value=mark]").click()
    await expect(page).to_have_url(site.url + link)
    await page.context.close()


@SIZES
async def test_a_page_whose_session_is_over_comes_back_after_signing_in(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_page(browser, site, "mark", size, path="/shelters/linde")
    await page.context.clear_cookies()
    site.process.identity._people.clear()
    await page.locator("#places button").first.click()
    await expect(page.locator(".people")).to_be_visible()
    await page.locator("button[value=mark]").click()
    await expect(page).to_have_url(f"{site.url}/shelters/linde")
    await page.context.close()
