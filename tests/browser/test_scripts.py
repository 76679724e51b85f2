"""place.js, live.js and staff.js in a real browser, against a small real server whose every message the test decides.

The pages here have the ids and attributes of the real ones and nothing else; no stylesheet. What takes the real
page and stylesheet as well is at the end.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.build import PATIENCE
from tests.build.screens import LAPTOP, PHONE, open_page
from tests.build.site import Site

pytestmark = pytest.mark.browser

STATIC = Path(__file__).parents[2] / "web" / "static"
SCRIPTS = ("vendor/htmx.min", "js/place", "js/live", "js/staff")
CSP = "default-src 'self'; base-uri 'none'"


# --- what the server shows


def card(shelter: str, stamp: str, text: str = "", *, kinds: str = "cosm", unit: str = "utrecht", name: str = "") -> str:
    return (
        f'<article class="card" id="shelter-{shelter}" data-stamp="{stamp}" data-kinds="{kinds}" data-unit="{unit}"'
        f' data-takes="women" data-name="{name or shelter}"><h2>{name or shelter}</h2><p class="text">{text}</p></article>'
    )


def board(*cards: str, confirmed_at: str = "2026-01-01T00:00:00Z") -> str:
    age = f'<p id="age"><time datetime="{confirmed_at}" data-age>08:00</time> <span class="ago"></span></p>'
    total = '<span class="total" id="total-free"><b>0</b></span>'
    return page(f'{total}{age}<div id="cards">{"".join(cards)}</div>', "/live?view=board&amp;lang=en")


def choice(place: str, status: str) -> str:
    return (
        f'<form method="post" action="/staff/a/places/{place}"><input type="hidden" name="key" value="drawn">'
        f'<input type="hidden" name="status" value="{status}"><button>{status}</button></form>'
    )


def tile(place: str, status: str) -> str:
    when = (
        f'<form method="post" action="/staff/a/places/{place}"><input type="hidden" name="key" value="drawn">'
        f'<input type="hidden" name="status" value="occupied"><input name="expected_free_at"><button>save</button></form>'
    )
    return (
        f'<details class="tile {status}" id="tile-{place}" name="tile"><summary><b class="label">{place}</b>'
        f' <span class="state">{status}</span></summary>{choice(place, "free")}{choice(place, "occupied")}{when}</details>'
    )


def section(stamp: str, **places: str) -> str:
    tiles = "".join(tile(place, status) for place, status in places.items())
    confirm = '<form class="confirm" method="post" action="/staff/a/confirm"><button>still right</button></form>'
    return f'<section class="desk" id="staff-a" data-stamp="{stamp}"><h1>A</h1>{tiles}{confirm}</section>'


def notice(code: str = "", text: str = "") -> str:
    return f'<div id="notice" role="alert"{f" data-code={code}" if code else ""}>{text}</div>'


def undo(change: int | None = None) -> str:
    if change is None:
        return '<div id="undo"></div>'
    return (
        f'<div id="undo"><form method="post" action="/staff/a/undo"><input type="hidden" name="change" value="{change}">'
        f'<input type="hidden" name="key" value="drawn"><button>undo</button></form></div>'
    )


def desk(stamp: str = "1.0", undo_seconds: int = 10, **places: str) -> str:
    outbox = (
        f'<ol id="outbox" data-undo-seconds="{undo_seconds}" hidden></ol>'
        '<template id="outbox-item" data-waiting="waiting" data-later="later"'
        ' data-sending="sending" data-sent="sent" data-refused="refused" data-overtaken="overtaken"'
        ' data-confirm="confirm" data-undo="undo">'
        "<li><b data-what></b> <span data-state></span> <time></time> <button type=button>ok</button></li></template>"
    )
    return page(
        notice() + section(stamp, **(places or {"p1": "free", "p2": "free"})) + outbox + undo(),
        "/live?view=staff&amp;shelter=a&amp;lang=en",
    )


def page(main: str, live_url: str) -> str:
    scripts = "".join(f'<script defer src="/static/{name}.js"></script>' for name in SCRIPTS)
    return (
        f'<!doctype html><html lang="en"><head><title>t</title>{scripts}</head>'
        f'<body data-live-url="{live_url}"><p id="live" data-state="waiting" role="status"><span data-when="live">'
        'Live <time></time></span><span data-when="lost">Not live: <time></time></span></p>'
        f'<main id="main">{main}</main></body></html>'
    )


# --- the server


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

    async def snapshot(self, *fragments: str, exists: tuple[str, ...] = ("a", "b", "c"), at: datetime | None = None) -> None:
        await self.send(
            "snapshot",
            at=(at or datetime.now(UTC) + self.passed).isoformat(),
            exists=exists,
            fragments=[fragment_of(html) for html in fragments],
        )

    async def update(self, *fragments: str, totals: str | None = None) -> None:
        await self.send("update", fragments=[fragment_of(html) for html in fragments], totals=totals)

    async def pulse(self, at: datetime | None = None) -> None:
        await self.send("pulse", at=(at or datetime.now(UTC) + self.passed).isoformat())


def fragment_of(html: str) -> dict[str, str]:
    return {"id": "read from the element", "html": html}


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
        return self.answer(post)

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


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    scripted = Server()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        scripted.app, log_level="error", ws="websockets-sansio", ws_max_size=16 * 1024, timeout_graceful_shutdown=1
    )
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve(sockets=[listener]))
    scripted.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield scripted
    scripted.accepts.set()
    running.should_exit = True
    await task
    listener.close()


@pytest.fixture
async def context(browser: Browser, server: Server) -> AsyncIterator[BrowserContext]:
    """A profile of its own; any error of a script, also one of the content security policy, fails the test."""
    context = await browser.new_context(base_url=server.url, locale="en-GB", timezone_id="America/New_York")
    context.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    await context.add_init_script("window.heard = 0; document.addEventListener('bedboard:heard', () => window.heard++)")
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield context
    await context.close()
    assert errors == []


@pytest.fixture
async def tab(context: BrowserContext) -> Page:
    tab = await context.new_page()
    await tab.clock.install()
    return tab


async def open_board(server: Server, tab: Page, *cards: str, query: str = "") -> Socket:
    server.html = board(*cards)
    await tab.goto("/" + query)
    return await server.socket()


async def open_desk(server: Server, tab: Page, html: str = "") -> Socket:
    """Mijn opvang, live, with the server's clock known."""
    server.html = html or desk()
    await tab.goto("/staff/a")
    connection = await server.socket()
    await connection.snapshot()
    await expect_state(tab, "live")
    return connection


