"""Hours of the clock on the wall. In one night of autumn an hour comes twice, and in one of spring an hour is left out."""

from datetime import UTC, datetime, tzinfo
from typing import Literal

Season = Literal["summer", "winter"]


def season_of(moment: datetime, zone: tzinfo) -> Season | None:
    """Return the season to say with an hour of the clock that comes twice that night; None: it comes once."""
    local = moment.astimezone(zone)
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    if first == second:
        return None
    return "summer" if local.fold == 0 else "winter"


def next_moment(local: datetime, zone: tzinfo, now: datetime) -> datetime:
    """Return the moment, in UTC, of a date and hour that somebody has typed without a zone.

    An hour that comes twice is the next one to come; when both are past, the second. An hour that the change to summer time
    skips is read as the clock then stands, an hour later. Raises OverflowError outside the years that there are.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    is_twice = first < second  # in spring the second is the earlier one
    return second if is_twice and first <= now else first
