"""Evenings: how often the places of one kind in one police unit were all taken at the hour at which most are sought."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

EVENING_AT = time(22)
EVENINGS = 30
LEAST_PLACES, LEAST_SHELTERS = 5, 2
"""A figure about fewer would tell people who may not see the board the past of one shelter."""


class Full(NamedTuple):
    """The number of evenings with such a place at all, and that of those without a free one."""

    evenings: int
    full: int


def list_evenings(zone: ZoneInfo, now: datetime, days: int = EVENINGS) -> list[datetime]:
    """Return the last `days` evenings that have come, ascending, aware in the zone."""
    today = now.astimezone(zone).date()
    last = today if datetime.combine(today, EVENING_AT, tzinfo=zone) <= now else today - timedelta(days=1)
    return [datetime.combine(last - timedelta(days=ago), EVENING_AT, tzinfo=zone) for ago in reversed(range(days))]


def count_full(free: Iterable[int]) -> Full:
    """Return the figure of these evenings, from the number of free places on each."""
    each = list(free)
    return Full(len(each), each.count(0))
