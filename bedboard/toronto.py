"""Real data: the shelters of the City of Toronto, read from the city's open CSV and loaded as a board.

Reading changes nothing: a file becomes days of programmes, with a remark about every row that is left out or put right.
Knows nothing of the network: `bedboard.replay` moves the days through the API.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bedboard.actions.setup import NewPlace, NewShelter, add_organization, add_person, add_shelter, begin_deployment
from bedboard.rules.places import CLOSED_REASONS
from bedboard.seeds import add_demo_clients
from bedboard.store.database import Transaction
from bedboard.store.seal import Seal
from bedboard.store.tables import Kind, Person, Unit

ZONE = "America/Toronto"
COUNTED_AT = time(4)  # a night is counted at 04:00 of the morning after
MOST_PLACES = 10_000  # of one programme; more is a mistake
MOST_BEDS = 50  # of one place, as the database has it

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
NUMBERS = ("CAPACITY_ACTUAL_{}", "OCCUPIED_{}S", "UNOCCUPIED_{}S", "UNAVAILABLE_{}S")
DUTCH = {"bed": "bed", "room": "kamer"}
COLUMNS = """OCCUPANCY_DATE ORGANIZATION_ID ORGANIZATION_NAME LOCATION_ADDRESS LOCATION_POSTAL_CODE LOCATION_CITY PROGRAM_ID
    PROGRAM_NAME SECTOR SERVICE_USER_COUNT CAPACITY_TYPE CAPACITY_ACTUAL_BED OCCUPIED_BEDS UNOCCUPIED_BEDS UNAVAILABLE_BEDS
    CAPACITY_ACTUAL_ROOM OCCUPIED_ROOMS UNOCCUPIED_ROOMS UNAVAILABLE_ROOMS""".split()
UNKNOWN = "Onbekend/Unknown"  # the unit of a programme without a city
TILES = {"vaughan": (3, 1), "etobicoke": (2, 2), "north-york": (3, 2), "scarborough": (4, 2), "toronto": (3, 3)}
DEMO_PEOPLE = {"Tally": "police", "Lucia": "coordinator", "Sanne": "staff", "Hanneke": "desk", "Anneke": "manager"}
DEMO_PEOPLE |= {"Wouter": "admin", "Rajesh": "auditor"}

Progress = Callable[[int, int], None]  # places done, places in all


class Unusable(Exception):
    """A sentence for whoever gave the command: why a file, a row of it or an option cannot be used. Nothing was changed."""


class Remark(NamedTuple):
    """What was wrong with one row. `used` False: it was left out; True: it was put right as `why` says."""

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


def read_days(path: Path) -> dict[date, Day]:
    """Every night in the file, ascending. A row without a readable date is remarked upon in each of them.

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


def choose_day(days: Mapping[date, Day], on: date) -> Day:
    """Raises Unusable, naming the dates that there are, when this one is not or has no usable row."""
    if on not in days:
        raise Unusable(f"{on} is not in the file; these dates are: {', '.join(map(str, days))}")
    if not days[on].programmes:
        raise Unusable(f"no row of {on} can be used; the first: {days[on].remarks[0].why}")
    return days[on]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the number of its first line; "" in it says why its fields are not to be trusted."""
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
    """A row, and what was put right in it. Raises Unusable.

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


def unique_names(programmes: Iterable[Programme]) -> dict[str, str]:
    """Shelter id to a name that no other has: programmes with the same name get their number behind it."""
    times = Counter(programme.name for programme in programmes)
    names: dict[str, str] = {}
    for programme in programmes:
        name = programme.name
        while times[name] > 1 or (name != programme.name and name in times):
            name = f"{name} ({programme.id[1:]})"
        names[programme.id] = name
    return names


