"""Each step of each reminder goes out once, whichever process sends it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bedboard.actions.counts import count_places
from bedboard.actions.occupancy import change_place, confirm_shelter
from bedboard.actions.reminders import Sent, forget_reminders, list_reminded, remind_shelters
from bedboard.rules.freshness import Reminder, ReminderStep
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.store.database import Database
from tests.build import NOW, actor, until
from tests.build.cases import MACHINE
from tests.build.rows import do, looking

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MINUTE = timedelta(minutes=1)
DUE = datetime(2026, 3, 11, 15, 0, tzinfo=UTC)  # 16:00; linde and ceder confirmed at 13:00, wilg was added at 14:00
EVENING = datetime(2026, 3, 11, 20, 30, tzinfo=UTC)


@pytest.fixture
async def other(board_database: Database) -> AsyncIterator[Database]:
    """Another process' pool on the same database."""
    other = Database(board_database.url, board_database.marks)
    yield other
    await other.dispose()


async def remind(database: Database, now: datetime) -> set[tuple[str, datetime, ReminderStep]]:
    sent: list[Sent] = await do(database, lambda tx: remind_shelters(tx, AMSTERDAM, now))
    found = {(one.shelter_id, one.reminder.due_at, one.reminder.step) for one in sent}
    assert len(found) == len(sent)
    return found


def all_three(due_at: datetime, step: ReminderStep) -> set[tuple[str, datetime, ReminderStep]]:
    return {(shelter_id, due_at, step) for shelter_id in ("linde", "ceder", "wilg")}


async def test_each_step_goes_out_once(board_database: Database) -> None:
    got = {}
    for minutes in range(-40, 90, 5):
        sent = await remind(board_database, DUE + minutes * MINUTE)
        if sent:
            got[minutes] = sent
    assert got == {-30: all_three(DUE, "before"), 0: all_three(DUE, "due"), 60: all_three(DUE, "late")}


