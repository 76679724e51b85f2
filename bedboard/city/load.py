"""Load one night of a city's file into an empty database: each programme becomes a shelter with its places."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bedboard.actions.setup import NewPlace, NewShelter, add_organization, add_person, add_shelter, begin_deployment
from bedboard.city.programmes import SECTORS, UNKNOWN, Day, Programme
from bedboard.rules.places import CLOSED_REASONS
from bedboard.seeds import add_demo_clients
from bedboard.store.database import Transaction
from bedboard.store.seal import Seal
from bedboard.store.tables.board import Kind, Unit
from bedboard.store.tables.people import Person

ZONE = "America/Toronto"
COUNTED_AT = time(4)  # a night is counted at 04:00 of the morning after
DUTCH = {"bed": "bed", "room": "kamer"}
TILES = {"vaughan": (3, 1), "etobicoke": (2, 2), "north-york": (3, 2), "scarborough": (4, 2), "toronto": (3, 3)}
CITY_PEOPLE = {"Mark": "police", "Lucia": "coordinator", "Sanne": "staff", "Hanneke": "desk", "Anneke": "manager"}
CITY_PEOPLE |= {"Wouter": "admin", "Rajesh": "auditor"}

Progress = Callable[[int, int], None]  # places done, places in all


def unique_names(programmes: Iterable[Programme]) -> dict[str, str]:
    """Return a name for each shelter id that no other shelter has: programmes of the same name get their number behind it."""
    times = Counter(programme.name for programme in programmes)
    names: dict[str, str] = {}
    for programme in programmes:
        name = programme.name
        while times[name] > 1 or (name != programme.name and name in times):
            name = f"{name} ({programme.id[1:]})"
        names[programme.id] = name
    return names


def make_units(programmes: Iterable[Programme]) -> list[Unit]:
    """Return one unit per city, however the city is written.

    Cities that are not in TILES, and the unknown one, get the rows of the map below those.
    """
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
    """Return the places of a programme: occupied ones first, then free, then closed.

    The city does not say which place is which, nor since when.
    """
    states = ["occupied"] * programme.occupied + ["open"] * programme.free + ["closed"] * programme.closed
    places = []
    for number, state in enumerate(states, start=1):
        place_id, label = f"{programme.id}-{number}", f"{DUTCH[programme.measure]} {number}"
        place = NewPlace(place_id, programme.kind, label, programme.beds, seen_at, state=state)
        if state == "closed":
            place = replace(place, closed_reason="other", expected_free_at=seen_at + CLOSED_REASONS["other"])
        places.append(place)
    return places


async def load_day(
    tx: Transaction, day: Day, seal: Seal, now: datetime, *, demo: bool, as_of_now: bool, progress: Progress | None = None
) -> dict[str, int]:
    """Load one night into an empty database, in the caller's transaction, and return how many rows of each noun.

    `as_of_now`: as if counted and confirmed just now, for a demonstration; otherwise everything is dated by the city's
    count, and so as stale as it is. `demo` adds demo people and tokens. Refusal: Conflict `not_empty`.
    """
    counted_at = datetime.combine(day.on + timedelta(days=1), COUNTED_AT, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    programmes, seen_at = day.programmes, now if as_of_now else min(now, counted_at)
    units, kinds, names = make_units(programmes), make_kinds(programmes), unique_names(programmes)
    await begin_deployment(tx, f"Toronto, {day.on}", ZONE, units, kinds, now, demo=demo, country="CA")
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
        await add_demo_clients(tx, own, dict.fromkeys(CITY_PEOPLE.values(), "demo"), now)
    return {"organizations": len(organizations), "shelters": len(programmes), "places": total}


async def _add_demo_people(tx: Transaction, programmes: Sequence[Programme]) -> None:
    """Add one invented person per role to sign in as: staff of a middling shelter, the manager of the largest organization."""
    by_size = sorted(programmes, key=lambda programme: (programme.total, programme.id))
    largest = [programme for programme in programmes if programme.organization_id == by_size[-1].organization_id]
    await add_organization(tx, "demo", "Demo")
    for name, role in CITY_PEOPLE.items():
        own = {"staff": by_size[len(by_size) // 2 :][:1], "manager": largest}.get(role, [])
        organization_id = own[0].organization_id if own else "demo"
        person = Person(id=name.lower(), organization_id=organization_id, name=f"{name} (demo)", role=role, demo=True)
        await add_person(tx, person, [programme.id for programme in own])
