"""Signing in with an account of OpenID Connect, and the attacks on it. The same call without the fault signs in."""

from contextlib import aclosing

import httpx
import pytest

from bedboard.rules.devices import CHALLENGE_LASTS
from tests.build.account_site import issuer as issuer
from tests.build.account_site import signs_in
from tests.build.account_site import site as site
from tests.build.api import sql
from tests.build.issuer import KEY, OTHER_KEY, At, Issuer, come_back, leave, sign_in
from tests.build.passkeys import code_for
from tests.build.rows import run
from tests.build.site import TRUST, Site


async def refused(site: Site, issuer: Issuer, code: str) -> None:
    """Signing in is refused for this reason, and nobody has a session."""
    browser, reply = await sign_in(site, issuer)
    async with aclosing(browser):
        assert f'data-code="{code}"' in reply.text, reply.text
        assert "bedboard" not in browser.cookies and "CANARY" not in reply.text
        assert reply.url.path == "/sign-in"
    assert await sql(site, "select count(*) from session where account_id is not null and ended_at is null") == [(1,)]


FALSE_TOKENS: dict[str, tuple[str, dict[str, object]]] = {
    "another issuer": ("account_refused", {"iss": "https://elsewhere.example"}),
    "another audience": ("account_refused", {"aud": "somebody"}),
    "another audience, for us": ("account_refused", {"aud": "somebody", "azp": "bedboard"}),
    "two audiences": ("account_refused", {"aud": ["bedboard", "somebody"]}),
    "for somebody else": ("account_refused", {"azp": "somebody"}),
    "another nonce": ("account_refused", {"nonce": "x" * 43}),
    "no nonce": ("account_refused", {"nonce": None}),
    "no subject": ("account_refused", {"sub": None}),
    "another access token": ("account_refused", {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "over": ("account_clock", {"iat": At(-10), "exp": At(-2)}),
    "no end": ("account_clock", {"exp": None}),
    "of later": ("account_clock", {"iat": At(2), "exp": At(5)}),
    "weak": ("account_too_weak", {"acr": "weak"}),
    "without a level": ("account_too_weak", {"acr": None}),
    "by password alone": ("account_too_weak", {"amr": ["pwd"]}),
    "by no means": ("account_too_weak", {"amr": None}),
    "long ago": ("account_too_old", {"auth_time": At(-12)}),
    "at no time": ("account_too_old", {"auth_time": None}),
}


@pytest.mark.parametrize("how", FALSE_TOKENS)
async def test_a_false_token_signs_nobody_in(site: Site, issuer: Issuer, how: str) -> None:
    await signs_in(site, issuer)
    code, issuer.claims = FALSE_TOKENS[how]
    await refused(site, issuer, code)


async def test_a_token_signed_with_another_key_signs_nobody_in(site: Site, issuer: Issuer) -> None:
    await signs_in(site, issuer)
    issuer.key = OTHER_KEY
    await refused(site, issuer, "account_refused")


@pytest.mark.parametrize("alg", ["none", "HS256"])
async def test_a_token_that_anybody_could_sign_signs_nobody_in(site: Site, issuer: Issuer, alg: str) -> None:
    """The issuer says that it uses these; a public key is known to all, and so no secret to sign with."""
    await signs_in(site, issuer)
    issuer.forge(alg, KEY)
    await refused(site, issuer, "account_refused")


async def test_the_question_has_what_the_standard_wants(site: Site, issuer: Issuer) -> None:
    await signs_in(site, issuer)
    [asked] = issuer.asked
    assert {name: asked[name] for name in asked.keys() - {"state", "nonce", "code_challenge"}} == {
        "response_type": "code",
        "client_id": "bedboard",
        "redirect_uri": f"{site.url}/sign-in/account/callback",
        "scope": "openid",
        "code_challenge_method": "S256",
        "acr_values": "strong stronger",
        "max_age": "600",
    }
    assert len(asked["code_challenge"]) == 43 and len(asked["nonce"]) >= 43 and len(asked["state"]) >= 43


async def test_a_code_counts_once(site: Site, issuer: Issuer) -> None:
    async with aclosing(site.client()) as browser, aclosing(site.client()) as thief:
        issuer.now = site.clock.now().timestamp()
        code, state = issuer.code(await leave(browser))
        _, other_state = issuer.code(await leave(thief))
        assert (await come_back(browser, code, state)).status_code == 303
        reply = await come_back(thief, code, other_state)
        assert 'data-code="account_refused"' in reply.text


async def test_a_code_of_another_browser_has_the_wrong_verifier_and_nonce(site: Site, issuer: Issuer) -> None:
    async with aclosing(site.client()) as browser, aclosing(site.client()) as thief:
        issuer.now = site.clock.now().timestamp()
        code, _ = issuer.code(await leave(browser))
        own_code, state = issuer.code(await leave(thief))
        assert 'data-code="account_refused"' in (await come_back(thief, code, state)).text
        _, state = issuer.code(await leave(thief))
        issuer.nonces[own_code] = issuer.asked[-1]["nonce"]
        assert (await come_back(thief, own_code, state)).status_code == 303, "the control"


@pytest.mark.parametrize("whose", ["used", "of another browser", "made up", "none"])
async def test_a_state_counts_once_and_in_its_own_browser(site: Site, issuer: Issuer, whose: str) -> None:
    async with aclosing(site.client()) as browser, aclosing(site.client()) as other:
        issuer.now = site.clock.now().timestamp()
        code, state = issuer.code(await leave(browser))
        cookies = dict(browser.cookies)
        if whose == "used":
            assert (await come_back(browser, code, state)).status_code == 303
            browser.cookies.clear()
            browser.cookies.update(cookies)
            code, _ = issuer.code(f"{issuer.url}/auth?nonce={issuer.asked[-1]['nonce']}&state=x")
        said = {"used": state, "of another browser": issuer.code(await leave(other))[1], "made up": "x" * 43, "none": ""}[whose]
        reply = await come_back(browser, code, said)
        assert 'data-code="challenge_over"' in reply.text
        assert code in issuer.nonces, "nothing was asked of the provider"


@pytest.mark.parametrize(("late", "counts"), [(-1, True), (0, False), (1, False)])
async def test_a_way_lasts_five_minutes_to_the_second(site: Site, issuer: Issuer, late: int, counts: bool) -> None:
    async with aclosing(site.client()) as browser:
        code, state = issuer.code(await leave(browser))
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        site.clock.move(seconds=CHALLENGE_LASTS.total_seconds() + late)
        issuer.now = site.clock.now().timestamp()
        browser.headers["Cookie"] = cookie
        back = await browser.get("/sign-in/account/callback", params={"code": code, "state": state})
        assert back.status_code == 200
        assert (code not in issuer.nonces) == counts


async def test_an_answer_is_taken_up_once(site: Site, issuer: Issuer) -> None:
    async with aclosing(site.client()) as browser:
        issuer.now = site.clock.now().timestamp()
        code, state = issuer.code(await leave(browser))
        await browser.get("/sign-in/account/callback", params={"code": code, "state": state})
        cookies = dict(browser.cookies)
        assert (await browser.get("/sign-in/account/done")).headers["location"] == "/search"
        browser.cookies.clear()
        browser.cookies.update(cookies)
        assert 'data-code="challenge_over"' in (await browser.get("/sign-in/account/done")).text


async def test_a_changed_cookie_is_none(site: Site, issuer: Issuer) -> None:
    async with aclosing(site.client()) as browser:
        code, state = issuer.code(await leave(browser))
        value = browser.cookies["bedboard-account"]
        browser.cookies.clear()
        browser.cookies["bedboard-account"] = value[:-8] + "AAAAAAA="
        reply = await come_back(browser, code, state)
        assert 'data-code="challenge_over"' in reply.text and code in issuer.nonces


async def test_the_way_is_kept_in_a_cookie_that_no_script_reads(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url, headers={"Origin": site.url}, verify=TRUST) as plain:
        reply = await plain.post("/sign-in/account", data={"next": "/"})
        [cookie] = [one for one in reply.headers.get_list("set-cookie") if one.startswith("bedboard-account=")]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=300"))


async def test_the_callback_under_another_host_is_refused(site: Site, issuer: Issuer) -> None:
    async with aclosing(site.client()) as browser:
        code, state = issuer.code(await leave(browser))
        reply = await browser.get(
            "/sign-in/account/callback", params={"code": code, "state": state}, headers={"Host": "evil.example"}
        )
        assert reply.status_code == 421 and code in issuer.nonces


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_signing_in_leads_to_no_page_elsewhere(site: Site, issuer: Issuer, path: str) -> None:
    browser, reply = await sign_in(site, issuer, next=path)
    await browser.aclose()
    assert reply.headers["location"] == "/search"


async def test_signing_in_leads_to_the_page_that_was_asked_for(site: Site, issuer: Issuer) -> None:
    browser, reply = await sign_in(site, issuer, next="/shelters/linde")
    await browser.aclose()
    assert reply.headers["location"] == "/shelters/linde"


async def test_somebody_who_has_left_does_not_sign_in(site: Site, issuer: Issuer) -> None:
    await signs_in(site, issuer)
    await run(site.process.database, "update person set ended_at = now() where id = 'mark'")
    browser, reply = await sign_in(site, issuer)
    await browser.aclose()
    assert 'data-code="account_refused"' in reply.text


async def test_a_provider_makes_no_person(site: Site, issuer: Issuer) -> None:
    issuer.claims = {"sub": "CANARY-NEW", "name": "Noor", "role": "admin"}
    people = await sql(site, "select count(*) from person")
    browser, reply = await sign_in(site, issuer)
    async with aclosing(browser):
        assert reply.headers["location"] == "/sign-in/account/code"
        assert "bedboard" not in browser.cookies
        wrong = await browser.post("/sign-in/account/code", data={"code": "kast boot"})
        assert 'data-code="wrong_code"' in wrong.text
        code = await code_for(site.process.database, "wouter", site.clock)
        right = await browser.post("/sign-in/account/code", data={"code": code})
        assert right.headers["location"] == "/devices?new=account"
        assert "wouter" in (await browser.get("/devices")).text.lower()
    assert await sql(site, "select count(*) from person") == people
    found = await sql(site, "select (select json_agg(a)::text from account a), (select json_agg(s)::text from sign_in s)")
    assert "CANARY" not in str(found)


async def test_a_code_is_not_asked_without_an_account(site: Site) -> None:
    async with aclosing(site.client()) as browser:
        assert (await browser.get("/sign-in/account/code")).headers["location"].startswith("/sign-in")
        code = await code_for(site.process.database, "wouter", site.clock)
        assert (await browser.post("/sign-in/account/code", data={"code": code})).headers["location"] == "/sign-in?ended=1"
    assert await sql(site, "select count(*) from account") == [(1,)]
