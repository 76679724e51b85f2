"""The jobs by the clock. APScheduler runs in every process: each job is idempotent or claims its slot in the database."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bedboard.actions.alerts import drop_expired_alerts
from bedboard.actions.outgoing import send_later
from bedboard.actions.reminders import count_confirmed, list_reminded, remind_shelters
from bedboard.actions.retention import Forget, add_tallies, begin_to_forget, destroy_keys, forgetting, keep_keys, keep_pictures
from bedboard.actions.tallies import count_sought, take_stock
from bedboard.case_jobs import follow_cases
from bedboard.clock import Clock
from bedboard.health import EVERY_SECONDS
from bedboard.process import Process
from bedboard.readings import count_pushes, take_readings
from bedboard.rules.places import PLACE_STATUSES
from bedboard.rules.refusals import Refusal
from bedboard.store.database import Transaction

log = structlog.get_logger()

SET_BACK = timedelta(seconds=1)
"""Less than this is no setting of the machine's clock, and makes a job late by no more."""


async def until_end(job: Callable[[Process], Awaitable[None]], process: Process) -> None:
    """Do one round of a job. The end of the process ends it without a word: the scheduler would log that as an error."""
    with suppress(asyncio.CancelledError):
        await job(process)


async def show_age(process: Process) -> None:
    """Show what time alone has changed."""
    process.board.age()


async def look_after(process: Process) -> None:
    """Find out how this process and its database are, and write the figures of it."""
    await process.health.look()
    await count_pushes(process)
    take_readings(process)


async def remind(process: Process) -> None:
    """Remind shelters that have to confirm, or to open a place, once this process has read the board."""
    catalogue = process.board.catalogue
    if catalogue is None:
        return
    try:
        async with process.database.transaction() as tx:
            sent = await remind_shelters(tx, catalogue.zone, process.clock.now())
            people = await list_reminded(tx, sent)
            await send_later(tx, [(person_id, "confirm") for person_id in people], process.clock.now())
    except Refusal as refusal:
        log.warning("reminders_not_sent", reason=refusal.code)
        return
    for one in sent:
        log.info("reminder", shelter=one.shelter_id, step=one.reminder.step, due_at=one.reminder.due_at.isoformat())


async def count_on_time(process: Process) -> None:
    """Count which shelters confirmed on time, a short time after it is known."""
    catalogue = process.board.catalogue
    if catalogue is None:
        return
    try:
        async with process.database.transaction() as tx:
            await count_confirmed(tx, catalogue.zone, process.clock.now())
    except Refusal as refusal:
        log.info("confirmations_not_counted", reason=refusal.code)


async def tidy(process: Process) -> None:
    """Delete everything that is past its term, in batches, once an hour, whichever process does it."""
    now = process.clock.now()
    try:
        async with process.database.transaction() as tx:
            if not await begin_to_forget(tx, now):
                return
    except Refusal as refusal:
        log.warning("not_tidied", reason=refusal.code)
        return
    for name, forget in forgetting(process.settings.terms).items():
        try:
            count = await forget_all(process, forget, now)
        except Refusal as refusal:  # the others go on, and this one in an hour
            log.warning("not_tidied", step=name, reason=refusal.code)
        except Exception as bug:
            log.error("bug", exc_info=bug)
        else:
            log.info("tidied", step=name, count=count)


async def forget_all(process: Process, forget: Forget, now: datetime) -> int:
    """Forget batch by batch, each in a transaction of its own, until nothing is left; return how many rows that were."""
    total = 0
    while True:
        async with process.database.transaction() as tx:
            count = await forget(tx, now)
        if not count:
            return total
        total += count


async def count_up(process: Process) -> None:
    """Add the counts that wait to the tallies, once an hour."""
    await take_turn(process, add_tallies, "tallies_wait")


async def count_stock(process: Process) -> None:
    """Count once an hour what the board shows, while this process has its newest state, and what has ended since."""
    board = process.board
    if board.catalogue is None or not board.live:
        return
    zone, present = board.catalogue.zone, Counter[tuple[str, str, str, str]]()
    for card in board.cards.values():
        present["freshness", card.unit, "", card.freshness] += 1
        for kind, counts in card.kinds.items():
            for status in PLACE_STATUSES:
                present["occupancy", "", kind, status] += counts[status]
    await take_turn(process, lambda tx, now: take_stock(tx, zone, present, now), "stock_not_taken")
    await count_searches(process, zone)


