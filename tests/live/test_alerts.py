"""The owner of an alert hears of a place that comes free: once for each time, from any process, and after a restart too."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect

from bedboard.actions.alerts import drop_expired_alerts
from bedboard.actions.holds import hold_place
from bedboard.actions.occupancy import confirm_shelter
from bedboard.jobs import make_scheduler
from bedboard.rules.alerts import SeenChange
from bedboard.rules.refusals import Unavailable
from bedboard.store.database import Database
from tests.build import NOW, PATIENCE, Ear, FixedClock, actor, hearing, until
from tests.build.lines import until_pulse
from tests.build.rows import do, run
from tests.build.site import Site, start_site, stop_site

MAN = {"adults.man": "1"}  # fits ceder, whose two places are free; linde takes no men, wilg is stale


@asynccontextmanager
async def another(database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """Serve a process on the database, whose jobs let holds and news age as in life."""
    site, server, running = await start_site(database.url, clock, has_jobs=True, own_pulse=False)
    try:
        yield site
    finally:
        await stop_site(server, running)


@pytest.fixture
async def site(board: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """Serve the small board, with its jobs."""
    async with another(board, clock) as site:
        yield site


async def wait(site: Site, fields: dict[str, str] = MAN, person: str = "mark") -> str:
    """Leaves the profile waiting; gives its id."""
    async with aclosing(await site.sign_in(person)) as browser:
        reply = await browser.post("/search/alert", data={**fields, "key": f"{person}{site.clock.new_id()}"})
        assert reply.status_code == 303, reply.text
        return reply.headers["location"].rpartition("/")[2]


async def mark(site: Site, place: str, status: str) -> None:
    async with site.api(f"demo-shelter-{place.partition('-')[0]}") as api:
        reply = await api.patch(f"/places/{place}", json={"status": status})
        assert reply.status_code == 200, reply.text


async def row(database: Database, alert_id: str) -> Any:
    async with database.transaction() as tx:
        found = await (await tx.connection()).execute(text("select seen, found_at from alert where id = :id"), {"id": alert_id})
        return found.one_or_none()


async def until_row(database: Database, alert_id: str, seen: Sequence[str], found_at: datetime | None) -> None:
    async def is_so() -> bool:
        return bool(await row(database, alert_id) == (sorted(seen), found_at))

    try:
        await until(is_so, "the row is as it should be")
    except AssertionError:
        assert await row(database, alert_id) == (sorted(seen), found_at)
        raise


async def settled(*sites: Site) -> None:
    """Everything that rang before has been weighed, also what rang because of that."""
    for _ in range(2):
        turns = [site.process.alerts._turned.wait() for site in sites]
        async with sites[0].process.database.transaction() as tx:
            await (await tx.connection()).execute(text("select pg_notify('bedboard', 'alert 0 fence')"))
        await asyncio.wait_for(asyncio.gather(*turns), PATIENCE)

        async def are_idle() -> bool:
            return all(site.process.alerts.is_idle for site in sites)

        await until(are_idle, "all has been weighed")


def page_line(site: Site, browser: httpx.AsyncClient) -> connect:
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return connect(f"{site.live_url}/live?view=board", additional_headers={"Cookie": cookie, "Origin": site.url})


async def said(site: Site, line: ClientConnection) -> list[str]:
    return [message["type"] for message in await until_pulse(site, line)]


async def test_its_owner_hears_at_once_that_a_place_is_free_and_nobody_else_does(board: Database, site: Site) -> None:
    mine, others = await site.sign_in("mark"), await site.sign_in("lucia")
    await mark(site, "ceder-1", "occupied")
    await mark(site, "ceder-2", "occupied")
    alert_id = await wait(site)
    assert await row(board, alert_id) == ([], None)
    async with page_line(site, mine) as line, page_line(site, others) as other:
        for one in (line, other):
            await one.send("{}")
            await said(site, one)
        site.clock.move(minutes=1)
        await mark(site, "ceder-2", "free")
        async with asyncio.timeout(PATIENCE):
            while "own" not in str(await line.recv()):
                pass
        assert await row(board, alert_id) == (["ceder-2"], NOW + timedelta(minutes=1))
        strip = (await mine.get("/strip")).text
        assert 'role="alert"' in strip and f"waiting-{alert_id}" in strip
        assert "own" not in await said(site, other)
    assert f"waiting-{alert_id}" not in (await others.get("/strip")).text
    await mine.aclose()
    await others.aclose()


async def test_a_place_that_was_free_already_is_no_news(board: Database, site: Site) -> None:
    alert_id = await wait(site)
    for action in (("ceder-1", "free"), ("linde-3", "free")):  # as it was, which confirms; and one that takes no men
        await mark(site, *action)
    await settled(site)
    assert await row(board, alert_id) == (["ceder-1", "ceder-2"], None)


async def test_freed_taken_and_freed_again_is_news_twice(board: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    await mark(site, "ceder-2", "occupied")
    alert_id = await wait(site)
    for _ in range(2):
        site.clock.move(minutes=1)
        await mark(site, "ceder-1", "free")
        await until_row(board, alert_id, ["ceder-1"], site.clock.now())
        site.clock.move(minutes=1)
        await mark(site, "ceder-1", "occupied")
        await until_row(board, alert_id, [], None)


async def test_news_stays_while_something_of_it_is_free(board: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    alert_id = await wait(site)
    await mark(site, "ceder-1", "free")
    await until_row(board, alert_id, ["ceder-1", "ceder-2"], NOW)
    await mark(site, "ceder-1", "occupied")
    await until_row(board, alert_id, ["ceder-2"], NOW)


async def bells(ear: Ear, alert_id: str) -> int:
    return sum(row_id == alert_id for _, row_id, _ in await ear.heard())


async def test_of_two_processes_one_finds_it(board: Database, site: Site) -> None:
    async with another(board, site.clock) as other, hearing(board) as ear:
        await mark(site, "ceder-1", "occupied")
        alert_id = await wait(other)
        await settled(site, other)
        assert await bells(ear, alert_id) == 1  # made
        for n in range(5):
            site.clock.move(seconds=1)
            await mark((site, other)[n % 2], "ceder-1", "free")
            await until_row(board, alert_id, ["ceder-1", "ceder-2"], site.clock.now())
            await mark((other, site)[n % 2], "ceder-1", "occupied")
            await until_row(board, alert_id, ["ceder-2"], site.clock.now())
            await settled(site, other)
            assert await bells(ear, alert_id) == 2  # found, and gone


async def test_a_hold_that_ends_by_itself_is_news_once_though_the_clocks_differ(board: Database, site: Site) -> None:
    """The other process still shows the place as held when it hears that it was found."""
    lucia = actor("coordinator", "lucia", ())
    held = await do(board, lambda tx: hold_place(tx, lucia, ["ceder-1"], "h1", NOW))
    slow = FixedClock()
    async with another(board, slow) as other, hearing(board) as ear:
        alert_id = await wait(site)
        await settled(site, other)
        assert await row(board, alert_id) == (["ceder-2"], None)
        slow.at = held.expires_at - timedelta(seconds=1)
        site.clock.at = held.expires_at
        await until_row(board, alert_id, ["ceder-1", "ceder-2"], site.clock.now())
        await settled(site, other)
        slow.at = held.expires_at
        await until_aged(other, "ceder")
        await settled(site, other)
        assert await row(board, alert_id) == (["ceder-1", "ceder-2"], held.expires_at)
        assert await bells(ear, alert_id) == 2  # made, and found


async def until_aged(site: Site, shelter: str) -> None:
    async def has_aged() -> bool:
        at = site.process.board.cards[shelter].changes_at
        return at is None or at > site.clock.now()

    await until(has_aged, "what time changes is shown")


async def test_news_that_goes_stale_and_is_confirmed_again_is_news(board: Database, site: Site) -> None:
    """Stale says "call", not free."""
    alert_id = await wait(site)
    site.clock.move(hours=7, minutes=30)
    await until_row(board, alert_id, [], None)
    await do(board, lambda tx: confirm_shelter(tx, actor(actor_id="kofi"), "ceder", site.clock.now()))
    await until_row(board, alert_id, ["ceder-1", "ceder-2"], site.clock.now())


async def test_a_restart_misses_nothing(board: Database, clock: FixedClock) -> None:
    async with another(board, clock) as site:
        await mark(site, "ceder-1", "occupied")
        alert_id = await wait(site)
    clock.move(minutes=5)
    await run(board, "update place set state = 'open' where id = 'ceder-1'")
    await run(board, "update shelter set version = version + 1 where id = 'ceder'")
    async with another(board, clock) as site:
        await until_row(board, alert_id, ["ceder-1", "ceder-2"], clock.now())
        assert site.process.alerts.has_any("person:mark")


async def test_after_a_lost_line_everything_is_weighed_again(board: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    alert_id = await wait(site)
    await run(board, "update place set state = 'open' where id = 'ceder-1'")
    await run(board, "update shelter set version = version + 1 where id = 'ceder'")
    await settled(site)
    assert await row(board, alert_id) == (["ceder-2"], None)  # nothing has rung
    lost = "select pg_terminate_backend(pid) from pg_stat_activity"
    await run(board, f"{lost} where application_name = 'bedboard bell' and datname = current_database()")
    await until_row(board, alert_id, ["ceder-1", "ceder-2"], NOW)


async def test_after_a_day_nothing_is_found_and_the_row_and_the_memory_of_it_go(board: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    alert_id = await wait(site)
    assert site.process.alerts.has_any("person:mark")
    site.clock.move(hours=24)
    await do(board, lambda tx: confirm_shelter(tx, actor(actor_id="kofi"), "ceder", site.clock.now()))
    await mark(site, "ceder-1", "free")
    await settled(site)
    present = await row(board, alert_id)
    assert present is None or present.found_at is None
    await do(board, lambda tx: drop_expired_alerts(tx, site.clock.now()))
    assert await row(board, alert_id) is None

    async def forgotten() -> bool:
        return not site.process.alerts.has_any("person:mark")

    await until(forgotten, "the process has forgotten it")


async def test_the_job_of_every_minute_takes_what_is_over(board: Database, site: Site) -> None:
    over, other = await wait(site), await wait(site, person="lucia")
    await run(
        board,
        "update alert set created_at = created_at - interval '1 day', expires_at = :now where id = :id",
        now=NOW,
        id=over,
    )
    job = make_scheduler(site.process).get_job("end_alerts")
    assert job.trigger.interval == timedelta(minutes=1)
    for _ in range(2):
        await job.func(*job.args)
        assert await row(board, over) is None
        assert await row(board, other) is not None


async def test_pages_hear_that_it_has_stopped_or_is_over(board: Database, site: Site) -> None:
    browser = await site.sign_in("mark")
    async with page_line(site, browser) as line:
        await line.send("{}")
        await said(site, line)
        alert_id = await wait(site)
        assert "own" in await said(site, line)
        reply = await browser.post(f"/alerts/{alert_id}/stop", data={"key": "s"})
        assert reply.status_code == 303
        assert "own" in await said(site, line)
        await wait(site)
        await said(site, line)
        await do(board, lambda tx: drop_expired_alerts(tx, NOW + timedelta(hours=24)))
        await settled(site)
        assert "own" in await said(site, line)
        assert "waiting-" not in (await browser.get("/strip")).text
    await browser.aclose()


async def test_what_could_not_be_written_down_is_tried_again(
    board: Database, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mark(site, "ceder-1", "occupied")
    alert_id = await wait(site)
    await settled(site)
    real, tries = site.process.alerts._report, 0

    async def flaky(alert_id: str, changes: Sequence[SeenChange]) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Unavailable("database_away")
        if tries == 2:
            raise ZeroDivisionError  # a bug is said and does not stop it for the others
        await real(alert_id, changes)

    monkeypatch.setattr(site.process.alerts, "_report", flaky)
    await mark(site, "ceder-1", "free")

    async def tried_twice() -> bool:
        return tries >= 2

    await until(tried_twice, "it was tried again")
    await mark(site, "ceder-1", "free")  # as it was, but it is looked at again
    await until_row(board, alert_id, ["ceder-1", "ceder-2"], NOW)


async def test_one_that_cannot_be_opened_is_left_alone_and_the_others_are_found(board: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    await run(
        board,
        "insert into alert (id, person_id, profile_sealed, seen, created_at, expires_at)"
        " values ('broken', 'mark', 'x', '{}', :now, :until)",
        now=NOW,
        until=NOW + timedelta(hours=1),
    )
    await run(board, "select pg_notify('bedboard', 'alert 0 broken')")
    alert_id = await wait(site)
    await mark(site, "ceder-1", "free")
    await until_row(board, alert_id, ["ceder-1", "ceder-2"], NOW)
    assert await row(board, "broken") == ([], None)
    async with aclosing(await site.sign_in("mark")) as browser:
        assert "waiting-broken" in (await browser.get("/strip")).text  # so that it can be stopped
        assert (await browser.get("/alerts/broken")).status_code == 404
        assert (await browser.post("/alerts/broken/stop", data={"key": "b"})).status_code == 303


async def test_arriving_now_is_the_moment_of_weighing(board: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    alert_id = await wait(site, MAN | {"arrival": "now"})
    site.clock.move(hours=3)
    alert = site.process.alerts._alerts[alert_id]
    assert alert.profile_at is not None
    assert alert.profile_at(site.clock.now()).arrives_after == 17 * 60
    await mark(site, "ceder-1", "free")
    await until_row(board, alert_id, ["ceder-1", "ceder-2"], site.clock.now())
