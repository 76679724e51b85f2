"""The shared parts of the tests of routes: a site that stands for a whole file, its people, and the facts in its database."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from tests import build
from tests.build import PATIENCE, FixedClock
from tests.build.site import TRUST, Site, drop_database, make_database, served


@pytest.fixture(scope="module")
async def standing(server_url: str, board_template: str) -> AsyncIterator[Site]:
    """The small board, served for all tests of one file: for those that change nothing, or do not mind what others did."""
    url = await make_database(server_url, board_template)
    async with served(url, FixedClock(), own_pulse=False) as site:
        yield site
    await drop_database(server_url, url)


@pytest.fixture(scope="module")
async def people(standing: Site) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A signed-in browser per role: staff works for linde, manager for linde and ceder. "none" has no session, "api" is no
    browser and sends neither cookie nor origin."""
    first = {role: person_id for person_id, role, _ in reversed(build.PEOPLE)}
    browsers = {role: await standing.sign_in(person_id) for role, person_id in first.items()} | {"none": standing.client()}
    browsers["api"] = httpx.AsyncClient(base_url=standing.url, timeout=PATIENCE, verify=TRUST)
    yield browsers
    for browser in browsers.values():
        await browser.aclose()


@pytest.fixture
async def sanne(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("sanne")) as browser:
        yield browser