async def live_on(tab: Page, connection: Socket, seconds: int) -> None:
    """Time passes for the page and the server alike, with a pulse every five seconds."""
    for _ in range(0, seconds, 5):
        await tab.clock.run_for(5_000)
        connection.passed += timedelta(seconds=5)
        heard: int = await tab.evaluate("window.heard")
        await connection.pulse()
        await tab.wait_for_function("(heard) => window.heard > heard", arg=heard)


async def expect_state(tab: Page, state: str) -> None:
    await expect(tab.locator("#live")).to_have_attribute("data-state", state)
    assert await tab.evaluate("document.documentElement.classList.contains('not-live')") == (state in ("lost", "signed-out"))


async def shown_ids(tab: Page) -> list[str]:
    ids: list[str] = await tab.evaluate("[...document.querySelectorAll('article')].map((card) => card.id)")
    return ids


async def outbox(tab: Page) -> list[str]:
    texts: list[str] = await tab.evaluate(
        "[...document.querySelectorAll('#outbox li')].map((li) => li.querySelector('b').textContent + ': '"
        " + li.querySelector('[data-state]').textContent)"
    )
    return texts


async def expect_outbox(tab: Page, *texts: str) -> None:
    try:
        await tab.wait_for_function(
            "(texts) => [...document.querySelectorAll('#outbox li')].map((li) => li.querySelector('b').textContent + ': '"
            " + li.querySelector('[data-state]').textContent).join() === texts.join()",
            arg=list(texts),
        )
    finally:
        assert await outbox(tab) == list(texts)


async def tap(tab: Page, place: str, status: str) -> None:
    await tab.locator(f"#tile-{place} summary").click()
    await tab.locator(f"#tile-{place}").get_by_role("button", name=status).click()


# --- the board


async def test_a_lower_stamp_never_overwrites_a_higher_one(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "57.9", "page"), card("b", "3.0", "page"))
    await connection.snapshot(card("a", "57.8", "old"), card("b", "4.0", "new"))
    await connection.update(card("a", "9.99", "old"), card("b", "3.9", "old"))
    await connection.update(card("c", "1.0", "last"))
    await expect(tab.locator("#shelter-c .text")).to_have_text("last")
    await expect(tab.locator("#shelter-a .text")).to_have_text("page")
    await expect(tab.locator("#shelter-b .text")).to_have_text("new")
    await connection.update(card("a", "57.10", "ten is more than nine"))
    await expect(tab.locator("#shelter-a .text")).to_have_text("ten is more than nine")
    assert await tab.locator("#shelter-a").get_attribute("data-stamp") == "57.10"


async def test_shelters_come_by_name_and_go_and_totals_follow(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "1.0", name="Den"), card("gone", "9.0", name="Eik"))
    await connection.snapshot(card("b", "1.0", name="Berk"), exists=("a", "b"))
    await connection.update(card("c", "1.0", name="Els"), totals='<span class="total" id="total-free"><b>5</b></span>')
    await expect(tab.locator("#total-free")).to_have_text("5")
    assert await shown_ids(tab) == ["shelter-b", "shelter-a", "shelter-c"]


async def test_the_filter_of_the_address_chooses_among_the_news(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "1.0"), query="?kind=cosm&unit=utrecht&takes=")
    await connection.snapshot(card("b", "1.0", kinds="omm"), card("c", "1.0", unit="limburg"))
    await connection.update(card("a", "2.0", kinds="omm women"))
    await expect(tab.locator("article")).to_have_count(0)
    await connection.update(card("b", "2.0", kinds="omm cosm"))
    await expect(tab.locator("article")).to_have_count(1)
    assert await shown_ids(tab) == ["shelter-b"]
    await connection.update(card("a", "1.5"), card("c", "3.0"))
    await expect(tab.locator("article")).to_have_count(2)
    assert await shown_ids(tab) == ["shelter-b", "shelter-c"], "a hidden shelter is not shown again by a lower stamp"


