"""The two nights of the year in which the clock on the wall is changed, minute by minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedboard.rules.hours import next_moment, season_of

ZONE = ZoneInfo("Europe/Amsterdam")
AUTUMN = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)  # midnight in Amsterdam; at 01:00 UTC it is two o'clock again
SPRING = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
MINUTES = st.integers(0, 6 * 60)
MINUTE = timedelta(minutes=1)


def typed(moment: datetime) -> datetime:
    return moment.astimezone(ZONE).replace(tzinfo=None, fold=0)


@pytest.mark.parametrize(
    ("hour", "minute", "season"),
    [(23, 59, None), (0, 0, "summer"), (0, 59, "summer"), (1, 0, "winter"), (1, 59, "winter"), (2, 0, None)],
)
def test_an_hour_that_comes_twice_says_which_it_is(hour: int, minute: int, season: str | None) -> None:
    day = 24 if hour > 12 else 25
    assert season_of(datetime(2026, 10, day, hour, minute, tzinfo=UTC), ZONE) == season


@pytest.mark.parametrize(
    ("now", "meant"),
    [
        (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 29, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 5, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),  # past, so a rule refuses it
    ],
)
def test_half_past_two_of_that_night_is_the_next_one(now: datetime, meant: datetime) -> None:
    assert next_moment(datetime.fromisoformat("2026-10-25T02:30"), ZONE, now) == meant


def test_an_hour_that_spring_leaves_out_is_an_hour_later() -> None:
    meant = next_moment(datetime.fromisoformat("2026-03-29T02:30"), ZONE, SPRING)
    assert meant == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert meant.astimezone(ZONE).strftime("%H:%M") == "03:30"


@given(start=st.sampled_from([AUTUMN, SPRING]), ahead=st.integers(1, 6 * 60), at=MINUTES)
def test_a_minute_to_come_that_is_typed_is_never_past_and_reads_as_it_was_typed(start: datetime, ahead: int, at: int) -> None:
    now = start + at * MINUTE
    wanted = now + ahead * MINUTE
    meant = next_moment(typed(wanted), ZONE, now)
    assert now < meant <= wanted
    assert typed(meant) == typed(wanted)
    assert meant == wanted or (season_of(meant, ZONE), season_of(wanted, ZONE)) == ("summer", "winter")


@given(start=st.sampled_from([AUTUMN, SPRING]), one=MINUTES, other=MINUTES)
def test_two_minutes_of_a_night_are_never_called_the_same(start: datetime, one: int, other: int) -> None:
    def called(minute: int) -> tuple[datetime, str | None]:
        moment = start + minute * MINUTE
        return typed(moment), season_of(moment, ZONE)

    assert (called(one) == called(other)) is (one == other)
