"""What the tests of routes share: a site that stands for a whole file, its people, and what its database says."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from bedboard.store.database import Database
from tests import build
from tests.build import PATIENCE, FixedClock
from tests.conftest import Site, _drop_database, _make_database, start_site, stop_site


async def facts(site: Site) -> tuple[Any, ...]:
    """All that a refused call must leave as it was: places, versions, how many rows of journal and of kept answers."""
    async with site.process.database.transaction() as tx:
        connection = await tx.connection()
        shelters = await connection.execute(text("select id, version, confirmed_at from shelter order by id"))
        places = await connection.execute(
            text("select id, state, since, observed_at, expected_free_at, closed_reason from place order by id")
        )
        counts = await connection.execute(text("select (select count(*) from journal), (select count(*) from stored_reply)"))
        return (*map(tuple, shelters), *map(tuple, places), tuple(counts.one()))


@pytest.fixture(scope="module")
async def standing(server_url: str, template: str) -> AsyncIterator[Site]:
    """The small board, served for all tests of one file: for those that change nothing, or do not mind what others did."""
    url = await _make_database(server_url, template)
    database = Database(url, pool_size=2)
    async with database.transaction() as tx:
        await build.add_board(tx)
    await database.dispose()
    site, server, running = await start_site(url, FixedClock(), pulse_seconds=7)
    yield site
    await stop_site(server, running)
    await _drop_database(server_url, url)


@pytest.fixture(scope="module")
async def people(standing: Site) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A signed-in browser per role: staff works for linde, manager for linde and ceder. "none" has no session, "api" is no
    browser and sends neither cookie nor origin."""
    first = {role: id for id, role, _ in reversed(build.PEOPLE)}
    browsers = {role: await standing.sign_in(id) for role, id in first.items()} | {"none": standing.client()}
    browsers["api"] = httpx.AsyncClient(base_url=standing.url, timeout=PATIENCE)
    yield browsers
    for browser in browsers.values():
        await browser.aclose()
