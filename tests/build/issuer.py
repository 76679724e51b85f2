"""A provider of OpenID Connect of the tests' own, which does one thing wrong: the real one cannot be made to."""

import asyncio
import hmac
import json
import socket
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.build import PATIENCE
from tests.build.provider import CLIENT
from tests.build.site import Site

KEY = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
MINUTE = 60


class At(int):
    """A moment in a claim, in minutes from now."""


def known_key() -> RSAKey:
    return KEY


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Issuer:
    """`about` and `claims` replace what it would say; None takes a claim away. `answers`: whole answers, by path."""

    url: str = ""
    now: float = 0.0
    about: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Response] = field(default_factory=dict)
    key: RSAKey = field(default_factory=known_key)
    forged_alg: str = ""
    forged_with: bytes | None = None
    nonces: dict[str, str] = field(default_factory=dict)  # by code, which counts once
    asked: list[dict[str, str]] = field(default_factory=list)  # the questions of our addresses
    hangs: bool = False

    async def answer(self, request: Request) -> Response:
        if self.hangs:
            await asyncio.sleep(PATIENCE)
        path = request.url.path
        if path in self.answers:
            return self.answers[path]
        if path == "/token":
            return await self._token(request)
        if path == "/jwks":
            return JSONResponse({"keys": [KEY.as_dict(private=False)]})
        told = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        return JSONResponse(told | self.about)

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        nonce = self.nonces.pop(form["code"], None)
        basic = b64encode(f"{CLIENT['oidc_client_id']}:{CLIENT['oidc_client_secret']}".encode()).decode()
        if nonce is None or request.headers["authorization"] != f"Basic {basic}" or len(form["code_verifier"]) < 43:
            return JSONResponse({"error": "invalid_grant", "error_description": "CANARY-SAID"}, 400)
        said: dict[str, Any] = {
            "iss": self.url,
            "sub": "CANARY-SUB",
            "aud": CLIENT["oidc_client_id"],
            "nonce": nonce,
            "iat": int(self.now),
            "exp": int(self.now) + 5 * MINUTE,
            "auth_time": int(self.now),
            "acr": "strong",
            "amr": ["pwd", "otp"],
        }
        said |= {name: said["iat"] + MINUTE * one if isinstance(one, At) else one for name, one in self.claims.items()}
        claims = {name: value for name, value in said.items() if value is not None}
        return JSONResponse({"access_token": "an access token", "token_type": "Bearer", "id_token": self._sign(claims)})

    def _sign(self, claims: dict[str, Any]) -> str:
        if self.forged_with is None:
            return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        parts = [_base64url(json.dumps(one).encode()) for one in ({"alg": self.forged_alg, "kid": "one"}, claims)]
        signed = ".".join(parts)
        mark = b"" if self.forged_alg == "none" else hmac.digest(self.forged_with, signed.encode(), "sha256")
        return f"{signed}.{_base64url(mark)}"

    def forge(self, alg: str, known: RSAKey) -> None:
        """Sign from now on with what everybody knows: nothing, or the public key as a secret."""
        self.forged_alg, self.forged_with = alg, known.as_pem(private=False)

    def code(self, address: str) -> tuple[str, str]:
        """Let a person sign in at this address, and return the code and the state that go back with them."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked.append(asked)
        code = f"code-{len(self.asked)}"
        self.nonces[code] = asked["nonce"]
        return code, asked["state"]


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    """An issuer that serves until the end of the block."""
    issuer = Issuer()
    app = Starlette(routes=[Route("/{path:path}", issuer.answer, methods=["GET", "POST"])])
    listener = socket.create_server(("127.0.0.1", 0))
    issuer.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield issuer
    finally:
        server.should_exit = True
        await running
        listener.close()


async def leave(browser: httpx.AsyncClient, path: str = "/sign-in/account", **form: str) -> str:
    """Press the button, and return the address of the provider to which the page leads."""
    page = await browser.post(path, data=form or ({"next": "/"} if path.startswith("/sign-in") else {"back": "/"}))
    assert page.status_code == 200, page.text
    return page.text.partition('class="go" href="')[2].partition('"')[0].replace("&amp;", "&")


async def come_back(browser: httpx.AsyncClient, code: str, state: str, **more: str) -> httpx.Response:
    """Come back with the answer of the provider, and go on as the page says."""
    back = await browser.get("/sign-in/account/callback", params={"code": code, "state": state, **more})
    assert back.status_code == 200 and 'content="0;url=/sign-in/account/done"' in back.text, back.text
    return await browser.get("/sign-in/account/done")


async def sign_in(site: Site, issuer: Issuer, **form: str) -> tuple[httpx.AsyncClient, httpx.Response]:
    """A browser that went the whole way, and the reply."""
    browser = site.client()
    issuer.now = site.clock.now().timestamp()
    return browser, await come_back(browser, *issuer.code(await leave(browser, **form)))
