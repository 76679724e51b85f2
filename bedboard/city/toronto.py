"""Read the open CSV file of the City of Toronto: the places of its shelters each night.

Reading changes nothing: a file becomes nights of programmes, with a remark about every row that is left out or put right.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from bedboard.city.programmes import MEASURES, SECTORS, UNKNOWN, Day, Programme, Remark, Unusable

MOST_PLACES = 10_000  # of one programme; more is a mistake
MOST_BEDS = 50  # of one place, as the database has it
NUMBERS = ("CAPACITY_ACTUAL_{}", "OCCUPIED_{}S", "UNOCCUPIED_{}S", "UNAVAILABLE_{}S")
COLUMNS = """OCCUPANCY_DATE ORGANIZATION_ID ORGANIZATION_NAME LOCATION_ADDRESS LOCATION_POSTAL_CODE LOCATION_CITY PROGRAM_ID
    PROGRAM_NAME SECTOR SERVICE_USER_COUNT CAPACITY_TYPE CAPACITY_ACTUAL_BED OCCUPIED_BEDS UNOCCUPIED_BEDS UNAVAILABLE_BEDS
    CAPACITY_ACTUAL_ROOM OCCUPIED_ROOMS UNOCCUPIED_ROOMS UNAVAILABLE_ROOMS""".split()


def read_days(path: Path) -> dict[date, Day]:
    """Return every night in the file, the oldest first.

    A row without a readable date gets a remark in each of them.

    Raises Unusable for a file that is not one: absent, empty, not UTF-8, broken quotes, missing columns, no dates.
    """
    days: dict[date, Day] = {}
    undated: list[Remark] = []
    lines: dict[tuple[date, str], int] = {}
    for line, fields in _rows(path):
        try:
            on = date.fromisoformat(fields["OCCUPANCY_DATE"][:10])
        except ValueError:
            undated.append(Remark(line, False, f"OCCUPANCY_DATE is {fields['OCCUPANCY_DATE']!r}, not a date"))
            continue
        day = days.setdefault(on, Day(on, [], []))
        try:
            programme, corrections = _programme(fields)
            if (first := lines.setdefault((on, programme.id), line)) != line:
                raise Unusable(f"programme {fields['PROGRAM_ID']} is on line {first} already")
            day.programmes.append(programme)
            day.remarks.extend(Remark(line, True, why) for why in corrections)
        except Unusable as error:
            day.remarks.append(Remark(line, False, str(error)))
    if not days:
        raise Unusable(f"{path.name} has no row with a date" if undated else f"{path.name} has no rows")
    return {on: Day(on, day.programmes, [*undated, *day.remarks]) for on, day in sorted(days.items())}


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with the number of its first line.

    The field "" says why the others are not to be trusted, or is empty. Raises Unusable.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unusable(f"{path.name} is not UTF-8 (line {line}); save it as UTF-8") from None
    if not text.strip() or "\0" in text:
        raise Unusable(f"{path.name} is empty" if not text.strip() else f"{path.name} is not text: it has bytes of zero")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader)]
        if wrong := [column for column in COLUMNS if header.count(column) != 1]:
            raise Unusable(f"{path.name} does not have these columns, each once: {', '.join(wrong)}")
        line = reader.line_num + 1
        for values in reader:
            fields = dict.fromkeys(header, "") | dict(zip(header, (" ".join(v.split()) for v in values), strict=False))
            fields[""] = "" if len(values) == len(header) else f"has {len(values)} fields, not {len(header)}"
            if values:
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unusable(f"{path.name} cannot be read as CSV, line {reader.line_num}: {error}") from None


def _programme(fields: Mapping[str, str]) -> tuple[Programme, list[str]]:
    """Return a row as a programme, and what was put right in it. Raises Unusable.

    Numbers are whole and not negative, but an UNAVAILABLE below 0 is read as 0: it is mostly what is funded minus what is
    usable, so a programme with more beds than are funded has -1. Where occupied and unoccupied do not add up to the capacity,
    never more is free than both say, and what is missing is closed. The beds of a room are SERVICE_USER_COUNT divided by the
    occupied rooms, rounded, from 1 to 50: the city counts rooms and people, not the beds in a room.
    """
    _check_words(fields)
    measure, corrections = MEASURES[fields["CAPACITY_TYPE"]], list[str]()
    columns = [pattern.format(measure.upper()) for pattern in NUMBERS]
    usable, occupied, unoccupied, unavailable = (_number(fields, column) for column in columns)
    if unavailable < 0:
        corrections.append(f"{columns[-1]} is {unavailable}: read as 0")
    free = min(unoccupied, max(0, usable - occupied))
    closed = max(0, usable - occupied - free) + max(0, unavailable)
    if occupied + unoccupied != usable:
        sum_is = f"{occupied} occupied and {unoccupied} unoccupied are not the capacity of {usable}"
        corrections.append(f"{sum_is}: read as {occupied} occupied, {free} free, {closed} closed")
    if occupied + free + closed == 0:
        raise Unusable("has no places")
    organization = fields["ORGANIZATION_NAME"] or f"organization {fields['ORGANIZATION_ID']}"
    name = fields["PROGRAM_NAME"] or f"programme {fields['PROGRAM_ID']}"
    for column, instead in (("ORGANIZATION_NAME", organization), ("PROGRAM_NAME", name), ("LOCATION_CITY", UNKNOWN)):
        if not fields[column]:
            corrections.append(f"{column} is missing: {instead}")
    ids = f"t{fields['PROGRAM_ID'].lower()}", f"o{fields['ORGANIZATION_ID'].lower()}"
    town = f"{fields['LOCATION_POSTAL_CODE']} {fields['LOCATION_CITY']}".strip()
    where = fields["LOCATION_CITY"] or UNKNOWN, ", ".join(filter(None, (fields["LOCATION_ADDRESS"], town)))
    beds = _beds_per_room(fields["SERVICE_USER_COUNT"], occupied, corrections) if measure == "room" else 1
    return Programme(*ids, name, organization, *where, fields["SECTOR"], measure, beds, occupied, free, closed), corrections


def _check_words(fields: Mapping[str, str]) -> None:
    """Raise Unusable for a broken row, for an id that is none, and for a code that is not known."""
    if fields[""]:
        raise Unusable(fields[""])
    for column in ("PROGRAM_ID", "ORGANIZATION_ID"):
        if not re.fullmatch("[0-9A-Za-z][0-9A-Za-z-]{0,39}", fields[column]):
            raise Unusable(f"{column} is {fields[column]!r}, not an id" if fields[column] else f"{column} is missing")
    for column, known in (("SECTOR", SECTORS), ("CAPACITY_TYPE", MEASURES)):
        if fields[column] not in known:
            raise Unusable(f"{column} is {fields[column]!r}, which is not known")


def _number(fields: Mapping[str, str], column: str) -> int:
    text, least = fields[column], -MOST_PLACES if column.startswith("UNAVAILABLE") else 0
    if not re.fullmatch("-?[0-9]{1,9}", text):
        raise Unusable(f"{column} is {text!r}, not a whole number" if text else f"{column} is missing")
    if not least <= int(text) <= MOST_PLACES:
        raise Unusable(f"{column} is {text}, which cannot be")
    return int(text)


def _beds_per_room(users: str, rooms: int, corrections: list[str]) -> int:
    people = int(users) if re.fullmatch("[0-9]{1,9}", users) else 0
    average = (2 * people + rooms) // (2 * rooms) if rooms else 1
    beds = max(1, min(MOST_BEDS, average))
    if beds != average:
        corrections.append(f"SERVICE_USER_COUNT is {users!r} in {rooms} occupied rooms: {beds} beds in each")
    return beds
