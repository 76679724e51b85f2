"""live.js: a board takes news by their stamps, keeps to its filter, and says whether somebody is there."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.build import PATIENCE
from tests.build.scripted_pages import board, card
from tests.build.scripted_server import Server
from tests.build.scripted_tabs import expect_state, live_on, open_board, shown_ids


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


async def test_a_shelter_that_cannot_be_drawn_is_shown_so_until_it_can(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "57.9", "page"), card("b", "57.9", "page"))
    await connection.update(card("a", "57.x", "unknown"), card("b", "56.x", "older"))
    await expect(tab.locator("#shelter-a .text")).to_have_text("unknown")
    await connection.update(card("a", "56.9", "older"), card("c", "1.0", "last"))
    await expect(tab.locator("#shelter-c .text")).to_have_text("last")
    assert await tab.locator(".text").all_inner_texts() == ["unknown", "page", "last"]
    await connection.update(card("a", "57.3", "drawn"))
    await expect(tab.locator("#shelter-a .text")).to_have_text("drawn")


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
    await tab.evaluate("(html) => document.querySelector('main').replaceWith(bedboard.parse(html))", older)
    await expect(tab.locator("#shelter-a .text")).to_have_text("new")
    assert await shown_ids(tab) == ["shelter-a"]


async def test_returning_it_says_which_stamps_it_shows_and_is_live_again(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, card("a", "1.0"), query="?kind=cosm")
    assert connection.hello == {"type": "hello", "known": {"a": "1.0"}, "epoch": None}
    await connection.snapshot(card("a", "5.1"), card("b", "2.0", kinds="omm"))
    await expect_state(tab, "live")
    await connection.websocket.close(1012)
    await expect_state(tab, "waiting")
    again = await server.socket()
    assert again.hello == {"type": "hello", "known": {"a": "5.1", "b": "2.0"}, "epoch": None}, "also of what the filter hides"
    await again.pulse()
    await expect_state(tab, "waiting")  # live only with the whole
    await again.snapshot(exists=("a",))
    await expect_state(tab, "live")


async def test_a_hello_of_a_large_board_stays_within_what_the_server_reads(server: Server, tab: Page) -> None:
    connection = await open_board(server, tab, *(card(f"{number:064}", "1000.10") for number in range(1000)))
    assert len(connection.hello["known"]) == 200


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


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-119.5, "119 minutes ago"),
        (-179.5, "2 hours ago"),
        (90.5, "in 90 minutes"),
        (119.5, "in 2 hours"),
        (299.5, "in 5 hours"),
    ],
)
async def test_a_time_is_said_in_hours_when_it_is_two_hours_away(server: Server, tab: Page, minutes: float, words: str) -> None:
    server.html = board(confirmed_at=(datetime.now(UTC) + timedelta(minutes=minutes)).isoformat())
    await tab.goto("/")
    await (await server.socket()).snapshot()
    await expect(tab.locator("#age .ago")).to_have_text(words)


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


@pytest.mark.parametrize("query", ["", "?wall=1"])
async def test_an_open_page_that_nobody_touches_does_not_say_so(server: Server, tab: Page, query: str) -> None:
    connection = await open_board(server, tab, query=query)
    await connection.snapshot()
    await expect_state(tab, "live")
    await live_on(tab, connection, 130)
    await connection.websocket.close(1012)
    await asyncio.wait_for(connection.closed.wait(), PATIENCE)
    assert connection.said == []