async def test_an_older_page_part_from_htmx_does_not_undo_the_news(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "1.0", "old"))
    await connection.snapshot(card("a", "2.0", "new"), card("b", "2.0", "new", kinds="omm"))
    await expect(tab.locator("#shelter-b .text")).to_have_text("new")
    older = f'<main id="main"><div id="cards" data-kind="cosm">{card("a", "1.0", "old")}</div></main>'
    await tab.evaluate("(html) => { document.querySelector('main').outerHTML = html }", older)
    await expect(tab.locator("#shelter-a .text")).to_have_text("new")
    assert await shown_ids(tab) == ["shelter-a"]


async def test_returning_it_says_which_stamps_it_shows_and_is_live_again(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "1.0"), query="?kind=cosm")
    assert connection.hello == {"type": "hello", "known": {"a": "1.0"}}
    await connection.snapshot(card("a", "5.1"), card("b", "2.0", kinds="omm"))
    await expect_state(tab, "live")
    await connection.websocket.close(1012)
    await expect_state(tab, "waiting")
    again = await server.socket()
    assert again.hello == {"type": "hello", "known": {"a": "5.1", "b": "2.0"}}, "also of those that the filter hides"
    await again.pulse()
    await expect_state(tab, "waiting")  # live only with the whole
    await again.snapshot(exists=("a",))
    await expect_state(tab, "live")


async def test_a_hello_of_a_large_board_stays_within_what_the_server_reads(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, *(card(f"{number:064}", "1000.10") for number in range(1000)))
    assert len(connection.hello["known"]) == 200


async def test_fifteen_seconds_of_silence_are_not_live(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab)
    await connection.snapshot(at=datetime(2026, 11, 22, 1, 14, tzinfo=UTC))
    await expect_state(tab, "live")
    await tab.clock.run_for(10_000)
    await expect_state(tab, "live")
    await tab.clock.run_for(6_000)
    await expect_state(tab, "lost")
    await expect(tab.locator("[data-when=lost]")).to_have_text("Not live: 02:14")  # the board's zone, not the device's
    await asyncio.wait_for(connection.closed.wait(), PATIENCE)
    await tab.clock.run_for(1_000)
    again = await server.socket()
    await expect_state(tab, "lost")
    await again.snapshot()
    await expect_state(tab, "live")


async def test_a_page_that_never_connects_is_lost_too(server: Server, tab: Page) -> None:
    server.accepts.clear()
    server.html = board()
    await tab.goto("/")
    await tab.clock.run_for(16_000)
    await expect_state(tab, "lost")


async def test_a_handshake_that_hangs_is_given_up_after_ten_seconds(server: Server, tab: Page) -> None:
    server.accepts.clear()
    server.html = board()
    await tab.goto("/")
    async with tab.expect_websocket():  # a second attempt, while the first one hangs
        await tab.clock.run_for(12_000)
    await expect_state(tab, "waiting")
    server.accepts.set()
    await (await server.socket()).snapshot()
    await expect_state(tab, "live")


async def test_offline_is_lost_at_once_and_online_comes_back(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab)
    await connection.snapshot()
    await expect_state(tab, "live")
    await tab.context.set_offline(True)
    await expect_state(tab, "lost")
    await asyncio.wait_for(connection.closed.wait(), PATIENCE)  # the network still stands, but nobody believes it
    await tab.context.set_offline(False)
    again = await server.socket()
    await again.snapshot()
    await expect_state(tab, "live")


async def test_after_sleep_the_past_is_not_live(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "1.0", "before"))
    await connection.snapshot()
    await expect_state(tab, "live")
    await tab.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))  # jumps: the timers in between do not run
    await expect_state(tab, "lost")
    await tab.clock.resume()
    again = await server.socket()
    await expect_state(tab, "lost")
    await again.snapshot(card("a", "2.0", "after"))
    await expect_state(tab, "live")
    await expect(tab.locator("#shelter-a .text")).to_have_text("after")


async def test_a_message_that_waited_for_a_sleeping_page_does_not_make_it_live(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "1.0", "before"))
    await connection.snapshot()
    await expect_state(tab, "live")
    await tab.clock.pause_at(datetime.now(UTC) + timedelta(seconds=5))  # no timer runs from here on
    await tab.clock.set_system_time(datetime.now(UTC) + timedelta(hours=1))  # the wall clock went on, performance.now did not
    await connection.update(card("a", "2.0", "from the past"))
    await expect_state(tab, "lost")
    await expect(tab.locator("#shelter-a .text")).to_have_text("before")
    told = datetime.fromtimestamp(await tab.evaluate("window.bedboard.now()") / 1000, UTC)
    assert abs(told - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1), "the hour of sleep is counted"


