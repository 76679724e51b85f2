"""One time for all processes: that of the database, whatever the clocks of their machines say."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from hypothesis import given
from hypothesis import strategies as st

from bedboard.clock import Clock
from bedboard.jobs import make_scheduler, run_after_jump, until_end
from bedboard.rules.refusals import Conflict
from bedboard.store.bell import listen
from bedboard.store.database import Database
from bedboard.store.whole import get_now
from tests.build import actor, until
from tests.build.holds import hold
from tests.build.site import Site, served

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


class WrongClock(Clock):
    """A process whose machine is `wrong` by so much; its time is its own until it hears the database."""

    def __init__(self, wrong: timedelta) -> None:
        self.wrong = wrong

    def machine(self) -> datetime:
        return super().machine() + self.wrong


async def heard(clock: WrongClock, database: Database) -> WrongClock:
    async with listen(database, lambda *_: None) as listener:
        await clock.ask(listener.check)
    return clock


def test_a_clock_that_has_heard_nothing_tells_the_time_of_its_machine() -> None:
    clock = WrongClock(HOUR)
    assert abs(clock.now() - datetime.now(UTC) - HOUR) < 60 * SECOND
    assert (clock.offset, clock.is_off) == (timedelta(0), False)


@pytest.mark.parametrize("wrong", [HOUR, -HOUR, 0 * HOUR], ids=["ahead", "behind", "right"])
async def test_every_process_tells_the_time_of_the_database(wrong: timedelta, database: Database) -> None:
    clock = await heard(WrongClock(wrong), database)
    async with database.transaction() as tx:
        before, now, after = clock.now(), await get_now(tx), clock.now()
    assert before - SECOND < now < after + SECOND
    assert abs(clock.offset - wrong) < SECOND
    assert clock.is_off is bool(wrong)


def test_a_slow_answer_does_not_make_the_time_worse_and_a_new_time_is_believed() -> None:
    clock, zero = Clock(), datetime(2026, 3, 11, tzinfo=UTC)

    def at_zero() -> datetime:
        """The time at which `monotonic` is zero."""
        return clock.now() - timedelta(seconds=clock.monotonic())

    clock.hear(zero + 100 * SECOND, 99.9, 100.1)
    assert abs(at_zero() - zero) < SECOND / 10
    clock.hear(zero + 200 * SECOND, 200, 203)  # said as soon as it was asked, and long under way
    assert abs(at_zero() - zero) < SECOND / 10
    clock.hear(zero + 300 * SECOND + HOUR, 299.9, 300.1)  # the database's clock was set
    assert abs(at_zero() - zero - HOUR) < SECOND


trips = st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=20)


@given(trips)
def test_a_clock_is_never_wrong_by_more_than_the_shortest_trip(trips: list[tuple[float, float]]) -> None:
    clock, zero = Clock(), datetime(2026, 3, 11, tzinfo=UTC)
    for number, (there, back) in enumerate(trips):
        asked = 100.0 * number
        clock.hear(zero + timedelta(seconds=asked + there), asked, asked + there + back)
    wrong = clock.now() - timedelta(seconds=clock.monotonic()) - zero
    assert abs(wrong) <= timedelta(seconds=min(there + back for there, back in trips) + 0.001)


@pytest.mark.parametrize("is_heard", [False, True], ids=["by its machine", "by the database"])
async def test_a_process_an_hour_ahead_gives_no_held_place_away(is_heard: bool, board_database: Database) -> None:
    """The control goes by its machine: it gives away a place that is held for half an hour."""
    right = await heard(WrongClock(0 * HOUR), board_database)
    ahead = WrongClock(HOUR)
    if is_heard:
        await heard(ahead, board_database)
    await hold(board_database, actor("police", "mark"), claim_id="h1", at=right.now())
    taking = hold(board_database, actor("coordinator", "lucia"), claim_id="h2", at=ahead.now())
    if is_heard:
        with pytest.raises(Conflict, match="not_free"):
            await taking
    else:
        await taking


async def test_a_served_board_goes_by_the_database_and_says_that_its_machine_is_wrong(
    board_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = WrongClock(-HOUR)
    async with served(board_database.url, clock) as site:  # type: ignore[arg-type]  # nobody moves this one
        await until(lambda: beaten(site), "a pulse goes out")
        async with board_database.transaction() as tx:
            assert abs(await get_now(tx) - site.process.clock.now()) < 10 * SECOND
        assert site.process.clock.is_off
    assert '"clock_off"' in capsys.readouterr().out


async def beaten(site: Site) -> bool:
    return await site.process.pulse.beat()


@pytest.fixture
async def scheduler(site: Site) -> AsyncIterator[AsyncIOScheduler]:
    scheduler = make_scheduler(site.process)
    scheduler.start(paused=True)
    yield scheduler
    scheduler.shutdown(wait=False)


async def test_jobs_run_on_after_the_clock_of_the_machine_was_set_back(scheduler: AsyncIOScheduler) -> None:
    clock = WrongClock(0 * HOUR)
    began = run_after_jump(scheduler, clock, clock.machine() - timedelta(seconds=clock.monotonic()))
    for job in scheduler.get_jobs():
        job.modify(next_run_time=clock.machine() + SECOND)
    clock.wrong = -HOUR
    left = [job.next_run_time - clock.machine() for job in scheduler.get_jobs()]
    assert min(left) > HOUR / 2  # so long nothing would run
    run_after_jump(scheduler, clock, began)
    assert all(job.next_run_time <= clock.machine() for job in scheduler.get_jobs())


async def test_jobs_keep_their_moments_while_nobody_sets_the_clock(scheduler: AsyncIOScheduler) -> None:
    clock = WrongClock(0 * HOUR)
    moments = [job.next_run_time for job in scheduler.get_jobs()]
    began = clock.machine() - timedelta(seconds=clock.monotonic())
    for _ in range(3):
        began = run_after_jump(scheduler, clock, began)
    clock.wrong = HOUR  # set ahead: everything is due by itself
    run_after_jump(scheduler, clock, began)
    assert [job.next_run_time for job in scheduler.get_jobs()] == moments


@pytest.mark.parametrize("is_kept", [True, False], ids=["until its end", "control"])
async def test_a_job_that_ends_with_its_process_is_no_error(
    site: Site, is_kept: bool, caplog: pytest.LogCaptureFixture
) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def job(process: object) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.start()
    scheduler.add_job(until_end if is_kept else job, args=[job, site.process] if is_kept else [site.process])
    await began.wait()
    scheduler.shutdown(wait=False)
    await ended.wait()
    for _ in range(10):  # the scheduler hears of the end in one of the next turns
        await asyncio.sleep(0)
    assert any(line.levelname == "ERROR" for line in caplog.records) is not is_kept
