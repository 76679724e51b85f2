"""The figures of the monitor as files: CSV, ODS and the lines of JSON."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal

from bedboard.rules.merging import Count
from bedboard.rules.roster import is_formula
from bedboard.rules.tallies import OF_SHELTERS, TABLES, Axis
from bedboard.views.figures import EVER, Begun, list_of_shelters, months_of


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an export. `state`: the count is of this row alone ("apart"), of several rows ("merged"), "hidden", or there
    is none: "not_counted"."""

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
    counts: Sequence[Count],
    months: Sequence[date],
    title_of: Callable[[str], str],
    name_of: Callable[[str, Axis, str], str],
    begun: Begun = EVER,
) -> list[Line]:
    """Return every month of every table as everybody may see it."""
    lines = []
    for table_name, table in TABLES.items():
        definition = title_of(table_name)
        for month, one in months_of(counts, table, months, merged=True, begun=begun).items():
            start = (month.isoformat()[:7], table_name, definition)
            for code, count in sorted(one.shown.items()):
                lines.append(Line(*start, code, name_of(table_name, table.axis, code), count, "apart"))
            if one.together:
                lines.append(Line(*start, "", "", one.together, "merged"))
            if one.is_hidden:
                lines.append(Line(*start, "", "", None, "hidden"))
            if not one.is_counted:
                lines.append(Line(*start, "", "", None, "not_counted"))
    return lines


def list_shelter_lines(
    counts: Sequence[Count],
    months: Sequence[date],
    shelters: Mapping[str, str],
    title_of: Callable[[str], str],
    begun: Begun = EVER,
) -> list[Line]:
    """Return every month of the figures of these shelters, by id with their names, not merged: each is for its reader only."""
    lines = []
    for what in OF_SHELTERS:
        for month in months:
            start = (month.isoformat()[:7], what, title_of(what))
            if month < begun.get(what, date.min):
                lines.append(Line(*start, "", "", None, "not_counted"))
                continue
            for row in list_of_shelters(counts, [month], shelters):
                lines.append(Line(*start, row.shelter_id, shelters[row.shelter_id], getattr(row, what), "apart"))
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


def file_name(months: Sequence[date], of: Literal["", "shelters"], ending: str) -> str:
    """Return a name for the file of these months, made of nothing from outside."""
    return f"bedboard-{of and 'shelters-'}{months[0]:%Y-%m}-{months[-1]:%Y-%m}.{ending}"


def about_of(words: Mapping[str, str], months: Sequence[date], now: datetime) -> dict[str, str]:
    """Return what a file says about itself: `words` in the language of the reader, its period and its moment."""
    return {**words, "period": f"{months[0]:%Y-%m} – {months[-1]:%Y-%m}", "made_at": now.isoformat(timespec="seconds")}
