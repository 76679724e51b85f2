"""An open search page, as its socket fills it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.build import PATIENCE
from tests.build.lines import page_line
from tests.build.site import Site


class Page:
    """The content of a page: the order of its rows, each row as last sent, and the figures below."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line
        self.order: list[str] = []
        self.rows: dict[str, str] = {}
        self.figures = ""
        self.notice: str | None = None
        self.sent: list[list[str]] = []  # per message, the rows that came along
        self.number = 0

    async def hear(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """Return the next message with matches, after taking it."""
        async with asyncio.timeout(seconds):
            while True:
                message: dict[str, Any] = json.loads(await self.line.recv())
                if message.get("found"):
                    self.take(message["found"])
                    return message

    def take(self, found: dict[str, Any]) -> None:
        self.number = found["n"]
        self.notice = found.get("notice")
        if self.notice is None:
            self.order, self.figures = found["order"], found["figures"]
            self.rows |= {fragment["id"]: fragment["html"] for fragment in found["fragments"]}
            self.sent.append([fragment["id"] for fragment in found["fragments"]])

    async def ask(self, number: int, fields: dict[str, str]) -> None:
        await self.line.send(json.dumps({"type": "search", "n": number, "fields": fields}))
        while self.number != number:
            await self.hear()

    def shown(self) -> list[str]:
        """Return the rows in order, without the keys, which are new in each drawing."""
        return [self.rows[row_id].partition('value="')[0] for row_id in self.order]


@asynccontextmanager
async def searching(site: Site, fields: dict[str, str] | None, person: str = "mark") -> AsyncIterator[Page]:
    browser = await site.sign_in(person)
    await browser.aclose()  # which keeps its cookies
    async with page_line(site, browser, "view=search&lang=nl") as line:
        page = Page(line)
        asked = {"search": {"n": 1, "fields": fields}} if fields is not None else {}
        await line.send(json.dumps({"type": "hello", "known": {}, **asked}))
        message = json.loads(await line.recv())
        assert (message["type"], message["exists"], message["fragments"]) == ("snapshot", None, [])
        if fields is None:
            assert message["found"] is None
        else:
            page.take(message["found"])
        yield page
