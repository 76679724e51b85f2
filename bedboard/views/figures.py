"""The figures of the monitor, from the tallies to what an audience may see."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from bedboard.rules.merging import Count, Merged, Sums, add_months, cells_of, merge_table
from bedboard.rules.places import PLACE_STATUSES
from bedboard.rules.tallies import LONGER, OF_SHELTERS, PART_HOURS, STAYS, TABLES, WAITS, Axis, Table

SERIES = ("sought", "arrived", "ended")
DAYS = range(1, 8)
OF_TIME = {code: place for place, code in enumerate((*WAITS, *STAYS, LONGER))}
FRESHNESS = ("fresh", "ageing", "stale")
UNCOUNTED, UNTOLD = "–", "?"  # in a picture: counting had not begun; the number is not told

Begun = Mapping[str, date]
EVER: Begun = {}


@dataclass(frozen=True, slots=True)
class Figure:
    """A table of the period. Times go from short to long, all else from the largest row. `sums`: the merged rows too."""

    name: str
    axis: Axis
    sums: Sums

    @property
    def rows(self) -> list[tuple[str, int]]:
        shown = self.sums.shown
        if shown and set(shown) <= OF_TIME.keys():
            return sorted(shown.items(), key=lambda row: OF_TIME[row[0]])
        return sorted(shown.items(), key=lambda row: (-row[1], row[0]))

    @property
    def is_at_least(self) -> bool:
        """Whether some row may have more than is shown."""
        return bool(self.sums.at_least)

    @property
    def most(self) -> int:
        """Return the largest number in it, for the length of a bar; 0: there is none."""
        return max([*self.sums.shown.values(), self.sums.together])


@dataclass(frozen=True, slots=True)
class Point:
    """A month of a series; `count` None: it is not told. `is_counted` False: counting had not begun."""

    month: date
    count: int | None
    is_counted: bool = True

    @property
    def drawn(self) -> int | str:
        """Return the number for a picture, or the sign that stands in its place."""
        if self.count is not None:
            return self.count
        return UNTOLD if self.is_counted else UNCOUNTED


@dataclass(frozen=True, slots=True)
class Series:
    """A table through time."""

    points: Sequence[Point]

    @property
    def total(self) -> int:
        return sum(point.count or 0 for point in self.points)

    @property
    def is_at_least(self) -> bool:
        """Whether some month has more than is shown."""
        return any(point.count is None and point.is_counted for point in self.points)

    @property
    def is_counted(self) -> bool:
        """Whether it was counted in some month."""
        return any(point.is_counted for point in self.points)

    @property
    def uncounted(self) -> list[date]:
        """Return the months before counting began."""
        return [point.month for point in self.points if not point.is_counted]


class Share(NamedTuple):
    """A row of what the board showed: whole percents by status or freshness, which add up to about 100; none: not counted."""

    code: str
    percents: Mapping[str, int]

    @property
    def month(self) -> date:
        """Return the month, of a row whose code is one."""
        return date.fromisoformat(self.code)


class ShelterFigure(NamedTuple):
    shelter_id: str
    asked_of: int
    shown_free: int
    refused_by: int
    free_no_place: int
    confirm_due: int
    confirmed: int


def months_of(
    counts: Sequence[Count], table: Table, months: Sequence[date], *, merged: bool, begun: Begun = EVER
) -> dict[date, Merged]:
    """Return one table for these months; those without events too. `merged`: as everybody may see it.

    `begun`: the month since which something is counted, by what it is.
    """
    if merged:
        found = merge_table(counts, table)
    else:
        found = {month: Merged(cells) for month, cells in cells_of(counts, table).items()}
    what = "sought" if table.what == "sought_hour" else table.what
    first = begun.get(what, date.min)
    return {month: found.get(month, Merged(is_counted=first <= month)) for month in months}


def list_figures(counts: Sequence[Count], months: Sequence[date], *, merged: bool, begun: Begun = EVER) -> list[Figure]:
    """Return every table that has something in this period."""
    figures = [
        Figure(name, table.axis, add_months(months_of(counts, table, months, merged=merged, begun=begun).values()))
        for name, table in TABLES.items()
    ]
    return [one for one in figures if one.sums.total or one.sums.hidden_months]


def list_series(counts: Sequence[Count], months: Sequence[date], *, merged: bool, begun: Begun = EVER) -> dict[str, Series]:
    """Return the tables that are drawn through time, month by month."""
    return {
        name: Series(
            [
                Point(
                    month,
                    None if one.is_hidden or not one.is_counted else sum(one.shown.values()) + one.together,
                    is_counted=one.is_counted,
                )
                for month, one in months_of(counts, TABLES[name], months, merged=merged, begun=begun).items()
            ]
        )
        for name in SERIES
    }


def _shares(counts: Iterable[Count], what: str, code_of: Callable[[Count], str], codes: Sequence[str]) -> list[Share]:
    """Return for each value of `code_of` the percents of these codes, in the order of the values."""
    found: dict[str, Counter[str]] = {}
    for one in counts:
        if one.what == what:
            found.setdefault(code_of(one), Counter())[one.code] += one.count
    return [
        Share(code, {name: round(100 * cells[name] / cells.total()) for name in codes}) for code, cells in sorted(found.items())
    ]


class Chosen(NamedTuple):
    """One unit or kind through time, by table; the count None: it is one of those that stand together, or not told."""

    axis: Axis
    code: str
    tables: Mapping[str, Series]


def list_chosen(
    counts: Sequence[Count], months: Sequence[date], axis: Axis, code: str, *, merged: bool, begun: Begun = EVER
) -> Chosen:
    """Return the rows of one unit or kind. They are those of the tables that everybody sees, so they tell no more."""
    tables = {}
    for name, table in TABLES.items():
        if table.axis == axis:
            found = months_of(counts, table, months, merged=merged, begun=begun)
            tables[name] = Series(
                [
                    Point(
                        month,
                        one.shown.get(code, None if one.together or one.is_hidden or not one.is_counted else 0),
                        is_counted=one.is_counted,
                    )
                    for month, one in found.items()
                ]
            )
    return Chosen(axis, code, tables)


def list_cross(counts: Sequence[Count], months: Sequence[date], *, merged: bool) -> dict[str, dict[str, int]]:
    """Return by kind of place how often a stay was so long; the lengths in their order. Empty where it is not told."""
    shown = add_months(months_of(counts, TABLES["stay_of_kind"], months, merged=merged).values()).shown
    rows: dict[str, dict[str, int]] = {}
    for name, count in sorted(shown.items()):
        kind, _, code = name.rpartition("/")
        rows.setdefault(kind, dict.fromkeys((*STAYS, LONGER), 0))[code] += count
    return rows


def list_week(counts: Sequence[Count], months: Sequence[date], *, merged: bool) -> dict[int, list[int]]:
    """Return for each day of the week how often a place was sought, by the hour; merged by the part of the day."""
    if not merged:
        hours = add_months(months_of(counts, Table("sought_hour", "code"), months, merged=False).values()).shown
        return {day: [hours.get(f"{day}-{hour}", 0) for hour in range(24)] for day in DAYS}
    parts = add_months(months_of(counts, TABLES["sought_time"], months, merged=True).values()).shown
    return {day: [parts.get(f"{day}-{part}", 0) for part in range(24 // PART_HOURS)] for day in DAYS}


def list_occupancy_months(counts: Iterable[Count], months: Sequence[date], kind: str = "") -> list[Share]:
    """Return per month how places stood, over all its hours; `kind`: only those of this kind."""
    chosen = (one for one in counts if one.month in months and kind in ("", one.kind_code))
    return _every_month(_shares(chosen, "occupancy", lambda one: one.month.isoformat(), PLACE_STATUSES), months)


def _every_month(shares: Sequence[Share], months: Sequence[date]) -> list[Share]:
    """Return a row for every month, without percents where nothing was counted; none where all are so."""
    found = {share.code: share for share in shares}
    return [found.get(month.isoformat(), Share(month.isoformat(), {})) for month in months] if found else []


def list_occupancy(counts: Iterable[Count], months: Sequence[date]) -> list[Share]:
    """Return per kind how its places stood, over all hours of these months."""
    return _shares((one for one in counts if one.month in months), "occupancy", lambda one: one.kind_code, PLACE_STATUSES)


def list_freshness(counts: Iterable[Count], months: Sequence[date]) -> list[Share]:
    """Return per month how fresh the news of shelters was, over all its hours."""
    chosen = (one for one in counts if one.month in months)
    return _every_month(_shares(chosen, "freshness", lambda one: one.month.isoformat(), FRESHNESS), months)


def list_of_shelters(counts: Iterable[Count], months: Sequence[date], shelter_ids: Iterable[str]) -> list[ShelterFigure]:
    """Return for each of these shelters how often it was asked and said no, and whether its board could be trusted."""
    found: dict[str, Counter[str]] = {shelter_id: Counter() for shelter_id in shelter_ids}
    for one in counts:
        if one.what in OF_SHELTERS and one.month in months and one.code in found:
            found[one.code][one.what] += one.count
    rows = [ShelterFigure(shelter_id, *(cells[what] for what in OF_SHELTERS)) for shelter_id, cells in found.items()]
    return sorted((row for row in rows if row.asked_of or row.confirm_due), key=lambda row: (-row.refused_by, row.shelter_id))
