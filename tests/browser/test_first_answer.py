"""The first answers to a case move no card of it: not on a page that nobody has touched, and not under a finger."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from bedboard.rules.cases import AnswerCode
from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.api import begin
from tests.build.cases import say
from tests.build.rows import run
from tests.build.screens import LAPTOP, PHONE, complaints, open_page
from tests.build.site import Site, served

SHELTERS = ("linde", "ceder", "wilg", "nood", "beuk")
TOPS = "all => Object.fromEntries(all.map((one) => [one.id, Math.round(one.getBoundingClientRect().top)]))"
ANSWERS: list[tuple[AnswerCode, str | None, str | None, str | None]] = [
    ("yes", "{}-1", None, None),
    ("discuss", None, None, None),
    ("no", None, "contra_indication", "woman"),
]


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    expect.set_options(timeout=PATIENCE * 1000)
    await run(case_database, "update person set demo = true")
    await run(case_database, "update shelter set confirmed_at = :at where id <> 'wilg'", at=clock.at)
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


async def tops(page: Page) -> dict[str, int]:
    found: dict[str, int] = await page.locator(".part").evaluate_all(TOPS)
    return found


@pytest.mark.parametrize("size", [PHONE, {"width": 320, "height": 640}, LAPTOP], ids=["phone", "narrow", "laptop"])
@pytest.mark.parametrize("way", ["untouched", "at the first card", "at the last card"])
async def test_the_first_answers_leave_every_card_where_it_is(
    browser: Browser, site: Site, size: ViewportSize, way: str
) -> None:
    case_id = await begin(site, *SHELTERS, adults={"woman": 1})
    page = await open_page(browser, site, "mark", size, path=f"/requests/{case_id}")
    cards = page.locator(".part")
    order = [one.removeprefix("ask-") for one in await tops(page)]
    if way != "untouched":
        target = cards.nth(0 if "first" in way else -1).locator("h2")
        await target.scroll_into_view_if_needed()
        box = await target.bounding_box()
        assert box is not None
        await page.mouse.move(box["x"] + 20, box["y"] + 5)
    before = await tops(page)
    for shelter, (said, place, reason, criterion) in zip(("beuk", "ceder", "nood"), ANSWERS, strict=True):
        given = place.format(shelter) if place else None
        await say(site.process.database, shelter, said, given, reason, criterion, case_id=case_id, at=site.clock.at)
        await expect(page.locator(f"#ask-{shelter}")).to_have_attribute("data-says", said)
        assert await tops(page) == pytest.approx(before, abs=1), (shelter, said)
    assert [one.removeprefix("ask-") for one in await tops(page)] == order
    await page.locator("#fresh button").click()
    await expect(page.locator("#ask-beuk").get_by_role("button", name=re.compile("Kies deze plek"))).to_be_visible()
    if size is PHONE:
        await expect(page.locator(".jump")).to_be_visible()
    assert complaints(page) == []
    await page.context.close()
