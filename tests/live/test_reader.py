"""The reader: a lost line to the database is noticed, and the board comes back whole by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bedboard.actions.setup import add_shelter
from bedboard.live.reader import longest_wait
from bedboard.store.address import asyncpg_url
from bedboard.store.board import Catalogue, list_shelters
from bedboard.store.database import Database
from bedboard.views.cards import Card
from bedboard.views.facets import EVERYTHING
from bedboard.views.pieces import Audience, Piece, Pieces
from tests import build
from tests.build import PATIENCE, until
from tests.build.lines import Screen, api_line, hear, in_sql, on_screen, pulse, until_pulse
from tests.build.site import Site

CUT = """select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = $1 and application_name like $2 and pid <> pg_backend_pid()"""


def name_of(site: Site) -> str:
    return str(make_url(site.process.database.url).database)


@asynccontextmanager
async def beside(server_url: str) -> AsyncIterator[Any]:
    """Connect to another database of the same server: this line stays when the site's are cut."""
    connection = await asyncpg.connect(asyncpg_url(server_url))
    try:
        yield connection
    finally:
        await connection.close()


async def behind_its_back(connection_url: str, *statements: str) -> None:
    """Change rows without ringing the bell."""
    connection = await asyncpg.connect(asyncpg_url(connection_url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def is_live(site: Site) -> bool:
    return site.process.board.live


async def test_a_bell_that_was_missed_while_the_line_was_cut_is_made_good(site: Site, server_url: str) -> None:
    screen = Screen()
    async with api_line(site) as line, beside(server_url) as other:
        screen.take(await hear(line))
        await behind_its_back(
            site.process.database.url,
            "update shelter set version = 2 where id = 'linde'",
            "update place set state = 'occupied' where id = 'linde-1'",
        )
        assert await until_pulse(site, line) == []  # nobody rang
        assert await other.fetchval(CUT, name_of(site), "bedboard bell") == 1
        screen.take(await hear(line, 15))
        assert screen.shelters["linde"]["version"] == 2
        assert on_screen(screen) == await in_sql(site)
        async with site.api("demo-shelter-linde") as linde:
            await linde.patch("/places/linde-2", json={"status": "occupied"})
        for message in await until_pulse(site, line):
            screen.take(message)
        assert on_screen(screen) == await in_sql(site)


async def test_no_pulse_goes_out_while_the_database_is_away_and_all_comes_back_by_itself(site: Site, server_url: str) -> None:
    screen = Screen()
    browser = await site.sign_in("mark")
    assert (await browser.get("/")).status_code == 200
    async with api_line(site) as line, site.api("demo-shelter-linde") as linde, beside(server_url) as other:
        screen.take(await hear(line))
        assert (await linde.get("/board")).status_code == 200
        await other.execute(f"alter database {name_of(site)} with allow_connections false")
        try:
            await other.execute(CUT.replace("$1", f"'{name_of(site)}'").replace("$2", "'bedboard%'"))
            await until(lambda: lost(site), "the loss is noticed")
            assert not await pulse(site)
            refused = await linde.patch("/places/linde-1", json={"status": "occupied"})
            assert (refused.status_code, refused.json()["code"]) == (503, "database_away")
            assert refused.headers["retry-after"] == "5"
            assert (await linde.get("/board")).status_code == 200  # the last known board, with its time
            page = await browser.get("/")
            assert page.status_code == 200 and 'data-state="lost"' in page.text
        finally:
            await other.execute(f"alter database {name_of(site)} with allow_connections true")
        await until(lambda: is_live(site), "the board is live again")
        assert (await linde.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
        for message in await until_pulse(site, line):
            screen.take(message)
        assert screen.shelters["linde"]["version"] == 2
        assert on_screen(screen) == await in_sql(site)
    await browser.aclose()


async def lost(site: Site) -> bool:
    return not site.process.board.live


async def test_a_board_nobody_could_update_does_not_claim_to_be_of_now(site: Site, server_url: str) -> None:
    async with site.api("demo-police") as police, beside(server_url) as other:
        assert (await police.get("/board")).json()["as_of"] == "2026-03-11T13:00:00Z"
        await other.execute(f"alter database {name_of(site)} with allow_connections false")
        try:
            await other.fetchval(CUT, name_of(site), "bedboard%")
            await until(lambda: lost(site), "the loss is noticed")
            site.clock.move(minutes=3)
            assert (await police.get("/board")).json()["as_of"] == "2026-03-11T13:00:00Z"
        finally:
            await other.execute(f"alter database {name_of(site)} with allow_connections true")
        await until(lambda: is_live(site), "the board is live again")
        assert (await police.get("/board")).json()["as_of"] == "2026-03-11T13:03:00Z"


async def test_what_was_loaded_while_it_runs_appears_on_open_boards(site: Site) -> None:
    """A shelter is added by another process, as by the command `bedboard seed`, with only the bell between."""
    elsewhere = Database(site.process.database.url, site.process.seal.marks, pool_size=1)
    async with api_line(site) as line:
        await hear(line)
        async with elsewhere.transaction() as tx:
            await add_shelter(tx, build.shelter("iep", [build.place("iep-1")]), build.SEAL, site.clock.now())
        said = await hear(line)
        assert (said["shelter"]["id"], said["shelter"]["counts"]["cosm"]["free"]) == ("iep", 1)
    await elsewhere.dispose()


def test_after_a_night_of_failed_tries_the_next_one_still_comes_soon() -> None:
    assert [longest_wait(attempt) for attempt in (1, 3, 6, 10_000)] == [0.2, 0.8, 1.5, 1.5]


NONSENSE = ["", "x", "shelter", "shelter 5", "shelter x linde", "session 0 zz", "moon 1 linde", "shelter 9 nowhere"]


@pytest.mark.parametrize("message", NONSENSE)
async def test_a_bell_that_makes_no_sense_harms_nobody(site: Site, message: str) -> None:
    async with api_line(site) as line:
        await hear(line)
        async with site.process.database.transaction() as tx:
            await (await tx.connection()).execute(text("select pg_notify('bedboard', :message)"), {"message": message})
        async with site.api("demo-shelter-linde") as linde:
            await linde.patch("/places/linde-1", json={"status": "occupied"})
        assert (await hear(line))["shelter"]["version"] == 2


async def test_a_change_that_a_bug_kept_from_viewers_reaches_them_all_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, broken = Pieces.get, [True]

    def get(pieces: Pieces, audience: Audience, card: Card, catalogue: Catalogue) -> Piece:
        if audience.view == "api" and card.stamp.version == 2 and broken.pop():
            broken.append(False)
            raise ZeroDivisionError
        return drawn(pieces, audience, card, catalogue)

    async with api_line(site) as line, site.api("demo-shelter-linde") as linde:
        await hear(line)
        monkeypatch.setattr(Pieces, "get", get)
        reply = await linde.patch("/places/linde-1", json={"status": "occupied"})
        assert reply.status_code in (200, 500)
        screen = Screen()
        async with asyncio.timeout(PATIENCE):
            while screen.versions.get("linde", [0])[-1] < 2:
                screen.take(await hear(line))
    assert on_screen(screen) == await in_sql(site)


async def test_a_shelter_that_is_gone_is_gone_from_the_totals_too(site: Site) -> None:
    board = site.process.board
    async with site.process.database.transaction() as tx:
        rows = [row for row in await list_shelters(tx) if row.id != "linde"]
    assert board.catalogue is not None
    assert board.facets(EVERYTHING, board.catalogue).whole == (4, 1)
    board.replace(rows, board.epoch)
    assert board.facets(EVERYTHING, board.catalogue).whole == (2, 1)
