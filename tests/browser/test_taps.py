"""staff.js: a tap is shown as being sent, carries its time and key, and can be taken back for a while."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from starlette.responses import HTMLResponse

from tests.build.screens import open_page
from tests.build.scripted_pages import notice, section, staff_page, undo
from tests.build.scripted_server import Server, accepted, away
from tests.build.scripted_tabs import after, expect_outbox, live_on, open_staff_page, tap
from tests.build.site import Site


async def test_a_tap_is_shown_as_being_sent_and_changes_with_the_answer(server: Server, tab: Page) -> None:
    asked = asyncio.Event()
    server.html = staff_page()

    async def slowly(route: Any) -> None:
        await asked.wait()
        await route.continue_()

    await open_staff_page(server, tab)
    await tab.route("**/places/**", slowly)
    await tap(tab, "p1", "occupied")
    await expect(tab.locator("#tile-p1")).to_have_class("tile free sending")
    await expect(tab.locator("#tile-p1")).to_have_attribute("aria-busy", "true")
    await expect(tab.locator("#tile-p1")).not_to_have_attribute("open", "")
    await expect(tab.locator("#tile-p1 .state")).to_have_text("free")
    asked.set()
    await expect(tab.locator("#tile-p1 .state")).to_have_text("occupied")
    await expect(tab.locator(".sending")).to_have_count(0)
    await expect_outbox(tab)
    post = await server.post()
    assert post.path == "/staff/a/places/p1"
    assert post.fields["status"] == "occupied"
    assert post.fields["key"] not in ("", "drawn")


@pytest.mark.parametrize("wrong_by", [timedelta(days=-1), timedelta(days=1)])
async def test_a_late_tap_says_when_by_the_clock_of_the_server(
    server: Server, context: BrowserContext, wrong_by: timedelta
) -> None:
    tab = await context.new_page()
    await tab.clock.install(time=datetime.now(UTC) + wrong_by)
    connection = await open_staff_page(server, tab)
    server.answer = away
    tapped = datetime.now(UTC)
    await tap(tab, "p1", "occupied")
    assert "observed_at" not in (await server.post()).fields, "at once it is now, and the server knows that better"
    await connection.pulse()
    observed = datetime.fromisoformat((await server.post()).fields["observed_at"])
    assert abs(observed - tapped) < timedelta(seconds=5)


async def test_a_key_is_made_on_plain_http_too(server: Server, context: BrowserContext) -> None:
    await context.add_init_script("delete Crypto.prototype.randomUUID; delete Navigator.prototype.locks")
    tab = await context.new_page()
    await open_staff_page(server, tab)
    await tap(tab, "p1", "occupied")
    assert len((await server.post()).fields["key"]) == 32


async def test_the_undo_bar_leaves_after_ten_seconds_unless_somebody_is_at_it(server: Server, tab: Page) -> None:
    connection = await open_staff_page(server, tab)
    await tap(tab, "p1", "occupied")
    button = tab.get_by_role("button", name="undo")
    await expect(button).to_be_visible()
    await expect(tab.locator("#undo")).to_have_attribute("aria-live", "polite")
    await button.focus()
    await live_on(tab, connection, 15)
    await expect(button).to_be_visible()
    await button.blur()
    await tab.clock.run_for(5_000)
    await expect(button).to_be_visible()
    await tab.clock.run_for(6_000)
    await expect(tab.locator("#undo")).to_be_empty()


async def test_the_undo_bar_stays_as_long_as_the_page_says(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab, staff_page(undo_seconds=3))
    await tap(tab, "p1", "occupied")
    await expect(tab.get_by_role("button", name="undo")).to_be_visible()
    await tab.clock.run_for(5_000)
    await expect(tab.locator("#undo")).to_be_empty()


async def test_the_setting_for_undo_reaches_the_page(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    await expect(page.locator("#outbox")).to_have_attribute("data-undo-seconds", str(site.process.settings.undo_seconds))
    await page.context.close()


async def test_undo_is_sent_with_its_change(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    await tap(tab, "p1", "occupied")
    await server.post()
    server.answer = lambda _: HTMLResponse(section("10.0", p1="free", p2="free") + undo() + notice())
    await tab.get_by_role("button", name="undo").click()
    post = await server.post()
    assert (post.path, post.fields["change"]) == ("/staff/a/undo", "7")
    await expect(tab.locator("#undo")).to_be_empty()
    await expect(tab.locator("#tile-p1 .state")).to_have_text("free")


async def test_a_tap_that_is_refused_at_once_says_so_on_the_page(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    server.answer = lambda _: HTMLResponse(section("9.0", p1="occupied", p2="free") + notice("overtaken", "newer"), 409)
    await tap(tab, "p1", "free")
    await expect(tab.locator("#notice [data-said]")).to_have_text("newer")
    await expect(tab.locator("#tile-p1 .state")).to_have_text("occupied")
    await expect_outbox(tab)
    server.answer = accepted
    await tap(tab, "p1", "free")
    await expect(tab.locator("#notice")).to_be_empty()


async def test_escape_closes_the_sheet_of_a_tile_and_gives_the_focus_back_to_it(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    await tab.locator("#tile-p2 summary").click()
    await tab.locator("#tile-p2 input[name=expected_free_at]").focus()
    await tab.keyboard.press("Escape")
    await expect(tab.locator(".tile[open]")).to_have_count(0)
    await expect(tab.locator("#tile-p2 summary")).to_be_focused()
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#tile-p2")).to_have_attribute("open", "")
    await tab.keyboard.press("a")  # any other key leaves it open
    await expect(tab.locator("#tile-p2")).to_have_attribute("open", "")


async def test_to_and_fro_while_the_server_is_slow_only_the_first_and_the_last_are_sent(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    answers = asyncio.Event()
    await tab.route("**/places/**", lambda route: after(answers, route))
    for status in ("occupied", "free", "occupied"):
        await tap(tab, "p1", status)
        await tab.clock.run_for(10)
    answers.set()
    assert [(await server.post()).fields["status"] for _ in range(2)] == ["occupied", "occupied"]
    await expect(tab.locator(".sending")).to_have_count(0)
    assert len(server.posts) == 2
    assert len({post.fields["key"] for post in server.posts}) == 2


async def test_each_of_two_quick_taps_can_be_taken_back(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    for place in ("linde-1", "linde-2"):  # the second one before the first is answered
        await page.locator(f"#tile-{place} > summary").press("Enter")
        await page.locator(f"#tile-{place} .choice.occupied").press("Enter")
    offers = page.locator("#undo form")
    await expect(offers).to_have_count(2)
    for place, left in (("linde-1", 1), ("linde-2", 0)):
        await page.locator(f'#undo form[data-place="{place}"] button').press("Enter")
        await expect(page.locator(f"#tile-{place} .state")).to_have_text("vrij")
        await expect(offers).to_have_count(left)
    await page.context.close()


async def test_an_offer_to_undo_leaves_with_a_newer_tap_on_its_place_and_with_a_confirmation(
    browser: Browser, site: Site
) -> None:
    page = await open_page(browser, site, "sanne")
    offers = page.locator("#undo form")

    async def occupy(place: str, status: str = "occupied") -> None:
        await page.locator(f"#tile-{place} > summary").press("Enter")
        await page.locator(f"#tile-{place} .choice.{status}").press("Enter")

    await occupy("linde-1")
    await expect(offers).to_have_count(1)
    await occupy("linde-1", "free")
    await expect(page.locator("#tile-linde-1 .state")).to_have_text("vrij")
    await expect(offers).to_have_attribute("data-status", "free")
    await page.get_by_role("button", name="Klopt nog").click()
    await expect(offers).to_have_count(0)
    await page.context.close()
