"""place.js and live.js: a page follows a database that came back older, and is never live by the moment of receipt alone."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect
from starlette.responses import HTMLResponse

from tests.build import PATIENCE
from tests.build.scripted_pages import card, staff_page
from tests.build.scripted_server import Server
from tests.build.scripted_tabs import expect_state, open_board, open_staff_page

SECOND = timedelta(seconds=1)


async def test_a_higher_epoch_replaces_what_the_page_shows_whatever_its_stamps(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "61.0", "lost"), card("b", "7.0", "lost too"))
    await connection.snapshot(epoch=5)
    await expect_state(tab, "live")
    await connection.websocket.close(1013)
    again = await server.socket()
    assert again.hello["epoch"] == 5
    await again.snapshot(card("a", "56.0", "restored"), exists=("a",), epoch=6)
    await expect_state(tab, "live")
    await expect(tab.locator("#shelter-a .text")).to_have_text("restored")
    await expect(tab.locator("#shelter-b")).to_have_count(0)
    await again.update(card("a", "57.0", "a new change"))
    await expect(tab.locator("#shelter-a .text")).to_have_text("a new change")


async def test_a_lower_version_in_one_epoch_is_not_live_and_the_page_begins_again(server: Server, tab: Page) -> None:
    """The control of the test before: without another epoch the page keeps the higher stamp. It must not call that live."""
    connection = await open_board(server, tab, card("a", "61.0", "lost"))
    await connection.snapshot(card("a", "56.0", "restored"))
    await connection.update(card("a", "57.0", "a new change"), card("c", "1.0", "last"))
    await expect(tab.locator("#shelter-c .text")).to_have_text("last")
    await expect(tab.locator("#shelter-a .text")).to_have_text("lost")
    await connection.pulse()
    await expect_state(tab, "lost")
    again = await server.socket()
    assert again.hello["known"] == {"a": "0.0", "c": "0.0"}
    await again.snapshot(card("a", "57.0", "a new change"))
    await expect_state(tab, "live")
    await expect(tab.locator("#shelter-a .text")).to_have_text("a new change")


async def test_a_server_that_is_a_little_behind_is_no_fault(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "61.2", "present"))
    await connection.snapshot(card("a", "60.0", "behind"))
    await connection.update(card("a", "61.0", "behind by its clock"))
    heard: int = await tab.evaluate("window.heard")
    await connection.pulse()
    await tab.wait_for_function("(heard) => window.heard > heard", arg=heard)
    await connection.update(card("c", "1.0", "last"))
    await expect(tab.locator("#shelter-c .text")).to_have_text("last")
    await expect(tab.locator("#shelter-a .text")).to_have_text("present")
    await expect_state(tab, "live")


async def test_a_server_with_a_database_that_is_no_more_is_left(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "1.0", "before"))
    await connection.snapshot(card("a", "56.0", "present"), epoch=6)
    await expect_state(tab, "live")
    await connection.websocket.close(1012)
    old = await server.socket()
    await old.snapshot(card("a", "61.0", "from the old one"), epoch=5)
    await asyncio.wait_for(old.closed.wait(), PATIENCE)
    await expect_state(tab, "lost")
    await expect(tab.locator("#shelter-a .text")).to_have_text("present")


@pytest.mark.parametrize(("epoch", "shown"), [("6", "from a press"), ("4", "restored")], ids=["newer", "older"])
async def test_an_answer_of_another_epoch(epoch: str, shown: str, server: Server, tab: Page) -> None:
    """A newer one is placed, and the rest of the page comes again; one of a database that is no more is left out."""
    connection = await open_board(server, tab, card("a", "56.0", "restored"), card("b", "9.0", "before"))
    await connection.snapshot(epoch=5)
    await expect_state(tab, "live")
    server.epoch = epoch
    server.answer = lambda _: HTMLResponse(card("a", "61.0" if epoch == "4" else "3.0", "from a press"))
    await tab.evaluate("() => void window.bedboard.ask(document.body, '/staff/a/press', { method: 'POST' })")
    await server.post()
    if epoch == "6":
        again = await server.socket()
        assert again.hello["epoch"] == 6
        await again.snapshot(card("b", "2.0", "after"), epoch=6)
        await expect(tab.locator("#shelter-b .text")).to_have_text("after")
    else:
        await connection.update(card("b", "10.0", "after"))
        await expect(tab.locator("#shelter-b .text")).to_have_text("after")
    await expect_state(tab, "live")
    await expect(tab.locator("#shelter-a .text")).to_have_text(shown)


@pytest.mark.parametrize("delay", [0, 10], ids=["at once", "after ten seconds"])
async def test_a_state_is_as_old_as_its_message_says(delay: int, server: Server, tab: Page) -> None:
    """Every message is under way for so long. Counted from receipt, a page would call a state of 16 s live."""
    connection = await open_board(server, tab)
    asked = datetime.now(UTC)
    await tab.clock.run_for(delay * 1000)
    await connection.snapshot(at=asked, now=asked)
    await expect_state(tab, "live")
    await tab.clock.run_for(6_000)
    await expect_state(tab, "lost" if delay else "live")
    await connection.pulse(asked + 5 * SECOND)
    await expect_state(tab, "live")


async def test_a_snapshot_of_long_ago_is_not_live(server: Server, tab: Page) -> None:
    """The server made it at once, and something that it had heard of was not yet read for twenty seconds."""
    connection = await open_board(server, tab)
    await connection.snapshot(at=datetime.now(UTC) - 20 * SECOND, now=datetime.now(UTC))
    await expect_state(tab, "lost")
    await connection.pulse()
    await expect_state(tab, "live")


async def test_a_page_of_a_shelter_begins_again_too(server: Server, tab: Page) -> None:
    connection = await open_staff_page(server, tab, staff_page())
    stamp = await tab.locator("#staff-a").get_attribute("data-stamp")
    await connection.websocket.close(1013)
    again = await server.socket()
    assert again.hello["known"] == {"a": stamp}
    await again.snapshot(epoch=9)
    await expect_state(tab, "live")
    assert await tab.locator("#staff-a").get_attribute("data-stamp") == "0.0"
