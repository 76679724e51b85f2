"""A group of six that may be split, on a phone: where nothing is free the page leads on to the shelters that are full."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from bedboard.actions.setup import add_shelter
from bedboard.store.database import Database
from tests.build import NOW, PATIENCE, SEAL, FixedClock, place, shelter
from tests.build.rows import run
from tests.build.screens import PHONE, complaints, open_search, violations_in_both_schemes
from tests.build.site import Site, served


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The board for cases, and two houses of six single beds for men: Wilgen and Eik."""
    expect.set_options(timeout=PATIENCE * 1000)
    async with case_database.transaction() as tx:
        for name in ("wilgen", "eik"):
            beds = [place(f"{name}-{number}", "men") for number in range(1, 7)]
            await add_shelter(tx, shelter(name, beds, criteria={"man": "yes", "group": "yes"}), SEAL, NOW)
        await (await tx.connection()).execute(text("update person set demo = true"))
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


async def occupy(site: Site, *names: str) -> None:
    for name in names:
        await run(site.process.database, "update place set state = 'occupied' where shelter_id = :name", name=name)
        await run(site.process.database, "update shelter set version = version + 1 where id = :name", name=name)
        await run(site.process.database, f"select pg_notify('bedboard', 'shelter 2 {name}')")
        await site.process.board.reached(name, 2, PATIENCE)


async def search_for_six(browser: Browser, site: Site, *, scripts: bool) -> Page:
    page = await open_search(browser, site, size=PHONE, scripts=scripts)
    await page.locator("#group > summary").click()
    await page.locator('label:has(input[name="group"][value="6"])').click()
    await page.locator('label:has(input[name="split"])').click()
    if not scripts:
        await page.locator("#profile > .find").click()
    return page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("full", [("wilgen",), ("wilgen", "eik")], ids=["one free", "none free"])
async def test_a_group_of_six_is_led_to_the_shelters_that_hold_it_together(
    browser: Browser, site: Site, scripts: bool, full: tuple[str, ...]
) -> None:
    await occupy(site, *full)
    page = await search_for_six(browser, site, scripts=scripts)
    is_free = len(full) == 1
    onward = (
        page.locator("button.several") if is_free else page.get_by_role("button", name=re.compile("Vraag locaties die nu vol"))
    )
    await expect(onward).to_be_visible()
    await expect(page.locator("#none")).to_be_hidden() if is_free else await expect(page.locator("#none")).to_be_visible()
    await expect(page.locator(".too-large")).to_have_count(0)
    if scripts:
        assert await violations_in_both_schemes(page) == []
    await onward.click()
    await expect(page.locator(".candidates > li")).to_have_count(2)
    await expect(page.get_by_label("Eik")).to_be_checked(checked=is_free)
    await expect(page.get_by_label("Wilgen")).not_to_be_checked()
    await expect(page.locator(".candidates > li", has_text="Wilgen")).to_contain_text("nu niet vrij")
    await page.get_by_label("Wilgen").check()
    await page.get_by_role("button", name=re.compile("Vraag deze locaties")).click()
    await expect(page.locator("#ask-wilgen")).to_be_visible()
    assert "te klein" not in await page.locator("#ask-wilgen").inner_text()
    assert not scripts or complaints(page) == []
    await page.context.close()


async def test_an_open_page_of_six_is_led_on_when_the_last_house_fills_up(browser: Browser, site: Site) -> None:
    await occupy(site, "wilgen")
    page = await search_for_six(browser, site, scripts=True)
    onward = page.get_by_role("button", name=re.compile("Vraag locaties die nu vol"))
    await expect(page.locator("#list .match")).to_have_count(1)
    await expect(onward).to_be_hidden()
    await occupy(site, "eik")
    await page.evaluate("scrollTo(0, 0)")
    await expect(page.locator("#figures .link")).to_have_count(1)
    await page.locator('label:has(input[name="needs.pets"])').click()
    await page.locator('label:has(input[name="needs.pets"])').click()
    await expect(onward).to_be_visible()
    await page.context.close()
