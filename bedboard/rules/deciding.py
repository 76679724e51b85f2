"""Decisions: the side that decides on a place, and whether its desk is open at this moment."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from bedboard.rules.access import Role
from bedboard.rules.cases import Event

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = re.compile(
    r"(?:(?P<first>mon|tue|wed|thu|fri|sat|sun)-(?P<last>mon|tue|wed|thu|fri|sat|sun) )?"
    r"(?P<opens>(?:[01][0-9]|2[0-3]):[0-5][0-9])-(?P<closes>(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
)
"""Hours of a desk, local: "mon-fri 09:00-17:00", or without days every day; closing before opening is over midnight."""


@cache
def _public_holidays(country: str) -> Container[date]:
    from holidays import country_holidays  # here: its import takes longer than any other of this room

    return country_holidays(country)


def check_country(code: str) -> str:
    """Return the code of a country (ISO 3166) of which the public holidays are known. Raises ValueError for another."""
    from holidays import list_supported_countries

    if code not in list_supported_countries():
        raise ValueError(f"{code!r} is no country of which the public holidays are known")
    return code


@dataclass(frozen=True, slots=True)
class DaysOff:
    """The days on which a desk is closed all day: the public holidays of a country, and days of the deployment's own."""

    country: str
    own: frozenset[date] = frozenset()

    def __contains__(self, day: object) -> bool:
        return day in self.own or day in _public_holidays(self.country)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def is_within(hours: str, local: datetime, days_off: Container[date] = frozenset()) -> bool:
    """Return whether this local moment is within the hours. Raises ValueError for a text that is no hours.

    The hours of a day off do not begin; those of the day before go on after midnight.
    """
    found = HOURS.fullmatch(hours)
    if found is None:
        raise ValueError(f"hours are like 'mon-fri 09:00-17:00', not {hours!r}")
    opens, closes, now = _minutes(found["opens"]), _minutes(found["closes"]), local.hour * 60 + local.minute
    day = local.date()
    if closes <= opens and now < closes:  # the night of the day before
        day, now = day - timedelta(days=1), now + 1440
    first, last = (DAYS.index(found["first"]), DAYS.index(found["last"])) if found["first"] else (0, 6)
    is_day = (day.weekday() - first) % 7 <= (last - first) % 7 and day not in days_off
    return is_day and opens <= now < (closes if closes > opens else closes + 1440)


@dataclass(frozen=True, slots=True)
class Deciding:
    """The side that decides on a kind of place, and how.

    `decides`: shelter, desk or police. `desk_hours` None: always. `outside_hours` "provisional": outside the desk's hours a
    shelter's yes counts until the desk looks at it; None: the case waits for the desk.
    """

    decides: str
    desk_hours: str | None = None
    outside_hours: str | None = None
    days_off: Container[date] = frozenset()

    def is_desk_open(self, local: datetime) -> bool:
        is_open = self.desk_hours is None or is_within(self.desk_hours, local, self.days_off)
        return self.decides == "desk" and is_open

    def counts_without_desk(self, local: datetime) -> bool:
        """Return whether a choice counts provisionally at this moment, because the desk is closed."""
        return self.decides == "desk" and self.outside_hours == "provisional" and not self.is_desk_open(local)


def choice_of(role: Role, kind: Deciding, local: datetime) -> Event:
    """Return the event of choosing a place of this kind, for a requester in this role, at this local moment.

    The desk's choice for a case of its own is its decision as well.
    """
    if role == "desk" or kind.decides != "desk":
        return "choose"
    return "choose_provisionally" if kind.counts_without_desk(local) else "choose_for_desk"


def choice_of_all(role: Role, kinds: Iterable[Deciding], local: datetime) -> Event:
    """Return the event of choosing places of these kinds together: the strictest of them, as in `choice_of`."""
    events = {choice_of(role, kind, local) for kind in kinds}
    strictest: tuple[Event, ...] = ("choose_for_desk", "choose_provisionally", "choose")
    return next(event for event in strictest if event in events)
