"""A real Chromium for the tests that need one, headless, once per run; and a tab of it on a scripted server."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from bedboard.seeds import load_seeds, read_seed_file
from bedboard.settings import SEEDS
from bedboard.store.database import Database
from tests.build import PATIENCE, SEAL, FixedClock
from tests.build.scripted_server import Server
from tests.build.site import Site, served


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=as_root)
        with pytest.MonkeyPatch.context() as patch:
            new_context = browser.new_context

            async def new_watched_context(**options: Any) -> BrowserContext:
                context = await new_context(**options)
                context.on("console", lambda said: REFUSED.append(said.text) if POLICY.search(said.text) else None)
                return context

            patch.setattr(browser, "new_context", new_watched_context)
            yield browser
        await browser.close()


REFUSED: list[str] = []
"""The messages of browsers since the test began about a content security policy that refused something."""
POLICY = re.compile("Content Security Policy|TrustedHTML|TrustedScript")


@pytest.fixture(autouse=True)
async def refused() -> AsyncIterator[list[str]]:
    """Fail the test when the policy of any page refused something; a test that plants something clears the list."""
    REFUSED.clear()
    yield REFUSED
    assert REFUSED == []


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


@pytest.fixture
async def demo_site(database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The board of the demo: real words, and many of them."""
    async with database.transaction() as tx:
        await load_seeds(tx, read_seed_file(SEEDS / "demo.toml"), SEAL, clock.now(), demo=True)
    async with served(database.url, clock) as site:
        yield site
