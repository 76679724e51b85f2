"""The watch: a socket ends with the right of its person, and when nobody can tell whether the right is still there."""

from contextlib import aclosing

import pytest
from websockets.asyncio.client import ClientConnection

from bedboard.live import watch
from bedboard.store.database import Database
from tests.build.lines import api_line, hear, page_line, until_pulse
from tests.build.rows import run
from tests.build.sessions import WholeClock, code_of, locked_out
from tests.build.sessions import site as site
from tests.build.site import Site, served

CHANGES = [
    "update person set ended_at = now() where id = 'mark'",
    "update person set role = 'auditor' where id = 'mark'",
    "update session set ended_at = now()",
    "delete from session",
]


async def first(line: ClientConnection) -> None:
    await line.send("{}")
    await hear(line)


async def change(site: Site) -> None:
    async with site.api("demo-shelter-linde") as api:
        assert (await api.patch("/places/linde-2", json={"status": "occupied"})).status_code == 200


@pytest.mark.parametrize("statement", CHANGES)
async def test_one_round_ends_the_socket_of_a_right_that_is_over(site: Site, statement: str) -> None:
    async with aclosing(await site.sign_in("mark")) as browser, page_line(site, browser) as line:
        await first(line)
        assert await site.process.watch.look()
        assert len(site.process.hub) == 1, "the control: the right is there"
        await run(site.process.database, statement)
        assert await site.process.watch.look()
        assert await code_of(line) == 4401


async def test_a_round_ends_the_socket_of_a_token_that_was_ended(site: Site) -> None:
    async with api_line(site) as line:
        await hear(line)
        await run(site.process.database, "update client set ended_at = now() where id = 'demo-police'")
        assert await site.process.watch.look()
        assert await code_of(line) == 4401


async def test_the_watch_of_a_process_looks_by_itself(board_database: Database) -> None:
    async with (
        served(board_database.url, WholeClock(), own_pulse=False, has_watch=True) as site,
        aclosing(await site.sign_in("mark")) as browser,
        page_line(site, browser) as line,
    ):
        await first(line)
        await run(board_database, "update person set ended_at = now() where id = 'mark'")
        assert await code_of(line) == 4401


@pytest.mark.parametrize("is_watched", [True, False], ids=["watched", "control"])
async def test_a_disabled_person_hears_nothing_more_while_nobody_can_read_the_sessions(
    site: Site, monkeypatch: pytest.MonkeyPatch, is_watched: bool
) -> None:
    monkeypatch.setattr(watch, "MOST_MISSED", watch.MOST_MISSED if is_watched else 1_000)
    async with aclosing(await site.sign_in("mark")) as browser, page_line(site, browser) as line:
        await first(line)
        await run(site.process.database, "update person set ended_at = now() where id = 'mark'")
        async with locked_out(site.process.database):
            rounds = [await site.process.watch.look() for _ in range(watch.MOST_MISSED if is_watched else 3)]
            assert not any(rounds)
            await change(site)
            if is_watched:
                assert await code_of(line) == 1013
                async with page_line(site, browser) as again:
                    assert await code_of(again) == 1013, "and what the process remembers lets nobody back in"
            else:
                assert (await hear(line))["type"] == "update", "the control: the socket goes on"


async def test_one_slow_round_closes_nothing(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser, page_line(site, browser) as line:
        await first(line)
        for _ in range(3):
            async with locked_out(site.process.database):
                assert not await site.process.watch.look()
            assert await site.process.watch.look()
        assert any(one["type"] == "pulse" for one in [*await until_pulse(site, line), {"type": "pulse"}])
        assert len(site.process.hub) == 1


async def test_while_the_bell_is_not_heard_sockets_wait_and_hear_nothing(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser, page_line(site, browser) as line:
        await first(line)
        site.process.board.listener = None
        async with locked_out(site.process.database):
            for _ in range(watch.MOST_MISSED + 1):
                assert not await site.process.watch.look()
        assert len(site.process.hub) == 1
