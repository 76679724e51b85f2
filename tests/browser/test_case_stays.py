"""Live news moves nothing under the finger: on the page of a case, in the list, on the page of a shelter, on the board."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from bedboard.rules.cases import AnswerCode
from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.api import begin, call, sql
from tests.build.cases import say
from tests.build.rows import run
from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations_in_both_schemes
from tests.build.site import Site, served

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
SHELTERS = ("linde", "ceder", "wilg", "nood", "beuk")


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The board for cases; nobody has ever confirmed Wilg."""
    expect.set_options(timeout=PATIENCE * 1000)
    await run(case_database, "update person set demo = true")
    await run(case_database, "update shelter set confirmed_at = :at where id <> 'wilg'", at=clock.at)
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


async def top(locator: Locator) -> float:
    return float(await locator.evaluate("(element) => element.getBoundingClientRect().top"))


async def point_at(page: Page, locator: Locator) -> None:
    """Put the finger on something, as a hand does: a mouse that has moved there, or a touch that has just been."""
    await locator.scroll_into_view_if_needed()
    box = await locator.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


async def answer(site: Site, case_id: str, shelter: str, said: AnswerCode, place: str | None = None, **more: Any) -> None:
    await say(site.process.database, shelter, said, place, case_id=case_id, at=site.clock.at, **more)


async def change(site: Site, shelter: str) -> None:
    """Let every page draw a shelter again, as after a change of it."""
    await run(site.process.database, "update shelter set version = version + 1 where id = :id", id=shelter)
    [(version,)] = await sql(site, f"select version from shelter where id = '{shelter}'")  # noqa: S608
    await run(site.process.database, f"select pg_notify('bedboard', 'shelter {version} {shelter}')")
    await site.process.board.reached(shelter, int(str(version)), PATIENCE)


def card(page: Page, shelter: str) -> Locator:
    return page.locator(f"#ask-{shelter}")


async def open_case(browser: Browser, site: Site, size: ViewportSize, *shelters: str) -> tuple[Page, str]:
    case_id = await begin(site, *(shelters or SHELTERS), adults={"woman": 1})
    return await open_page(browser, site, "mark", size, path=f"/requests/{case_id}"), case_id


async def order(page: Page) -> list[str]:
    return list(await page.locator(".part").evaluate_all("all => all.map((one) => one.id.replace('ask-', ''))"))


