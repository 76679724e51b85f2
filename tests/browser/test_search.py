"""Zoeken: a place is found, held and called within seconds, on a phone at night, and nothing moves under the finger."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, FloatRect, Locator, Page, ViewportSize, expect

from bedboard.actions.setup import add_client, add_shelter
from tests.build import SEAL, place, shelter
from tests.build.screens import DEVICES, LAPTOP, choice, complaints, open_page, open_search, violations_in_both_schemes
from tests.build.site import Site


@pytest.fixture
async def phone(browser: Browser, site: Site) -> AsyncIterator[Page]:
    """A detective's, dark."""
    page = await open_search(browser, site, scheme="dark")
    yield page
    assert complaints(page) == []
    await page.context.close()


def row(page: Page, lot: str) -> Locator:
    return page.locator(f"#lot-{lot}")


async def change(site: Site, of: str, place: str, status: str) -> None:
    async with site.api(f"demo-shelter-{of}") as api:
        reply = await api.patch(f"/places/{place}", json={"status": status})
        assert reply.status_code == 200, reply.text


async def box(locator: Locator) -> FloatRect:
    found = await locator.bounding_box()
    assert found is not None
    return found


async def add_row_of_shelters(site: Site, count: int) -> list[str]:
    """So many shelters with one free place each, in the order of their names; confirmed just now."""
    ids = [f"rij-{number:02}" for number in range(count)]
    async with site.process.database.transaction() as tx:
        for shelter_id in ids:
            await add_shelter(tx, shelter(shelter_id, [place(f"{shelter_id}-1")]), SEAL, site.clock.now())
            token = f"demo-shelter-{shelter_id}"
            await add_client(
                tx, client_id=token, name=shelter_id, role="machine", token=token, now=site.clock.now(), shelter_id=shelter_id
            )
    return ids


async def test_a_place_is_found_held_and_free_again_when_the_time_is_over(browser: Browser, site: Site, phone: Page) -> None:
    other = await open_page(browser, site, "lucia", LAPTOP)
    await choice(phone, "adults.man", "1").click()
    await expect(row(phone, "linde-1")).to_have_count(0)  # takes no men
    await expect(phone.locator("#count")).to_contain_text("2 passen")
    await phone.locator("#count a").click()
    await expect(row(phone, "ceder-1")).to_be_in_viewport()
    await expect(row(phone, "ceder-1")).to_contain_text("2 vrij")
    await row(phone, "ceder-1").locator("button[name=key]").click()
    await expect(phone.locator("#strip")).to_contain_text("CANARY-TEL-ceder")
    await expect(phone.locator("#strip .tel")).to_be_in_viewport()
    await expect(row(phone, "ceder-1")).not_to_contain_text("2 vrij")
    await expect(other.locator("#shelter-ceder")).to_contain_text("vastgehouden tot")

    for _ in range(3):  # a session lasts as long as it is used
        site.pass_time(minutes=10.5)
        for page in (phone, other):
            assert await page.evaluate("fetch('/search').then((response) => response.status)") == 200
        site.process.board.age()
    await expect(other.locator("#shelter-ceder")).not_to_contain_text("vastgehouden")
    await expect(row(phone, "ceder-1")).to_contain_text("2 vrij")
    for page in (phone, other):
        assert "CANARY-ADR" not in await page.content()
    assert phone.url == f"{site.url}/search#results"
    assert await phone.evaluate("localStorage.length") == 0  # for the storage of the tab: test_history.py
    assert await phone.title() == "Zoeken – bedboard"
    await other.context.close()


async def test_whoever_is_late_hears_it_with_what_else_is_free(browser: Browser, site: Site, phone: Page) -> None:
    """Two for the last place: the other one's row is struck, or its press is refused with the reason."""
    await choice(phone, "adults.man", "1").click()
    await expect(row(phone, "ceder-1")).to_contain_text("2 vrij")
    await phone.locator("#count a").click()
    async with site.api("demo-coordinator") as api:
        for number in (1, 2):
            reply = await api.post(f"/places/ceder-{number}/holds", json={})
            assert reply.status_code == 201, reply.text
    await expect(row(phone, "ceder-1")).to_have_class("match fits fresh gone")
    await expect(row(phone, "ceder-1").locator(".taken")).to_be_visible()
    await expect(row(phone, "ceder-1").locator("button[name=key]")).to_be_disabled()

    await row(phone, "ceder-1").locator("button[name=key]").evaluate("(button) => { button.disabled = false; button.click() }")
    await expect(phone.locator("#notice")).to_contain_text("Iemand anders was net eerder")
    await expect(phone.locator("#notice")).to_have_attribute("role", "alert")
    await expect(phone.locator("#notice")).to_be_in_viewport()
    complaints(phone).clear()  # a browser writes down every 409


