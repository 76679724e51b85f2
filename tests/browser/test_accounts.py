"""Signing in with an account at a real provider of OpenID Connect, on another site than ours, in a real browser."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.build.api import sql
from tests.build.passkeys import code_for
from tests.build.processes import free_port
from tests.build.provider import provider_for
from tests.build.rows import run
from tests.build.screens import LAPTOP, PHONE, violations_in_both_schemes
from tests.build.site import Site, served
from tests.build.virtual_devices import device

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
OURS = "Log in met het account van uw organisatie"


class RealTime(build.FixedClock):
    """The clock of this machine, because the provider has it too."""

    def now(self) -> Any:
        return Clock.now(self)


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    """The small board on localhost, outside a demo, with a provider on 127.0.0.1: for a browser these are two sites."""
    async with database.transaction() as tx:
        await build.add_board(tx, demo=False)
    port = free_port()
    given = {"own_pulse": False, "demo": False, "host": "localhost", "port": port}
    async with provider_for(port) as settings, served(database.url, RealTime(), **given, **settings) as site:
        yield site


async def at_provider(page: Page, account: str) -> None:
    await expect(page).to_have_title("Provider")
    await page.locator("input").fill(account)
    await page.get_by_role("button", name="Sign in").click()


async def connect(page: Page, site: Site, person: str, account: str) -> None:
    await page.goto(f"{site.url}/sign-in")
    await page.get_by_role("button", name=OURS).click()
    await at_provider(page, account)
    await expect(page).to_have_url(f"{site.url}/sign-in/account/code")
    await page.locator("#code").fill(await code_for(site.process.database, person, site.clock))
    await page.get_by_role("button", name="Koppel het account").click()
    await expect(page).to_have_url(f"{site.url}/devices?new=account")


async def age(site: Site, minutes: int) -> None:
    """Let so much time pass for every session."""
    older = (
        "update session set used_at = used_at - :by * interval '1 minute', proven_at = proven_at - :by * interval '1 minute'"
    )
    await run(site.process.database, older.replace(":by", str(minutes)))
    site.process.identity._people.clear()


@SIZES
async def test_the_whole_way_from_a_code_to_signing_out(browser: Browser, site: Site, size: ViewportSize) -> None:
    async with device(browser, size) as (page, _):
        await page.goto(f"{site.url}/sign-in")
        assert await violations_in_both_schemes(page) == []
        await connect(page, site, "hanneke", "hanneke-at-work")
        await expect(page.locator("#main")).to_contain_text("Uw account is gekoppeld")
        assert await violations_in_both_schemes(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        await page.get_by_role("button", name="Uitloggen").first.click()
        await expect(page).to_have_url(f"{site.url}/sign-in")
        # The provider still knows its user, so one press is enough, and the page that was asked for follows.
        await page.goto(f"{site.url}/shelters/linde")
        await page.get_by_role("button", name=OURS).click()
        await expect(page).to_have_url(f"{site.url}/shelters/linde")
        await expect(page.locator("#live")).to_have_attribute("data-state", "live")
        # Locked: the provider has to ask again, and the page comes back.
        await age(site, 16)
        await site.process.pulse.beat()
        await expect(page.locator("html")).to_have_attribute("data-cover", "locked")
        assert await violations_in_both_schemes(page) == []
        await page.get_by_role("button", name="Ontgrendel met het account").click()
        await at_provider(page, "hanneke-at-work")
        await expect(page).to_have_url(f"{site.url}/shelters/linde")
        await expect(page.locator("#lock")).to_be_hidden()
        # A fresh proof, before a code for a colleague; the press waits meanwhile.
        await page.goto(f"{site.url}/people")
        await age(site, 6)
        await page.locator("#person-mark").get_by_role("button", name="Maak een code").click()
        await expect(page.locator("#main h1")).to_have_text("Bevestig dat u het bent")
        assert await violations_in_both_schemes(page) == []
        await page.get_by_role("button", name="Bevestig met het account").click()
        await at_provider(page, "hanneke-at-work")
        await page.get_by_role("button", name="Ga verder").click()
        await expect(page.locator("#main")).to_contain_text("Code voor")
        await page.get_by_role("button", name="Uitloggen").first.click()
        await expect(page).to_have_url(f"{site.url}/sign-in")
    assert await sql(site, "select what, method from sign_in where what <> 'code_made' order by id") == [
        ("account_added", "code"),
        ("sign_in", "oidc"),
        ("sign_out", None),
        ("sign_in", "oidc"),
        ("unlock", "oidc"),
        ("step_up", "oidc"),
        ("sign_out", None),
    ]


async def test_a_person_who_stops_at_the_provider_reads_so_and_can_go_on(browser: Browser, site: Site) -> None:
    async with device(browser) as (page, _):
        await page.goto(f"{site.url}/sign-in?next=/who-to-call")
        await page.get_by_role("button", name=OURS).click()
        await expect(page).to_have_title("Provider")
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.locator(".notice")).to_contain_text("is gestopt of geweigerd")
        assert "CANARY" not in await page.content() and "next=" not in page.url
        assert await violations_in_both_schemes(page) == []
        await page.get_by_role("button", name=OURS).click()
        await at_provider(page, "mark")
        await expect(page.locator("h1")).to_have_text("Account koppelen")
        assert await violations_in_both_schemes(page) == []


async def test_an_account_is_connected_while_signed_in_and_removing_it_ends_its_sessions(browser: Browser, site: Site) -> None:
    async with device(browser) as (phone, _), device(browser, LAPTOP) as (laptop, _):
        await connect(phone, site, "mark", "mark")
        await phone.goto(f"{site.url}/search")
        await expect(phone.locator("#live")).to_have_attribute("data-state", "live")
        await laptop.goto(f"{site.url}/sign-in")
        await laptop.get_by_role("button", name=OURS).click()
        await at_provider(laptop, "mark")
        await expect(laptop).to_have_url(f"{site.url}/search")
        await laptop.goto(f"{site.url}/devices")
        await laptop.get_by_label("Ik weet dat ik geen passkey heb").check()
        await laptop.get_by_role("button", name="Verwijder dit account").click()
        await expect(laptop).to_have_url(f"{site.url}/sign-in?next=%2Fdevices")
        await expect(phone.locator("html")).to_have_attribute("data-cover", "ended")


async def test_a_code_of_somebody_else_never_moves_an_account(browser: Browser, site: Site) -> None:
    async with device(browser) as (page, _), device(browser) as (other, _):
        await connect(page, site, "mark", "mark")
        await other.goto(f"{site.url}/sign-in")
        await other.get_by_role("button", name=OURS).click()
        await at_provider(other, "wouter")
        await expect(other).to_have_url(f"{site.url}/sign-in/account/code")
        await other.locator("#code").fill(await code_for(site.process.database, "mark", site.clock))
        await other.get_by_role("button", name="Koppel het account").click()
        await expect(other.locator(".notice")).to_contain_text("Er is al een account gekoppeld")
    assert await sql(site, "select person_id, ended_at from account") == [("mark", None)]


async def test_a_passkey_and_an_account_open_the_same_person(browser: Browser, site: Site) -> None:
    async with device(browser, LAPTOP) as (page, _):
        await page.goto(f"{site.url}/enrol")
        await page.locator("#code").fill(await code_for(site.process.database, "anneke", site.clock))
        await page.get_by_role("button", name="Maak een passkey").click()
        await expect(page).to_have_url(f"{site.url}/devices?new=1")
        await page.get_by_role("button", name="Koppel het account van uw organisatie").click()
        await at_provider(page, "anneke")
        await expect(page).to_have_url(f"{site.url}/devices?new=account")
        await page.get_by_role("button", name="Uitloggen").first.click()
        await page.get_by_role("button", name=OURS).click()
        await expect(page.locator("#main")).to_contain_text("Linde")
