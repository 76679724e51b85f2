"""live.js: a page says that it is live only while it is, and finds its way back after silence, sleep and lost lines."""

import asyncio
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, expect

from tests.build import PATIENCE
from tests.build.scripted_pages import board, card
from tests.build.scripted_server import Server
from tests.build.scripted_tabs import expect_state, open_board


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
    await connection.pulse(datetime.now(UTC) - timedelta(seconds=12))
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
    for seconds in (0.5, 1, 2, 4, 4):  # not longer, because this server answers: it has kept the page at its door
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
