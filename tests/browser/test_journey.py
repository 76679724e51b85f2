"""Three people at once: staff with a phone, a coordinator with a laptop, a detective with a dark phone."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable

import pytest
from playwright.async_api import Browser, Dialog, Locator, Page, expect

from tests.build import PATIENCE
from tests.build.screens import LAPTOP, PHONE, complaints, open_page
from tests.build.site import Site


@pytest.fixture
async def people(browser: Browser, site: Site) -> AsyncIterator[tuple[Page, Page, Page]]:
    """Staff of Linde, a coordinator, and police, in this order."""
    pages = (
        await open_page(browser, site, "sanne", PHONE),
        await open_page(browser, site, "lucia", LAPTOP),
        await open_page(browser, site, "mark", PHONE, "dark", path="/"),
    )
    yield pages
    for page in pages:
        assert complaints(page) == []
        await page.context.close()


def tile(page: Page, place: str) -> Locator:
    return page.locator(f"#tile-{place}")


async def choose(page: Page, place: str, field: str, value: str) -> None:
    """Two taps: the tile, and what it becomes."""
    await tile(page, place).locator("summary").first.click()
    form = tile(page, place).locator(f'form:has([name="{field}"][value="{value}"])')
    await form.locator(f'button[value="{value}"], button:not([name])').first.click()


async def free_of(page: Page, shelter: str) -> str:
    return await page.locator(f"#shelter-{shelter} .figure").inner_text()


async def test_a_tap_on_a_phone_appears_on_the_other_screens_without_reload(
    people: tuple[Page, Page, Page], capsys: pytest.CaptureFixture[str]
) -> None:
    staff, coordinator, detective = people
    for page in (coordinator, detective):
        await page.evaluate("window.sameDocument = true")
        await expect(page.locator("#shelter-linde .figure")).to_contain_text("2")
    took: list[float] = []
    for number in range(6):
        status, figure = ("occupied", "1") if number % 2 == 0 else ("free", "2")
        watched = [asyncio.create_task(_arrival(page, figure)) for page in (coordinator, detective)]
        await _armed(coordinator, detective)
        await staff.evaluate(TAPPED)
        await choose(staff, "linde-1", "status", status)
        async with asyncio.timeout(PATIENCE):
            arrived = await asyncio.gather(*watched)
        tapped = float(await staff.evaluate("window.tapped"))
        took += [moment - tapped for moment in arrived]
        await expect(tile(staff, "linde-1").locator("summary").first).to_contain_text(
            "bezet" if status == "occupied" else "vrij"
        )
    for page in (coordinator, detective):
        assert await page.evaluate("window.sameDocument") is True
    with capsys.disabled():
        took.sort()
        sys.stdout.write(
            f"\n  tap to screen, {len(took)} times: median {took[len(took) // 2]:.0f} ms, slowest {took[-1]:.0f} ms\n"
        )


TAPPED = """document.addEventListener("submit", () => { window.tapped = performance.timeOrigin + performance.now() },
                                      {capture: true, once: true})"""

ARRIVES = """(figure) => new Promise((resolve) => {
  window.armed = true;
  const look = () => {
    if (!document.querySelector("#shelter-linde .figure")?.textContent.includes(figure)) return;
    observer.disconnect(); window.armed = false;
    requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, {subtree: true, childList: true, characterData: true});
})"""


async def _arrival(page: Page, figure: str) -> float:
    return float(await page.evaluate(ARRIVES, figure))


def _armed(*pages: Page) -> Awaitable[object]:
    return asyncio.gather(*(page.wait_for_function("window.armed") for page in pages))


async def test_staff_undo_close_with_a_reason_and_confirm(people: tuple[Page, Page, Page]) -> None:
    staff, coordinator, _ = people
    await choose(staff, "linde-1", "status", "occupied")
    await expect(coordinator.locator("#shelter-linde .figure")).to_contain_text("1")
    await staff.locator("#undo button").first.click()
    await expect(coordinator.locator("#shelter-linde .figure")).to_contain_text("2")
    await expect(tile(staff, "linde-1").locator("summary").first).to_contain_text("vrij")

    await choose(staff, "linde-2", "reason", "cleaning")
    await expect(tile(staff, "linde-2").locator("summary").first).to_contain_text("schoonmaak")
    await expect(coordinator.locator("#shelter-linde .counts").first).to_contain_text("dicht")

    stamp = await coordinator.locator("#shelter-linde").get_attribute("data-stamp")
    await staff.get_by_role("button", name="Klopt nog").click()
    await expect(coordinator.locator("#shelter-linde")).not_to_have_attribute("data-stamp", stamp or "")


async def test_filters_choose_cards_and_stay_in_force_for_what_changes(people: tuple[Page, Page, Page]) -> None:
    staff, coordinator, _ = people
    await coordinator.locator('a[href*="kind=men"]').first.click()
    await expect(coordinator.locator("#cards article")).to_have_count(1)
    await expect(coordinator).to_have_url(re.compile("kind=men"))
    await choose(staff, "linde-1", "status", "occupied")
    await expect(coordinator.locator("#total-kind-cosm")).to_contain_text("1")
    await expect(coordinator.locator("#cards article")).to_have_count(1)


async def test_a_board_whose_line_is_cut_says_so_and_comes_back_by_itself(people: tuple[Page, Page, Page], site: Site) -> None:
    _, coordinator, _ = people
    await coordinator.context.set_offline(True)
    await expect(coordinator.locator("#live")).to_have_attribute("data-state", "lost")
    await expect(coordinator.locator("#live")).to_contain_text("Niet live")
    async with site.api("demo-shelter-linde") as api:
        assert (await api.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
    site.process.hub.close_where(lambda viewer: True, 1012)
    await coordinator.context.set_offline(False)
    await expect(coordinator.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE * 1000)
    await expect(coordinator.locator("#shelter-linde .figure")).to_contain_text("1")
    complaints(coordinator).clear()  # the browser itself complains of the cut line


async def test_signing_out_elsewhere_closes_the_board(people: tuple[Page, Page, Page], site: Site) -> None:
    _, coordinator, _ = people
    other = await coordinator.context.new_page()
    await other.goto(site.url)
    await other.locator('form[action^="/sign-out"] button').first.click()
    await expect(coordinator.locator("#lock")).to_contain_text("U bent uitgelogd")
    await expect(coordinator.locator("#main")).to_be_empty()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_one_press_signs_somebody_in(browser: Browser, site: Site, scripts: bool) -> None:
    page = await open_page(browser, site, None, scripts=scripts)
    for person, path in [("mark", "/search"), ("sanne", "/staff/linde")]:
        await page.goto(f"{site.url}/sign-in")
        await page.locator(f'button[value="{person}"]').click()
        await page.wait_for_url(site.url + path)
        await page.locator('form[action^="/sign-out"] button').first.click()
        await page.wait_for_url(re.compile(r"/sign-in(\?shift=over)?$"))
    assert complaints(page) == []
    await page.context.close()


async def test_everything_works_without_scripts(browser: Browser, site: Site) -> None:
    staff = await open_page(browser, site, "sanne", PHONE, scripts=False)
    await choose(staff, "linde-1", "status", "occupied")
    await expect(tile(staff, "linde-1").locator("summary").first).to_contain_text("bezet")
    await staff.locator("#undo button").first.click()
    await expect(tile(staff, "linde-1").locator("summary").first).to_contain_text("vrij")
    await staff.get_by_role("button", name="Klopt nog").click()
    board = await open_page(browser, site, "mark", LAPTOP, scripts=False, path="/")
    await board.locator('a[href*="unit=zuid"]').first.click()
    await expect(board.locator("#cards article")).to_have_count(1)
    await staff.context.close()
    await board.context.close()


async def test_a_tap_that_waits_is_sent_only_for_the_person_who_tapped(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    asked: list[str] = []

    async def leave_all_the_same(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.accept()

    page.on("dialog", leave_all_the_same)
    await page.route("**/places/**", lambda route: route.abort())
    await choose(page, "linde-1", "status", "occupied")
    await expect(page.locator("#outbox li")).to_have_count(1)
    await page.locator('form[action^="/sign-out"] button').first.click()
    await page.locator('button[value="anneke"], form:has(input[value="anneke"]) button').first.click()
    assert len(asked) == 1, "whoever signs out is told that a tap waits"
    await page.goto(f"{site.url}/staff/linde")
    await page.unroute("**/places/**")
    await page.get_by_role("button", name="Klopt nog").click()
    await expect(page.locator("#staff-linde")).not_to_have_attribute("data-stamp", "1.0")
    await expect(page.locator("#outbox li")).to_have_count(0)
    await expect(tile(page, "linde-1").locator("summary").first).to_contain_text("vrij")

    await page.locator('form[action^="/sign-out"] button').first.click()
    await page.locator('button[value="sanne"], form:has(input[value="sanne"]) button').first.click()
    await expect(tile(page, "linde-1").locator("summary").first).to_contain_text("bezet", timeout=PATIENCE * 1000)
    await page.context.close()
