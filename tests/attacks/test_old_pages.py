"""Promise 4: on a bad way from a page to its server, nothing older than 15 seconds is called live."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.attacks.pages import GRACE_SECONDS, SILENCE_SECONDS, Screen, Truth, screen_of
from tests.attacks.stage import is_long, tell
from tests.attacks.wire import BrowserWire
from tests.build import until
from tests.build.processes import Process

HARMS = {"short": ("hole", "cut"), "long": ("hole", "cut", "half open", "slow", "short hole")}
ROUNDS = {"short": 1, "long": 6}
HARM_SECONDS = SILENCE_SECONDS + GRACE_SECONDS + 5
SHORT_HOLE_SECONDS = 11.0
DELAY_SECONDS = 8.0
"""Of each piece, and of the pieces that come meanwhile once more: a pulse is up to sixteen seconds under way."""


async def harm(how: str, way: BrowserWire, screen: Screen, rounds: int) -> None:
    """Harm the way for a while and mend it, so many times. Each time the page comes back by itself."""
    for _ in range(rounds):
        if "hole" in how:
            way.hole()
        elif how == "half open":
            way.half_open()
        elif how == "slow":
            way.delay_seconds = DELAY_SECONDS
        else:
            way.is_shut = True
            way.cut()
        await asyncio.sleep(SHORT_HOLE_SECONDS if how == "short hole" else HARM_SECONDS)
        way.heal()
        way.is_shut, way.delay_seconds = False, 0.0
        await until(screen.shows_truth, f"after a way that was {how} the page shows what is true")


@pytest.mark.browser
async def test_nothing_older_than_fifteen_seconds_is_called_live(
    browser: Browser, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    size = "long" if is_long(request) else "short"
    truth, screens = Truth(), dict[str, Screen]()
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    async with Process.serve(tmp_path / "log", database.url) as process, AsyncExitStack() as stack:
        writing = asyncio.create_task(truth.write(process))
        ways = {how: await stack.enter_async_context(BrowserWire("127.0.0.1", process.port)) for how in HARMS[size]}
        for how, way in ways.items():
            screens[how] = await stack.enter_async_context(screen_of(browser, process, truth, way))
        deaf_way = await stack.enter_async_context(BrowserWire("127.0.0.1", process.port))
        never = await stack.enter_async_context(screen_of(browser, process, truth, deaf_way, is_never_silent=True))
        deaf_way.hole()
        await asyncio.gather(*(harm(how, ways[how], screen, ROUNDS[size]) for how, screen in screens.items()))
        await until(never.has_lied, "a page that calls everything live is seen")
        assert not writing.done()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    assert [how for how, screen in screens.items() if await screen.has_lied()] == []
    assert all("lost" in screens[how].said for how in ("hole", "cut"))
    assert '"bug"' not in process.log.read_text()
    ages = ", ".join(f"{how} {screen.oldest:.1f} s" for how, screen in screens.items())
    tell(capsys, f"old pages: {ROUNDS[size]} times each; the oldest that was called live: {ages}")
