"""The contents of a city's file: nights of programmes, and remarks on rows that could not be used as they were."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

# By SECTOR: code, Dutch, English, and criteria, which say no more than the sector's name does; the rest stays unknown.
SECTORS: Mapping[str, tuple[str, str, str, Mapping[str, str]]] = {
    "Men": ("men", "mannen", "men", {"man": "yes", "woman": "no"}),
    "Women": ("women", "vrouwen", "women", {"woman": "yes", "man": "no"}),
    "Mixed Adult": ("mixed", "volwassenen", "adults", {"woman": "yes", "man": "yes"}),
    "Youth": ("youth", "jongeren", "youth", dict.fromkeys("woman man minor_alone".split(), "discuss")),
    "Families": (
        "families",
        "gezinnen",
        "families",
        dict.fromkeys("woman man child_0_3 child_4_11 child_12_17".split(), "yes"),
    ),
}
MEASURES = {"Bed Based Capacity": "bed", "Room Based Capacity": "room"}  # by CAPACITY_TYPE; in capitals in the columns' names
UNKNOWN = "Onbekend/Unknown"  # the unit of a programme without a city


class Unusable(Exception):
    """A sentence for the person at the command line: why a file, a row of it or an option cannot be used."""


class Remark(NamedTuple):
    """A fault in one row. `used` False: the row was left out; True: it was corrected as `why` says."""

    line: int
    used: bool
    why: str


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme on one night, as a shelter with its places; `beds` are those of one place."""

    id: str
    organization_id: str
    name: str
    organization: str
    city: str
    address: str
    sector: str
    measure: str
    beds: int
    occupied: int
    free: int
    closed: int

    @property
    def kind(self) -> str:
        return f"{SECTORS[self.sector][0]}-{self.measure}"

    @property
    def unit(self) -> str:
        return re.sub("[^a-z0-9]+", "-", self.city.lower()).strip("-") or "unit"

    @property
    def total(self) -> int:
        return self.occupied + self.free + self.closed


class Day(NamedTuple):
    """One night: its usable programmes in the order of the file, and what was wrong with rows."""

    on: date
    programmes: list[Programme]
    remarks: list[Remark]


def choose_day(days: Mapping[date, Day], on: date) -> Day:
    """Return one night of the file. Raises Unusable, which lists the dates of the file, for a date without a usable row."""
    if on not in days:
        raise Unusable(f"{on} is not in the file; these dates are: {', '.join(map(str, days))}")
    if not days[on].programmes:
        raise Unusable(f"no row of {on} can be used; the first: {days[on].remarks[0].why}")
    return days[on]


def choose_days(days: Mapping[date, Day], first: date, last: date) -> list[Day]:
    """Return the nights from the first date to the last, both included.

    Dates that the file lacks are skipped. Raises Unusable when none is left.
    """
    chosen = [day for on, day in sorted(days.items()) if first <= on <= last]
    if not chosen:
        raise Unusable(f"no day from {first} to {last} is in the file; these dates are: {', '.join(map(str, days))}")
    return chosen
