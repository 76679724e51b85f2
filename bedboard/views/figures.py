"""The figures of the monitor, from the tallies to what an audience may see, and to a file."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from typing import Any, NamedTuple

from bedboard.rules.merging import Count, Merged, Sums, add_months, cells_of, merge_table
from bedboard.rules.places import PLACE_STATUSES
from bedboard.rules.roster import is_formula
from bedboard.rules.tallies import LONGER, OF_SHELTERS, PART_HOURS, STAYS, TABLES, WAITS, Axis, Table

SERIES = ("sought", "arrived", "ended")
DAYS = range(1, 8)
OF_TIME = {code: place for place, code in enumerate((*WAITS, *STAYS, LONGER))}
FRESHNESS = ("fresh", "ageing", "stale")


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
    def most(self) -> int:
        """Return the largest number in it, for the length of a bar; 0: there is none."""
        return max([*self.sums.shown.values(), self.sums.together])


@dataclass(frozen=True, slots=True)
class Point:
    """A month of a series; `count` None: there are events, and too few to say how many."""

    month: date
    count: int | None


class Share(NamedTuple):
    """A row of what the board showed: whole percents by status or freshness, which add up to about 100."""

    code: str
    percents: Mapping[str, int]


class ShelterFigure(NamedTuple):
    shelter_id: str
    asked_of: int
    refused_by: int
    free_no_place: int


def months_of(counts: Sequence[Count], table: Table, months: Sequence[date], *, merged: bool) -> dict[date, Merged]:
    """Return one table for these months; those without events too. `merged`: as everybody may see it."""
    if merged:
        found = merge_table(counts, table)
    else:
        found = {month: Merged(cells) for month, cells in cells_of(counts, table).items()}
    return {month: found.get(month, Merged()) for month in months}


def list_figures(counts: Sequence[Count], months: Sequence[date], *, merged: bool) -> list[Figure]:
    """Return every table that has something in this period."""
    figures = [
        Figure(name, table.axis, add_months(months_of(counts, table, months, merged=merged).values()))
        for name, table in TABLES.items()
    ]
    return [one for one in figures if one.sums.total or one.sums.hidden_months]


def list_series(counts: Sequence[Count], months: Sequence[date], *, merged: bool) -> dict[str, list[Point]]:
    """Return the tables that are drawn through time, month by month."""
    series = {}
    for name in SERIES:
        found = months_of(counts, TABLES[name], months, merged=merged)
        series[name] = [
            Point(month, None if one.is_hidden else sum(one.shown.values()) + one.together) for month, one in found.items()
        ]
    return series


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
    """One unit or kind through time: by table its count in each month; None: it is one of those that stand together."""

    axis: Axis
    code: str
    tables: Mapping[str, Sequence[int | None]]


def list_chosen(counts: Sequence[Count], months: Sequence[date], axis: Axis, code: str, *, merged: bool) -> Chosen:
    """Return the rows of one unit or kind. They are those of the tables that everybody sees, so they tell no more."""
    tables = {}
    for name, table in TABLES.items():
        if table.axis == axis:
            found = months_of(counts, table, months, merged=merged).values()
            tables[name] = [one.shown.get(code, None if one.together or one.is_hidden else 0) for one in found]
    return Chosen(axis, code, tables)


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
    return _shares(chosen, "occupancy", lambda one: one.month.isoformat(), PLACE_STATUSES)


def list_occupancy(counts: Iterable[Count], months: Sequence[date]) -> list[Share]:
    """Return per kind how its places stood, over all hours of these months."""
    return _shares((one for one in counts if one.month in months), "occupancy", lambda one: one.kind_code, PLACE_STATUSES)


def list_freshness(counts: Iterable[Count], months: Sequence[date]) -> list[Share]:
    """Return per month how fresh the news of shelters was, over all its hours."""
    chosen = (one for one in counts if one.month in months)
    return _shares(chosen, "freshness", lambda one: one.month.isoformat(), FRESHNESS)


def list_of_shelters(counts: Iterable[Count], months: Sequence[date], shelter_ids: Iterable[str]) -> list[ShelterFigure]:
    """Return for each of these shelters how often it was asked, refused, and refused although the board showed a place."""
    found: dict[str, Counter[str]] = {shelter_id: Counter() for shelter_id in shelter_ids}
    for one in counts:
        if one.what in OF_SHELTERS and one.month in months and one.code in found:
            found[one.code][one.what] += one.count
    rows = [ShelterFigure(shelter_id, *(cells[what] for what in OF_SHELTERS)) for shelter_id, cells in found.items()]
    return sorted((row for row in rows if row.asked_of), key=lambda row: (-row.refused_by, row.shelter_id))


# --- files


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an export. `state`: the count is of this row alone ("apart"), of several rows ("merged"), or "hidden"."""

    month: str
    table: str
    definition: str
    code: str
    name: str
    count: int | None
    state: str


