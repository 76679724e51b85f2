"""The provider of OpenID Connect: the address of its sign-in page, and the account that has just signed in there.

Authlib speaks the protocol and joserfc reads the tokens; here is what this deployment demands of both. A provider is a foreign
server: it may be slow, away or broken, and nothing that it says is kept or logged, but the hash of an account.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx2
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from bedboard.clock import Clock
from bedboard.provider_settings import ProviderSettings, is_safe_address
from bedboard.rules.refusals import NotAllowed, Unavailable

log = structlog.get_logger()

ASYMMETRIC = tuple(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512))
"""The algorithms that count. With a symmetric one, or none, somebody else could make a token."""
LIMIT_SECONDS = 10.0
MOST_BYTES = 256 * 1024  # of one answer; the largest of a real provider has 20 KB
ABOUT_SECONDS = 3600.0  # how long the description of the provider and its keys are believed
CLOCKS_APART = timedelta(seconds=60)
LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, section 2
LONGEST_CODE = 2000
CLOCK_CLAIMS = ("exp", "iat", "nbf")
OWN_ERRORS = {"access_denied": "account_cancelled", "login_required": "account_login", "interaction_required": "account_login"}


class Proof(NamedTuple):
    """An account that has just signed in: the hash of issuer and subject. Neither of both is kept."""

    subject_hash: bytes


@dataclass(frozen=True, slots=True)
class About:
    """The provider as it describes itself, and the keys of its tokens, at a moment of the monotonic clock."""

    said: dict[str, Any]
    keys: KeySet
    read_at: float


class Narrow(httpx2.AsyncByteStream):
    """The body of an answer, which breaks off when it is too long."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for part in self._body:
            count += len(part)
            if count > MOST_BYTES:
                raise httpx2.ReadError("too long")
            yield part

    async def aclose(self) -> None:
        await self._body.aclose()


