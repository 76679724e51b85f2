"""Four people and one case: a detective, two shelters and the placement desk, from a search to the door of a shelter."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations
from tests.build.site import Site


@pytest.fixture
async def people(browser: Browser, site: Site) -> AsyncIterator[tuple[Page, Page, Page, Page]]:
    """A detective with a dark phone, staff of Linde and of Ceder, and the desk, in this order; none of them reloads a page."""
    pages = (
        await open_page(browser, site, "mark", PHONE, "dark"),
        await open_page(browser, site, "sanne", PHONE),
        await open_page(browser, site, "kofi", PHONE),
        await open_page(browser, site, "hanneke", LAPTOP),
    )
    yield pages
    for page in pages:
        assert complaints(page) == []
        await page.context.close()


async def ask_for_a_woman(detective: Page, site: Site) -> str:
    """From the search page to a request with every shelter that is proposed; gives its catalogue."""
    await detective.goto(f"{site.url}/search")
    await detective.locator('label:has(input[name="adults.woman"][value="1"])').click()
    await detective.locator("button.several").click()
    await expect(detective.get_by_label("Linde")).to_be_checked()
    await detective.get_by_label("Ceder").set_checked(True)
    await detective.get_by_role("button", name=re.compile("Vraag deze locaties")).click()
    await detective.wait_for_url(re.compile(r"/requests/[a-z]+(-[a-z]+){3}$"))
    assert "woman" not in detective.url
    await expect(detective.locator("#live")).to_have_attribute("data-state", "live")
    return detective.url.rpartition("/")[2]


async def test_four_people_bring_one_person_to_a_place(people: tuple[Page, Page, Page, Page], site: Site) -> None:
    detective, linde, ceder, desk = people
    await desk.goto(f"{site.url}/requests")
    await expect(desk.locator("#live")).to_have_attribute("data-state", "live")
    for page in (linde, ceder, desk):
        await page.evaluate("window.sameDocument = true")
    case_id = await ask_for_a_woman(detective, site)
    await detective.evaluate("window.sameDocument = true")
    case = detective.locator("#case")

    # Both shelters see it at once, and answer with a thumb.
    for page in (linde, ceder):
        await expect(page.locator(f"#ask-{case_id}")).to_contain_text("1 vrouw")
        await expect(page.locator("#main")).not_to_have_attribute("data-moved", "")
    await expect(desk.locator(f"#case-{case_id}")).to_contain_text("nog geen antwoord")
    await ceder.locator(f"#ask-{case_id} .reply.discuss > summary").click()
    await ceder.locator(f"#ask-{case_id} .reply.discuss button").click()
    await expect(case.locator("#ask-ceder")).to_contain_text("CANARY-TEL-ceder")
    await linde.locator(f"#yes-{case_id} > summary").click()
    await linde.locator(f"#yes-{case_id} button.offer", has_text="1").first.click()
    await expect(linde.locator("#tile-linde-1")).to_have_class(re.compile("reserved"))
    await expect(case.locator("#ask-linde")).to_contain_text("voor u gereserveerd tot")
    await expect(case.locator("#ask-linde .left")).to_contain_text("59:")
    assert await violations(detective) == []

    # The detective chooses; the other shelter is let go in the same moment, and the desk has to decide.
    await detective.get_by_role("button", name="1 ja — toon").click()
    await case.locator("#ask-linde label", has_text="1 uur").click()
    await case.locator("#ask-linde").get_by_role("button", name=re.compile("Kies deze plek")).click()
    await expect(case).to_have_attribute("data-state", "chosen")
    await expect(ceder.locator("#asked")).to_contain_text("1 aanvraag geregeld")
    await expect(linde.locator(f"#ask-{case_id}")).to_contain_text("Gekozen: ze komen om")
    assert "CANARY-ADR" not in await detective.content()

    await expect(desk.locator("section[aria-labelledby=decide-name]")).to_contain_text(case_id)
    assert await desk.evaluate("window.sameDocument")
    await desk.locator(f"#case-{case_id} a").click()
    await desk.get_by_role("button", name="Bevestig deze plaatsing").click()
    await expect(case).to_have_attribute("data-state", "confirmed")
    await expect(linde.locator(f"#ask-{case_id}")).to_contain_text("Dit is definitief.")

    # On the way: where it is, and only now.
    await case.get_by_role("button", name="Toon het adres").click()
    await expect(detective.locator("#main")).to_contain_text("CANARY-ADR-linde")
    assert await violations(detective) == []

    # They are there.
    await linde.locator(f"#came-{case_id} > summary").click()
    await linde.locator(f"#came-{case_id} button").click()
    await expect(linde.locator("#tile-linde-1")).to_have_class(re.compile("occupied"))
    await expect(case).to_have_attribute("data-state", "arrived")
    await expect(case).to_contain_text("De gegevens over deze mensen zijn gewist.")
    for page in (detective, linde, ceder):
        assert await page.evaluate("window.sameDocument")
    async with site.process.database.transaction() as tx:
        row = (await tx.exec(text("select needs_sealed, state from case_record"))).one()  # type: ignore[call-overload]
        looks = (await tx.exec(text("select what, shelter_id, actor_id from disclosure order by id"))).all()  # type: ignore[call-overload]
    assert row == (None, "arrived")
    assert ("address", "linde", "mark") in looks and ("telephone", "ceder", "mark") in looks
    assert {actor for _, _, actor in looks} == {"mark"}


async def test_without_scripts_a_case_ends_without_a_place_and_asks_where_the_person_sleeps(
    browser: Browser, site: Site
) -> None:
    page = await open_page(browser, site, "mark", scripts=False, path="/search")
    await page.locator('label:has(input[name="adults.woman"][value="1"])').click()
    await page.locator("button.several").click()
    await page.get_by_role("button", name=re.compile("Vraag deze locaties")).click()
    await page.locator(".withdrawing summary").click()
    await page.locator(".withdrawing .pick", has_text="geen plek gevonden").click()
    await page.get_by_role("button", name=re.compile("^Trek in: de gegevens worden gewist")).click()
    await expect(page.locator("#case")).to_have_attribute("data-state", "withdrawn")
    await page.goto(f"{site.url}/requests")
    await expect(page.locator("#cases")).to_contain_text("waar slapen ze?")
    await page.locator("#cases h3 a").click()
    await page.get_by_role("button", name="op het politiebureau").click()
    await expect(page.locator("#case")).to_have_attribute("data-state", "ended")
    await page.context.close()