@dataclass(frozen=True, slots=True)
class Export:
    """The content of a file: `about` has its period, rules and moment by subject."""

    about: Mapping[str, str]
    lines: Sequence[Line]


def list_lines(
    counts: Sequence[Count], months: Sequence[date], title_of: Callable[[str], str], name_of: Callable[[str, Axis, str], str]
) -> list[Line]:
    """Return every month of every table as everybody may see it."""
    lines = []
    for table_name, table in TABLES.items():
        definition = title_of(table_name)
        for month, one in months_of(counts, table, months, merged=True).items():
            start = (month.isoformat()[:7], table_name, definition)
            for code, count in sorted(one.shown.items()):
                lines.append(Line(*start, code, name_of(table_name, table.axis, code), count, "apart"))
            if one.together:
                lines.append(Line(*start, "", "", one.together, "merged"))
            if one.is_hidden:
                lines.append(Line(*start, "", "", None, "hidden"))
    return lines


def _safe(cell: object) -> object:
    """Return a cell that no spreadsheet works out."""
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell


def write_csv(export: Export, separator: str) -> bytes:
    """Return the export as CSV (RFC 4180), with the mark by which Excel knows UTF-8.

    The lines about it come first, in the columns `table` ("about") and `definition`.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(one.name for one in fields(Line))
    writer.writerows(["", "about", _safe(value), subject, "", "", ""] for subject, value in export.about.items())
    writer.writerows([_safe("" if cell is None else cell) for cell in astuple(line)] for line in export.lines)
    return ("\ufeff" + text.getvalue()).encode()


def write_ods(export: Export) -> bytes:
    """Return the export as an OpenDocument spreadsheet: a sheet of the figures and one about them, without formulas."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table as Sheet
    from odf.table import TableCell, TableRow
    from odf.text import P

    def row_of(cells: Sequence[object]) -> Any:
        row = TableRow(check_grammar=False)
        for cell in cells:
            kind = {"valuetype": "float", "value": cell} if isinstance(cell, int) else {"valuetype": "string"}
            made = TableCell(check_grammar=False, **kind)
            made.addElement(P(text="" if cell is None else str(cell)), check_grammar=False)
            row.addElement(made, check_grammar=False)
        return row

    document = OpenDocumentSpreadsheet()
    head = [one.name for one in fields(Line)]
    for name, rows in (("figures", [head, *map(astuple, export.lines)]), ("about", list(export.about.items()))):
        sheet = Sheet(name=name)
        document.spreadsheet.addElement(sheet)
        for cells in rows:
            sheet.addElement(row_of(cells), check_grammar=False)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def file_name(months: Sequence[date], ending: str) -> str:
    """Return a name for the file of these months, made of nothing from outside."""
    return f"bedboard-{months[0]:%Y-%m}-{months[-1]:%Y-%m}.{ending}"


def about_of(words: Mapping[str, str], months: Sequence[date], now: datetime) -> dict[str, str]:
    """Return what a file says about itself: `words` in the language of the reader, its period and its moment."""
    return {**words, "period": f"{months[0]:%Y-%m} – {months[-1]:%Y-%m}", "made_at": now.isoformat(timespec="seconds")}