def make_units(programmes: Iterable[Programme]) -> list[Unit]:
    """One per city, however it is written. Those that are not in TILES, and the unknown one, get the rows below."""
    cities = {programme.unit: programme.city for programme in sorted(programmes, key=lambda p: p.city)}
    others = [code for code in cities if code not in TILES]
    tiles = {code: (n % 6 + 1, min(6, 4 + n // 6)) for n, code in enumerate(others)} | TILES
    units = []
    for code, city in cities.items():
        column, row = tiles[code]
        short = "?" if city == UNKNOWN else "".join(word[:1] for word in city.split()) if " " in city else city[:2]
        units.append(Unit(code=code, name=city, short=short.upper(), map_column=column, map_row=row))
    return units


def make_kinds(programmes: Iterable[Programme]) -> list[Kind]:
    found = sorted({p.kind: p for p in programmes}.items(), key=lambda item: (list(SECTORS).index(item[1].sector), item[0]))
    kinds = []
    for position, (code, programme) in enumerate(found, start=1):
        _, nl, en, _ = SECTORS[programme.sector]
        nl, en = f"{nl.capitalize()}, {DUTCH[programme.measure]}", f"{en.capitalize()}, {programme.measure}"
        kind = Kind(code=code, position=position, name_nl=nl, name_en=en, long_nl=nl, long_en=en, decides="shelter")
        kinds.append(kind)
    return kinds


def make_places(programme: Programme, seen_at: datetime) -> list[NewPlace]:
    """Occupied ones first, then free, then closed; the city does not say which is which, nor since when."""
    states = ["occupied"] * programme.occupied + ["open"] * programme.free + ["closed"] * programme.closed
    places = []
    for number, state in enumerate(states, start=1):
        id, label = f"{programme.id}-{number}", f"{DUTCH[programme.measure]} {number}"
        place = NewPlace(id, programme.kind, label, programme.beds, seen_at, state=state)
        if state == "closed":
            place = replace(place, closed_reason="other", expected_free_at=seen_at + CLOSED_REASONS["other"])
        places.append(place)
    return places


async def load_day(
    tx: Transaction, day: Day, seal: Seal, now: datetime, *, demo: bool, as_of_now: bool, progress: Progress | None = None
) -> dict[str, int]:
    """Loads one night into an empty database, in the caller's transaction; returns how many of what.

    `as_of_now`: as if counted and confirmed just now, for a demonstration; else dated when the city counted it, and so as
    stale as it is. `demo` adds demo people and tokens. Refusal: Conflict `not_empty`.
    """
    counted_at = datetime.combine(day.on + timedelta(days=1), COUNTED_AT, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    programmes, seen_at = day.programmes, now if as_of_now else min(now, counted_at)
    units, kinds, names = make_units(programmes), make_kinds(programmes), unique_names(programmes)
    await begin_deployment(tx, f"Toronto, {day.on}", ZONE, units, kinds, now, demo=demo)
    organizations = {programme.organization_id: programme.organization for programme in reversed(programmes)}
    for organization_id, name in organizations.items():
        await add_organization(tx, organization_id, name)
    done, total = 0, sum(programme.total for programme in programmes)
    for programme in programmes:
        shelter = NewShelter(
            id=programme.id,
            organization_id=programme.organization_id,
            unit=programme.unit,
            name=names[programme.id],
            telephone="",
            address=programme.address,
            confirmed_at=seen_at,
            places=make_places(programme, seen_at),
            criteria=dict(SECTORS[programme.sector][3]),
        )
        await add_shelter(tx, shelter, seal, now)
        done += programme.total
        if progress is not None:
            progress(done, total)
    if demo:
        await _add_demo_people(tx, programmes)
        own = [(programme.id, programme.organization_id) for programme in programmes]
        await add_demo_clients(tx, own, dict.fromkeys(DEMO_PEOPLE.values(), "demo"), now)
    return {"organizations": len(organizations), "shelters": len(programmes), "places": total}


async def _add_demo_people(tx: Transaction, programmes: Sequence[Programme]) -> None:
    """Invented people to sign in as, one for each role: staff of a middling shelter, the manager of the largest ones."""
    by_size = sorted(programmes, key=lambda programme: (programme.total, programme.id))
    largest = [programme for programme in programmes if programme.organization_id == by_size[-1].organization_id]
    await add_organization(tx, "demo", "Demo")
    for name, role in DEMO_PEOPLE.items():
        own = {"staff": by_size[len(by_size) // 2 :][:1], "manager": largest}.get(role, [])
        organization_id = own[0].organization_id if own else "demo"
        person = Person(id=name.lower(), organization_id=organization_id, name=f"{name} (demo)", role=role, demo=True)
        await add_person(tx, person, [programme.id for programme in own])