class Line(httpx2.AsyncHTTPTransport):
    """The way to the provider: short answers, which are not packed, because a packed one may hide a long one."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        reply = await super().handle_async_request(request)
        if "content-encoding" in reply.headers or not isinstance(reply.stream, httpx2.AsyncByteStream):
            await reply.aclose()
            raise httpx2.ReadError("packed")
        reply.stream = Narrow(reply.stream)
        return reply


class Provider:
    """The provider of one deployment. `callback`: our address to which it sends people back."""

    def __init__(self, settings: ProviderSettings, callback: str, clock: Clock, *, seconds: float = LIMIT_SECONDS) -> None:
        self._issuer = settings.oidc_issuer or ""
        self._client = (settings.oidc_client_id or "", settings.oidc_client_secret or "")
        self._levels = _listed(settings.oidc_acr)
        self._means = _listed(settings.oidc_amr)
        self._max_age = settings.oidc_max_age
        self._callback = callback
        self._clock = clock
        self._seconds = seconds
        self._trust = httpx2.create_ssl_context()
        self._about: About | None = None

    async def sign_in_address(self, state: str, nonce: str, verifier: str, *, again: bool) -> str:
        """Return the address of the provider's page. `again`: it must ask its user again. Refusal: Unavailable."""
        demands: dict[str, Any] = {"prompt": "login", "max_age": 0} if again else {}
        if not again and self._max_age is not None:
            demands["max_age"] = self._max_age
        if self._levels:
            demands["acr_values"] = " ".join(self._levels)
        async with self._talk():
            about = await self._read_about()
            async with self._open(about.said) as client:
                address, _ = client.create_authorization_url(
                    about.said["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier, **demands
                )
        return str(address)

    def check_answer(self, error: str | None, issuer: str | None) -> None:
        """Refuse what the provider says in the address of the answer: an error of its own, or another issuer (RFC 9207)."""
        if issuer is not None and issuer != self._issuer:
            raise NotAllowed("account_refused")
        if error in ("server_error", "temporarily_unavailable"):
            raise Unavailable("provider_away")
        if error is not None:
            raise NotAllowed(OWN_ERRORS.get(error, "account_refused"))

    async def prove(self, code: str, nonce: str, verifier: str, begun_at: datetime, *, again: bool) -> Proof:
        """Return the account behind the code of an answer.

        `again`: it must have signed in since `begun_at`. Refusals: Unavailable, NotAllowed.
        """
        if not 0 < len(code) <= LONGEST_CODE:
            raise NotAllowed("account_refused")
        async with self._talk():
            about = await self._read_about()
            async with self._open(about.said) as client:
                tokens = await client.fetch_token(
                    about.said["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=self._callback,
                )
            claims = await self._read_claims(about, tokens, nonce)
        self._check_demands(claims, begun_at if again else None)
        return Proof(hashlib.sha256(f"{self._issuer} {claims['sub']}".encode()).digest())

    @asynccontextmanager
    async def _talk(self) -> AsyncIterator[None]:
        """Let nothing that the provider does break more than this sign-in. Refusals: Unavailable, NotAllowed."""
        try:
            async with asyncio.timeout(self._seconds):
                yield
        except (OAuthError, JoseError) as error:
            log.warning("provider_refused", reason=type(error).__name__)
            is_of_clock = isinstance(error, ClaimError) and error.claim in CLOCK_CLAIMS
            raise NotAllowed("account_clock" if is_of_clock else "account_refused") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError) as error:
            log.warning("provider_failed", reason=type(error).__name__)
            raise Unavailable("provider_away") from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:  # it is no JSON, or an odd one
            log.warning("provider_failed", reason=type(error).__name__)
            raise Unavailable("provider_away") from error

    def _open(self, said: dict[str, Any]) -> AsyncOAuth2Client:
        ways = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return AsyncOAuth2Client(
            *self._client,
            scope="openid",
            redirect_uri=self._callback,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if "client_secret_basic" in ways else "client_secret_post",
            transport=Line(verify=self._trust),
            timeout=self._seconds,
        )

    async def _read_about(self, *, afresh: bool = False) -> About:
        known, now = self._about, self._clock.monotonic()
        if known is not None and not afresh and now - known.read_at < ABOUT_SECONDS:
            return known
        async with httpx2.AsyncClient(transport=Line(verify=self._trust), timeout=self._seconds) as client:
            said = await _get(client, self._issuer.rstrip("/") + "/.well-known/openid-configuration")
            OpenIDProviderMetadata(said).validate()
            if said["issuer"] != self._issuer:
                raise ValueError("another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not is_safe_address(said[name]):
                    raise ValueError("an address that is not safe")
            found = await _get(client, said["jwks_uri"])
        keys = KeySet.import_key_set({"keys": found["keys"]})
        self._about = About(said, keys, now)
        return self._about

    async def _read_claims(self, about: About, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
        said = about.said.get("id_token_signing_alg_values_supported") or ["RS256"]
        algorithms = [one for one in ASYMMETRIC if one in said]
        try:
            token = jwt.decode(tokens["id_token"], about.keys, algorithms)
        except InvalidKeyIdError:  # the provider has new keys
            about = await self._read_about(afresh=True)
            token = jwt.decode(tokens["id_token"], about.keys, algorithms)
        options = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client[0]},
            "nonce": {"essential": True, "value": nonce},
        }
        params = {"client_id": self._client[0], "nonce": nonce, "access_token": tokens.get("access_token")}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(int(self._clock.now().timestamp()), int(CLOCKS_APART.total_seconds()))
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise ValueError("an odd subject")
        return dict(claims)

    def _check_demands(self, claims: dict[str, Any], since: datetime | None) -> None:
        """Refuse a sign-in that was too weak or too long ago. `since` None: as long ago as the settings allow."""
        means = claims.get("amr")
        if self._levels and claims.get("acr") not in self._levels:
            raise NotAllowed("account_too_weak")
        if self._means and not (isinstance(means, list) and set(self._means) <= {one for one in means if isinstance(one, str)}):
            raise NotAllowed("account_too_weak")
        if since is None and self._max_age is not None:
            since = self._clock.now() - timedelta(seconds=self._max_age)
        at = claims.get("auth_time")
        if since is not None and not (isinstance(at, int | float) and at >= (since - CLOCKS_APART).timestamp()):
            raise NotAllowed("account_too_old")


def _listed(said: str | None) -> list[str]:
    return [one.strip() for one in (said or "").split(",") if one.strip()]


async def _get(client: httpx2.AsyncClient, address: str) -> dict[str, Any]:
    """Return the object of JSON at this address. Raises ValueError for anything else."""
    reply = await client.get(address)
    reply.raise_for_status()
    said = reply.json()
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said