async def test_a_connection_that_was_given_up_is_not_heard_again(server: Server, tab: Page) -> None:
    await tab.add_init_script("WebSocket.prototype.close = () => {}")  # as when the close does not get through
    old = await open_board(server, tab, card("a", "1.0", "before"))
    await old.snapshot()
    await expect_state(tab, "live")
    await tab.clock.run_for(16_000)
    await expect_state(tab, "lost")
    await tab.clock.run_for(1_000)
    new = await server.socket()
    await old.snapshot(card("a", "3.0", "from the old one"))
    await old.websocket.close(1012)
    await asyncio.wait_for(old.closed.wait(), PATIENCE)
    await expect_state(tab, "lost")
    await new.snapshot(card("a", "2.0", "from the new one"))
    await expect_state(tab, "live")
    await expect(tab.locator("#shelter-a .text")).to_have_text("from the new one")


async def test_a_pulse_that_was_long_under_way_is_not_live(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab)
    await connection.snapshot()
    await connection.pulse(datetime.now(UTC) - timedelta(seconds=14))
    await expect_state(tab, "live")
    await connection.pulse(datetime.now(UTC) - timedelta(seconds=20))
    await expect_state(tab, "lost")


async def test_a_session_that_ended_is_said_and_not_tried_again(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab)
    await connection.snapshot()
    await connection.websocket.close(4401)
    await expect_state(tab, "signed-out")
    await tab.clock.run_for(120_000)
    await expect_state(tab, "signed-out")
    assert server.is_idle


async def test_retries_spread_out_and_start_small_again_after_a_message(server: Server, tab: Page) -> None:
    await tab.add_init_script("Math.random = () => 1")
    connection = await open_board(server, tab)
    for seconds in (0.5, 1, 2, 4):
        await connection.websocket.close(1013)
        await asyncio.wait_for(connection.closed.wait(), PATIENCE)
        await expect(tab.locator("#live")).not_to_have_attribute("data-state", "live")
        await tab.clock.run_for(int(seconds * 1000) + 1)
        connection = await server.socket()
    await connection.snapshot()
    await expect_state(tab, "live")
    await connection.websocket.close(1013)
    await expect_state(tab, "waiting")
    await tab.clock.run_for(501)
    await server.socket()


@pytest.mark.parametrize("wrong_by", [timedelta(days=-1), timedelta(0), timedelta(days=1)])
async def test_the_clock_of_the_device_does_not_matter(server: Server, context: BrowserContext, wrong_by: timedelta) -> None:
    tab = await context.new_page()
    await tab.clock.install(time=datetime.now(UTC) + wrong_by)
    server.html = board(confirmed_at=(datetime.now(UTC) - timedelta(minutes=5, seconds=30)).isoformat())
    await tab.goto("/")
    await expect(tab.locator("#age .ago")).to_have_text("")
    connection = await server.socket()
    await connection.snapshot()
    await expect(tab.locator("#age .ago")).to_have_text("5 minutes ago")
    await expect_state(tab, "live")
    await live_on(tab, connection, 130)
    await expect(tab.locator("#age .ago")).to_have_text("7 minutes ago")


async def test_it_says_that_somebody_is_there_at_most_once_a_minute(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab)
    await connection.snapshot()
    await expect_state(tab, "live")
    for _ in range(10):
        await tab.keyboard.press("Shift")
        await live_on(tab, connection, 10)
    await live_on(tab, connection, 150)
    await connection.websocket.close(1012)
    await asyncio.wait_for(connection.closed.wait(), PATIENCE)
    assert connection.said == [{"type": "active"}] * 3, "at once, after a minute, and for what came after that"


async def test_a_wall_screen_says_so_by_itself(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, query="?wall=1")
    await connection.snapshot()
    await expect_state(tab, "live")
    await live_on(tab, connection, 130)
    await connection.websocket.close(1012)
    await asyncio.wait_for(connection.closed.wait(), PATIENCE)
    assert len(connection.said) == 3


# --- nothing jumps under a finger


async def test_an_open_tile_with_typed_text_survives_an_update(server: Server, tab: Page) -> None:
    connection = await open_desk(server, tab)
    await tab.locator("#tile-p1 summary").click()
    typed = tab.locator("#tile-p1 input[name=expected_free_at]")
    await typed.fill("tomorrow")
    await tab.evaluate("window.kept = document.activeElement; document.querySelector('#tile-p2').kept = true")
    await connection.update(section("2.0", p0="free", p1="occupied", p2="free"))
    await expect(tab.locator("#tile-p1 .state")).to_have_text("occupied")
    assert await shown_tiles(tab) == ["tile-p0", "tile-p1", "tile-p2"]
    await expect(tab.locator("#tile-p1")).to_have_attribute("open", "")
    await expect(typed).to_have_value("tomorrow")
    assert await tab.evaluate("window.kept === document.activeElement && document.querySelector('#tile-p2').kept")


async def shown_tiles(tab: Page) -> list[str]:
    ids: list[str] = await tab.evaluate("[...document.querySelectorAll('.tile')].map((tile) => tile.id)")
    return ids


