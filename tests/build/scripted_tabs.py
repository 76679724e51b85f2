"""A tab on a page of the scripted server: opened, living on, tapped at, and read."""

import asyncio
from datetime import timedelta
from typing import Any

from playwright.async_api import Page, expect

from tests.build import PATIENCE
from tests.build.scripted_pages import board, staff_page
from tests.build.scripted_server import Server, Socket, away


async def open_board(server: Server, tab: Page, *cards: str, query: str = "") -> Socket:
    server.html = board(*cards)
    await tab.goto("/" + query)
    return await server.socket()


async def open_staff_page(server: Server, tab: Page, html: str = "") -> Socket:
    """Mijn opvang, live, with the server's clock known."""
    server.html = html or staff_page()
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


async def leave_waiting(server: Server, tab: Page) -> None:
    """Tap while the server is away, so that the tap waits in the outbox."""
    server.answer = away
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
