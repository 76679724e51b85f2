"""An account of OpenID Connect unlocks and proves for its own person alone, after the provider asked again."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from bedboard.store.database import Database
from tests.build.api import sql
from tests.build.issuer import At, Issuer, come_back, issuing, leave, sign_in
from tests.build.passkeys import code_for, device_at, enrol
from tests.build.provider import CLIENT
from tests.build.sessions import WholeClock
from tests.build.site import Site, served

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as issuer:
        yield issuer


@pytest.fixture
async def site(board_database: Database, issuer: Issuer) -> AsyncIterator[Site]:
    """The small board, whose person anneke has connected her account, and signed out."""
    settings = {"oidc_issuer": issuer.url, **CLIENT}
    async with served(board_database.url, WholeClock(), own_pulse=False, **settings) as site:
        async with aclosing(await connect(site, issuer, "anneke", "CANARY-SUB")):
            pass
        yield site


async def connect(site: Site, issuer: Issuer, person: str, subject: str) -> httpx.AsyncClient:
    """A browser in which this person has connected an account with a code."""
    issuer.claims = {"sub": subject}
    browser, reply = await sign_in(site, issuer)
    assert reply.headers["location"] == "/sign-in/account/code"
    code = await code_for(site.process.database, person, site.clock)
    assert (await browser.post("/sign-in/account/code", data={"code": code})).status_code == 303
    return browser


async def again(site: Site, issuer: Issuer, browser: httpx.AsyncClient, path: str, back: str = "/") -> httpx.Response:
    issuer.now = site.clock.now().timestamp()
    return await come_back(browser, *issuer.code(await leave(browser, path, back=back)))


async def test_a_locked_session_is_unlocked_by_its_own_account_alone(site: Site, issuer: Issuer) -> None:
    async with aclosing(await connect(site, issuer, "mark", "CANARY-MARK")):
        pass
    browser, _ = await sign_in(site, issuer)
    async with aclosing(browser):
        site.clock.move(minutes=15)
        assert (await browser.get("/search")).status_code == 423
        issuer.claims = {"sub": "CANARY-SUB"}
        reply = await again(site, issuer, browser, "/unlock/account", "/search")
        assert 'data-code="not_your_session"' in reply.text and (await browser.get("/search")).status_code == 423
        issuer.claims = {"sub": "CANARY-NOBODY"}
        reply = await again(site, issuer, browser, "/unlock/account", "/search")
        assert 'data-code="account_unknown"' in reply.text
        issuer.claims = {"sub": "CANARY-MARK"}
        reply = await again(site, issuer, browser, "/unlock/account", "/search")
        assert reply.headers["location"] == "/search" and (await browser.get("/search")).status_code == 200
        assert (issuer.asked[-1]["prompt"], issuer.asked[-1]["max_age"]) == ("login", "0")


@pytest.mark.parametrize("is_asked", [True, False], ids=["asked", "not-asked"])
async def test_a_proof_counts_only_when_the_provider_has_asked_again(site: Site, issuer: Issuer, is_asked: bool) -> None:
    browser, _ = await sign_in(site, issuer)
    async with aclosing(browser):
        site.clock.move(minutes=6)
        waiting = await browser.post("/people/sanne/code", content="", headers=FORM)
        assert waiting.url.path == "/step-up"
        address = str(waiting.url).removeprefix(site.url)
        issuer.claims |= {} if is_asked else {"auth_time": At(-6)}
        reply = await again(site, issuer, browser, "/step-up/account", address)
        if is_asked:
            assert reply.headers["location"] == address
            assert (await browser.post("/people/sanne/code", content="", headers=FORM)).url.path == "/people"
        else:
            assert 'data-code="account_too_old"' in reply.text
            assert (await browser.post("/people/sanne/code", content="", headers=FORM)).url.path == "/step-up"


async def test_an_answer_for_one_session_serves_no_other(site: Site, issuer: Issuer) -> None:
    browser, _ = await sign_in(site, issuer)
    async with aclosing(browser), aclosing(await site.sign_in("mark")) as other:
        site.clock.move(minutes=6)
        issuer.now = site.clock.now().timestamp()
        code, state = issuer.code(await leave(browser, "/step-up/account"))
        for name, value in browser.cookies.items():
            if name == "bedboard-account":
                other.cookies.set(name, value, domain="127.0.0.1", path="/")
        reply = await come_back(other, code, state)
        assert 'data-code="not_your_session"' in reply.text
        assert await sql(site, "select count(*) from sign_in where what = 'step_up' and result = 'done'") == [(0,)]


async def test_an_account_is_connected_after_a_fresh_proof_and_once(site: Site, issuer: Issuer) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.clock.move(minutes=5)
        assert (await browser.post("/account", content="", headers=FORM)).url.path == "/step-up"
        await browser.post("/step-up", data={"back": "/devices"})
        issuer.claims = {"sub": "CANARY-SUB"}
        assert 'data-code="account_of_other"' in (await again(site, issuer, browser, "/account")).text
        issuer.claims = {"sub": "CANARY-MARK"}
        assert (await again(site, issuer, browser, "/account")).headers["location"] == "/devices?new=account"
        issuer.claims = {"sub": "CANARY-THIRD"}
        assert 'data-code="account_there"' in (await again(site, issuer, browser, "/account")).text
    assert [one for (one,) in await sql(site, "select person_id from account order by added_at")] == ["anneke", "mark"]


async def test_a_helper_removes_an_account_and_what_was_opened_with_it_ends(site: Site, issuer: Issuer) -> None:
    browser, _ = await sign_in(site, issuer)
    async with aclosing(browser), aclosing(await site.sign_in("hanneke")) as desk, aclosing(await site.sign_in("mark")) as mark:
        assert (await mark.post("/people/anneke/account/end", content="", headers=FORM)).status_code == 403
        assert "account" in (await desk.get("/people", headers={"Accept-Language": "nl"})).text
        reply = await desk.post("/people/anneke/account/end", content="", headers=FORM)
        assert reply.headers["location"] == "/people"
        site.process.identity._people.clear()
        assert (await browser.get("/")).headers["location"] == "/sign-in"
    browser, reply = await sign_in(site, issuer)
    await browser.aclose()
    assert reply.headers["location"] == "/sign-in/account/code"
    assert await sql(site, "select actor_id, person_id from sign_in where what = 'account_ended'") == [("hanneke", "anneke")]


@pytest.mark.parametrize("is_kept", [True, False], ids=["ends-sessions", "control"])
async def test_whoever_ends_an_account_at_the_database_ends_its_sessions(site: Site, issuer: Issuer, is_kept: bool) -> None:
    browser, _ = await sign_in(site, issuer)
    await browser.aclose()
    if not is_kept:
        await sql(site, "drop trigger account_ends_sessions on account")
    await sql(site, "update account set ended_at = now()")
    living = "select count(*) from session where account_id is not null and ended_at is null"
    assert await sql(site, living) == [(0 if is_kept else 2,)]


async def test_the_last_way_to_sign_in_goes_only_when_its_person_knows_that(site: Site, issuer: Issuer) -> None:
    browser, _ = await sign_in(site, issuer)
    async with aclosing(browser):
        assert 'data-code="last_account"' in (await browser.post("/account/end", content="", headers=FORM)).text
        async with aclosing(await enrol(site, "anneke", device_at(site))) as phone:
            [passkey] = re.findall(r'id="device-([0-9a-f]+)"', (await phone.get("/devices")).text)
            assert (await phone.post(f"/devices/{passkey}/end", content="", headers=FORM)).status_code == 303
        assert (await browser.post("/account/end", data={"last": "yes"})).status_code == 303
    assert await sql(site, "select count(*) from account where ended_at is null") == [(0,)]
