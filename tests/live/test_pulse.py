"""The pulse: it says "live" only while the database answers, and closes the sockets of those who may no longer stay."""

import asyncio

import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.lines import api_line, hear, page_line, pulse
from tests.build.site import Site


async def test_the_pulse_carries_the_time_of_the_server(site: Site) -> None:
    async with api_line(site) as line:
        await hear(line)
        site.clock.move(seconds=5)
        assert await pulse(site)
        assert await hear(line) == {"type": "pulse", "at": "2026-03-11T13:00:05Z"}


async def test_time_gives_no_sign_of_life_while_the_database_is_away(site: Site, clock: FixedClock) -> None:
    board = site.process.board
    board.listener = None
    clock.move(hours=9)
    browser = await site.sign_in("mark")
    await browser.aclose()
    said: list[object] = []
    site.process.hub.publish = lambda *message: said.append(message)  # type: ignore[method-assign]
    assert board.age() > 0
    assert said == []
    assert board.cards["linde"].freshness == "stale", "and yet a page that is asked for tells the truth"


async def test_a_person_that_loses_a_shelter_loses_its_live_page(site: Site, board_database: Database) -> None:
    browser = await site.sign_in("sanne")
    async with page_line(site, browser, "view=staff&shelter=linde") as line:
        await line.send("{}")
        await hear(line)
        async with board_database.transaction() as tx:
            await tx.exec(text("delete from membership where person_id = 'sanne'"))  # type: ignore[call-overload]
        assert await pulse(site)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ConnectionClosed):
                while True:
                    await line.recv()
        assert line.close_code == 4401
    await browser.aclose()
