"""When a shelter is asked to confirm, and when it is reminded of it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import example, given, settings

from bedboard.rules.freshness import (
    LATE_AFTER,
    REMIND_BEFORE,
    Reminder,
    ReminderStep,
    confirm_moments,
    current_reminder,
    due_moment,
    latest_reminder,
    reminder_at,
)
from tests.build.moments import AMSTERDAM, HOUR, MINUTE, NOW, TICK, USUAL, some_moments, some_times, utc

# ---- the moments of a day


@pytest.mark.parametrize(
    ("day", "times", "moments"),
    [
        (date(2026, 3, 11), [time(8)], [utc(10, 7), utc(11, 7), utc(12, 7)]),
        # summer time: 29 March, 02:00 becomes 03:00
        (date(2026, 3, 29), [time(8)], [utc(28, 7), utc(29, 6), utc(30, 6)]),
        (date(2026, 3, 29), [time(2, 30)], [utc(28, 1, 30), utc(29, 1, 30), utc(30, 0, 30)]),  # 03:30 on the clock
        (
            date(2026, 3, 29),
            [time(3, 30), time(2, 30)],  # the same moment on that day, and counted once
            [utc(28, 1, 30), utc(28, 2, 30), utc(29, 1, 30), utc(30, 0, 30), utc(30, 1, 30)],
        ),
        # winter time: 25 October, 03:00 becomes 02:00
        (date(2026, 10, 25), [time(8)], [utc(24, 6, month=10), utc(25, 7, month=10), utc(26, 7, month=10)]),
        (date(2026, 10, 25), [time(2, 30)], [utc(24, 0, 30, month=10), utc(25, 0, 30, month=10), utc(26, 1, 30, month=10)]),
        (date(2026, 10, 25), [time(3)], [utc(24, 1, month=10), utc(25, 2, month=10), utc(26, 2, month=10)]),
        (date(2026, 3, 11), [], []),
    ],
)
def test_confirmation_moments_follow_the_local_clock(day: date, times: list[time], moments: list[datetime]) -> None:
    found = list(confirm_moments(times, AMSTERDAM, day))
    assert [one for one in found if day - timedelta(days=1) <= one.astimezone(AMSTERDAM).date() <= day + timedelta(days=1)] == (
        moments
    )
    assert all(one.utcoffset() == timedelta(0) for one in found)


def oracle(times: Sequence[time], around: datetime) -> list[datetime]:
    """Every confirmation moment of a fortnight, by walking through it minute by minute and looking at a local clock.

    A skipped time is looked for on the clock that nobody put forward (CET); a repeated one counts the first time.
    """
    winter = timedelta(hours=1)
    found: dict[tuple[date, time], datetime] = {}
    now = around.replace(second=0, microsecond=0) - timedelta(days=4)
    for _ in range(8 * 24 * 60):
        local = now.astimezone(AMSTERDAM)
        if local.time() in times:
            found.setdefault((local.date(), local.time()), now)
        unmoved = (now + winter).replace(tzinfo=None)
        if unmoved.time() in times and (unmoved.month, unmoved.day, unmoved.hour) == (3, 29, 2):
            found.setdefault((unmoved.date(), unmoved.time()), now)
        now += MINUTE
    return sorted(set(found.values()))


@settings(deadline=None, max_examples=40)
@given(some_moments, some_times)
@example(utc(10, 22, 50), [time(0, 10)])  # 23:50 local covers ten past midnight already, so the next is two dates away
@example(utc(28, 22, 45), [time(0, 0)])
@example(utc(29, 0, 30), [time(2, 30)])
@example(utc(25, 0, 30, month=10), [time(2, 30)])
def test_the_moment_that_is_due_is_the_first_that_the_confirmation_does_not_cover(at: datetime, times: list[time]) -> None:
    expected = next(moment for moment in oracle(times, at) if moment - REMIND_BEFORE > at)
    assert due_moment(at, times, AMSTERDAM) == expected


@pytest.mark.parametrize(
    ("confirmed_at", "due_at"),
    [
        (utc(11, 15, 0) - REMIND_BEFORE - TICK, utc(11, 15)),
        (utc(11, 15, 0) - REMIND_BEFORE, utc(11, 20, 30)),  # half an hour before is in time
        (utc(11, 15), utc(11, 20, 30)),
        (utc(11, 20), utc(12, 7)),
        (utc(11, 23, 30), utc(12, 7)),  # after midnight, local
    ],
)
def test_a_confirmation_counts_from_half_an_hour_before(confirmed_at: datetime, due_at: datetime) -> None:
    assert due_moment(confirmed_at, USUAL, AMSTERDAM) == due_at


def test_without_confirmation_times_nothing_is_ever_due() -> None:
    assert due_moment(NOW, (), AMSTERDAM) is None
    assert current_reminder(NOW, NOW, (), AMSTERDAM, NOW + 400 * HOUR) is None
    assert latest_reminder(None, (), AMSTERDAM, NOW) is None


# ---- reminders


DUE = utc(11, 15)  # 16:00 in Amsterdam


@pytest.mark.parametrize(
    ("now", "step"),
    [
        (DUE - REMIND_BEFORE - TICK, None),
        (DUE - REMIND_BEFORE, "before"),
        (DUE - TICK, "before"),
        (DUE, "due"),
        (DUE + LATE_AFTER - TICK, "due"),
        (DUE + LATE_AFTER, "late"),
        (DUE + 30 * HOUR, "late"),
    ],
)
def test_a_reminder_goes_out_before_at_and_an_hour_after_its_moment(now: datetime, step: ReminderStep | None) -> None:
    expected = None if step is None else Reminder(DUE, step)
    assert reminder_at(DUE, now) == expected
    assert current_reminder(DUE - 4 * HOUR, DUE - 90 * HOUR, USUAL, AMSTERDAM, now) == expected
    assert current_reminder(None, DUE - 4 * HOUR, USUAL, AMSTERDAM, now) == expected  # counts from when it was added


@pytest.mark.parametrize("confirmed_at", [DUE - REMIND_BEFORE, DUE, DUE + 2 * HOUR])
def test_a_confirmation_silences_the_reminder_until_the_next_moment(confirmed_at: datetime) -> None:
    following = utc(11, 20, 30)
    for now in (confirmed_at, following - REMIND_BEFORE - TICK):
        assert current_reminder(confirmed_at, NOW, USUAL, AMSTERDAM, now) is None
        assert latest_reminder(confirmed_at, USUAL, AMSTERDAM, now) is None
    assert current_reminder(confirmed_at, NOW, USUAL, AMSTERDAM, following) == Reminder(following, "due")
    assert latest_reminder(confirmed_at, USUAL, AMSTERDAM, following) == Reminder(following, "due")


@pytest.mark.parametrize(
    ("confirmed_at", "now", "sent"),
    [
        (None, utc(11, 14, 30) - TICK, Reminder(utc(11, 7), "late")),
        (None, utc(11, 14, 30), Reminder(utc(11, 15), "before")),
        (utc(11, 14, 30) - TICK, utc(11, 14, 30), Reminder(utc(11, 15), "before")),
        (utc(11, 14, 30), utc(11, 14, 30), None),
        (utc(1, 0), utc(11, 15), Reminder(utc(11, 15), "due")),  # ten days silent: only of the latest moment
        (None, utc(11, 6), Reminder(utc(10, 20, 30), "late")),  # yesterday's
        (utc(10, 20, 15), utc(11, 6), None),
    ],
)
def test_a_sent_reminder_is_about_the_latest_moment_that_has_begun(
    confirmed_at: datetime | None, now: datetime, sent: Reminder | None
) -> None:
    assert latest_reminder(confirmed_at, USUAL, AMSTERDAM, now) == sent


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        (utc(11, 22, 39), Reminder(utc(10, 23, 10), "late")),
        (utc(11, 22, 40), Reminder(utc(11, 23, 10), "before")),  # 23:40 local for ten past midnight tomorrow
        (utc(11, 23, 10), Reminder(utc(11, 23, 10), "due")),
    ],
)
def test_a_moment_just_after_midnight_is_announced_the_evening_before(now: datetime, sent: Reminder) -> None:
    assert latest_reminder(None, [time(0, 10)], AMSTERDAM, now) == sent


@pytest.mark.parametrize(
    ("at", "due_at"),
    [
        (time(2, 30), utc(29, 1, 30)),
        (time(3), utc(29, 1)),
        (time(2, 30), utc(25, 0, 30, month=10)),
        (time(3), utc(25, 2, month=10)),
    ],
)
def test_half_an_hour_stays_half_an_hour_in_the_night_the_clocks_change(at: time, due_at: datetime) -> None:
    confirmed_at = due_at - 5 * HOUR
    steps = [
        (now, current_reminder(confirmed_at, confirmed_at, [at], AMSTERDAM, now))
        for now in (due_at - 31 * MINUTE, due_at - 30 * MINUTE, due_at, due_at + 59 * MINUTE, due_at + 60 * MINUTE)
    ]
    assert [one and one.step for _, one in steps] == [None, "before", "due", "due", "late"]
    assert all(one is None or one == latest_reminder(confirmed_at, [at], AMSTERDAM, now) for now, one in steps)
