"""Real data: the shelters of the City of Toronto, read from the city's open CSV and loaded as a board.

Reading changes nothing: a file becomes days of programmes, with a remark about every row that is left out or put right.
Knows nothing of the network: `bedboard.replay` moves the days through the API.
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bedboard.actions.register import NewPlace, NewShelter, add_organization, add_person, add_shelter, begin_deployment
from bedboard.rules.places import CLOSED_REASONS
from bedboard.seeds import add_demo_clients
from bedboard.store.database import Transaction
from bedboard.store.seal import Seal
from bedboard.store.tables import Kind, Person, Unit

ZONE = "America/Toronto"
COUNTED_AT = time(4)  # a night is counted at 04:00 of the morning after
MOST_PLACES = 10_000  # of one programme; more is a mistake (the largest has some 500)
MOST_BEDS = 50  # of one place, as the database has it

YES, DISCUSS, NO = "yes", "discuss", "no"
FAMILY = dict.fromkeys(("woman", "man", "child_0_3", "child_4_11", "child_12_17", "boy_12_17"), YES)


class Sector(NamedTuple):
    """`criteria` say no more than the name of the sector does; the rest stays unknown."""

    code: str
    nl: str
    en: str
    criteria: Mapping[str, str]


class Measure(NamedTuple):
    """What a programme counts in: the names of its columns, and its words."""

    code: str
    actual: str
    counted: str
    nl: str
    en: str


SECTORS: Mapping[str, Sector] = {
    "Men": Sector("men", "mannen", "men", {"man": YES, "woman": NO}),
    "Women": Sector("women", "vrouwen", "women", {"woman": YES, "man": NO}),
    "Mixed Adult": Sector("mixed", "volwassenen", "adults", {"woman": YES, "man": YES}),
    "Youth": Sector("youth", "jongeren", "youth", {"woman": DISCUSS, "man": DISCUSS, "minor_alone": DISCUSS}),
    "Families": Sector("families", "gezinnen", "families", FAMILY),
}
MEASURES: Mapping[str, Measure] = {
    "Bed Based Capacity": Measure("bed", "BED", "BEDS", "bed", "bed"),
    "Room Based Capacity": Measure("room", "ROOM", "ROOMS", "kamer", "room"),
}
COLUMNS = (
    *("OCCUPANCY_DATE", "ORGANIZATION_ID", "ORGANIZATION_NAME", "LOCATION_ADDRESS", "LOCATION_POSTAL_CODE"),
    *("LOCATION_CITY", "PROGRAM_ID", "PROGRAM_NAME", "SECTOR", "SERVICE_USER_COUNT", "CAPACITY_TYPE"),
    *(f"CAPACITY_ACTUAL_{m.actual}" for m in MEASURES.values()),
    *(f"{state}_{m.counted}" for m in MEASURES.values() for state in ("OCCUPIED", "UNOCCUPIED", "UNAVAILABLE")),
)

UNKNOWN_UNIT = "unknown"
TILES: Mapping[str, tuple[str, int, int]] = {  # short name, column and row on the map; other cities go in rows 4 to 6
    "vaughan": ("VA", 3, 1),
    "etobicoke": ("ET", 2, 2),
    "north-york": ("NY", 3, 2),
    "scarborough": ("SC", 4, 2),
    "toronto": ("TO", 3, 3),
    UNKNOWN_UNIT: ("?", 5, 3),
}

Progress = Callable[[int, int], None]  # places done, places in all


class Unusable(Exception):
    """A sentence for whoever gave the command: what cannot be used, and why. Nothing has been changed."""


class _LeftOut(Exception):
    """Why one row cannot be used."""


class Remark(NamedTuple):
    """What was wrong with one row. `used` False: it was left out; True: it was put right as `why` says."""

    line: int
    used: bool
    why: str


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme on one night, as a shelter with its places; `beds` are those of one place."""

    id: str
    name: str
    organization_id: str
    organization: str
    city: str
    address: str
    sector: Sector
    measure: Measure
    beds: int
    occupied: int
    free: int
    closed: int

    @property
    def kind(self) -> str:
        return f"{self.sector.code}-{self.measure.code}"

    @property
    def unit(self) -> str:
        plain = unicodedata.normalize("NFKD", self.city).encode("ascii", "ignore").decode().lower()
        return re.sub("[^a-z0-9]+", "-", plain).strip("-") or UNKNOWN_UNIT

    @property
    def usable(self) -> int:
        return self.occupied + self.free

    @property
    def total(self) -> int:
        return self.usable + self.closed


