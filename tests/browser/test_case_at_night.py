"""The natural way at night, on a phone: hold a place, ask for it, and go there; nobody reloads a page.

Where a page has just moved, a tap is not heard for a moment, so buttons there are pressed with a key.
"""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.cases import NIGHT, offer
from tests.build.rows import run
from tests.build.screens import PHONE, complaints, open_page, violations
from tests.build.site import Site, served


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The board for cases at two in the night, with news of an hour ago; everybody may sign in."""
    clock.at = NIGHT
    await run(case_database, "update person set demo = true")
    await run(case_database, "update shelter set confirmed_at = :at", at=NIGHT.replace(hour=0))
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


@pytest.fixture
async def people(browser: Browser, site: Site) -> AsyncIterator[tuple[Page, Page]]:
    """A detective with a dark phone, and staff of Linde, in this order."""
    expect.set_options(timeout=PATIENCE * 1000)
    pages = (
        await open_page(browser, site, "mark", PHONE, "dark"),
        await open_page(browser, site, "sanne", PHONE),
    )
    yield pages
    for page in pages:
        assert complaints(page) == []
        await page.context.close()


DEAF_MS = 1_000  # longer than the pause in web/static/js/search.js


async def is_live(page: Page) -> None:
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")


async def search(detective: Page, site: Site) -> None:
    await detective.goto(f"{site.url}/search")
    await is_live(detective)
    await detective.locator('label:has(input[name="adults.woman"][value="1"])').click()


async def ask_for_held(detective: Page) -> str:
    """Press the button on the card of the hold, and ask; give the reference."""
    await detective.wait_for_timeout(DEAF_MS)  # the page takes no second tap at once: it may have been meant for the row
    await detective.locator("#strip .hold").get_by_role("button", name=re.compile("Vraag deze plek aan")).click()
    await expect(detective.get_by_label("Linde")).to_be_checked()
    await expect(detective.locator(".candidates")).to_contain_text("u houdt deze plek vast")
    await expect(detective.locator(".candidates input:checked")).to_have_count(1)
    await detective.get_by_role("button", name=re.compile("Vraag deze locaties")).click()
    await detective.wait_for_url(re.compile(r"/requests/[a-z]+(-[a-z]+){3}$"))
    await is_live(detective)
    await expect(detective.locator("#strip .hold")).to_contain_text("Voor aanvraag")
    return detective.url.rpartition("/")[2]


async def test_a_held_place_is_asked_for_offered_decided_and_found(people: tuple[Page, Page], site: Site) -> None:
    detective, linde = people
    await search(detective, site)
    await detective.locator("#lot-linde-1").get_by_role("button", name=re.compile("Houd vast en bel")).click()
    await expect(detective.locator("#strip .hold")).to_contain_text("CANARY-TEL-linde")
    case_id = await ask_for_held(detective)
    case = detective.locator("#case")
    await expect(case.locator("#ask-linde")).to_contain_text("u houdt hier plek 1 vast tot 02:30")
    await is_live(detective)
    assert await violations(detective) == []

    await linde.locator(f"#yes-{case_id} > summary").click()
    offered = linde.locator(f"#yes-{case_id} button.offer").first
    await expect(offered).to_contain_text("wordt al vastgehouden voor de aanvrager")
    await offered.click()
    await expect(case.locator("#ask-linde")).to_contain_text("voor u gereserveerd tot")
    await expect(detective.locator("#strip .hold:not(.lapsed)")).to_have_count(0)

    await detective.get_by_role("button", name="1 ja — toon").click()
    await case.locator("#ask-linde").get_by_role("button", name=re.compile("Kies deze plek")).press("Enter")
    await expect(case).to_have_attribute("data-state", "provisional")
    await case.get_by_role("button", name="Toon het adres").press("Enter")
    await expect(detective.locator("#main")).to_contain_text("CANARY-ADR-linde")


async def test_choosing_elsewhere_gives_the_held_place_back_with_one_press(people: tuple[Page, Page], site: Site) -> None:
    detective, linde = people
    await search(detective, site)
    await detective.locator("#lot-linde-1").get_by_role("button", name=re.compile("Houd vast en bel")).click()
    await expect(detective.locator("#strip .hold")).to_be_visible()
    case_id = await ask_for_held(detective)
    await detective.get_by_role("link", name="Vraag meer locaties").click()
    await detective.get_by_label("Beuk").set_checked(True)
    for other in ("Linde", "Ceder", "Wilg", "Nood"):
        if await detective.get_by_label(other).count():
            await detective.get_by_label(other).set_checked(False)
    await detective.get_by_role("button", name=re.compile("Vraag deze locaties")).click()
    await detective.wait_for_url(f"**/requests/{case_id}")
    await is_live(detective)
    await offer(site.process.database, "beuk-1", case_id=case_id, at=site.clock.at)
    case = detective.locator("#case")
    await detective.get_by_role("button", name="1 ja — toon").click()
    await case.locator("#ask-beuk").get_by_role("button", name=re.compile("Kies deze plek")).press("Enter")
    await expect(case.locator("#spare")).to_contain_text("Linde")
    await expect(case.locator("#spare button")).to_be_in_viewport(ratio=1)
    await is_live(detective)
    assert await violations(detective) == []
    await case.locator("#spare button").click()
    await expect(case.locator("#spare")).to_have_count(0)
    await expect(linde.locator("#tile-linde-1")).to_have_class(re.compile("free"))


async def test_a_place_that_is_lost_after_the_choice_leads_on_with_the_same_needs(
    people: tuple[Page, Page], site: Site
) -> None:
    detective, linde = people
    await search(detective, site)
    await detective.locator("#lot-linde-1").get_by_role("button", name=re.compile("Vraag deze plek aan")).click()
    await detective.get_by_role("button", name=re.compile("Vraag deze locaties")).click()
    await detective.wait_for_url(re.compile(r"/requests/[a-z]+(-[a-z]+){3}$"))
    await is_live(detective)
    case_id = detective.url.rpartition("/")[2]
    await offer(site.process.database, "linde-1", case_id=case_id, at=site.clock.at)
    case = detective.locator("#case")
    await detective.get_by_role("button", name="1 ja — toon").click()
    await case.locator("#ask-linde").get_by_role("button", name=re.compile("Kies deze plek")).press("Enter")
    await expect(case).to_have_attribute("data-state", "provisional")

    await expect(linde.locator(".ask.coming")).to_have_count(1)
    await expect(linde.locator("#main")).not_to_have_attribute("data-moved", "")  # a tap is meant for what is there now
    await linde.locator("#tile-linde-1 > summary").click()
    await linde.locator("#tile-linde-1 .promised > summary").click()
    await linde.locator("#tile-linde-1").get_by_role("button", name="bezet").click()
    await expect(case.locator(".state").first).to_contain_text("Let op: de opvang zegt nu bezet")
    await is_live(detective)
    assert await violations(detective) == []
    await case.locator("#chosen").get_by_role("button", name="Zoek verder").click()
    await detective.wait_for_url(f"**/requests/{case_id}/more")
    await expect(detective.locator(".case-head")).to_contain_text("1 vrouw")
    await detective.get_by_label("Beuk").set_checked(True)
    await detective.get_by_role("button", name=re.compile("Vraag deze locaties")).click()
    await detective.wait_for_url(f"**/requests/{case_id}")
    await is_live(detective)
    await expect(case.locator("#ask-beuk")).to_contain_text("nog geen antwoord")
    await expect(case).to_have_attribute("data-state", "asking")
