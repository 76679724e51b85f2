"""Passkeys in a real browser with a virtual authenticator: a code, signing in, unlocking, proving again, and removing."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, Page, ViewportSize, expect

from bedboard.store.database import Database
from tests import build
from tests.build.api import sql
from tests.build.passkeys import code_for
from tests.build.rows import run
from tests.build.screens import LAPTOP, PHONE, violations_in_both_schemes
from tests.build.sessions import WholeClock
from tests.build.site import Site, served
from tests.build.virtual_devices import device

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    """The small board outside a demo. A browser makes passkeys for a name only, not for a number such as 127.0.0.1."""
    async with database.transaction() as tx:
        await build.add_board(tx, demo=False)
    async with served(database.url, WholeClock(), own_pulse=False, demo=False, host="localhost") as site:
        yield site


async def verify(session: CDPSession, *, is_right: bool) -> None:
    """Let the next fingers on this device be right or wrong ones."""
    given: dict[str, Any] = {"authenticatorId": getattr(session, "authenticator"), "isUserVerified": is_right}  # noqa: B009
    await session.send("WebAuthn.setUserVerified", given)


async def enrol(page: Page, site: Site, person: str) -> None:
    code = await code_for(site.process.database, person, site.clock)
    await page.goto(f"{site.url}/enrol")
    await page.locator("#code").fill(code.replace("-", " ").title())
    await page.locator("#label").select_option("phone")
    await page.get_by_role("button", name="Maak een passkey").click()
    await expect(page).to_have_url(f"{site.url}/devices?new=1")


async def sign_out(page: Page, site: Site) -> None:
    await page.get_by_role("button", name="Uitloggen").first.click()
    await expect(page).to_have_url(f"{site.url}/sign-in")


async def sign_in(page: Page, site: Site, path: str = "/") -> None:
    await page.goto(f"{site.url}{path}")
    await page.get_by_role("button", name="Log in met een passkey").click()


@SIZES
async def test_a_code_makes_a_passkey_and_the_passkey_signs_in(browser: Browser, site: Site, size: ViewportSize) -> None:
    async with device(browser, size) as (page, _):
        await page.goto(f"{site.url}/enrol")
        assert await violations_in_both_schemes(page) == []
        await enrol(page, site, "hanneke")
        await expect(page.locator("#main")).to_contain_text("telefoon")
        assert await violations_in_both_schemes(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        await sign_out(page, site)
        assert await violations_in_both_schemes(page) == []
        await sign_in(page, site, "/shelters/linde")
        await expect(page).to_have_url(f"{site.url}/shelters/linde")
        await expect(page.locator("#live")).to_have_attribute("data-state", "live")


async def test_a_wrong_code_is_said_and_nothing_is_lost(browser: Browser, site: Site) -> None:
    async with device(browser) as (page, _):
        await page.goto(f"{site.url}/enrol")
        await page.locator("#code").fill("kast boot")
        await page.get_by_role("button", name="Maak een passkey").click()
        await expect(page.locator("[data-outcome]")).to_contain_text("Deze code klopt niet")
        await expect(page.locator("#code")).to_have_value("kast boot")


async def test_a_wrong_finger_signs_nobody_in(browser: Browser, site: Site) -> None:
    async with device(browser) as (page, session):
        await enrol(page, site, "mark")
        await sign_out(page, site)
        await verify(session, is_right=False)
        await sign_in(page, site)
        await expect(page.locator("[data-outcome]")).to_contain_text("er is niets bevestigd")
        await verify(session, is_right=True)
        await page.get_by_role("button", name="Log in met een passkey").click()
        await expect(page).to_have_url(f"{site.url}/search")


async def test_a_covered_page_is_opened_with_the_passkey(browser: Browser, site: Site) -> None:
    async with device(browser) as (page, session):
        await enrol(page, site, "mark")
        await page.goto(f"{site.url}/search")
        await expect(page.locator("#live")).to_have_attribute("data-state", "live")
        site.pass_time(minutes=15)
        await site.process.pulse.beat()
        await expect(page.locator("html")).to_have_attribute("data-cover", "locked")
        await verify(session, is_right=False)
        await page.get_by_role("button", name="Ontgrendel").click()
        await expect(page.locator("#lock [data-outcome]")).to_contain_text("er is niets bevestigd")
        await expect(page.locator("html")).to_have_attribute("data-cover", "locked")
        await verify(session, is_right=True)
        await page.get_by_role("button", name="Ontgrendel").click()
        await expect(page.locator("#lock")).to_be_hidden()
        await expect(page.locator("#live")).to_have_attribute("data-state", "live")


async def test_saving_criteria_late_asks_for_the_passkey_and_keeps_the_form(browser: Browser, site: Site) -> None:
    async with device(browser, LAPTOP) as (page, _):
        await enrol(page, site, "anneke")
        await page.goto(f"{site.url}/manage/linde/criteria")
        await page.locator("#limit-min_age").fill("21")
        site.pass_time(minutes=5)
        await page.locator('button[value="save"]').first.click()
        await expect(page.locator("#main h1")).to_have_text("Bevestig dat u het bent")
        assert await violations_in_both_schemes(page) == []
        assert await sql(site, "select limits from shelter where id = 'linde'") == [({},)]
        await page.get_by_role("button", name="Bevestig dat u het bent").click()
        await expect(page.locator("#main")).to_contain_text("Er is nog niets opgeslagen")
        assert await sql(site, "select limits from shelter where id = 'linde'") == [({},)]
        await page.get_by_role("button", name="Ga verder").click()
        await page.wait_for_url(re.compile("saved"))
        assert await sql(site, "select limits from shelter where id = 'linde'") == [({"min_age": 21},)]


async def test_removing_a_passkey_ends_what_was_opened_with_it_elsewhere(browser: Browser, site: Site) -> None:
    async with device(browser) as (phone, _), device(browser, LAPTOP) as (laptop, _):
        await enrol(phone, site, "mark")
        await phone.goto(f"{site.url}/shelters/linde")
        await expect(phone.locator("#live")).to_have_attribute("data-state", "live")
        await enrol(laptop, site, "mark")
        await expect(phone.locator(".added")).to_contain_text("Er is een nieuwe manier om als u in te loggen")
        await expect(laptop.locator(".added")).to_have_count(0)
        await laptop.goto(f"{site.url}/devices")
        first = laptop.locator(".devices > li").first
        await first.locator("summary").click()
        await first.get_by_role("button", name="Verwijder deze passkey").click()
        await expect(laptop.locator(".devices > li")).to_have_count(1)
        await expect(phone.locator("html")).to_have_attribute("data-cover", "ended")
        assert "Linde" not in await phone.evaluate("document.body.innerText")
        await sign_in(phone, site)
        await expect(phone.locator(".notice")).to_contain_text("Deze passkey klopt niet")


async def test_a_manager_makes_a_code_for_the_own_staff_on_a_phone(browser: Browser, site: Site) -> None:
    async with device(browser) as (page, _), device(browser) as (other, _):
        await enrol(page, site, "anneke")
        await page.goto(f"{site.url}/people")
        assert await violations_in_both_schemes(page) == []
        row = page.locator("#person-sanne")
        await row.get_by_role("button", name="Maak een code").click()
        code = await page.locator(".code").inner_text()
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await other.goto(f"{site.url}/enrol")
        await other.locator("#code").fill(code)
        await other.get_by_role("button", name="Maak een passkey").click()
        await expect(other).to_have_url(f"{site.url}/devices?new=1")
        await other.goto(f"{site.url}/")
        await expect(other).to_have_url(f"{site.url}/staff/linde")


async def test_nothing_stays_on_the_glass_after_signing_out(browser: Browser, site: Site) -> None:
    async with device(browser, LAPTOP) as (page, _):
        await enrol(page, site, "mark")
        await page.goto(f"{site.url}/shelters/wilg")
        await page.get_by_role("button", name="Toon het telefoonnummer").click()
        await expect(page.locator("#main")).to_contain_text("CANARY-TEL-wilg")
        other = await page.context.new_page()
        await other.goto(f"{site.url}/requests")
        await expect(other.locator("#live")).to_have_attribute("data-state", "live")
        await other.get_by_role("button", name="Uitloggen").first.click()
        await expect(page.locator("html")).to_have_attribute("data-cover", "ended")
        assert "CANARY" not in await page.evaluate("document.documentElement.outerHTML")
        await other.go_back()
        assert "CANARY" not in json.dumps(await other.content())


async def test_a_wrong_person_at_the_database_is_the_end(browser: Browser, site: Site) -> None:
    """Disabling somebody by hand empties their page within a round of the watch."""
    async with device(browser) as (page, _):
        await enrol(page, site, "mark")
        await page.goto(f"{site.url}/search")
        await expect(page.locator("#live")).to_have_attribute("data-state", "live")
        await run(site.process.database, "update person set ended_at = now() where id = 'mark'")
        assert await site.process.watch.look()
        await expect(page.locator("html")).to_have_attribute("data-cover", "ended")
