"""The wrong answers of a provider of OpenID Connect: its errors, odd ones, none, and those of another provider."""

from contextlib import aclosing

import pytest
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from tests.build.account_site import issuer as issuer
from tests.build.account_site import signs_in
from tests.build.account_site import site as site
from tests.build.issuer import Issuer, come_back, leave
from tests.build.site import Site


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", "account_cancelled"),
        ("login_required", "account_login"),
        ("server_error", "provider_away"),
        ("CANARY-ERROR", "account_refused"),
    ],
)
async def test_an_error_of_the_provider_is_said_in_our_words(site: Site, issuer: Issuer, error: str, code: str) -> None:
    async with aclosing(site.client()) as browser:
        _, state = issuer.code(await leave(browser, next="/shelters/linde"))
        reply = await come_back(browser, "", state, error=error, error_description="CANARY-SAID")
        assert f'data-code="{code}"' in reply.text and "CANARY" not in reply.text
        assert 'name="next" value="/shelters/linde"' in reply.text, "another try leads on"


async def test_an_answer_in_the_name_of_another_issuer_is_refused(site: Site, issuer: Issuer) -> None:
    async with aclosing(site.client()) as browser:
        code, state = issuer.code(await leave(browser))
        reply = await come_back(browser, code, state, iss="https://elsewhere.example")
        assert 'data-code="account_refused"' in reply.text and code in issuer.nonces


WELL_KNOWN = "/.well-known/openid-configuration"
ODD: dict[str, tuple[str, Response]] = {
    "no JSON": ("/token", PlainTextResponse("{")),
    "a list": ("/token", PlainTextResponse("[]", media_type="application/json")),
    "no token": ("/token", PlainTextResponse('{"access_token": "x", "token_type": "Bearer"}', media_type="application/json")),
    "a number": (
        "/token",
        PlainTextResponse('{"access_token": "x", "token_type": "Bearer", "id_token": 1}', media_type="application/json"),
    ),
    "deep": ("/token", PlainTextResponse("[" * 100_000, media_type="application/json")),
    "huge": ("/token", PlainTextResponse('{"a": "' + "x" * 400_000 + '"}', media_type="application/json")),
    "packed": ("/token", Response(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}, media_type="application/json")),
    "failed": ("/token", PlainTextResponse("CANARY-SAID", 500)),
    "elsewhere": ("/token", RedirectResponse("http://127.0.0.1:9/")),
    "keys of none": ("/jwks", PlainTextResponse('{"keys": 1}', media_type="application/json")),
    "keys away": ("/jwks", PlainTextResponse("", 503)),
    "nothing known": (WELL_KNOWN, PlainTextResponse("", 404)),
}


@pytest.mark.parametrize("how", ODD)
async def test_an_odd_answer_breaks_nothing(site: Site, issuer: Issuer, how: str, capfd: pytest.CaptureFixture[str]) -> None:
    path, answer = ODD[how]
    issuer.answers[path] = answer
    async with aclosing(site.client()) as browser:
        page = await browser.post("/sign-in/account", data={"next": "/"})
        if path == "/token":
            issuer.now = site.clock.now().timestamp()
            address = page.text.partition('class="go" href="')[2].partition('"')[0].replace("&amp;", "&")
            page = await come_back(browser, *issuer.code(address))
        assert page.status_code in (403, 503) and page.url.path == "/sign-in", page.text
        assert 'data-code="provider_away"' in page.text or 'data-code="account_refused"' in page.text
        assert "CANARY" not in page.text + "".join(capfd.readouterr())
    issuer.answers.clear()
    await signs_in(site, issuer)


async def test_a_provider_that_hangs_keeps_nobody_waiting_for_long(site: Site, issuer: Issuer) -> None:
    issuer.hangs = True
    provider = site.process.provider
    assert provider is not None
    provider._seconds = 0.2
    async with aclosing(site.client()) as browser:
        page = await browser.post("/sign-in/account", data={"next": "/"})
        assert page.status_code == 503 and 'data-code="provider_away"' in page.text
        issuer.hangs = False
    provider._seconds = 10.0
    await signs_in(site, issuer)


@pytest.mark.parametrize(
    "about",
    [{"issuer": "https://elsewhere.example"}, {"token_endpoint": "http://elsewhere.example/token"}, {"jwks_uri": "file:///x"}],
)
async def test_a_description_of_another_provider_is_not_believed(site: Site, issuer: Issuer, about: dict[str, str]) -> None:
    issuer.about = about
    async with aclosing(site.client()) as browser:
        page = await browser.post("/sign-in/account", data={"next": "/"})
        assert page.status_code == 503 and 'data-code="provider_away"' in page.text
