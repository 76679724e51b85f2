"""What time brings to cases is told once, though several processes look at the clock."""

import asyncio
from datetime import timedelta

from bedboard.jobs import make_scheduler
from bedboard.store.database import Database
from tests.build import NOW, FixedClock
from tests.build.cases import MINUTE, ask, bring_to, told
from tests.build.listeners import INSIDE, demo_database, listening, process, site, who
from tests.build.rows import every_row, run
from tests.build.site import Site

__all__ = ["demo_database", "site"]  # fixtures


async def follow(*sites: Site) -> None:
    """Run the scheduler's job of every five seconds in all of these processes at once."""
    jobs = [make_scheduler(site.process).get_job("follow_cases") for site in sites]
    assert {job.trigger.interval for job in jobs} == {timedelta(seconds=5)}
    await asyncio.gather(*(job.func(*job.args) for job in jobs))


async def test_silence_is_told_once_though_two_processes_look_at_the_clock(
    demo_database: Database, site: Site, clock: FixedClock
) -> None:
    for n in range(6):
        await ask(demo_database, case_id=f"r{n}", at=NOW)
    async with process(demo_database, clock) as other, listening(site) as listeners:
        for minutes, what in ((5, "reminder"), (10, "second_line"), (15, "desk")):
            clock.at = NOW + minutes * MINUTE
            await follow(site, other)
            await follow(other, site)
            assert who(await listeners.heard(), "own") == INSIDE
            lines = [line for line in told(await every_row(demo_database)) if line[0] == what]
            assert lines == [(what, "linde", "clock", "machine")] * 6
        await follow(site, other)
        assert await listeners.heard() == {}


async def test_lateness_and_a_week_are_told_once_too(demo_database: Database, site: Site, clock: FixedClock) -> None:
    await bring_to(demo_database, "confirmed")
    async with process(demo_database, clock) as other:
        for hours in (2, 1, 15):  # the agreed hour, an hour later, the next morning
            clock.move(hours=hours)
            await follow(site, other)
        clock.move(days=7)
        await follow(site, other)
    whats = [what for what, *_ in told(await every_row(demo_database))]
    assert (whats.count("late"), whats.count("lapsed")) == (3, 1)


async def test_one_case_that_fails_does_not_keep_the_others_from_being_told(demo_database: Database, site: Site) -> None:
    for case_id in ("a", "b", "c"):
        await ask(demo_database, case_id=case_id)
    await run(demo_database, "alter table case_event add constraint ck_broken check (case_id <> 'a' or what = 'asked')")
    site.clock.move(minutes=5)
    await follow(site)
    steps = {key[1]: row["step"] for key, row in (await every_row(demo_database)).items() if key[0] == "ask"}
    assert steps == {"a": 0, "b": 1, "c": 1}
    await run(demo_database, "alter table case_event drop constraint ck_broken")
    await follow(site)
    steps = {key[1]: row["step"] for key, row in (await every_row(demo_database)).items() if key[0] == "ask"}
    assert steps == {"a": 1, "b": 1, "c": 1}