@dataclass(frozen=True, slots=True)
class Day:
    """One night: its usable programmes in the order of the file, and what was wrong with the other rows."""

    on: date
    programmes: list[Programme] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def counted_at(self) -> datetime:
        return datetime.combine(self.on + timedelta(days=1), COUNTED_AT, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def read_days(path: Path) -> dict[date, Day]:
    """Every night in the file, ascending. A row without a readable date is remarked upon in each of them.

    Raises Unusable for a file that is not one: absent, empty, not UTF-8, broken quotes, missing columns, no dates.
    """
    days: dict[date, Day] = {}
    undated: list[Remark] = []
    seen: dict[tuple[date, str], int] = {}
    for line, fields in _rows(_text(path), path.name):
        try:
            on = date.fromisoformat(fields.get("OCCUPANCY_DATE", "")[:10])
        except ValueError:
            undated.append(Remark(line, False, f"OCCUPANCY_DATE is {fields.get('OCCUPANCY_DATE', '')!r}, not a date"))
            continue
        day = days.setdefault(on, Day(on))
        corrections: list[str] = []
        try:
            programme = _read_programme(fields, corrections)
            if (earlier := seen.setdefault((on, programme.id), line)) != line:
                raise _LeftOut(f"programme {fields['PROGRAM_ID']} is on line {earlier} already")
        except _LeftOut as error:
            day.remarks.append(Remark(line, False, str(error)))
            continue
        day.programmes.append(programme)
        day.remarks += [Remark(line, True, why) for why in corrections]
    if not days:
        raise Unusable(f"{path.name} has no row with a date" if undated else f"{path.name} has columns, but no rows")
    for day in days.values():
        day.remarks[:0] = undated
    return dict(sorted(days.items()))


def choose_day(days: Mapping[date, Day], on: date) -> Day:
    """Raises Unusable, naming the dates that there are, when this one is not or has no usable row."""
    if on not in days:
        raise Unusable(f"{on} is not in the file; it has {list_dates(days)}")
    if not days[on].programmes:
        raise Unusable(f"no row of {on} can be used")
    return days[on]


def list_dates(dates: Iterable[date]) -> str:
    """For people: runs of days as "2024-01-01 to 2024-01-31"."""
    runs: list[list[date]] = []
    for on in sorted(dates):
        if runs and on - runs[-1][-1] == timedelta(days=1):
            runs[-1] = [runs[-1][0], on]
        else:
            runs.append([on])
    return ", ".join(" to ".join(map(str, run)) for run in runs)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from None
    if not content.strip():
        raise Unusable(f"{path.name} is empty")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unusable(f"{path.name} is not UTF-8: line {line} has a byte that cannot be; save it as UTF-8") from None


def _rows(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the number of its first line; a row with fewer or more fields than the header keeps only its date."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader)]
        if wrong := [column for column in COLUMNS if header.count(column) != 1]:
            raise Unusable(f"{name} does not have these columns (once): {', '.join(wrong)}")
        line = reader.line_num + 1
        for values in reader:
            if values:
                fields = {column: " ".join(value.split()) for column, value in zip(header, values, strict=False)}
                if len(values) != len(header):
                    fields = {"OCCUPANCY_DATE": fields.get("OCCUPANCY_DATE", ""), "": f"{len(values)} fields, not {len(header)}"}
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unusable(f"{name} is not a CSV file that can be read: line {reader.line_num}: {error}") from None


def _read_programme(fields: Mapping[str, str], corrections: list[str]) -> Programme:
    """Raises _LeftOut; adds to `corrections` what was put right.

    Only whole numbers from 0 count, but an UNAVAILABLE below 0 is 0 (the city writes funded minus actual: a programme that
    uses more than its funded beds has -1). Where occupied and unoccupied do not add up to the capacity, the careful reading:
    never more free than both say; the rest is closed. The beds of a room are SERVICE_USER_COUNT divided by the occupied
    rooms, rounded, from 1 to 50: the data knows rooms and people, not beds in a room.
    """
    if "" in fields:
        raise _LeftOut(fields[""])
    for column in ("PROGRAM_ID", "ORGANIZATION_ID"):
        if not re.fullmatch("[0-9A-Za-z][0-9A-Za-z-]{0,39}", fields[column], re.ASCII):
            raise _LeftOut(f"{column} is {fields[column]!r}, not an id" if fields[column] else f"{column} is missing")
    sector, measure = SECTORS.get(fields["SECTOR"]), MEASURES.get(fields["CAPACITY_TYPE"])
    if sector is None or measure is None:
        column = "CAPACITY_TYPE" if sector else "SECTOR"
        raise _LeftOut(f"{column} is {fields[column]!r}, which is not known")
    actual = _number(fields, f"CAPACITY_ACTUAL_{measure.actual}")
    occupied = _number(fields, f"OCCUPIED_{measure.counted}")
    unoccupied = _number(fields, f"UNOCCUPIED_{measure.counted}")
    unavailable = _number(fields, f"UNAVAILABLE_{measure.counted}", negative=True)
    if unavailable < 0:
        corrections.append(f"UNAVAILABLE_{measure.counted} is {unavailable}: read as 0")
        unavailable = 0
    free = min(unoccupied, max(0, actual - occupied))
    missing = max(0, actual - occupied - free)
    if occupied + unoccupied != actual:
        corrections.append(
            f"{occupied} occupied and {unoccupied} unoccupied are not the capacity of {actual}: "
            f"read as {occupied} occupied, {free} free, {missing} closed"
        )
    if occupied + free + missing + unavailable == 0:
        raise _LeftOut("has no places")
    names = {}
    for column in ("PROGRAM", "ORGANIZATION"):
        names[column] = fields[f"{column}_NAME"] or f"{column.lower()} {fields[f'{column}_ID']}"
        if not fields[f"{column}_NAME"]:
            corrections.append(f"{column}_NAME is missing: called {names[column]!r}")
    if not fields["LOCATION_CITY"]:
        corrections.append("LOCATION_CITY is missing: put under unknown")
    street = (fields["LOCATION_ADDRESS"], f"{fields['LOCATION_POSTAL_CODE']} {fields['LOCATION_CITY']}".strip())
    return Programme(
        id=f"t{fields['PROGRAM_ID'].lower()}",
        name=names["PROGRAM"],
        organization_id=f"o{fields['ORGANIZATION_ID'].lower()}",
        organization=names["ORGANIZATION"],
        city=fields["LOCATION_CITY"],
        address=", ".join(part for part in street if part),
        sector=sector,
        measure=measure,
        beds=_beds(fields["SERVICE_USER_COUNT"], occupied, corrections) if measure.code == "room" else 1,
        occupied=occupied,
        free=free,
        closed=unavailable + missing,
    )


def _number(fields: Mapping[str, str], column: str, *, negative: bool = False) -> int:
    text = fields[column]
    if not re.fullmatch("-?[0-9]{1,9}", text):
        raise _LeftOut(f"{column} is {text!r}, not a whole number" if text else f"{column} is missing")
    number = int(text)
    if number > MOST_PLACES or (number < 0 and not negative):
        raise _LeftOut(f"{column} is {number}, which cannot be")
    return number


def _beds(users: str, rooms: int, corrections: list[str]) -> int:
    if not re.fullmatch("[0-9]{1,9}", users):
        corrections.append(f"SERVICE_USER_COUNT is {users!r}: one bed in each room")
        return 1
    beds = (2 * int(users) + rooms) // (2 * rooms) if rooms else 1
    if beds > MOST_BEDS:
        corrections.append(f"{users} people in {rooms} rooms: {MOST_BEDS} beds in each room, the most there can be")
    return max(1, min(MOST_BEDS, beds))


def unique_names(programmes: Sequence[Programme]) -> dict[str, str]:
    """Shelter id to a name that is its own: programmes of the same name get their number behind it."""
    times = Counter(programme.name for programme in programmes)
    names = {programme.id: programme.name for programme in programmes if times[programme.name] == 1}
    taken = set(names.values())
    for programme in programmes:
        name = names.get(programme.id, programme.name)
        while programme.id not in names:
            name = f"{name} ({programme.id[1:]})"
            if name not in taken:
                names[programme.id] = name
                taken.add(name)
    return names


def make_units(programmes: Iterable[Programme]) -> list[Unit]:
    """One per city, on a tile of its own as long as there is room."""
    cities = {p.unit: p.city or "Onbekend/Unknown" for p in sorted(programmes, key=lambda p: (p.unit, p.city), reverse=True)}
    others = [code for code in sorted(cities) if code not in TILES]
    tiles = {code: (code[:2].upper(), n % 6 + 1, min(6, n // 6 + 4)) for n, code in enumerate(others)} | dict(TILES)
    return [
        Unit(code=code, name=city, short=tiles[code][0], map_column=tiles[code][1], map_row=tiles[code][2])
        for code, city in sorted(cities.items())
    ]


def make_kinds(programmes: Iterable[Programme]) -> list[Kind]:
    present = {programme.kind for programme in programmes}
    every = [(f"{sector.code}-{measure.code}", sector, measure) for sector in SECTORS.values() for measure in MEASURES.values()]
    return [
        Kind(
            code=code,
            position=position,
            name_nl=f"{sector.nl.capitalize()}, {measure.nl}",
            name_en=f"{sector.en.capitalize()}, {measure.en}",
            long_nl=f"{measure.nl.capitalize()} in een opvang voor {sector.nl}",
            long_en=f"{measure.en.capitalize()} in a shelter for {sector.en}",
            decides="shelter",
        )
        for position, (code, sector, measure) in enumerate(every, start=1)
        if code in present
    ]


def make_places(programme: Programme, seen_at: datetime) -> list[NewPlace]:
    """Occupied ones first, then free, then closed; the data does not know which is which, nor since when."""
    reopens_at = seen_at + CLOSED_REASONS["other"]
    states = ["occupied"] * programme.occupied + ["open"] * programme.free + ["closed"] * programme.closed
    return [
        NewPlace(
            id=f"{programme.id}-{number}",
            kind=programme.kind,
            label=f"{programme.measure.nl} {number}",
            beds=programme.beds,
            observed_at=seen_at,
            state=state,
            expected_free_at=reopens_at if state == "closed" else None,
            closed_reason="other" if state == "closed" else None,
        )
        for number, state in enumerate(states, start=1)
    ]


async def load_day(
    tx: Transaction,
    day: Day,
    seal: Seal,
    now: datetime,
    *,
    demo: bool,
    as_of_now: bool = False,
    progress: Progress = lambda done, total: None,
) -> dict[str, int]:
    """Loads one night into an empty database, in the caller's transaction; returns how many of what.

    `as_of_now`: as if it were counted and confirmed just now, for a demonstration; else it is dated when the city counted
    it, and so as stale as it is. `demo` adds demo people and tokens. Refusal: Conflict `not_empty`.
    """
    programmes, seen_at = day.programmes, now if as_of_now else min(now, day.counted_at)
    total, done = sum(programme.total for programme in programmes), 0
    await begin_deployment(tx, f"Toronto, {day.on}", ZONE, make_units(programmes), make_kinds(programmes), now, demo=demo)
    organizations = {programme.organization_id: programme.organization for programme in reversed(programmes)}
    for organization_id, name in organizations.items():
        await add_organization(tx, organization_id, name)
    names = unique_names(programmes)
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
            criteria=dict(programme.sector.criteria),
        )
        await add_shelter(tx, shelter, seal, now)
        done += programme.total
        progress(done, total)
    if demo:
        await add_demo_clients(tx, [(programme.id, programme.organization_id) for programme in programmes], now)
        await _add_demo_people(tx, programmes)
    return {"organizations": len(organizations), "shelters": len(programmes), "places": total}


async def _add_demo_people(tx: Transaction, programmes: Sequence[Programme]) -> None:
    """Invented people to sign in as: one for each role, and staff of a middling and of the largest shelter."""
    await add_organization(tx, "demo", "Demo")
    for role, name in (("police", "Mark"), ("coordinator", "Lucía"), ("desk", "Hanneke"), ("admin", "Wouter"), ("auditor", "Rajesh")):
        await add_person(tx, Person(id=f"demo-{role}", organization_id="demo", name=f"{name} (demo)", role=role, demo=True))
    by_size = sorted(programmes, key=lambda programme: (programme.total, programme.id))
    largest = by_size[-1]
    own = [programme.id for programme in programmes if programme.organization_id == largest.organization_id]
    for id, name, role, shelters in (
        ("demo-staff", "Sanne", "staff", [by_size[len(by_size) // 2].id]),
        ("demo-staff-largest", "Kofi", "staff", [largest.id]),
        ("demo-manager", "Anneke", "manager", own),
    ):
        organization_id = next(p.organization_id for p in programmes if p.id == shelters[0])
        row = Person(id=id, organization_id=organization_id, name=f"{name} (demo)", role=role, demo=True)
        await add_person(tx, row, shelters)
