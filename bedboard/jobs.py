"""What happens by the clock. APScheduler runs in every process: each job is idempotent or claims its slot in the database."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bedboard.actions.alerts import drop_expired_alerts
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.idempotency import forget_answers
from bedboard.actions.notify import list_notices
from bedboard.actions.reminders import forget_reminders, remind_shelters
from bedboard.actions.signin import forget_sessions
from bedboard.actions.silence import find_lapsed, find_late, find_silent, lapse_case, tell_late, tell_silence
from bedboard.process import Process
from bedboard.rules.refusals import Refusal
from bedboard.store.database import Transaction

log = structlog.get_logger()


async def keep_pulse(process: Process) -> None:
    """Until cancelled: the pulse, and letting go of viewers that do not read.

    Not a job of the scheduler, which follows the wall clock: set back an hour, it would be silent for an hour.
    """
    last = process.clock.monotonic()
    while True:
        process.hub.drop_stuck(process.clock.monotonic())
        if process.clock.monotonic() - last >= process.settings.pulse_seconds:
            last = process.clock.monotonic()
            try:
                await process.feed.pulse(process.identity.active_tokens)
            except Exception as bug:  # the next pulse must come all the same
                log.error("bug", exc_info=bug)
        await asyncio.sleep(min(1.0, process.settings.pulse_seconds / 2))


def make_scheduler(process: Process) -> AsyncIOScheduler:
    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})

    async def age() -> None:
        """Shows what time alone has changed."""
        process.feed.age()

    async def remind() -> None:
        catalogue = process.feed.catalogue
        if catalogue is None:
            return
        try:
            async with process.database.transaction() as tx:
                sent = await remind_shelters(tx, catalogue.zone, process.clock.now())
        except Refusal as refusal:
            log.warning("reminders_not_sent", reason=refusal.code)
            return
        for one in sent:
            log.info("reminder", shelter=one.shelter_id, step=one.reminder.step, due_at=one.reminder.due_at.isoformat())

    async def tidy() -> None:
        now = process.clock.now()
        try:
            async with process.database.transaction() as tx:
                forgotten = await forget_answers(tx, now)
                await forget_reminders(tx, now)
                await forget_sessions(tx, now)
        except Refusal as refusal:
            log.warning("not_tidied", reason=refusal.code)
            return
        log.info("tidied", answers=forgotten)

    async def end_waitings() -> None:
        """What is past its hour counts as gone already; this takes it out of the database, and off open pages."""
        try:
            async with process.database.transaction() as tx:
                await drop_expired_alerts(tx, process.clock.now())
        except Refusal as refusal:
            log.warning("not_tidied", reason=refusal.code)

    async def each(
        find: Callable[[Transaction, datetime], Awaitable[Sequence[str]]],
        tell: Callable[[Transaction, str, datetime], Awaitable[LockedCase]],
    ) -> None:
        """What is found is told, each in a transaction of its own; one that fails is tried again the next time, and the others
        go on."""
        catalogue = process.feed.catalogue
        if catalogue is None:
            return
        now = process.clock.now()
        try:
            async with process.database.transaction() as tx:
                found = await find(tx, now)
        except Refusal as refusal:
            log.warning("requests_not_told", reason=refusal.code)
            return
        for case_id in found:
            try:
                async with process.database.transaction() as tx:
                    case = await tell(tx, case_id, now)
                    notices = await list_notices(tx, case, is_desk_open=catalogue.is_desk_open(now))
                if process.push is not None:
                    process.push.notify_all(notices)
            except Refusal as refusal:
                log.warning("requests_not_told", reason=refusal.code)
            except Exception as bug:
                log.error("bug", exc_info=bug)

    async def follow_requests() -> None:
        """Silence, hours that were agreed, and cases that go on too long."""
        patience = process.settings.patience
        await each(lambda tx, now: find_silent(tx, patience, now), lambda tx, id, now: tell_silence(tx, id, patience, now))
        await each(find_late, tell_late)
        await each(find_lapsed, lambda tx, id, now: lapse_case(tx, id, now, process.pages.zone))

    scheduler.add_job(age, "interval", seconds=1, id="age")
    scheduler.add_job(remind, "interval", seconds=30, id="remind")
    scheduler.add_job(end_waitings, "interval", minutes=1, id="end_waitings")
    scheduler.add_job(follow_requests, "interval", seconds=5, id="follow_requests")
    scheduler.add_job(tidy, "interval", hours=1, id="tidy")
    return scheduler
