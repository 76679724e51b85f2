"""Signing in and unlocking with a passkey, and the attacks on it: each works once its protection is taken away."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest

from bedboard.actions import ceremony
from bedboard.actions import passkeys as actions
from bedboard.routes import proofs
from bedboard.rules.devices import CHALLENGE_LASTS
from bedboard.store.database import Database
from bedboard.store.passkeys import TakenChallenge
from tests.build.api import sql
from tests.build.authenticator import Authenticator
from tests.build.passkeys import ask, code_for, device_at, enrol, sign_in_with
from tests.build.rows import run
from tests.build.sessions import WholeClock
from tests.build.site import Site, served

PROTECTED = pytest.mark.parametrize("is_protected", [True, False], ids=["protected", "control"])


@pytest.fixture
async def site(board_database: Database) -> AsyncIterator[Site]:
    async with served(board_database.url, WholeClock(), own_pulse=False) as site:
        yield site


@pytest.fixture
async def phone(site: Site) -> Authenticator:
    """A phone of hanneke's, enrolled."""
    device = device_at(site)
    async with aclosing(await enrol(site, "hanneke", device)):
        return device


async def sign_in(site: Site, device: Authenticator) -> int:
    """The status of the page that follows."""
    browser, reply = await sign_in_with(site, device)
    async with aclosing(browser):
        if reply.status_code != 303:
            assert "bedboard" not in browser.cookies
            return reply.status_code
        return (await browser.get("/")).status_code


async def test_a_passkey_signs_its_person_in_with_the_role_of_our_own_table(site: Site, phone: Authenticator) -> None:
    browser, reply = await sign_in_with(site, phone)
    async with aclosing(browser):
        assert (reply.status_code, reply.headers["location"]) == (303, "/")
        assert (await browser.get("/requests")).status_code == 200
        [[kind, passkey, proven]] = await sql(
            site, "select kind, passkey_id = proven_by, proven_at from session order by created_at desc limit 1"
        )
        assert (kind, passkey, proven) == ("person", True, site.clock.now())
        await run(site.process.database, "update person set role = 'auditor' where id = 'hanneke'")
    browser, reply = await sign_in_with(site, phone)
    async with aclosing(browser):
        assert (await browser.get("/audit")).status_code == 200
        assert (await browser.get("/requests")).status_code == 403


async def test_signing_in_leads_to_the_page_that_was_asked_for(site: Site, phone: Authenticator) -> None:
    async with aclosing(site.client()) as browser:
        proof = phone.use(await ask(browser, "/sign-in/options"))
        reply = await browser.post("/sign-in/passkey", data={"proof": proof, "next": "/shelters/linde"})
        assert reply.headers["location"] == "/shelters/linde"


async def test_the_options_ask_for_user_verification_and_name_our_own_host(site: Site, phone: Authenticator) -> None:
    async with aclosing(site.client()) as browser:
        options = await ask(browser, "/sign-in/options")
        assert (options["userVerification"], options["rpId"], options["allowCredentials"]) == ("required", "127.0.0.1", [])
        code = await code_for(site.process.database, "lucia", site.clock)
        making = await ask(browser, "/enrol/options", code=code, label="phone")
        chosen = making["authenticatorSelection"]
        assert (chosen["userVerification"], chosen["residentKey"], making["rp"]["id"]) == ("required", "required", "127.0.0.1")
        assert "hanneke" not in phone.handle.decode("latin-1")


@PROTECTED
async def test_an_answer_counts_once(
    site: Site, phone: Authenticator, monkeypatch: pytest.MonkeyPatch, is_protected: bool
) -> None:
    if not is_protected:

        async def read(tx: object, challenge_hash: bytes) -> TakenChallenge:
            [[purpose, bound, at]] = await sql(site, "select purpose, bound_hash, created_at from challenge")
            return TakenChallenge(purpose, bound, at)

        monkeypatch.setattr(actions, "take_challenge", read)
    phone.count = -1  # a device that does not count, so that only the challenge tells the second answer from the first
    async with aclosing(site.client()) as browser, aclosing(site.client()) as thief:
        proof = phone.use(await ask(browser, "/sign-in/options"))
        thief.cookies.update(browser.cookies)
        replies = [await one.post("/sign-in/passkey", data={"proof": proof}) for one in (browser, thief)]
    assert [one.status_code for one in replies] == [303, 403 if is_protected else 303]
    assert not is_protected or "Dit duurde te lang" in replies[1].text or "took too long" in replies[1].text


@PROTECTED
async def test_a_page_of_another_origin_gets_nobody_in(
    site: Site, phone: Authenticator, monkeypatch: pytest.MonkeyPatch, is_protected: bool
) -> None:
    if not is_protected:
        ours = proofs.party_of
        monkeypatch.setattr(proofs, "party_of", lambda call: ours(call)._replace(origin="https://127.0.0.1.evil.example"))
    phone.origin = "https://127.0.0.1.evil.example"
    assert await sign_in(site, phone) == (403 if is_protected else 200)