async def test_only_what_changed_is_marked_and_a_new_stamp_alone_is_no_change(server: Server, tab: Page) -> None:
    await tab.add_init_script("""
        addEventListener("DOMContentLoaded", () => {
            window.marked = new Set();
            const note = ({ target }) => target.classList.contains("changed") && window.marked.add(target.id);
            new MutationObserver((all) => all.forEach(note)).observe(document, { subtree: true, attributeFilter: ["class"] });
        })""")
    connection = await open_desk(server, tab)
    await connection.update(section("2.0", p1="free", p2="free").replace("drawn", "drawn anew"))
    await expect(tab.locator("section")).to_have_attribute("data-stamp", "2.0")
    assert await tab.evaluate("[...window.marked]") == []
    await connection.update(section("3.0", p1="free", p2="occupied"))
    await expect(tab.locator("#tile-p2 .state")).to_have_text("occupied")
    assert await tab.evaluate("[...window.marked]") == ["tile-p2"]
    await tab.clock.run_for(400)
    await expect(tab.locator(".changed")).to_have_count(0)


async def test_a_finger_that_is_down_does_not_press_what_takes_the_place_of_a_button(server: Server, tab: Page) -> None:
    connection = await open_desk(server, tab)
    await tab.locator("#tile-p1 summary").click()
    await tab.locator("#tile-p1").get_by_role("button", name="free").hover()
    await tab.mouse.down()
    await connection.update(
        section("2.0", p1="free", p2="free")
        .replace('value="free"', 'value="closed"')
        .replace(">free</button", ">closed</button")
    )
    await expect(tab.locator("#tile-p1").get_by_role("button", name="closed")).to_be_visible()
    await tab.mouse.up()
    await connection.update(section("3.0", p1="occupied", p2="free"))
    await expect(tab.locator("#tile-p1 .state")).to_have_text("occupied")
    assert server.posts == []


# --- Mijn opvang


async def test_a_tap_is_shown_as_being_sent_and_changes_with_the_answer(server: Server, tab: Page) -> None:
    asked = asyncio.Event()
    server.html = desk()

    async def slowly(route: Any) -> None:
        await asked.wait()
        await route.continue_()

    await open_desk(server, tab)
    await tab.route("**/places/**", slowly)
    await tap(tab, "p1", "occupied")
    await expect(tab.locator("#tile-p1")).to_have_class("tile free sending")
    await expect(tab.locator("#tile-p1")).to_have_attribute("aria-busy", "true")
    await expect(tab.locator("#tile-p1")).not_to_have_attribute("open", "")
    await expect(tab.locator("#tile-p1 .state")).to_have_text("free")
    asked.set()
    await expect(tab.locator("#tile-p1 .state")).to_have_text("occupied")
    await expect(tab.locator(".sending")).to_have_count(0)
    await expect_outbox(tab)
    post = await server.post()
    assert post.path == "/staff/a/places/p1"
    assert post.fields["status"] == "occupied"
    assert post.fields["key"] not in ("", "drawn")


@pytest.mark.parametrize("wrong_by", [timedelta(days=-1), timedelta(days=1)])
async def test_a_late_tap_says_when_by_the_clock_of_the_server(
    server: Server, context: BrowserContext, wrong_by: timedelta
) -> None:
    tab = await context.new_page()
    await tab.clock.install(time=datetime.now(UTC) + wrong_by)
    connection = await open_desk(server, tab)
    server.answer = away
    tapped = datetime.now(UTC)
    await tap(tab, "p1", "occupied")
    assert "observed_at" not in (await server.post()).fields, "at once it is now, and the server knows that better"
    await connection.pulse()
    observed = datetime.fromisoformat((await server.post()).fields["observed_at"])
    assert abs(observed - tapped) < timedelta(seconds=5)


async def test_a_key_is_made_on_plain_http_too(server: Server, context: BrowserContext) -> None:
    await context.add_init_script("delete Crypto.prototype.randomUUID; delete Navigator.prototype.locks")
    tab = await context.new_page()
    await open_desk(server, tab)
    await tap(tab, "p1", "occupied")
    assert len((await server.post()).fields["key"]) == 32


async def test_the_undo_bar_leaves_after_ten_seconds_unless_somebody_is_at_it(server: Server, tab: Page) -> None:
    connection = await open_desk(server, tab)
    await tap(tab, "p1", "occupied")
    button = tab.get_by_role("button", name="undo")
    await expect(button).to_be_visible()
    await expect(tab.locator("#undo")).to_have_attribute("aria-live", "polite")
    await button.focus()
    await live_on(tab, connection, 15)
    await expect(button).to_be_visible()
    await button.blur()
    await tab.clock.run_for(5_000)
    await expect(button).to_be_visible()
    await tab.clock.run_for(6_000)
    await expect(tab.locator("#undo")).to_be_empty()