async def test_what_is_under_the_finger_does_not_move(site: Site, phone: Page) -> None:
    ids = await add_row_of_shelters(site, 8)
    await phone.reload()
    await expect(phone.locator("#live")).to_have_attribute("data-state", "live")
    await choice(phone, "adults.woman", "1").click()
    await expect(phone.locator("#list .match")).to_have_count(11)
    await row(phone, "rij-02-1").evaluate("(row) => row.scrollIntoView({ block: 'center' })")
    before = await box(row(phone, "rij-02-1"))

    for shelter_id in ids[:2]:  # one above it, one that is seen
        await change(site, shelter_id, f"{shelter_id}-1", "occupied")
    await expect(row(phone, "rij-01-1")).to_have_class("match fits fresh gone")
    await expect(row(phone, "rij-01-1").locator(".taken")).to_have_text("net door iemand anders genomen")
    assert await box(row(phone, "rij-02-1")) == before
    await change(site, ids[7], f"{ids[7]}-1", "occupied")  # far below: gone at once
    await expect(row(phone, "rij-07-1")).to_have_count(0)

    async with site.process.database.transaction() as tx:  # a name that belongs above
        await add_shelter(tx, shelter("berk", [place("berk-1")]), SEAL, site.clock.now())
    await expect(phone.locator("#more")).to_have_text("1 plek erbij — toon")
    await expect(row(phone, "berk-1")).to_have_count(0)
    assert await box(row(phone, "rij-02-1")) == before

    await phone.locator("#more").click()
    await expect(row(phone, "berk-1")).to_be_in_viewport()
    await expect(phone.locator("#list .gone")).to_have_count(0)
    await expect(phone.locator("#more")).to_be_hidden()


async def test_the_button_under_a_finger_stays_the_same_one_when_its_row_changes(site: Site, phone: Page) -> None:
    await choice(phone, "adults.woman", "1").click()
    await expect(row(phone, "linde-1")).to_contain_text("2 vrij")
    button = row(phone, "linde-1").locator("button[name=key]")
    key = await button.get_attribute("value")
    await button.evaluate("(button) => { window.under = button }")
    await change(site, "linde", "linde-1", "occupied")
    await expect(button).to_have_attribute("formaction", "/places/linde-2/hold")
    assert await button.evaluate("(button) => button === window.under")
    assert await button.get_attribute("value") != key


async def test_two_taps_hold_one_place(site: Site, phone: Page) -> None:
    await choice(phone, "adults.man", "1").click()
    await expect(row(phone, "ceder-1")).to_contain_text("2 vrij")
    await row(phone, "ceder-1").locator("button[name=key]").dblclick()
    await expect(phone.locator("#strip .hold")).to_have_count(1)
    await expect(row(phone, "ceder-1")).not_to_contain_text("2 vrij")
    assert site.process.board.cards["ceder"].counts["held"] == 1


async def test_everything_but_the_live_part_works_without_scripts(browser: Browser, site: Site) -> None:
    page = await open_search(browser, site, scripts=False)
    await choice(page, "adults.man", "1").click()
    await choice(page, "near", "zuid").click()
    await page.locator("#profile > .find").click()
    assert re.fullmatch(r"/search\?kept=[0-9a-f]{12}", page.url.removeprefix(site.url)), "what was chosen is in no address"
    await expect(page.locator('#profile [name="adults.man"][value="1"]')).to_be_checked()
    await expect(page.locator("#list .match")).to_have_count(1)
    await row(page, "ceder-1").locator("button[name=key]").click()
    await expect(page.locator("#strip")).to_contain_text("CANARY-TEL-ceder")
    await expect(page.locator('#profile [name="adults.man"][value="1"]')).to_be_checked()

    await choice(page, "adults.man", "2").click()  # changed since the last answer, and that is what is counted
    await page.locator("#nothing details:not([open]) summary").click()
    await page.locator('#nothing button[formaction$="slept=street"]').click()
    await expect(page.locator("#nothing")).to_contain_text("op straat")
    await expect(page.locator('#profile [name="adults.man"][value="2"]')).to_be_checked()
    await page.context.close()


async def test_one_page_holds_twice_waits_and_counts_and_each_is_its_own(site: Site, phone: Page) -> None:
    await choice(phone, "adults.woman", "1").click()
    await expect(phone.locator("#count")).to_contain_text("passen")
    for lot, held in (("linde-1", 1), ("ceder-1", 2)):
        await row(phone, lot).locator("button[name=key]").press("Enter")  # taps are not heard for a moment after a hold
        await expect(phone.locator("#strip .hold")).to_have_count(held)
        await expect(phone.locator("#strip .tel:focus")).to_have_count(1)
    await phone.locator(".warn").press("Enter")
    await expect(phone.locator("#strip article")).to_have_count(3)
    await phone.locator("#nothing summary").press("Enter")
    await phone.locator('#nothing button[formaction$="slept=hotel"]').press("Enter")
    await expect(phone.locator("#nothing")).to_contain_text("in een hotel")
    await expect(phone.locator("#notice .notice")).to_have_count(0)
    assert phone.url == f"{site.url}/search"