@SIZES
async def test_an_answer_moves_no_other_card_and_waits_in_its_own_until_somebody_asks_for_it(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page, case_id = await open_case(browser, site, size)
    before = await order(page)
    last = card(page, before[-1]).get_by_role("button", name="Toon het nummer")
    await point_at(page, last)
    tops = {shelter: await top(card(page, shelter)) for shelter in before}
    for shelter, place in (("beuk", "beuk-1"), ("linde", "linde-1")):
        if shelter != before[-1]:
            await answer(site, case_id, shelter, "yes", place)
            await expect(card(page, shelter).locator(".says")).to_contain_text("ja")
    assert await order(page) == before
    assert {shelter: await top(card(page, shelter)) for shelter in before} == pytest.approx(tops, abs=1)
    await expect(page.get_by_role("button", name=re.compile("Kies deze plek"))).to_have_count(0)
    bar = page.locator("#fresh")
    await expect(bar).to_contain_text("ja — toon")
    await expect(bar).to_be_in_viewport()
    assert await violations_in_both_schemes(page) == []

    await bar.get_by_role("button").click()
    await expect(bar).to_be_hidden()
    assert (await order(page))[0] in ("linde", "beuk")
    first = card(page, (await order(page))[0])
    await expect(first).to_be_focused()
    await expect(first).to_be_in_viewport()
    await expect(first.get_by_role("button", name=re.compile("Kies deze plek"))).to_be_visible()
    assert complaints(page) == []
    await page.context.close()


async def test_a_card_with_an_answer_opens_by_its_own_button_and_stays_open(browser: Browser, site: Site) -> None:
    page, case_id = await open_case(browser, site, PHONE, "linde", "beuk")
    await answer(site, case_id, "linde", "yes", "linde-1")
    await card(page, "linde").locator(".unfold").click()
    await expect(card(page, "linde")).to_be_focused()
    choice = card(page, "linde").get_by_role("button", name=re.compile("Kies deze plek"))
    await expect(choice).to_be_visible()
    await answer(site, case_id, "beuk", "no", reason="no_place")
    await expect(page.locator("#fresh")).to_contain_text("1 nieuw antwoord — toon")
    await expect(choice).to_be_visible()
    await expect(card(page, "linde")).to_be_focused()
    await page.reload()
    await expect(choice).to_be_visible()
    await expect(page.locator("#fresh")).to_be_hidden()
    await page.context.close()


@SIZES
async def test_a_number_is_shown_in_its_card_once_and_stays_there(browser: Browser, site: Site, size: ViewportSize) -> None:
    page, case_id = await open_case(browser, site, size, "linde", "beuk")
    await page.evaluate("window.sameDocument = true")
    await card(page, "linde").get_by_role("button", name=re.compile("Toon het nummer")).click()
    number = card(page, "linde").locator('a[href="tel:CANARY-TEL-linde"]')
    await expect(number).to_be_in_viewport()
    assert await page.evaluate("window.sameDocument") and page.url.endswith(case_id)
    await point_at(page, number)
    before = await top(number)
    await answer(site, case_id, "linde", "yes", "linde-1")
    await expect(card(page, "linde").locator(".says")).to_contain_text("ja")
    await expect(number).to_be_visible()
    assert await top(number) == pytest.approx(before, abs=1)
    await page.reload()
    await expect(number).to_be_visible()
    seen = "select why, case_id from disclosure where shelter_id = 'linde' and actor_id = 'mark'"
    [(trace_id,)] = await sql(site, "select trace_id from case_record")
    assert await sql(site, seen) == [("request", trace_id)], "written down once, without the reference of the case"
    colleague = await open_page(browser, site, "emre", size, path=f"/requests/{case_id}")
    await expect(colleague.locator(".tel")).to_have_count(0)
    for one in (page, colleague):
        assert complaints(one) == []
        await one.context.close()


async def test_without_scripts_the_number_stands_in_the_case_too(browser: Browser, site: Site) -> None:
    case_id = await begin(site, "linde", adults={"woman": 1})
    page = await open_page(browser, site, "mark", PHONE, scripts=False, path=f"/requests/{case_id}")
    await page.get_by_role("button", name=re.compile("Toon het nummer")).click()
    await expect(page).to_have_url(re.compile(f"/requests/{case_id}#ask-linde$"))
    await expect(page.locator('#ask-linde a[href="tel:CANARY-TEL-linde"]')).to_be_in_viewport()
    await page.context.close()


@SIZES
async def test_in_the_list_rows_stay_where_they_are_until_somebody_asks_for_the_new_ones(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    cases = [await begin(site, "linde", adults={"woman": 1}) for _ in range(5)]
    desk = await open_page(browser, site, "hanneke", size, path="/requests")
    rows = desk.locator("#cases article")
    await expect(rows).to_have_count(5)
    target = desk.locator(f"#case-{cases[-1]}")
    await point_at(desk, target.locator("a").first)
    before = await top(target)
    await answer(site, cases[0], "linde", "yes", "linde-1")
    await call(site, "demo-police", f"/requests/{cases[0]}/choose", {"shelter": "linde"})
    new = await begin(site, "beuk", adults={"woman": 1})
    await expect(desk.locator("#fresh")).to_contain_text("2 aanvragen nieuw of verplaatst — toon")
    await expect(desk.locator(f"#case-{cases[0]}")).to_contain_text("beslist")
    assert await top(target) == pytest.approx(before, abs=1)
    await expect(desk.locator(f"#case-{new}")).to_have_count(0)
    assert await violations_in_both_schemes(desk) == []
    await desk.locator("#fresh button").click()
    await expect(desk.locator(f"#case-{new}")).to_have_count(1)
    await expect(desk.locator(f".inbox section:has(#decide-name) #case-{cases[0]}")).to_be_focused()
    await expect(desk.locator("#fresh")).to_be_hidden()
    assert complaints(desk) == []
    await desk.context.close()


@SIZES
async def test_a_request_does_not_move_the_tile_under_the_finger(browser: Browser, site: Site, size: ViewportSize) -> None:
    staff = await open_page(browser, site, "sanne", size)
    tile = staff.locator("#tile-linde-3")
    await point_at(staff, tile)
    before = await top(tile)
    case_id = await begin(site, "linde", adults={"woman": 1})
    await expect(staff.locator(f"#ask-{case_id}")).to_have_count(1)
    assert await top(tile) == pytest.approx(before, abs=1)
    if size == PHONE:  # on a laptop requests stand beside the tiles, in sight
        told = staff.locator("#bell").get_by_role("link", name=re.compile("Nieuwe aanvraag"))
        await expect(told).to_be_in_viewport()
        await told.click()
    await expect(staff.locator(f"#ask-{case_id}")).to_be_in_viewport()
    await staff.locator("#tile-linde-3 > summary").focus()
    before = await top(tile)
    await call(site, "demo-police", f"/requests/{case_id}/withdraw", {"why": "by_mistake"})
    await expect(staff.locator(f"#ask-{case_id} h3")).to_have_count(0)
    await expect(staff.locator("#tile-linde-3 > summary")).to_be_focused()
    assert complaints(staff) == []
    await staff.context.close()


async def test_a_page_that_nobody_touches_shows_a_request_at_its_top(browser: Browser, site: Site) -> None:
    staff = await open_page(browser, site, "sanne", PHONE)
    case_id = await begin(site, "linde", adults={"woman": 1})
    await expect(staff.locator(f"#ask-{case_id}")).to_be_in_viewport()
    assert await staff.evaluate("scrollY") == 0
    await staff.context.close()


@SIZES
@pytest.mark.parametrize("path", ["/", "/search", "/shelters/wilg"])
async def test_the_strip_and_the_board_grow_without_moving_what_is_under_the_finger(
    browser: Browser, site: Site, size: ViewportSize, path: str
) -> None:
    page = await open_page(browser, site, "mark", size, path=path)
    target = {
        "/": page.locator("#shelter-wilg"),
        "/search": page.locator('label:has(input[name="needs.lvb"])'),
        "/shelters/wilg": page.locator("#place-wilg-1 form button").first,
    }[path]
    await point_at(page, target)
    before = await top(target)
    async with site.api("demo-police") as police:
        for place in ("beuk-1", "ceder-1"):
            assert (await police.post(f"/places/{place}/holds", headers={"Idempotency-Key": place})).status_code == 201
    case_id = await begin(site, "linde", adults={"woman": 1})
    await expect(page.locator(f"#my-{case_id}")).to_have_count(1)
    assert await top(target) == pytest.approx(before, abs=1)
    await answer(site, case_id, "linde", "no", reason="no_place")
    await expect(page.locator(f"#my-{case_id}")).to_contain_text("1 nee")
    assert await top(target) == pytest.approx(before, abs=1)
    await call(site, "demo-police", f"/requests/{case_id}/withdraw", {"why": "by_mistake"})
    await expect(page.locator(f"#my-{case_id}")).to_have_count(0)
    assert await top(target) == pytest.approx(before, abs=1)
    assert complaints(page) == []
    await page.context.close()


@SIZES
async def test_a_stale_shelter_is_called_from_its_row_its_result_and_its_page_without_leaving_them(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    await run(
        site.process.database, "update shelter set confirmed_at = :at where id = 'wilg'", at=site.clock.at.replace(hour=0)
    )
    site.process.board.age()
    page = await open_page(browser, site, "mark", size, path="/")
    for path, part in (("/", "#shelter-wilg"), ("/search", "article[id^=lot-wilg]"), ("/shelters/wilg", "#calling")):
        await page.goto(site.url + path)
        await expect(page.locator("#live")).to_have_attribute("data-state", "live")
        await page.evaluate("window.sameDocument = true")
        await page.locator(part).get_by_role("button", name=re.compile("[Bb]el|telefoonnummer")).first.click()
        number = page.locator(part).locator('a[href="tel:CANARY-TEL-wilg"]').first
        await expect(number).to_be_in_viewport()
        await expect(number).to_be_focused()
        assert await violations_in_both_schemes(page) == [], path
        await change(site, "wilg")
        await expect(number).to_be_visible()
        assert await page.evaluate("window.sameDocument"), path
    assert complaints(page) == []
    await page.context.close()