async def test_a_reminder_leaves_its_slot_and_rings_nothing(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await remind(board_database, DUE)
    assert seen.added == {
        ("reminded", shelter_id, DUE, "due"): {"shelter_id": shelter_id, "due_at": DUE, "step": "due", "created_at": DUE}
        for shelter_id in ("ceder", "linde", "wilg")
    }
    assert (seen.changed, seen.journal, seen.bells) == ({}, [], [])


async def test_a_shelter_that_confirmed_in_time_is_left_alone(board_database: Database) -> None:
    await do(board_database, lambda tx: confirm_shelter(tx, actor(), "linde", DUE - 30 * MINUTE))
    assert {shelter_id for shelter_id, _, _ in await remind(board_database, DUE)} == {"ceder", "wilg"}
    await do(board_database, lambda tx: confirm_shelter(tx, actor(actor_id="kofi"), "ceder", DUE + 1 * MINUTE))
    assert {shelter_id for shelter_id, _, _ in await remind(board_database, DUE + 60 * MINUTE)} == {"wilg"}
    assert await remind(board_database, EVENING) == all_three(EVENING, "due")


async def test_a_system_that_names_some_kinds_does_not_answer_for_the_others(board_database: Database) -> None:
    seen_at = DUE - 30 * MINUTE
    for kinds, reminded in ((("cosm",), {"linde"}), (("cosm", "women"), set())):
        counts = {kind: KindCount(0) for kind in kinds}
        async with board_database.transaction() as tx:
            await count_places(tx, MACHINE, "linde", counts, seen_at, seen_at)
        moment = DUE if reminded else DUE + 60 * MINUTE
        assert {one for one, _, _ in await remind(board_database, moment)} & {"linde"} == reminded


async def test_a_shelter_that_was_added_after_a_moment_is_not_late_for_it(board_database: Database) -> None:
    """wilg was added at 14:00 and never confirmed: nobody could have confirmed it at 08:00. Its page asks nothing either."""
    assert await remind(board_database, NOW + MINUTE) == set()


async def test_a_process_that_starts_late_sends_only_the_step_of_now(board_database: Database) -> None:
    assert await remind(board_database, DUE + 5 * MINUTE) == all_three(DUE, "due")
    assert await remind(board_database, DUE + 6 * MINUTE) == set()


async def test_of_two_processes_at_once_one_gets_each_reminder(board_database: Database, other: Database) -> None:
    for n, (now, step) in enumerate([(DUE - 30 * MINUTE, "before"), (DUE, "due"), (DUE + 60 * MINUTE, "late")]):
        results = await asyncio.gather(*(remind((board_database, other)[(n + k) % 2], now) for k in range(6)))
        got = [one for sent in results for one in sent]
        assert len(got) == 3
        assert {(shelter_id, at) for shelter_id, at, _ in got} == {
            (shelter_id, DUE) for shelter_id in ("linde", "ceder", "wilg")
        }
        assert {one for _, _, one in got} == {step}


@pytest.mark.parametrize("first_keeps_it", [True, False])
async def test_the_second_waits_for_the_first_and_sends_when_that_one_fails(
    board_database: Database, other: Database, first_keeps_it: bool
) -> None:
    async def is_waiting() -> bool:
        async with board_database.transaction() as tx:
            waiting = await (await tx.connection()).execute(
                text("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
            )
            return bool(waiting.scalar_one())

    try:
        async with board_database.transaction() as tx:
            first = await remind_shelters(tx, AMSTERDAM, DUE)
            second = asyncio.create_task(remind(other, DUE))
            await until(is_waiting, "the second waits for the first")
            if not first_keeps_it:
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert {Reminder(DUE, "due")} == {one.reminder for one in first}
    assert await second == (set() if first_keeps_it else all_three(DUE, "due"))


async def test_a_closure_past_its_end_has_reminders_of_its_own_until_somebody_opens_the_place(board_database: Database) -> None:
    end, kofi = NOW + 40 * MINUTE, actor(actor_id="kofi")
    closed = PlaceChange("closed", "repair", end)
    await do(board_database, lambda tx: change_place(tx, kofi, "ceder-1", closed, NOW))
    at: dict[float, list[Sent]] = {}
    moments = (-1 / 60, 0, 0.1, 59, 60, 61, 17 * 60 + 19, 17 * 60 + 20, 6 * 24 * 60, 8 * 24 * 60)
    for minutes in moments:  # each minute or day after the end: every step once, and never a flood
        now = end + minutes * MINUTE
        sent = await do(board_database, lambda tx: remind_shelters(tx, AMSTERDAM, now))  # noqa: B023
        at[minutes] = [one for one in sent if (one.shelter_id, one.reminder.step) == ("ceder", "closure")]
        await do(board_database, lambda tx: forget_reminders(tx, now))  # noqa: B023
    morning = end.replace(hour=7, minute=0) + timedelta(days=1)  # 08:00 in Amsterdam
    due: dict[float, datetime] = {0: end, 60: end + 60 * MINUTE, 17 * 60 + 20: morning}
    assert at == {minutes: [Sent("ceder", Reminder(due[minutes], "closure"))] if minutes in due else [] for minutes in moments}
    assert await do(board_database, lambda tx: list_reminded(tx, at[0])) == ["anneke", "kofi"], "its staff and its manager"
    late = [Sent("linde", Reminder(DUE, "late"))]
    assert await do(board_database, lambda tx: list_reminded(tx, late)) == [], "that is for the page and the desk"


async def test_a_place_that_was_opened_in_time_or_has_no_end_is_no_closure_to_ask_about(board_database: Database) -> None:
    kofi = actor(actor_id="kofi")
    for status, reason, end in (("closed", "repair", NOW + MINUTE), ("free", None, None), ("occupied", None, NOW + MINUTE)):
        change = PlaceChange(status, reason, end)  # type: ignore[arg-type]
        await do(board_database, lambda tx: change_place(tx, kofi, "ceder-1", change, NOW))  # noqa: B023
        if status != "closed":
            assert await remind(board_database, NOW + 2 * MINUTE) == set()
