"""A request that others have taken over: the open page of those who had it says so, and shows nothing of it any more."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.api import begin, call, sql
from tests.build.cases import offer
from tests.build.rows import run
from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations_in_both_schemes
from tests.build.site import Site, served


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    expect.set_options(timeout=PATIENCE * 1000)
    await run(case_database, "update person set demo = true")
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_an_open_page_says_who_has_taken_the_request_over(browser: Browser, site: Site, size: ViewportSize) -> None:
    case_id = await begin(site, "beuk", adults={"woman": 1})
    await offer(site.process.database, "beuk-1", case_id=case_id, at=site.clock.at)
    page = await open_page(browser, site, "mark", size, path=f"/requests/{case_id}")
    await expect(page.locator("#ask-beuk")).to_be_visible()
    body = {"organization": "oever", "role": "coordinator"}
    await call(site, "demo-police", f"/requests/{case_id}/hand-over", body)
    await call(site, "demo-coordinator", f"/requests/{case_id}/take-over")
    said = page.locator("#case").get_by_text("Deze aanvraag is van Stichting Oever (zorgcoördinator), sinds 14:00.")
    await expect(said).to_be_visible()
    await expect(page.locator("#ask-beuk")).to_have_count(0)
    await expect(page).to_have_url(f"{site.url}/requests/{case_id}")
    assert await violations_in_both_schemes(page) == []
    await page.reload()
    await expect(said).to_be_visible()
    assert complaints(page) == []
    await page.context.close()


@pytest.mark.parametrize("person", ["mark", "hanneke"])
async def test_one_press_leaves_a_request_with_its_requester_and_the_list_comes(
    browser: Browser, site: Site, person: str
) -> None:
    role, token = ("police", "demo-coordinator") if person == "mark" else ("desk", "demo-police")
    case_id = await begin(site, "beuk", token=token, adults={"woman": 1})
    [(organization,)] = await sql(site, f"select organization_id from person where id = '{person}'")  # noqa: S608
    await call(site, token, f"/requests/{case_id}/hand-over", {"organization": organization, "role": role})
    page = await open_page(browser, site, person, LAPTOP, path=f"/requests/{case_id}")
    await page.get_by_role("button", name="Neem niet over").click()
    await expect(page).to_have_url(f"{site.url}/requests")
    await expect(page.locator("#notice .notice")).to_have_count(0)
    asked_again = "404"  # by a page of a group to which the request is offered no more
    assert [one for one in complaints(page) if person == "hanneke" or asked_again not in one] == []
    await page.context.close()
