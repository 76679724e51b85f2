"""A file with shelters, places and people: from bytes to rows, and from a row to the form of a page."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from bedboard.rules.refusals import FieldError, Invalid
from bedboard.rules.roster import LARGEST_FILE_KB, MOST_ROWS, is_formula
from bedboard.schemas.manage_forms import NewPlaceForm, NewShelterForm, PersonForm
from bedboard.schemas.parse import parse_form

RowKind = Literal["shelter", "place", "person"]
ROW_KINDS: tuple[RowKind, ...] = get_args(RowKind)
KIND_WORDS: Mapping[str, RowKind] = {"locatie": "shelter", "plek": "place", "persoon": "person"}
COLUMNS: Mapping[str, str] = {
    "row": "rij",
    "name": "naam",
    "organization": "organisatie",
    "unit": "eenheid",
    "telephone": "telefoon",
    "address": "adres",
    "confirm_times": "tijden",
    "shelter": "locatie",
    "label": "plek",
    "kind": "soort",
    "beds": "bedden",
    "cots": "babybedden",
    "count": "aantal",
    "role": "rol",
}
"""The columns, with their Dutch names; a file may have the names of either language."""
FIELDS_OF: Mapping[RowKind, frozenset[str]] = {
    "shelter": frozenset({"name", "organization", "unit", "telephone", "address", "confirm_times"}),
    "place": frozenset({"shelter", "label", "kind", "beds", "cots", "count"}),
    "person": frozenset({"name", "organization", "role", "shelter"}),
}
BETWEEN = "|"
"""The sign between several shelters of one person."""

EXAMPLE: tuple[Mapping[str, str], ...] = (
    {
        "row": "shelter",
        "name": "Beuk",
        "organization": "Stichting Voorbeeld",
        "unit": "amsterdam",
        "telephone": "020-123 45 67",
        "address": "Voorbeeldstraat 1, Amsterdam",
        "confirm_times": "08:00 16:00 21:30",
    },
    {"row": "place", "shelter": "Beuk", "label": "kamer", "kind": "women", "beds": "2", "cots": "1", "count": "4"},
    {"row": "person", "name": "Bo Voorbeeld", "organization": "Stichting Voorbeeld", "role": "manager", "shelter": "Beuk"},
)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of a file. `cells`: by field, without the empty ones. `wrong`: what can be seen without knowing anything else."""

    line: int
    kind: RowKind | None
    cells: Mapping[str, str]
    wrong: list[FieldError] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.cells.get("label" if self.kind == "place" else "name", "")


def read_file(content: bytes) -> list[FileRow]:
    """Return the rows of a file in UTF-8 or Windows-1252, with commas or semicolons; empty rows are left out.

    Refusal: Invalid `file`, for what is wrong with it as a whole.
    """
    if len(content) > LARGEST_FILE_KB * 1024:
        raise Invalid(FieldError("file", "file_too_large", {"most": LARGEST_FILE_KB}))
    text = _decode(content)
    header, _, _ = text.partition("\n")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",", strict=True)
    try:
        columns = _columns(next(reader, []))
        rows = [row for cells in reader if (row := _row(reader.line_num, columns, cells)) is not None]
    except csv.Error:
        raise Invalid(FieldError("file", "file_broken", {"line": reader.line_num})) from None
    if not rows:
        raise Invalid(FieldError("file", "file_empty"))
    if len(rows) > MOST_ROWS:
        raise Invalid(FieldError("file", "too_many_rows", {"most": MOST_ROWS}))
    return rows


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # "Unicode text" of a spreadsheet
        raise Invalid(FieldError("file", "file_utf16"))
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip():
            raise Invalid(FieldError("file", "file_empty"))
        if "\0" not in text and not text.startswith("PK"):  # a workbook is a packed folder
            return text
    raise Invalid(FieldError("file", "not_a_csv"))


