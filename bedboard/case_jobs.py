"""What time does to cases: silence, a desk that has closed, lateness, and an end after too long."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog

from bedboard.actions.case_lock import LockedCase
from bedboard.actions.notify import list_notices
from bedboard.actions.outgoing import send_later
from bedboard.actions.silence import (
    close_desk,
    find_lapsed,
    find_late,
    find_left_by_desk,
    find_silent,
    lapse_case,
    tell_late,
    tell_silence,
)
from bedboard.process import Process
from bedboard.rules.refusals import Refusal
from bedboard.store.database import Transaction

log = structlog.get_logger()

Find = Callable[[Transaction, datetime], Awaitable[Sequence[str]]]
Tell = Callable[[Transaction, str, datetime], Awaitable[LockedCase]]


async def tell_each(process: Process, find: Find, tell: Tell, *, is_desk_open: bool) -> None:
    """Tell each case that `find` returns, in a transaction of its own; one that fails is tried again the next time."""
    now = process.clock.now()
    try:
        async with process.database.transaction() as tx:
            found = await find(tx, now)
    except Refusal as refusal:
        log.warning("cases_not_told", reason=refusal.code)
        return
    for case_id in found:
        try:
            await tell_one(process, case_id, tell, now, is_desk_open=is_desk_open)
        except Refusal as refusal:
            log.warning("cases_not_told", reason=refusal.code)
        except Exception as bug:  # the others go on
            log.error("bug", exc_info=bug)


async def tell_one(process: Process, case_id: str, tell: Tell, now: datetime, *, is_desk_open: bool) -> None:
    """Tell one case, and save the messages for its people with it."""
    async with process.database.transaction() as tx:
        case = await tell(tx, case_id, now)
        process.sought.extend(case.noted)
        await send_later(tx, await list_notices(tx, case, is_desk_open=is_desk_open), now)


async def follow_cases(process: Process) -> None:
    """Tell cases of silence, of a desk that has closed and of lateness, and end cases that go on too long."""
    catalogue = process.board.catalogue
    if catalogue is None:
        return
    patience, zone = process.settings.patience, process.pages.zone
    is_desk_open = catalogue.is_desk_open(process.clock.now())
    local = process.clock.now().astimezone(catalogue.zone)
    closed = [code for code, kind in catalogue.kinds.items() if kind.deciding.counts_without_desk(local)]
    steps: Sequence[tuple[Find, Tell]] = (
        (
            lambda tx, now: find_silent(tx, patience, now),
            lambda tx, case_id, now: tell_silence(tx, case_id, patience, now),
        ),
        (
            lambda tx, now: find_left_by_desk(tx, closed),
            lambda tx, case_id, now: close_desk(tx, case_id, catalogue.zone, now),
        ),
        (lambda tx, now: find_late(tx, zone, now), lambda tx, case_id, now: tell_late(tx, case_id, zone, now)),
        (
            find_lapsed,
            lambda tx, case_id, now: lapse_case(tx, case_id, now, zone, lambda sealed: process.open_household(sealed, now)),
        ),
    )
    for find, tell in steps:
        await tell_each(process, find, tell, is_desk_open=is_desk_open)
