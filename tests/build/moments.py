"""Moments and spans of time for the rules that depend on the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
USUAL = (time(8), time(16), time(21, 30))
"""The usual times at which a shelter confirms its board."""

some_times = st.lists(st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)), min_size=1, max_size=4)
some_moments = st.sampled_from([date(2026, 3, 26), date(2026, 10, 22), date(2026, 6, 1)]).flatmap(
    lambda day: st.integers(0, 7 * 24 * 60).map(
        lambda minutes: datetime(day.year, day.month, day.day, tzinfo=UTC) + minutes * MINUTE
    )
)
"""The days around both changes of the clocks of 2026, and a plain week."""


def utc(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)
