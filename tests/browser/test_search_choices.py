"""Zoeken, the choices: large numbers, children without an adult, and what the kinds of place mean."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.build.screens import choice, complaints, open_search
from tests.build.site import Site


@pytest.fixture
async def phone(browser: Browser, site: Site) -> AsyncIterator[Page]:
    page = await open_search(browser, site)
    yield page
    assert complaints(page) == []
    await page.context.close()


async def test_a_person_can_say_seven_women(phone: Page) -> None:
    more = phone.locator("#profile > .larger")
    await more.locator("summary").click()
    await choice(phone, "adults.woman", "7").click()
    await expect(phone.locator("#figures #excluded")).to_contain_text("5 te klein")
    await choice(phone, "adults.woman", "1").click()
    await expect(more.locator(":checked")).to_have_count(0)
    await expect(phone.locator("#count")).to_contain_text("2 passen")


async def test_children_alone_make_the_page_ask_at_once_who_comes_with_them(phone: Page) -> None:
    await phone.locator("#children > summary").click()
    asked = phone.locator("#bar .alone")
    await expect(asked).to_be_hidden()
    await choice(phone, "children.boy_12_17", "1").click()
    await expect(asked).to_have_text("Is dit kind alleen?")
    await choice(phone, "minor_alone").click()
    await expect(asked).to_be_hidden()
    await choice(phone, "minor_alone").click()
    await expect(asked).to_be_visible()
    await choice(phone, "adults.woman", "1").click()
    await expect(asked).to_be_hidden()


async def test_a_minor_alone_gets_the_advice_who_decides(phone: Page) -> None:
    advice = phone.locator("#results > .for-minor")
    await expect(advice).to_be_hidden()
    await phone.locator("#children > summary").click()
    await choice(phone, "minor_alone").click()
    await expect(advice).to_contain_text("beslist geen plaatsingsdesk. Bel Nidos")
    await expect(phone.locator("#none p.not-minor")).to_be_hidden()


async def test_a_kind_of_place_leads_to_its_explanation(phone: Page) -> None:
    meaning = phone.locator("#kinds")
    await expect(meaning.locator("dd").first).to_be_hidden()
    await phone.locator("#lot-linde-1 .what a").click()
    await expect(phone.locator("#kind-cosm + dd")).to_be_visible()