async def test_the_undo_bar_stays_as_long_as_the_page_says(server: Server, tab: Page) -> None:
    await open_desk(server, tab, desk(undo_seconds=3))
    await tap(tab, "p1", "occupied")
    await expect(tab.get_by_role("button", name="undo")).to_be_visible()
    await tab.clock.run_for(5_000)
    await expect(tab.locator("#undo")).to_be_empty()


async def test_the_setting_for_undo_reaches_the_page(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    await expect(page.locator("#outbox")).to_have_attribute("data-undo-seconds", str(site.process.settings.undo_seconds))
    await page.context.close()


async def test_undo_is_sent_with_its_change(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    await tap(tab, "p1", "occupied")
    await server.post()
    server.answer = lambda _: HTMLResponse(section("10.0", p1="free", p2="free") + undo() + notice())
    await tab.get_by_role("button", name="undo").click()
    post = await server.post()
    assert (post.path, post.fields["change"]) == ("/staff/a/undo", "7")
    await expect(tab.locator("#undo")).to_be_empty()
    await expect(tab.locator("#tile-p1 .state")).to_have_text("free")


async def test_while_the_server_is_away_a_tap_waits_and_is_then_applied_once(server: Server, tab: Page) -> None:
    connection = await open_desk(server, tab)
    server.answer = away
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    await expect(tab.locator("#tile-p1")).to_have_class("tile free sending")
    await server.post()
    await connection.pulse()
    await server.post()
    await expect_outbox(tab, "p1 occupied: waiting")
    server.answer = accepted
    await connection.pulse()
    await expect_outbox(tab, "p1 occupied: sent")
    await expect(tab.locator("#tile-p1")).to_have_class("tile occupied")
    assert len({(post.path, post.fields["key"], post.fields["status"]) for post in server.posts}) == 1, (
        "the same tap every time"
    )
    assert len({post.fields["observed_at"] for post in server.posts[1:]}) == 1, "and when it was tapped stays the same"
    sent = len(server.posts)
    await connection.pulse()
    await tab.clock.run_for(11_000)
    await expect_outbox(tab)
    assert len(server.posts) == sent


async def test_offline_taps_go_out_in_order_when_the_network_is_back(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    await tab.context.set_offline(True)
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    await tab.clock.run_for(1_000)
    await tab.get_by_role("button", name="still right").click()
    await tab.clock.run_for(1_000)
    await tap(tab, "p1", "free")
    await expect_outbox(tab, "p1 occupied: waiting", "confirm: waiting", "p1 free: waiting")
    assert server.posts == []
    await tab.context.set_offline(False)
    await expect_outbox(tab, "p1 occupied: sent", "confirm: sent", "p1 free: sent")
    assert [post.path.rsplit("/", 1)[1] for post in server.posts] == ["p1", "confirm", "p1"]
    times = [post.fields["observed_at"] for post in server.posts]
    assert times == sorted(times)
    assert times[0] != times[1]


async def test_what_waits_survives_a_reload(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    server.answer = away
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    first = await server.post()
    await tab.reload()
    connection = await server.socket()
    await expect_outbox(tab, "p1 occupied: waiting")
    await expect(tab.locator("#tile-p1")).to_have_class("tile free sending")
    server.answer = accepted
    await connection.snapshot()
    await expect_outbox(tab, "p1 occupied: sent")
    assert {post.fields["key"] for post in server.posts} == {first.fields["key"]}


async def test_refused_and_overtaken_taps_stay_to_be_read(server: Server, tab: Page) -> None:
    connection = await open_desk(server, tab)
    server.answer = away
    await tap(tab, "p1", "occupied")
    await tap(tab, "p2", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting", "p2 occupied: waiting")

    def refuse(post: Post) -> Response:
        now = section("9.0", p1="free", p2="free")
        if post.path.endswith("p1"):
            return HTMLResponse(now + notice("overtaken", "something newer"), 409)
        return HTMLResponse(now + notice("invalid", "too far away"), 422)

    server.answer = refuse
    await connection.pulse()
    await expect_outbox(tab, "p1 occupied: overtaken: something newer", "p2 occupied: refused: too far away")
    await expect(tab.locator(".sending")).to_have_count(0)
    await tab.reload()
    await expect_outbox(tab, "p1 occupied: overtaken: something newer", "p2 occupied: refused: too far away")
    await tab.locator("#outbox li").first.get_by_role("button").click()
    await expect_outbox(tab, "p2 occupied: refused: too far away")


async def test_a_tap_that_is_refused_at_once_says_so_on_the_page(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    server.answer = lambda _: HTMLResponse(section("9.0", p1="occupied", p2="free") + notice("overtaken", "newer"), 409)
    await tap(tab, "p1", "free")
    await expect(tab.locator("#notice")).to_have_text("newer")
    await expect(tab.locator("#tile-p1 .state")).to_have_text("occupied")
    await expect_outbox(tab)
    server.answer = accepted
    await tap(tab, "p1", "free")
    await expect(tab.locator("#notice")).to_be_empty()


async def test_escape_closes_the_sheet_of_a_tile_and_gives_the_focus_back_to_it(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    await tab.locator("#tile-p2 summary").click()
    await tab.locator("#tile-p2 input[name=expected_free_at]").focus()
    await tab.keyboard.press("Escape")
    await expect(tab.locator(".tile[open]")).to_have_count(0)
    await expect(tab.locator("#tile-p2 summary")).to_be_focused()
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#tile-p2")).to_have_attribute("open", "")
    await tab.keyboard.press("a")  # any other key leaves it open
    await expect(tab.locator("#tile-p2")).to_have_attribute("open", "")


@pytest.mark.parametrize(("code", "status"), [("busy", 503), ("key_in_use", 409), ("too_many", 429)])
async def test_a_refusal_that_passes_is_tried_again_and_not_called_a_lost_connection(
    server: Server, tab: Page, code: str, status: int
) -> None:
    connection = await open_desk(server, tab)
    server.answer = lambda _: HTMLResponse(notice(code), status)
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: later")
    server.answer = away
    await connection.pulse()
    await expect_outbox(tab, "p1 occupied: waiting")
    server.answer = accepted
    await connection.pulse()
    await expect_outbox(tab, "p1 occupied: sent")


async def test_a_tap_older_than_a_day_is_refused_and_not_sent(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    server.answer = away
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    server.answer = accepted
    posted = len(server.posts)
    await tab.clock.fast_forward("25:00:00")
    await expect_outbox(tab, "p1 occupied: refused")
    assert len(server.posts) == posted


async def test_signed_out_the_tap_is_kept_until_somebody_is_signed_in(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    server.answer = lambda _: HTMLResponse(notice("sign_in_needed"), 401)
    await tap(tab, "p1", "occupied")
    await tab.wait_for_url("**/sign-in?ended=1")
    server.answer = accepted
    await tab.goto("/staff/a")
    await expect_outbox(tab, "p1 occupied: sent")
    assert len({post.fields["key"] for post in server.posts}) == 1


async def test_two_tabs_send_a_waiting_tap_once(server: Server, context: BrowserContext) -> None:
    one, other = await context.new_page(), await context.new_page()
    first, second = await open_desk(server, one), await open_desk(server, other)
    server.answer = away
    await tap(one, "p1", "occupied")
    await expect_outbox(other, "p1 occupied: waiting")
    server.posts.clear()
    server.answer = accepted
    await asyncio.gather(first.pulse(), second.pulse())
    await expect_outbox(one, "p1 occupied: sent")
    await expect_outbox(other, "p1 occupied: sent")
    assert len(server.posts) == 1


LATE = """(() => {
  const { getItem, setItem, removeItem } = Storage.prototype, { keys } = Object;
  let seen = null;
  window.lag = () => { seen = { ...localStorage } };
  window.catchUp = () => { seen = null, dispatchEvent(new Event("storage")) };
  Object.assign(Storage.prototype, {
    getItem(name) { return seen ? seen[name] ?? null : getItem.call(this, name) },
    setItem(name, value) { seen = null, setItem.call(this, name, value) },
    removeItem(name) { seen = null, removeItem.call(this, name) },
  });
  Object.keys = (object) => keys(object === localStorage && seen ? seen : object);
})()"""


@pytest.mark.parametrize("state", ["new", "waiting"])
async def test_a_tab_that_sees_late_what_another_has_stored_does_not_send_it_again(
    server: Server, context: BrowserContext, state: str
) -> None:
    """Tabs are processes, and what one has stored the other sees some milliseconds later, or here: when it is told to."""
    await context.add_init_script(LATE)
    one, other = await context.new_page(), await context.new_page()
    first, second = await open_desk(server, one), await open_desk(server, other)
    sent = asyncio.Event()
    await one.route("**/places/**", lambda route: after(sent, route))
    if state == "waiting":
        server.answer = away
        sent.set()
    await tap(one, "p1", "occupied")
    await expect(other.locator("#tile-p1")).to_have_class("tile free sending")
    await expect_outbox(other, *["p1 occupied: waiting"] * (state == "waiting"))
    await other.evaluate("lag()")
    server.posts.clear()
    server.answer = accepted
    sent.set()
    await first.pulse()
    await expect(one.locator("#tile-p1")).to_have_class("tile occupied")
    await pulse_and_flush(other, second)
    assert len(server.posts) == 1
    await other.evaluate("catchUp()")
    await expect(other.locator(".sending")).to_have_count(0)
    await expect_outbox(other, *["p1 occupied: sent"] * (state == "waiting"))
    await tap(other, "p2", "occupied")  # and it can still send what is its own
    while (await server.post()).path != "/staff/a/places/p2":
        pass


async def after(event: asyncio.Event, route: Any) -> None:
    await event.wait()
    await route.continue_()


async def pulse_and_flush(tab: Page, connection: Socket) -> None:
    """Until what this made the page send has been answered."""
    heard: int = await tab.evaluate("window.heard")
    await connection.pulse()
    await tab.wait_for_function("(heard) => window.heard > heard", arg=heard)
    async with asyncio.timeout(PATIENCE):
        await tab.evaluate("navigator.locks.request('bedboard-outbox', () => {})")


async def test_without_storage_the_form_is_sent_by_the_browser(server: Server, context: BrowserContext) -> None:
    await context.add_init_script("Storage.prototype.setItem = () => { throw new Error('full') }")
    tab = await context.new_page()
    await open_desk(server, tab)
    async with tab.expect_navigation():
        await tap(tab, "p1", "occupied")
    assert (await server.post()).fields["key"] == "drawn"


async def test_no_person_is_in_what_waits(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    server.answer = away
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    entry = json.loads(await tab.evaluate("Object.values(localStorage)[0]"))
    assert set(entry) == {"key", "url", "fields", "observed", "tapped", "label", "tile", "state"}


async def test_an_answer_that_is_not_the_servers_own_is_no_answer(server: Server, tab: Page) -> None:
    connection = await open_desk(server, tab)
    server.answer = lambda _: HTMLResponse("<html><body>Welcome to our hotel</body></html>")
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    server.answer = lambda _: RedirectResponse("/sign-in", 302)
    await connection.pulse()
    await server.post()
    await server.post()
    await expect_outbox(tab, "p1 occupied: waiting")
    server.answer = accepted
    await connection.pulse()
    await expect_outbox(tab, "p1 occupied: sent")


async def test_the_pages_own_label_is_what_a_tap_on_confirm_is_called(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    server.answer = away
    await tab.get_by_role("button", name="still right").dblclick()
    await expect_outbox(tab, "confirm: waiting")
    await expect(tab.locator("form.confirm")).to_have_attribute("aria-busy", "true")


async def test_a_second_tap_is_none_also_when_the_first_waits_already(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    server.answer = away
    await tab.evaluate("""async () => {
        const button = document.querySelector("form.confirm button");
        button.click();
        while (!document.querySelector("#outbox li")) await new Promise((done) => setTimeout(done, 1));
        button.click();
    }""")
    await expect_outbox(tab, "confirm: waiting")
    await tab.clock.run_for(2_000)
    await tab.get_by_role("button", name="still right").click()  # later it has been looked at again
    await expect_outbox(tab, "confirm: waiting", "confirm: waiting")


async def test_to_and_fro_while_the_server_is_slow_is_sent_as_it_was_tapped(server: Server, tab: Page) -> None:
    await open_desk(server, tab)
    answers = asyncio.Event()
    await tab.route("**/places/**", lambda route: after(answers, route))
    for status in ("occupied", "free", "occupied"):
        await tap(tab, "p1", status)
    answers.set()
    assert [(await server.post()).fields["status"] for _ in range(3)] == ["occupied", "free", "occupied"]


# --- with the real page and its stylesheet


async def test_a_time_that_is_refused_is_given_back_into_its_field(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    tile, typed = page.locator("#tile-linde-3"), page.locator("#until-linde-3")
    await tile.locator("summary").first.click()
    await tile.locator(".when summary").click()
    await typed.fill("2026-03-11T09:30")  # before the present of the server
    await tile.locator(".when button").click()
    await expect(page.locator("#notice")).to_have_attribute("data-code", "invalid")
    await expect(tile).to_have_attribute("open", "")
    await expect(typed).to_be_visible()
    await expect(typed).to_be_focused()
    await expect(typed).to_have_value("2026-03-11T09:30")
    await expect(page.locator("#outbox li")).to_have_count(0)
    await typed.fill("2026-03-12T09:30")
    await tile.locator(".when button").click()
    await expect(tile.locator("summary").first).to_contain_text("09:30")
    await expect(page.locator("#notice")).to_be_empty()
    await expect(tile).not_to_have_attribute("open", "")
    await page.context.close()


@pytest.mark.parametrize("size", [PHONE, LAPTOP])
async def test_while_the_server_is_slow_the_tile_says_that_it_is_being_sent(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_page(browser, site, "sanne", size)
    answers = asyncio.Event()
    await page.route("**/places/**", lambda route: after(answers, route))
    assert await words_of_sending(page) == []
    await page.locator("#tile-linde-1 summary").first.click()
    await page.locator('#tile-linde-1 form:has([value="occupied"]) button').first.click()
    await expect(page.locator("#tile-linde-1")).to_have_attribute("aria-busy", "true")
    assert await words_of_sending(page) == ["tile-linde-1: wordt verstuurd…"]
    await expect(page.locator("#tile-linde-1 .state")).to_have_text("vrij")
    answers.set()
    await expect(page.locator("#tile-linde-1 .state")).to_have_text("bezet")
    await expect(page.locator("[aria-busy]")).to_have_count(0)
    assert await words_of_sending(page) == []
    await page.context.close()


async def words_of_sending(page: Page) -> list[str]:
    """Return the words that the stylesheet writes below the tiles, if they can be seen."""
    words: list[str] = await page.evaluate("""[...document.querySelectorAll(".tile > summary")].flatMap((summary) => {
        const { content, display, visibility } = getComputedStyle(summary, "::after");
        const isSeen = content !== "none" && display !== "none" && visibility === "visible";
        return isSeen ? [`${summary.parentNode.id}: ${JSON.parse(content)}`] : [];
    })""")
    return words
