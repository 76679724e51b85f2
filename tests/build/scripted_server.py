"""A small server for the scripts of pages, whose every message the test decides."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.build import PATIENCE
from tests.build.scripted_pages import notice, section, undo

STATIC = Path(__file__).parents[2] / "web" / "static"
CSP = "default-src 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types fragments"


@dataclass
class Socket:
    """Keep one connection of the page, the messages it sent, and a way to answer."""

    websocket: WebSocket
    hello: dict[str, Any]
    said: list[dict[str, Any]] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    passed: timedelta = timedelta(0)  # how far the time of the test is ahead

    async def send(self, kind: str, **content: Any) -> None:
        await self.websocket.send_text(json.dumps({"type": kind, **content}))

    async def snapshot(
        self,
        *fragments: str,
        exists: tuple[str, ...] = ("a", "b", "c"),
        at: datetime | None = None,
        now: datetime | None = None,
        epoch: int | None = None,
    ) -> None:
        """Send whole state, right up to `at`, and made at `now`."""
        at = at or datetime.now(UTC) + self.passed
        await self.send(
            "snapshot",
            at=at.isoformat(),
            now=(now or at).isoformat(),
            epoch=epoch,
            exists=exists,
            fragments=[fragment_of(html) for html in fragments],
        )

    async def update(self, *fragments: str, totals: str | None = None) -> None:
        await self.send("update", fragments=[fragment_of(html) for html in fragments], totals=totals)

    async def pulse(self, at: datetime | None = None) -> None:
        await self.send("pulse", at=(at or datetime.now(UTC) + self.passed).isoformat())


def fragment_of(html: str) -> dict[str, str]:
    stamp = re.search(r'id="shelter-([^"]+)".* data-stamp="([^"]+)"', html, re.DOTALL)
    return {"html": html} | ({"id": stamp[1], "stamp": stamp[2]} if stamp else {})


@dataclass
class Post:
    path: str
    fields: dict[str, str]


Answer = Callable[[Post], Response]


def accepted(post: Post) -> Response:
    return HTMLResponse(section("9.0", p1=post.fields.get("status", "free"), p2="free") + undo(7) + notice())


def away(_: Post) -> Response:
    return HTMLResponse(notice("database_away", "away"), 503)


class Server:
    def __init__(self) -> None:
        self.html = ""
        self.answer: Answer = accepted
        self.accepts = asyncio.Event()
        self.accepts.set()
        self.posts: list[Post] = []
        self.url = ""
        self.epoch: str | None = None  # of the answers to posts
        self._sockets: asyncio.Queue[Socket] = asyncio.Queue()
        self._posted: asyncio.Queue[Post] = asyncio.Queue()
        self.app = Starlette(
            routes=[
                Route("/", self._page),
                Route("/staff/a", self._page),
                Route("/staff/a/{rest:path}", self._post, methods=["POST"]),
                Route("/sign-in", self._sign_in),
                WebSocketRoute("/live", self._live),
                Mount("/static", StaticFiles(directory=STATIC)),
            ]
        )

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(self.html, headers={"Content-Security-Policy": CSP, "Cache-Control": "no-store"})

    async def _sign_in(self, request: Request) -> Response:
        return HTMLResponse("<h1>sign in</h1>", headers={"Content-Security-Policy": CSP})

    async def _post(self, request: Request) -> Response:
        form = await request.form()
        post = Post(request.url.path, {name: str(value) for name, value in form.items()})
        self.posts.append(post)
        self._posted.put_nowait(post)
        if request.headers.get("hx-request") != "true":
            return RedirectResponse("/staff/a", 303)
        answer = self.answer(post)
        if self.epoch is not None:
            answer.headers["Bedboard-Epoch"] = self.epoch
        return answer

    async def _live(self, websocket: WebSocket) -> None:
        await self.accepts.wait()
        connection = None
        try:
            await websocket.accept()
            connection = Socket(websocket, json.loads(await websocket.receive_text()))
            self._sockets.put_nowait(connection)
            while True:
                connection.said.append(json.loads(await websocket.receive_text()))
        except (WebSocketDisconnect, RuntimeError):
            if connection is not None:
                connection.closed.set()

    async def socket(self) -> Socket:
        """The next connection that a page makes."""
        return await asyncio.wait_for(self._sockets.get(), PATIENCE)

    async def post(self) -> Post:
        """The next form that a page sends."""
        return await asyncio.wait_for(self._posted.get(), PATIENCE)

    @property
    def is_idle(self) -> bool:
        return self._sockets.empty()
