"""Mijn opvang with many requests and with taps that wait: the places stay near, and nothing is covered or moves."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.api import begin, call
from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations_in_both_schemes
from tests.build.site import Site, served

HIT = """(one) => {
  const { left, top, width, height } = one.getBoundingClientRect()
  return one.contains(document.elementFromPoint(left + width / 2, top + height / 2))
}"""
WOMAN: dict[str, Any] = {"adults": {"woman": 1}}


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    async with served(board_database.url, clock, session_idle_minutes=600) as site:
        yield site


async def top_of(one: Locator) -> float:
    box = await one.bounding_box()
    assert box is not None
    return box["y"]


async def settled(page: Page) -> None:
    await expect(page.locator("#main")).not_to_have_attribute("data-moved", "")


async def test_eight_requests_are_folded_with_a_way_to_the_places_and_back(browser: Browser, site: Site) -> None:
    cases = [await begin(site, "linde", token=f"demo-{role}", **WOMAN) for role in ("police", "coordinator") for _ in range(4)]
    page = await open_page(browser, site, "sanne", PHONE)
    await expect(page.locator(".asking")).to_have_count(8)
    top = min(cases)  # they came at the same moment
    first, tile = page.locator(f"#asking-{top}"), page.locator("#tile-linde-1")
    await expect(page.locator(".asking[open]")).to_have_count(0)
    assert await top_of(tile) < 2 * PHONE["height"], "the places are less than two screens down"
    await expect(first.locator("summary").first).to_contain_text(top)
    assert await violations_in_both_schemes(page) == []

    await page.get_by_role("link", name="Plekken ↓").click()
    await expect(tile).to_be_in_viewport()
    before = await top_of(tile)
    late = await begin(site, "linde", **WOMAN)
    await expect(page.locator(f"#ask-{late}")).to_have_count(1)
    await settled(page)
    assert abs(await top_of(tile) - before) < 1, "a new request above moves nothing"
    await page.get_by_role("link", name="Aanvragen ↑").click()
    await expect(first).to_be_in_viewport()

    await page.wait_for_timeout(700)  # a tap on the same spot is not heard for a moment
    summary = first.locator("summary").first
    before = await top_of(summary)
    await summary.click()
    await expect(first.locator(".reply.yes > summary")).to_be_visible()
    assert abs(await top_of(summary) - before) < 1
    await call(site, "demo-shelter-linde", f"/requests/{late}/answers", {"answer": "no", "reason": "no_staff"})
    await expect(page.locator(f"#ask-{late}")).to_contain_class("answered")
    await expect(first).to_have_attribute("open", "")
    assert complaints(page) == []
    await page.context.close()


async def test_a_card_that_is_open_stays_open_when_a_third_comes_and_one_that_is_folded_stays_folded_when_it_goes(
    browser: Browser, site: Site
) -> None:
    cases = [await begin(site, "linde", **WOMAN) for _ in range(2)]
    page = await open_page(browser, site, "sanne", PHONE)
    await expect(page.locator(".asking[open]")).to_have_count(2)
    third = await begin(site, "linde", **WOMAN)
    await expect(page.locator(f"#asking-{third}")).to_have_count(1)
    await expect(page.locator(".asking[open]")).to_have_count(2)
    await call(site, "demo-police", f"/requests/{cases[0]}/withdraw", {"why": "by_mistake"})
    await expect(page.locator(f"#asking-{cases[0]}")).to_have_count(0)
    await expect(page.locator(f"#asking-{third}")).not_to_have_attribute("open", "")
    assert complaints(page) == []
    await page.context.close()


async def test_an_answered_card_keeps_the_reference_and_the_number_of_the_requester_in_sight(
    browser: Browser, demo_site: Site
) -> None:
    case_id = await begin(demo_site, "linde", **WOMAN)
    page = await open_page(browser, demo_site, "sanne", PHONE)
    card = page.locator(f"#ask-{case_id}")
    for answer in ({"answer": "discuss"}, {"answer": "no", "reason": "no_staff"}):
        await call(demo_site, "demo-shelter-linde", f"/requests/{case_id}/answers", answer)
        await expect(card).to_contain_text("Uw antwoord:")
        await card.evaluate("(one) => one.querySelector('.asking')?.removeAttribute('open')")
        await expect(card.locator(".ref").first).to_be_visible()
        await expect(card.locator(".ref").first).to_have_text(case_id)
        await expect(card.locator('a[href^="tel:"]').first).to_be_visible()
    await page.context.close()


async def test_in_overleg_is_no_answer_before_a_second_press(browser: Browser, site: Site) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    page = await open_page(browser, site, "sanne", PHONE)
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.url.endswith("/answer") else None)
    await page.locator(f"#discuss-{case_id} > summary").dblclick()
    await expect(page.locator(f"#discuss-{case_id}")).to_have_attribute("open", "")
    await expect(page.locator(f"#discuss-{case_id} .sheet")).to_contain_text("De aanvrager ziet dan uw telefoonnummer")
    assert posts == [], "not even two taps on the same spot are an answer"
    await page.wait_for_timeout(700)  # a tap on the same spot is not heard for a moment
    await page.locator(f"#discuss-{case_id} button").click()
    await expect(page.locator(f"#ask-{case_id}")).to_contain_text("Uw antwoord: in overleg")
    await expect(page.locator(f"#discuss-{case_id}")).not_to_have_attribute("open", "")
    assert len(posts) == 1
    await page.context.close()


@pytest.mark.parametrize("percent", [100, 200])
async def test_what_waits_stands_in_the_bar_and_covers_no_answer(browser: Browser, site: Site, percent: int) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    page = await open_page(browser, site, "sanne", PHONE)
    await page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
    bar, card = page.locator(".confirm"), page.locator(f"#ask-{case_id}")
    before = await bar.bounding_box()
    await page.context.set_offline(True)
    for place in ("linde-1", "linde-2", "linde-3"):
        await page.locator(f"#tile-{place} > summary").press("Enter")
        await page.locator(f"#tile-{place} button.choice.occupied").click()
        await page.evaluate("new Promise((done) => setTimeout(done, 600))")  # another tap on the same spot would be no tap
    await expect(page.locator(".queue > summary")).to_have_text("3 wachten")
    assert await bar.bounding_box() == before, "the bar is as high as it was"
    for answer in await card.locator(".reply > summary").all():
        await answer.evaluate("(one) => one.scrollIntoView({ block: 'nearest' })")
        assert await answer.evaluate(HIT), await answer.inner_text()
    await page.locator(".queue > summary").click()
    for button in await page.locator("#outbox button:visible").all():
        box = await button.bounding_box()
        assert box is not None and box["height"] >= 47.5
    if percent == 100:
        assert await violations_in_both_schemes(page) == []
    await page.locator("#outbox button:visible").first.click()
    await expect(page.locator("#outbox li")).to_have_count(2)
    await page.keyboard.press("Escape")
    await expect(page.locator(".queue > summary")).to_have_text("2 wachten")
    await expect(page.locator("#tile-linde-1")).not_to_contain_class("queued")
    await page.context.set_offline(False)
    await expect(page.locator(".queue > summary")).to_have_text(re.compile("verstuurd"))
    await expect(page.locator(".queue")).to_be_hidden(timeout=20_000)
    assert site.process.board.cards["linde"].counts["occupied"] == 2, "the one that was taken back was never done"
    complaints(page).clear()
    await page.context.close()


async def test_on_a_laptop_the_requests_stand_beside_the_places_and_both_are_on_top(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", LAPTOP)
    tile = page.locator("#tile-linde-1")
    before = await tile.bounding_box()
    case_id = await begin(site, "linde", **WOMAN)
    await expect(page.locator(f"#ask-{case_id}")).to_be_in_viewport()
    assert await tile.bounding_box() == before, "the first request moves no tile"
    box, places = await page.locator("#asked").bounding_box(), await page.locator("#staff-linde").bounding_box()
    assert box is not None and places is not None
    assert places["x"] + places["width"] < box["x"] and abs(box["y"] - places["y"]) < 8
    assert box["x"] + box["width"] > 0.95 * LAPTOP["width"], "the width is used"
    await page.locator(f"#no-{case_id} > summary").click()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await expect(page.locator(f"#no-{case_id} .sheet > .whys button").first).to_be_in_viewport()
    await page.context.close()
