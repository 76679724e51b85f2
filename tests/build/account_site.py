"""A site on which mark has connected an account of an issuer of the tests' own."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from bedboard.store.database import Database
from tests.build.api import sql
from tests.build.issuer import Issuer, issuing, sign_in
from tests.build.provider import CLIENT
from tests.build.sessions import WholeClock
from tests.build.site import Site, served

DEMANDS = {"oidc_acr": "strong, stronger", "oidc_amr": "otp", "oidc_max_age": 600}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as issuer:
        yield issuer


@pytest.fixture
async def site(board_database: Database, issuer: Issuer) -> AsyncIterator[Site]:
    """The small board, on which mark has connected the account that the issuer signs in."""
    settings = {"oidc_issuer": issuer.url, **CLIENT, **DEMANDS}
    async with served(board_database.url, WholeClock(), own_pulse=False, **settings) as site:
        digest = hashlib.sha256(f"{issuer.url} CANARY-SUB".encode()).hexdigest()
        await sql(
            site,
            "insert into account (id, person_id, subject_hash, added_at)"  # noqa: S608
            f" values ('a1', 'mark', '\\x{digest}', '2026-03-11 12:00+00')",
        )
        yield site


async def signs_in(site: Site, issuer: Issuer) -> None:
    """The control: everything else is right."""
    browser, reply = await sign_in(site, issuer)
    async with aclosing(browser):
        assert (reply.status_code, reply.headers["location"]) == (303, "/search")
        assert (await browser.get("/search")).status_code == 200
