"""Mijn opvang with its real page and stylesheet, where the scripts alone cannot show it."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.build.screens import LAPTOP, PHONE, open_page
from tests.build.scripted_tabs import after
from tests.build.site import Site


async def test_a_time_that_is_refused_is_given_back_into_its_field(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    tile, typed = page.locator("#tile-linde-3"), page.locator("#until-linde-3")
    await tile.locator("summary").first.click()
    await tile.locator(".when summary").click()
    await typed.fill("2026-03-11T09:30")  # before the present of the server
    await tile.locator(".when button").click()
    await expect(page.locator("#notice")).to_have_attribute("data-code", "invalid")
    await expect(tile).to_have_attribute("open", "")
    await expect(typed).to_be_visible()
    await expect(typed).to_be_focused()
    await expect(typed).to_have_value("2026-03-11T09:30")
    await expect(page.locator("#outbox li")).to_have_count(0)
    await typed.fill("2026-03-12T09:30")
    await tile.locator(".when button").click()
    await expect(tile.locator("summary").first).to_contain_text("09:30")
    await expect(page.locator("#notice")).to_be_empty()
    await expect(tile).not_to_have_attribute("open", "")
    await page.context.close()


@pytest.mark.parametrize("size", [PHONE, LAPTOP])
async def test_while_the_server_is_slow_the_tile_says_that_it_is_being_sent(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_page(browser, site, "sanne", size)
    answers = asyncio.Event()
    await page.route("**/places/**", lambda route: after(answers, route))
    assert await words_of_sending(page) == []
    await page.locator("#tile-linde-1 summary").first.click()
    await page.locator('#tile-linde-1 form:has([value="occupied"]) button').first.click()
    await expect(page.locator("#tile-linde-1")).to_have_attribute("aria-busy", "true")
    assert await words_of_sending(page) == ["tile-linde-1: wordt verstuurd…"]
    await expect(page.locator("#tile-linde-1 .state")).to_have_text("vrij")
    answers.set()
    await expect(page.locator("#tile-linde-1 .state")).to_have_text("bezet")
    await expect(page.locator("[aria-busy]")).to_have_count(0)
    assert await words_of_sending(page) == []
    await page.context.close()


async def test_the_button_under_the_thumb_asks_about_the_rest_and_answers(browser: Browser, site: Site) -> None:
    site.pass_time(hours=7.5)
    page = await open_page(browser, site, "sanne", PHONE)
    button = page.locator(".confirm button")
    await expect(page.locator(".staff-head .age")).to_contain_text("niet bevestigd sinds")
    await expect(button).to_contain_text("Klopt nog")
    await page.locator("#tile-linde-1 summary").first.click()
    await page.locator('#tile-linde-1 form:has([value="occupied"]) button').first.click()
    await expect(button).to_contain_text("Klopt de rest ook?")
    await expect(button).to_be_in_viewport()
    await button.click()
    await expect(button).to_contain_text("✓ Bevestigd 21:30")
    await expect(button).to_be_in_viewport()
    await expect(page.locator(".staff-head .age")).to_contain_text("actueel")
    await page.context.close()


async def test_a_promise_without_a_place_rings_on_the_page_of_the_shelter(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE)
    async with site.api("demo-police") as police:
        assert (await police.post("/places/linde-1/holds", json={})).status_code == 201
    await expect(page.locator("#bell p")).to_have_count(1)
    async with site.api("demo-shelter-linde") as machine:
        numbers = {"kinds": {"cosm": {"empty": 0}}, "observed_at": site.clock.now().isoformat()}
        assert (await machine.put("/shelters/linde/occupancy", json=numbers)).status_code == 200
    await expect(page.locator("#unplaced-cosm")).to_contain_text("COSM: 1 toegezegd zonder plek — bel")
    await expect(page.locator("#bell p")).to_contain_text(["COSM: 1 toegezegd zonder plek — bel"])
    await page.context.close()


async def words_of_sending(page: Page) -> list[str]:
    """Return the words that the stylesheet writes below the tiles, if they can be seen."""
    words: list[str] = await page.evaluate("""[...document.querySelectorAll(".tile > summary")].flatMap((summary) => {
        const { content, display, visibility } = getComputedStyle(summary, "::after");
        const isSeen = content !== "none" && display !== "none" && visibility === "visible";
        return isSeen ? [`${summary.parentNode.id}: ${JSON.parse(content)}`] : [];
    })""")
    return words


async def test_the_second_half_of_a_double_tap_opens_no_place_below_the_closed_sheet(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE)
    await page.locator("#tile-linde-1 > summary").tap()
    box = await page.locator("#tile-linde-1 .choice.occupied").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    below = "([x, y]) => document.elementFromPoint(x, y).closest('.tile')?.id"
    await page.locator("#tile-linde-1").evaluate("(tile) => (tile.open = false)")
    await page.evaluate("(y) => scrollBy(0, document.querySelector('#tile-linde-3').getBoundingClientRect().top + 30 - y)", y)
    neighbour = await page.evaluate(below, [x, y])
    assert neighbour not in (None, "tile-linde-1"), "there is another place where the finger is"
    await page.locator("#tile-linde-1").evaluate("(tile) => (tile.open = true)")
    await page.touchscreen.tap(x, y)
    await page.wait_for_timeout(120)
    await page.touchscreen.tap(x, y)
    await expect(page.locator("#tile-linde-1 .state")).to_have_text("bezet")
    await expect(page.locator(".tile[open]")).to_have_count(0)
    await page.wait_for_timeout(600)  # as long as a tap on the same spot is taken for the second half
    await page.locator(f"#{neighbour} > summary").tap()
    await expect(page.locator(".tile[open]")).to_have_id(neighbour)
    await page.context.close()


async def test_each_of_three_quick_presses_on_a_tile_opens_or_closes_it(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", LAPTOP)
    line = page.locator("#tile-linde-1 > summary")
    await line.evaluate("(line) => { window.heard = 0; line.addEventListener('click', () => (window.heard += 1)) }")
    await line.scroll_into_view_if_needed()
    box = await line.bounding_box()
    assert box is not None
    for _ in range(3):
        await page.mouse.click(box["x"] + 20, box["y"] + 20, delay=20)
    assert await page.evaluate("window.heard") == 3
    await expect(page.locator(".tile[open]")).to_have_id("tile-linde-1")
    await page.context.close()