def _columns(header: list[str]) -> list[str]:
    """Return the field of each column. Refusal: Invalid `file`."""
    known = {name: name for name in COLUMNS} | {dutch: name for name, dutch in COLUMNS.items()}
    said = [" ".join(cell.casefold().split()) for cell in header]
    while said and not said[-1]:
        said.pop()
    columns = [known.get(one) for one in said]
    if "row" not in columns:
        raise Invalid(FieldError("file", "no_header", {"columns": ", ".join(COLUMNS.values())}))
    unknown = [number for number, one in enumerate(columns, start=1) if one is None]
    if unknown:
        raise Invalid(FieldError("file", "unknown_column", {"number": unknown[0]}))
    found = [one for one in columns if one is not None]
    if len(set(found)) < len(found):
        raise Invalid(FieldError("file", "column_twice"))
    return found


def _row(line: int, columns: list[str], cells: list[str]) -> FileRow | None:
    given = [cell.strip(" \u00a0\n") for cell in cells]
    if not any(given):
        return None
    said = {name: cell for name, cell in zip(columns, given, strict=False) if cell}
    word = said.pop("row", "").casefold()
    kind = next((one for one in ROW_KINDS if one == word), KIND_WORDS.get(word))
    wrong = [FieldError("row", "unknown_row")] if kind is None else []
    wrong += [FieldError("row", "too_many_cells")] if any(given[len(columns) :]) else []
    for name, cell in said.items():
        if is_formula(cell):
            wrong.append(FieldError(name, "formula"))
        elif kind is not None and name not in FIELDS_OF[kind]:
            wrong.append(FieldError(name, "not_for_this_row"))
    return FileRow(line, kind, said, wrong)


class Lookups(NamedTuple):
    """The codes that a deployment knows, by each of their names in small letters."""

    organizations: Mapping[str, str]
    units: Mapping[str, str]
    kinds: Mapping[str, str]
    roles: Mapping[str, str]


class ReadRow(NamedTuple):
    """The form that a row stands for, and the names of its shelters: of the place, or those for which a person works."""

    form: NewShelterForm | NewPlaceForm | PersonForm
    shelters: tuple[str, ...]


def read_row(row: FileRow, known: Lookups) -> ReadRow:
    """Return the form of a row, checked as the form of the page. Refusal: Invalid with every field that cannot be right."""
    cells: dict[str, Any] = dict(row.cells)
    shelters = tuple(name.strip() for name in cells.pop("shelter", "").split(BETWEEN) if name.strip())
    wrong = list(row.wrong)
    for name, codes, code in (
        ("organization", known.organizations, "unknown_organization"),
        ("unit", known.units, "unknown_unit"),
        ("kind", known.kinds, "unknown_kind"),
        ("role", known.roles, "not_a_role"),
    ):
        if name in cells and not any(one.field == name for one in wrong):
            found = codes.get(cells[name].casefold())
            cells[name] = found or "unknown"
            wrong += [] if found else [FieldError(name, code)]
    if row.kind is None:
        raise Invalid(*wrong)
    if row.kind == "place" and len(shelters) != 1:
        wrong.append(FieldError("shelter", "one_shelter" if shelters else "missing"))
    models: Mapping[RowKind, type[NewShelterForm | NewPlaceForm | PersonForm]]
    models = {"shelter": NewShelterForm, "place": NewPlaceForm, "person": PersonForm}
    told = {one.field for one in wrong}
    try:
        form = parse_form(models[row.kind], {name: cell for name, cell in cells.items() if name in FIELDS_OF[row.kind]})
    except Invalid as refusal:
        wrong += [one for one in refusal.fields if one.field not in told]
    if wrong:
        raise Invalid(*_in_order(wrong))
    return ReadRow(form, shelters)


def _in_order(wrong: list[FieldError]) -> Iterator[FieldError]:
    return iter(sorted(wrong, key=lambda one: list(COLUMNS).index(one.field) if one.field in COLUMNS else -1))


def template_rows(english: bool) -> Iterator[list[str]]:
    """Yield the rows of the file to start with: the columns, and an example of each kind of row."""
    words = {kind: word for word, kind in KIND_WORDS.items()}
    yield [name if english else dutch for name, dutch in COLUMNS.items()]
    for example in EXAMPLE:
        said = {**example, "row": example["row"] if english else words[example["row"]]}  # type: ignore[index]
        yield [said.get(name, "") for name in COLUMNS]


def write_template(*, english: bool) -> bytes:
    """Return the file to start with, as spreadsheets in the Netherlands open it: semicolons, and UTF-8 with its mark."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(template_rows(english))
    return out.getvalue().encode("utf-8-sig")
