"""Alerts that wait on a served board, and what their rows and owners come to know."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock, until
from tests.build.lines import until_pulse
from tests.build.site import Site, served

MAN = {"adults.man": "1"}  # fits ceder, whose two places are free; linde takes no men, wilg is stale


def another(database: Database, clock: FixedClock) -> AbstractAsyncContextManager[Site]:
    """Serve a process on the database, whose jobs let holds and news age as in life."""
    return served(database.url, clock, has_jobs=True, own_pulse=False)


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """Serve the small board, with its jobs."""
    async with another(board_database, clock) as site:
        yield site


async def wait(site: Site, fields: dict[str, str] = MAN, person: str = "mark") -> str:
    """Leaves the profile waiting; gives its id."""
    async with aclosing(await site.sign_in(person)) as browser:
        reply = await browser.post("/search/alert", data={**fields, "key": f"{person}{site.clock.new_id()}"})
        assert reply.status_code == 303, reply.text
        return reply.headers["location"].rpartition("/")[2]


async def mark(site: Site, place: str, status: str) -> None:
    async with site.api(f"demo-shelter-{place.partition('-')[0]}") as api:
        reply = await api.patch(f"/places/{place}", json={"status": status})
        assert reply.status_code == 200, reply.text


async def row(database: Database, alert_id: str) -> Any:
    async with database.transaction() as tx:
        found = await (await tx.connection()).execute(text("select seen, found_at from alert where id = :id"), {"id": alert_id})
        return found.one_or_none()


async def until_row(database: Database, alert_id: str, seen: Sequence[str], found_at: datetime | None) -> None:
    async def is_so() -> bool:
        return bool(await row(database, alert_id) == (sorted(seen), found_at))

    try:
        await until(is_so, "the row is as it should be")
    except AssertionError:
        assert await row(database, alert_id) == (sorted(seen), found_at)
        raise


async def settled(*sites: Site) -> None:
    """Everything that rang before has been weighed, also what rang because of that."""
    for _ in range(2):
        turns = [site.process.alerts._turned.wait() for site in sites]
        async with sites[0].process.database.transaction() as tx:
            await (await tx.connection()).execute(text("select pg_notify('bedboard', 'alert 0 fence')"))
        await asyncio.wait_for(asyncio.gather(*turns), PATIENCE)

        async def are_idle() -> bool:
            return all(site.process.alerts.is_idle for site in sites)

        await until(are_idle, "all has been weighed")


async def said(site: Site, line: ClientConnection) -> list[str]:
    return [message["type"] for message in await until_pulse(site, line)]


async def until_aged(site: Site, shelter: str) -> None:
    async def has_aged() -> bool:
        at = site.process.board.cards[shelter].changes_at
        return at is None or at > site.clock.now()

    await until(has_aged, "what time changes is shown")
