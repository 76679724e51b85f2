"""Everybody who may hear of a case listens: the parties of Mark's case with linde, strangers, and programs."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager

import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection

from bedboard.store.database import Database
from tests.build import FixedClock, until
from tests.build.lines import api_line, hear, page_line, pulse
from tests.build.rows import run
from tests.build.site import Site, served

PEOPLE = {"mark": "own", "emre": "own", "hanneke": "own", "lucia": "own", "noor": "own", "sanne": "linde", "kofi": "ceder"}
PROGRAMS = ("demo-police", "demo-shelter-linde", "demo-shelter-wilg")
REQUESTERS = {"mark", "emre", "hanneke"}
INSIDE = REQUESTERS | {"sanne"}  # of mark's case with linde
PROGRAMS_INSIDE = {"demo-police", "demo-shelter-linde"}


@pytest.fixture
async def demo_database(case_database: Database) -> Database:
    await run(case_database, "update person set demo = true")
    return case_database


def process(database: Database, clock: FixedClock) -> AbstractAsyncContextManager[Site]:
    """Run one more process on the database; only the test rings its pulse."""
    return served(database.url, clock, own_pulse=False, session_idle_minutes=600)


@pytest.fixture
async def site(demo_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    async with process(demo_database, clock) as site:
        yield site


class Listeners:
    """A line of every person and program to one process."""

    def __init__(self, site: Site, lines: dict[str, ClientConnection]) -> None:
        self._site = site
        self._lines = lines

    async def heard(self) -> dict[str, set[str]]:
        """Return by listener the types of message heard since the last call, but for those about shelters."""
        await settled(self._site)
        await until(lambda: pulse(self._site), "a pulse goes out")
        said: dict[str, set[str]] = {}
        for name, line in self._lines.items():
            while (message := await hear(line))["type"] != "pulse":
                if message["type"] in ("own", "requests"):
                    assert message.keys() == {"type"}  # and not what
                    said.setdefault(name, set()).add(message["type"])
        return said


async def settled(site: Site) -> None:
    """Wait until every bell so far has been followed by reading."""

    async def knows_all() -> bool:
        async with site.process.database.transaction() as tx:
            rows = (await tx.exec(text("select id, version from case_record"))).all()  # type: ignore[call-overload]
        return all(site.process.cases._versions.get(case_id) == version for case_id, version in rows)

    await until(knows_all, "every case is known as it is")


@asynccontextmanager
async def listening(site: Site) -> AsyncIterator[Listeners]:
    lines: dict[str, ClientConnection] = {}
    async with AsyncExitStack() as stack:
        for name, view in PEOPLE.items():
            browser = await stack.enter_async_context(aclosing(await site.sign_in(name)))
            asked = "view=own" if view == "own" else f"view=staff&shelter={view}"
            lines[name] = await stack.enter_async_context(page_line(site, browser, asked))
            await lines[name].send("{}")
        for token in PROGRAMS:
            lines[token] = await stack.enter_async_context(api_line(site, token))
        for line in lines.values():
            assert (await hear(line))["type"] == "snapshot"
        listeners = Listeners(site, lines)
        await listeners.heard()
        yield listeners


def who(heard: dict[str, set[str]], kind: str) -> set[str]:
    return {name for name, kinds in heard.items() if kind in kinds}


async def until_shown(site: Site, place_id: str, status: str) -> None:
    async def is_shown() -> bool:
        card = site.process.board.cards[place_id.rpartition("-")[0]]
        return next(place.status for place in card.places if place.id == place_id) == status

    await until(is_shown, f"{place_id} is {status}")
