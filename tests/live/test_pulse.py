"""The pulse: it says "live" only while the database answers, and closes the sockets of those who may no longer stay."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock, until
from tests.build.lines import Screen, api_line, hear, in_sql, on_screen, page_line, pulse, until_pulse
from tests.build.site import Site, as_owner


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


@asynccontextmanager
async def behind(site: Site) -> AsyncIterator[None]:
    """While open, the process has heard of a change and cannot read it: another transaction has the table of claims."""
    async with as_owner(site.process.database) as owner:
        await owner.exec(text("lock table claim in access exclusive mode"))  # type: ignore[call-overload]
        async with site.process.database.transaction() as tx:
            for statement in (
                "update shelter set version = 2 where id = 'linde'",
                "update place set state = 'occupied' where id = 'linde-1'",
                "select pg_notify('bedboard', 'shelter 2 linde')",
            ):
                await tx.exec(text(statement))  # type: ignore[call-overload]

        async def is_heard() -> bool:
            return not site.process.board.unread.is_empty

        await until(is_heard, "the bell is heard")
        yield


async def test_a_pulse_waits_for_the_change_that_was_heard_before_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bedboard.live.pulse.READING_SECONDS", PATIENCE)
    screen = Screen()
    async with api_line(site) as line:
        screen.take(await hear(line))
        async with behind(site):
            site.clock.move(seconds=5)
            beat = asyncio.create_task(pulse(site))
            done, _ = await asyncio.wait([beat], timeout=0.3)  # far more than a pulse needs that waits for nothing
            assert not done
        assert await beat
        screen.take(await hear(line))
        assert await hear(line) == {"type": "pulse", "at": "2026-03-11T13:00:05Z"}
        assert on_screen(screen) == await in_sql(site)


async def test_no_pulse_goes_out_while_a_change_that_was_heard_cannot_be_read(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bedboard.live.pulse.READING_SECONDS", 0.2)
    screen = Screen()
    async with api_line(site) as line:
        screen.take(await hear(line))
        async with behind(site):
            assert not await pulse(site)
        for message in await until_pulse(site, line):
            screen.take(message)
        assert on_screen(screen) == await in_sql(site)


async def test_a_board_that_is_known_to_be_behind_does_not_say_that_it_is_of_now(site: Site) -> None:
    async with behind(site), site.api("demo-police") as police:
        site.clock.move(seconds=3)
        assert (await police.get("/board")).json()["as_of"] == "2026-03-11T13:00:00Z"
        assert (await police.post("/search", json={})).json()["as_of"] == "2026-03-11T13:00:00Z"
        async with api_line(site) as line:
            assert (await hear(line))["as_of"] == "2026-03-11T13:00:00Z"
