"""Lines of the wire: open one, hear what it says, and apply it to a screen."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect

from tests.build import PATIENCE, until
from tests.build.site import Site


async def hear(line: ClientConnection, seconds: float = PATIENCE) -> dict[str, Any]:
    """The next message, whatever it is."""
    async with asyncio.timeout(seconds):
        message: dict[str, Any] = json.loads(await line.recv())
    return message


async def pulse(site: Site) -> bool:
    return await site.process.pulse.beat()


async def until_pulse(site: Site, line: ClientConnection) -> list[dict[str, Any]]:
    """Everything that is said before the pulse that this rings: what came earlier has then certainly been heard.

    On a busy machine the database may not answer in time for the first one.
    """
    await until(lambda: pulse(site), "a pulse goes out")
    heard: list[dict[str, Any]] = []
    while (message := await hear(line))["type"] != "pulse":
        heard.append(message)
    return heard


SQL = """
    select s.id, s.version, p.id as place,
           case when p.state <> 'open' then p.state
                when exists (select from claim c where c.place_id = p.id and c.ended_at is null
                             and coalesce(c.expires_at > :now, true))
                then 'held' else 'free' end as status
    from shelter s left join place p on p.shelter_id = s.id
"""


def api_line(site: Site, token: str = "demo-police") -> connect:  # noqa: S107
    return connect(f"{site.live_url}/api/v1/live", additional_headers={"Authorization": f"Bearer {token}"})


def cookie(browser: httpx.AsyncClient) -> dict[str, str]:
    """Return the header by which a line without a browser has the browser's session."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}


def page_line(site: Site, browser: httpx.AsyncClient, view: str = "view=board") -> connect:
    """Open the line of a page of this browser."""
    return connect(f"{site.live_url}/live?{view}", additional_headers=cookie(browser) | {"Origin": site.url})


class Screen:
    """The screen of somebody who applies every message: a client of the API."""

    def __init__(self) -> None:
        self.shelters: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, list[int]] = {}

    def take(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "snapshot":
            self.shelters = {}
        for shelter in message["shelters"] if message["type"] == "snapshot" else [message["shelter"]]:
            self.shelters[shelter["id"]] = shelter
            self.versions.setdefault(shelter["id"], []).append(shelter["version"])


async def in_sql(site: Site) -> dict[str, Any]:
    async with site.process.database.transaction() as tx:
        rows = await (await tx.connection()).execute(text(SQL), {"now": site.clock.now()})
        found: dict[str, Any] = {}
        for row in rows:
            found.setdefault(row.id, (row.version, {}))[1][row.place] = row.status
        return found


def on_screen(screen: Screen) -> dict[str, Any]:
    return {
        shelter_id: (shelter["version"], {place["id"]: place["status"] for place in shelter["places"]})
        for shelter_id, shelter in screen.shelters.items()
    }
