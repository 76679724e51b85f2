"""The owner of an alert hears of a place that comes free: once for each time, from any process, and after a restart too."""

import asyncio
from datetime import timedelta

from bedboard.actions.holds import hold_place
from bedboard.actions.occupancy import confirm_shelter
from bedboard.store.database import Database
from tests.build import NOW, PATIENCE, Ear, FixedClock, actor, hearing
from tests.build.alerts import MAN, another, mark, row, said, settled, site, until_aged, until_row, wait
from tests.build.lines import page_line
from tests.build.rows import do, run
from tests.build.site import Site

__all__ = ["site"]  # fixtures


async def test_its_owner_hears_at_once_that_a_place_is_free_and_nobody_else_does(board_database: Database, site: Site) -> None:
    mine, others = await site.sign_in("mark"), await site.sign_in("lucia")
    await mark(site, "ceder-1", "occupied")
    await mark(site, "ceder-2", "occupied")
    alert_id = await wait(site)
    assert await row(board_database, alert_id) == ([], None)
    async with page_line(site, mine) as line, page_line(site, others) as other:
        for one in (line, other):
            await one.send("{}")
            await said(site, one)
        site.clock.move(minutes=1)
        await mark(site, "ceder-2", "free")
        async with asyncio.timeout(PATIENCE):
            while "own" not in str(await line.recv()):
                pass
        assert await row(board_database, alert_id) == (["ceder-2"], NOW + timedelta(minutes=1))
        strip = (await mine.get("/strip")).text
        assert 'role="alert"' in strip and f"waiting-{alert_id}" in strip
        assert "own" not in await said(site, other)
    assert f"waiting-{alert_id}" not in (await others.get("/strip")).text
    await mine.aclose()
    await others.aclose()


async def test_a_place_that_was_free_already_is_no_news(board_database: Database, site: Site) -> None:
    alert_id = await wait(site)
    for action in (("ceder-1", "free"), ("linde-3", "free")):  # as it was, which confirms; and one that takes no men
        await mark(site, *action)
    await settled(site)
    assert await row(board_database, alert_id) == (["ceder-1", "ceder-2"], None)


async def test_freed_taken_and_freed_again_is_news_twice(board_database: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    await mark(site, "ceder-2", "occupied")
    alert_id = await wait(site)
    for _ in range(2):
        site.clock.move(minutes=1)
        await mark(site, "ceder-1", "free")
        await until_row(board_database, alert_id, ["ceder-1"], site.clock.now())
        site.clock.move(minutes=1)
        await mark(site, "ceder-1", "occupied")
        await until_row(board_database, alert_id, [], None)


async def test_news_stays_while_something_of_it_is_free(board_database: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    alert_id = await wait(site)
    await mark(site, "ceder-1", "free")
    await until_row(board_database, alert_id, ["ceder-1", "ceder-2"], NOW)
    await mark(site, "ceder-1", "occupied")
    await until_row(board_database, alert_id, ["ceder-2"], NOW)


async def bells(ear: Ear, alert_id: str) -> int:
    return sum(row_id == alert_id for _, row_id, _ in await ear.heard())


async def test_of_two_processes_one_finds_it(board_database: Database, site: Site) -> None:
    async with another(board_database, site.clock) as other, hearing(board_database) as ear:
        await mark(site, "ceder-1", "occupied")
        alert_id = await wait(other)
        await settled(site, other)
        assert await bells(ear, alert_id) == 1  # made
        for n in range(5):
            site.clock.move(seconds=1)
            await mark((site, other)[n % 2], "ceder-1", "free")
            await until_row(board_database, alert_id, ["ceder-1", "ceder-2"], site.clock.now())
            await mark((other, site)[n % 2], "ceder-1", "occupied")
            await until_row(board_database, alert_id, ["ceder-2"], site.clock.now())
            await settled(site, other)
            assert await bells(ear, alert_id) == 2  # found, and gone


async def test_a_hold_that_ends_by_itself_is_news_once_though_the_clocks_differ(board_database: Database, site: Site) -> None:
    """The other process still shows the place as held when it hears that it was found."""
    lucia = actor("coordinator", "lucia", ())
    held = await do(board_database, lambda tx: hold_place(tx, lucia, ["ceder-1"], "h1", NOW))
    slow = FixedClock()
    async with another(board_database, slow) as other, hearing(board_database) as ear:
        alert_id = await wait(site)
        await settled(site, other)
        assert await row(board_database, alert_id) == (["ceder-2"], None)
        slow.at = held.expires_at - timedelta(seconds=1)
        site.clock.at = held.expires_at
        await until_row(board_database, alert_id, ["ceder-1", "ceder-2"], site.clock.now())
        await settled(site, other)
        slow.at = held.expires_at
        await until_aged(other, "ceder")
        await settled(site, other)
        assert await row(board_database, alert_id) == (["ceder-1", "ceder-2"], held.expires_at)
        assert await bells(ear, alert_id) == 2  # made, and found


async def test_news_that_goes_stale_and_is_confirmed_again_is_news(board_database: Database, site: Site) -> None:
    """Stale says "call", not free."""
    alert_id = await wait(site)
    site.clock.move(hours=7, minutes=30)
    await until_row(board_database, alert_id, [], None)
    await do(board_database, lambda tx: confirm_shelter(tx, actor(actor_id="kofi"), "ceder", site.clock.now()))
    await until_row(board_database, alert_id, ["ceder-1", "ceder-2"], site.clock.now())


async def test_a_restart_misses_nothing(board_database: Database, clock: FixedClock) -> None:
    async with another(board_database, clock) as site:
        await mark(site, "ceder-1", "occupied")
        alert_id = await wait(site)
    clock.move(minutes=5)
    await run(board_database, "update place set state = 'open' where id = 'ceder-1'")
    await run(board_database, "update shelter set version = version + 1 where id = 'ceder'")
    async with another(board_database, clock) as site:
        await until_row(board_database, alert_id, ["ceder-1", "ceder-2"], clock.now())
        assert site.process.alerts.has_any("person:mark")


async def test_after_a_lost_line_everything_is_weighed_again(board_database: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    alert_id = await wait(site)
    await run(board_database, "update place set state = 'open' where id = 'ceder-1'")
    await run(board_database, "update shelter set version = version + 1 where id = 'ceder'")
    await settled(site)
    assert await row(board_database, alert_id) == (["ceder-2"], None)  # nothing has rung
    lost = "select pg_terminate_backend(pid) from pg_stat_activity"
    await run(board_database, f"{lost} where application_name = 'bedboard bell' and datname = current_database()")
    await until_row(board_database, alert_id, ["ceder-1", "ceder-2"], NOW)


async def test_arriving_now_is_the_moment_of_weighing(board_database: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    alert_id = await wait(site, MAN | {"arrival": "now"})
    site.clock.move(hours=3)
    alert = site.process.alerts._alerts[alert_id]
    assert alert.profile_at is not None
    assert alert.profile_at(site.clock.now()).arrives_after == 17 * 60
    await mark(site, "ceder-1", "free")
    await until_row(board_database, alert_id, ["ceder-1", "ceder-2"], site.clock.now())