@PROTECTED
async def test_a_device_that_did_not_verify_its_user_gets_nobody_in(
    site: Site, phone: Authenticator, monkeypatch: pytest.MonkeyPatch, is_protected: bool
) -> None:
    monkeypatch.setattr(ceremony, "VERIFIES_USER", is_protected)
    phone.verifies = False
    assert await sign_in(site, phone) == (403 if is_protected else 200)


@PROTECTED
async def test_a_count_that_goes_back_is_a_copy_of_the_key(site: Site, phone: Authenticator, is_protected: bool) -> None:
    assert await sign_in(site, phone) == 200
    if not is_protected:
        await run(site.process.database, "update passkey set sign_count = 0")
    phone.count -= 1
    assert await sign_in(site, phone) == (403 if is_protected else 200)


@pytest.mark.parametrize(("late", "status"), [(-1, 303), (0, 403), (1, 403)])
async def test_a_challenge_counts_for_five_minutes_to_the_second(
    site: Site, phone: Authenticator, late: int, status: int
) -> None:
    async with aclosing(site.client()) as browser:
        options = await ask(browser, "/sign-in/options")
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())  # a thief keeps it for longer
        site.clock.move(seconds=CHALLENGE_LASTS.total_seconds() + late)
        proof = {"proof": phone.use(options)}
        reply = await browser.post("/sign-in/passkey", data=proof, headers={"Cookie": cookie})
        assert reply.status_code == status


@PROTECTED
async def test_a_challenge_is_of_the_browser_that_asked(
    site: Site, phone: Authenticator, monkeypatch: pytest.MonkeyPatch, is_protected: bool
) -> None:
    if not is_protected:
        monkeypatch.setattr("bedboard.actions.passkeys.hmac.compare_digest", lambda one, other: True)
    async with aclosing(site.client()) as browser, aclosing(site.client()) as thief:
        proof = phone.use(await ask(browser, "/sign-in/options"))
        await ask(thief, "/sign-in/options")
        reply = await thief.post("/sign-in/passkey", data={"proof": proof})
        assert reply.status_code == (403 if is_protected else 303)


async def test_a_challenge_for_one_purpose_serves_no_other(site: Site, phone: Authenticator) -> None:
    browser, _ = await sign_in_with(site, phone)
    async with aclosing(browser):
        for path in ("/step-up/options", "/unlock/options"):
            proof = phone.use(await ask(browser, path))
            other = "/unlock" if path.startswith("/step-up") else "/step-up"
            form = {"proof": proof} | ({"person": "hanneke"} if other == "/unlock" else {})
            assert (await browser.post(other, data=form)).status_code == 403, path


SPOILT: dict[str, Callable[[str], str]] = {
    "nothing": lambda proof: "",
    "no JSON": lambda proof: "{",
    "a list": lambda proof: "[]",
    "no answer": lambda proof: "{}",
    "another passkey": lambda proof: proof.replace('"rawId": "b25l"', '"rawId": "dHdv"').replace(
        '"id": "b25l"', '"id": "dHdv"'
    ),
    "another signature": lambda proof: proof.replace('"signature": "ME', '"signature": "MF'),
    "deep": lambda proof: "[" * 9_000,
}


@pytest.mark.parametrize("how", SPOILT)
async def test_an_answer_that_is_none_gets_nobody_in_and_breaks_nothing(site: Site, phone: Authenticator, how: str) -> None:
    async with aclosing(site.client()) as browser:
        proof = SPOILT[how](phone.use(await ask(browser, "/sign-in/options")))
        reply = await browser.post("/sign-in/passkey", data={"proof": proof})
        assert reply.status_code in (403, 422), reply.text


async def test_a_page_within_another_page_gets_nobody_in(site: Site, phone: Authenticator) -> None:
    phone.is_framed = True
    assert await sign_in(site, phone) == 403


async def test_somebody_who_has_left_does_not_sign_in(site: Site, phone: Authenticator) -> None:
    await run(site.process.database, "update person set ended_at = now() where id = 'hanneke'")
    assert await sign_in(site, phone) == 403


async def test_a_passkey_unlocks_the_session_of_its_person_alone(site: Site, phone: Authenticator) -> None:
    other = device_at(site, "two")
    async with aclosing(await enrol(site, "mark", other)) as browser:
        site.clock.move(minutes=15)
        assert (await browser.get("/search")).status_code == 423
        for device, status in ((phone, 403), (other, 303)):
            proof = device.use(await ask(browser, "/unlock/options"))
            reply = await browser.post("/unlock", data={"person": "mark", "proof": proof})
            assert reply.status_code == status, reply.text
        assert (await browser.get("/search")).status_code == 200


async def test_unlocking_names_the_passkeys_of_the_person(site: Site, phone: Authenticator) -> None:
    browser, _ = await sign_in_with(site, phone)
    async with aclosing(browser):
        site.clock.move(minutes=15)
        options = await ask(browser, "/unlock/options")
        assert [one["id"] for one in options["allowCredentials"]] == ["b25l"]
