"""An alert ends after its day or when it is stopped, and one that fails is tried again or left alone."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta

import pytest

from bedboard.actions.alerts import drop_expired_alerts
from bedboard.actions.occupancy import confirm_shelter
from bedboard.jobs import make_scheduler
from bedboard.rules.alerts import SeenChange
from bedboard.rules.refusals import Unavailable
from bedboard.store.database import Database
from tests.build import NOW, actor, until
from tests.build.alerts import mark, row, said, settled, site, until_row, wait
from tests.build.lines import page_line
from tests.build.rows import do, run
from tests.build.site import Site

__all__ = ["site"]  # fixtures


async def test_after_a_day_nothing_is_found_and_the_row_and_the_memory_of_it_go(board_database: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    alert_id = await wait(site)
    assert site.process.alerts.has_any("person:mark")
    site.clock.move(hours=24)
    await do(board_database, lambda tx: confirm_shelter(tx, actor(actor_id="kofi"), "ceder", site.clock.now()))
    await mark(site, "ceder-1", "free")
    await settled(site)
    present = await row(board_database, alert_id)
    assert present is None or present.found_at is None
    await do(board_database, lambda tx: drop_expired_alerts(tx, site.clock.now()))
    assert await row(board_database, alert_id) is None

    async def forgotten() -> bool:
        return not site.process.alerts.has_any("person:mark")

    await until(forgotten, "the process has forgotten it")


async def test_the_job_of_every_minute_takes_what_is_over(board_database: Database, site: Site) -> None:
    over, other = await wait(site), await wait(site, person="lucia")
    await run(
        board_database,
        "update alert set created_at = created_at - interval '1 day', expires_at = :now where id = :id",
        now=NOW,
        id=over,
    )
    job = make_scheduler(site.process).get_job("end_alerts")
    assert job.trigger.interval == timedelta(minutes=1)
    for _ in range(2):
        await job.func(*job.args)
        assert await row(board_database, over) is None
        assert await row(board_database, other) is not None


async def test_pages_hear_that_it_has_stopped_or_is_over(board_database: Database, site: Site) -> None:
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
        await do(board_database, lambda tx: drop_expired_alerts(tx, NOW + timedelta(hours=24)))
        await settled(site)
        assert "own" in await said(site, line)
        assert "waiting-" not in (await browser.get("/strip")).text
    await browser.aclose()


async def test_what_could_not_be_written_down_is_tried_again(
    board_database: Database, site: Site, monkeypatch: pytest.MonkeyPatch
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
    await until_row(board_database, alert_id, ["ceder-1", "ceder-2"], NOW)


async def test_one_that_cannot_be_opened_is_left_alone_and_the_others_are_found(board_database: Database, site: Site) -> None:
    await mark(site, "ceder-1", "occupied")
    await run(
        board_database,
        "insert into alert (id, person_id, profile_sealed, seen, created_at, expires_at)"
        " values ('broken', 'mark', 'x', '{}', :now, :until)",
        now=NOW,
        until=NOW + timedelta(hours=1),
    )
    await run(board_database, "select pg_notify('bedboard', 'alert 0 broken')")
    alert_id = await wait(site)
    await mark(site, "ceder-1", "free")
    await until_row(board_database, alert_id, ["ceder-1", "ceder-2"], NOW)
    assert await row(board_database, "broken") == ([], None)
    async with aclosing(await site.sign_in("mark")) as browser:
        assert "waiting-broken" in (await browser.get("/strip")).text  # so that it can be stopped
        assert (await browser.get("/alerts/broken")).status_code == 404
        assert (await browser.post("/alerts/broken/stop", data={"key": "b"})).status_code == 303