async def test_a_search_without_a_place_is_counted_once_and_says_what_to_do_next(site: Site, phone: Page) -> None:
    await choice(phone, "adults.other_gender", "4").click()
    await expect(phone.locator("#none")).to_be_visible()
    await expect(phone.locator("#nothing")).to_contain_text("Waar slapen ze vannacht?")
    await phone.locator('#nothing button[formaction$="slept=police_station"]').dblclick()
    await expect(phone.locator("#nothing")).to_contain_text("Bel de plaatsingsdesk")
    assert phone.url == f"{site.url}/search"


async def test_with_the_keyboard_alone(browser: Browser, site: Site) -> None:
    page = await open_search(browser, site, size=LAPTOP)
    await page.locator('#profile [name="adults.woman"][value="0"]').focus()
    await page.keyboard.press("ArrowRight")
    await expect(row(page, "linde-1")).to_contain_text("past: vrouw")
    await page.keyboard.press("Enter")  # the form's own button, never a place's
    await expect(page.locator("#results")).to_be_focused()
    await expect(page.locator("#strip .hold")).to_have_count(0)
    for _ in range(10):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.matches('#lot-linde-1 button[name=key]')"):
            break
    await page.keyboard.press("Enter")
    await expect(page.locator("#strip .tel").first).to_be_focused()
    await page.context.close()


async def test_a_list_that_is_not_live_says_so_and_asks_for_it(site: Site, phone: Page) -> None:
    await phone.context.set_offline(True)
    await expect(phone.locator("#live")).to_have_attribute("data-state", "lost")
    await choice(phone, "adults.man", "1").click()
    await expect(phone.locator(".doubt")).to_contain_text("Deze lijst kan oud zijn.")
    await phone.locator(".doubt button").click()
    await expect(phone.locator("#notice")).to_contain_text("Niet gelukt: er is geen verbinding.")
    await phone.route_web_socket("**/live*", lambda socket: None)
    await phone.context.set_offline(False)
    await phone.locator(".doubt button").click()
    await expect(phone.locator("#list .match")).to_have_count(1)
    await expect(phone.locator("#count")).to_contain_text("2 passen")
    complaints(phone).clear()  # the browser itself complains of the cut line


async def test_choices_that_cannot_be_are_said_and_mended(phone: Page) -> None:
    await choice(phone, "adults.man", "1").click()
    await phone.locator("#children > summary").click()
    await choice(phone, "minor_alone").click()
    await expect(phone.locator("#notice")).to_contain_text("een minderjarige zonder ouders komt zonder volwassenen")
    await expect(phone.locator("#results")).to_have_attribute("aria-busy", "true")
    await expect(phone.locator("#count")).to_have_text("Deze keuzes kunnen niet samen", use_inner_text=True)
    await phone.locator(".clear").click()
    await expect(phone.locator("#notice .notice")).to_have_count(0)
    await expect(phone.locator("#count")).to_contain_text("4 vrij")


@DEVICES
async def test_axe_finds_nothing_on_the_search_page(browser: Browser, site: Site, size: ViewportSize, language: str) -> None:
    page = await open_search(browser, site, size=size, scheme="light", language=language)
    await choice(page, "adults.woman", "1").click()
    await choice(page, "needs.lvb").click()
    await expect(page.locator("#list .match")).to_have_count(3)
    await page.locator(".seek details").evaluate_all("(all) => all.forEach((one) => { one.open = true })")
    assert await violations_in_both_schemes(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    await row(page, "linde-1").scroll_into_view_if_needed()
    for number in (1, 2):
        await change(site, "linde", f"linde-{number}", "occupied")
    await expect(row(page, "linde-1")).to_contain_class("gone")
    assert await violations_in_both_schemes(page) == []
    await page.context.close()


async def test_the_search_page_fits_320_pixels_a_thumb_and_60_kilobytes(browser: Browser, site: Site) -> None:
    page = await open_search(browser, site, size={"width": 320, "height": 640})
    for summary in await page.locator(".seek details > summary").all():
        await summary.click()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    for target in await page.locator(".seek :is(button, summary, label, select, .go, #bar a):visible").all():
        assert (await box(target))["height"] >= 47.5, await target.inner_text()
    fresh = await browser.new_context(storage_state=await page.context.storage_state())
    other = await fresh.new_page()
    sizes: list[int] = []
    client = await fresh.new_cdp_session(other)
    await client.send("Network.enable")
    client.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    await other.goto(f"{site.url}/search", wait_until="load")
    assert 10_000 < sum(sizes) <= 60 * 1024, f"{sum(sizes)} bytes"
    await fresh.close()
    await page.context.close()
