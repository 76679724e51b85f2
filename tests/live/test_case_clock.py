"""What time brings to cases is told once, though several processes look at the clock."""

import asyncio
from datetime import timedelta

from bedboard.jobs import make_scheduler
from bedboard.store.database import Database
from tests.build import NOW, FixedClock
from tests.build.cases import MINUTE, ask, bring_to, choose, confirm, offer, state, told
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


async def test_at_the_minute_at_which_the_desk_closes_each_waiting_choice_counts_once_in_two_processes(
    demo_database: Database, site: Site, clock: FixedClock
) -> None:
    closes = NOW + 180 * MINUTE  # 17:00 in Amsterdam
    chosen = {"r0": closes - 2 * MINUTE, "r1": closes - timedelta(microseconds=1)}
    for (case_id, at), place in zip(chosen.items(), ("linde-1", "linde-2"), strict=True):
        await ask(demo_database, case_id=case_id, at=at)
        await offer(demo_database, place, case_id=case_id, at=at)
        await choose(demo_database, "linde", case_id=case_id, at=at)
    async with process(demo_database, clock) as other:
        clock.at = closes - timedelta(seconds=1)
        await follow(site, other)
        assert [await state(demo_database, case_id) for case_id in chosen] == ["chosen", "chosen"]
        clock.at = closes
        await follow(site, other)
        await follow(other, site)
    assert [await state(demo_database, case_id) for case_id in chosen] == ["provisional", "provisional"]
    assert [what for what, *_ in told(await every_row(demo_database))].count("desk_closed") == 2


async def test_a_desk_that_decides_in_its_last_second_has_decided(
    demo_database: Database, site: Site, clock: FixedClock
) -> None:
    """The confirmation and the closing meet at the lock of the case; whichever comes first, it is confirmed."""
    clock.at = at = NOW + 180 * MINUTE
    for n in range(2):
        await ask(demo_database, case_id=f"r{n}", at=at - 2 * MINUTE)
        await offer(demo_database, f"linde-{n + 1}", case_id=f"r{n}", at=at - 2 * MINUTE)
        await choose(demo_database, "linde", case_id=f"r{n}", at=at - 2 * MINUTE)
    async with process(demo_database, clock) as other:
        await asyncio.gather(follow(site, other), *(confirm(demo_database, case_id=f"r{n}", at=at) for n in range(2)))
        await follow(site, other)
    assert [await state(demo_database, f"r{n}") for n in range(2)] == ["confirmed", "confirmed"]


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