async def count_searches(process: Process, zone: ZoneInfo) -> None:
    """Count the searches of the last hour that this process has noted."""
    try:
        async with process.database.transaction() as tx:
            count = await count_sought(tx, process.sought, process.clock.now().astimezone(zone))
    except Refusal as refusal:
        log.info("searches_wait", reason=refusal.code)
        return
    del process.sought[:count]


async def take_past(process: Process) -> None:
    """Keep pictures of shelters, so that few lines of the journal tell how the board stood."""
    await take_turn(process, keep_pictures, "pictures_wait")


async def drop_keys(process: Process) -> None:
    """Remove what the database has left of destroyed keys, every few minutes."""
    await take_turn(process, destroy_keys, "keys_wait")


async def take_turn(process: Process, turn: Callable[[Transaction, datetime], Awaitable[bool]], waits: str) -> None:
    """Do a turn of a job that claims its slot by itself; `waits`: the line of the log when it has to wait for others."""
    try:
        async with process.database.transaction() as tx:
            await turn(tx, process.clock.now())
    except Refusal as refusal:
        log.info(waits, reason=refusal.code)


async def hold_keys(process: Process) -> None:
    """Note the keys of open cases and alerts, and put back those that a crash of the database has lost."""
    try:
        async with process.database.transaction() as tx:
            present = await keep_keys(tx, process.household_keys)
    except Refusal as refusal:
        log.warning("keys_not_held", reason=refusal.code)
        return
    process.household_keys.clear()
    process.household_keys.update(present)


async def end_alerts(process: Process) -> None:
    """Delete alerts past their hour. They count as gone already; the deletion takes them off open pages."""
    try:
        async with process.database.transaction() as tx:
            await drop_expired_alerts(tx, process.clock.now().astimezone(process.pages.zone))
    except Refusal as refusal:
        log.warning("alerts_not_ended", reason=refusal.code)


async def deliver(process: Process) -> None:
    """Send the messages whose turn has come: those of a process that has ended, and those to be tried again."""
    if process.push is not None:
        await process.push.deliver()


async def chain_trail(process: Process) -> None:
    """Chain the new rows of the audit trail."""
    await process.trail.chain()


async def keep_head(process: Process) -> None:
    """Keep the head of the audit trail outside the database."""
    await process.trail.keep_head()


async def sign_out_again(process: Process) -> None:
    """Save the sign-outs that the database could not take when they were made."""
    await process.identity.leave_again()


def make_scheduler(process: Process) -> AsyncIOScheduler:
    """Return the scheduler with every job; the caller starts it."""
    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
    jobs: Sequence[tuple[Callable[[Process], Awaitable[None]], dict[str, int]]] = (
        (show_age, {"seconds": 1}),
        (look_after, {"seconds": EVERY_SECONDS}),
        (sign_out_again, {"seconds": 1}),
        (remind, {"seconds": 30}),
        (count_on_time, {"seconds": 30}),
        (end_alerts, {"minutes": 1}),
        (deliver, {"seconds": 2}),
        (follow_cases, {"seconds": 5}),
        (chain_trail, {"seconds": 5}),
        (keep_head, {"minutes": 1}),
        (tidy, {"minutes": 5}),
        (count_up, {"minutes": 5}),
        (count_stock, {"minutes": 1}),
        (take_past, {"minutes": 5}),
        (drop_keys, {"minutes": 1}),
        (hold_keys, {"seconds": 10}),
    )
    for job, every in jobs:
        scheduler.add_job(until_end, "interval", [job, process], id=job.__name__, **every)
    for job in (
        hold_keys,
        drop_keys,
        count_up,
        take_past,
        tidy,
    ):  # at once too: a process that lives for a moment does its part
        scheduler.add_job(until_end, args=[job, process])
    return scheduler


async def follow_machine(scheduler: AsyncIOScheduler, clock: Clock) -> None:
    """Have every job run at once whenever somebody has set the clock of the machine back, until cancelled.

    The scheduler waits for moments of that clock. Set back by an hour, it would run nothing for an hour.
    """
    began = clock.machine() - timedelta(seconds=clock.monotonic())
    while True:
        await asyncio.sleep(1.0)
        began = run_after_jump(scheduler, clock, began)


def run_after_jump(scheduler: AsyncIOScheduler, clock: Clock, began: datetime) -> datetime:
    """Have every job run at once if the clock was set back since the last look, and return what to give to the next one.

    `began`: the moment of the machine's clock at which `monotonic` was zero, at the last look.
    """
    present = clock.machine() - timedelta(seconds=clock.monotonic())
    if present < began - SET_BACK:
        log.warning("clock_set_back", reason=f"{(present - began).total_seconds():+.1f} s")
        for job in scheduler.get_jobs():
            job.modify(next_run_time=clock.machine())
    return present
