"""The rows of a deployment, kept by an administrator: kinds of place, units and their minutes, days off, and languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from bedboard.actions.manage.common import check_admin, check_seen, differences, write_about
from bedboard.rules.access import Actor
from bedboard.rules.managing import check_kind
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound
from bedboard.store.bell import ring
from bedboard.store.catalogue import (
    add_day_off,
    add_language,
    count_in_unit,
    count_places_of,
    count_speaking,
    delete_day_off,
    delete_language,
    list_minutes,
    lock_kind,
    lock_kinds,
    lock_units,
    save_minutes,
)
from bedboard.store.database import Transaction
from bedboard.store.tables.board import Kind, Unit


@dataclass(frozen=True, slots=True)
class KindFacts:
    """A kind of place as its page shows it. `desk_hours` None: always. Minutes None: those of the settings.

    `position` None: as it is, and after all others for a new one.
    """

    name_nl: str
    name_en: str
    long_nl: str
    long_en: str
    decides: str
    desk_hours: str | None = None
    outside_hours: str | None = None
    for_needs: Sequence[str] = ()
    fresh_minutes: int | None = None
    ageing_minutes: int | None = None
    position: int | None = None


KIND_FIELDS = tuple(KindFacts.__dataclass_fields__)


def kind_facts(row: Kind | KindFacts) -> dict[str, Any]:
    return {name: sorted(value) if name == "for_needs" else value for name in KIND_FIELDS for value in [getattr(row, name)]}


def seen_kind(row: Kind) -> dict[str, Any]:
    """Return the facts of a kind as its page shows them, also whether it is closed."""
    return kind_facts(row) | {"ended": row.ended_at is not None}


async def change_kind(tx: Transaction, actor: Actor, code: str, new: KindFacts, now: datetime, seen: str | None) -> str:
    """Change a kind of place. `seen`: the stamp of its facts as the page showed them.

    Refusals: NotAllowed, NotFound, Invalid, Conflict `facts_changed`.
    """
    row = await lock_kind(tx, code)
    await check_admin(tx, actor)
    if row is None:
        raise NotFound("no_such_kind")
    check_seen(seen, seen_kind(row))
    check_kind(new.decides, new.desk_hours, new.outside_hours, new.fresh_minutes, new.ageing_minutes)
    new = new if new.position is not None else replace(new, position=row.position)
    was, becomes = differences(kind_facts(row), kind_facts(new))
    for name, value in becomes.items():
        setattr(row, name, value)
    if becomes:
        tx.add(row)
        await tx.flush()
        await write_about(tx, actor, "change_kind", f"kind {code}", was, becomes, now)
        await ring(tx, "catalogue", "all")
    return code


async def add_kind(tx: Transaction, actor: Actor, code: str, new: KindFacts, now: datetime) -> str:
    """Add a kind of place, and return its code. Refusals: NotAllowed, Invalid."""
    kinds = await lock_kinds(tx)
    await check_admin(tx, actor)
    if code in kinds:
        raise Invalid(FieldError("code", "code_taken"))
    check_kind(new.decides, new.desk_hours, new.outside_hours, new.fresh_minutes, new.ageing_minutes)
    last = max((one.position for one in kinds.values()), default=0)
    facts = kind_facts(new if new.position is not None else replace(new, position=last + 1))
    tx.add(Kind(code=code, **facts))
    await tx.flush()
    await write_about(tx, actor, "add_kind", f"kind {code}", None, facts, now)
    await ring(tx, "catalogue", "all")
    return code


async def end_kind(tx: Transaction, actor: Actor, code: str, now: datetime, seen: str | None = None) -> str:
    """Close a kind of which there is no place; one that is closed begins again.

    Refusals: NotAllowed, NotFound, Conflict `facts_changed`, `kind_in_use` with the counts.
    """
    row = await lock_kind(tx, code)
    await check_admin(tx, actor)
    if row is None:
        raise NotFound("no_such_kind")
    check_seen(seen, seen_kind(row))
    places, shelters = await count_places_of(tx, code)
    if row.ended_at is None and places:
        raise Conflict("kind_in_use", places=places, shelters=shelters)
    return await _end(tx, actor, row, "kind", now)


async def _end(tx: Transaction, actor: Actor, row: Kind | Unit, noun: str, now: datetime) -> str:
    row.ended_at = now if row.ended_at is None else None
    tx.add(row)
    await tx.flush()
    action = f"end_{noun}" if row.ended_at is not None else f"begin_{noun}"
    await write_about(tx, actor, action, f"{noun} {row.code}", None, None, now)
    await ring(tx, "catalogue", "all")
    return row.code


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A police unit as its page shows it. `minutes`: to each other unit from where the journey is known.

    `map_column`, `map_row`: its tile on the small map, from 1; None: as it is.
    """

    name: str
    short: str
    minutes: Mapping[str, int] = field(default_factory=dict)
    map_column: int | None = None
    map_row: int | None = None


def unit_facts(row: Unit | UnitFacts, minutes: Mapping[str, int]) -> dict[str, Any]:
    tile = {"map_column": row.map_column, "map_row": row.map_row}
    return {"name": row.name, "short": row.short, "minutes": dict(sorted(minutes.items())), **tile}


def seen_unit(row: Unit, minutes: Mapping[str, int]) -> dict[str, Any]:
    """Return the facts of a unit as its page shows them, also whether it is closed."""
    return unit_facts(row, minutes) | {"ended": row.ended_at is not None}


async def change_unit(tx: Transaction, actor: Actor, code: str, new: UnitFacts, now: datetime, seen: str | None) -> str:
    """Change a police unit and the minutes from there. `seen`: as for a kind.

    Refusals: NotAllowed, NotFound, Invalid `minutes`, Conflict `facts_changed`.
    """
    units = await lock_units(tx)
    await check_admin(tx, actor)
    if code not in units:
        raise NotFound("no_such_unit")
    row, present = units[code], await list_minutes(tx, code)
    check_seen(seen, seen_unit(row, present))
    new = replace(new, map_column=new.map_column or row.map_column, map_row=new.map_row or row.map_row)
    _check_unit(units, code, new)
    was, becomes = differences(unit_facts(row, present), unit_facts(new, new.minutes))
    if not becomes:
        return code
    row.name, row.short = new.name, new.short
    row.map_column, row.map_row = new.map_column or row.map_column, new.map_row or row.map_row
    tx.add(row)
    await tx.flush()
    for other in sorted(present.keys() | new.minutes.keys()):
        if present.get(other) != new.minutes.get(other):
            await save_minutes(tx, code, other, new.minutes.get(other))
    await write_about(tx, actor, "change_unit", f"unit {code}", was, becomes, now)
    await ring(tx, "catalogue", "all")
    return code


def _check_unit(units: Mapping[str, Unit], code: str, new: UnitFacts) -> None:
    """Refuse minutes to no unit, and the tile of another one. Refusal: Invalid `minutes`, `map_row`."""
    wrong = [FieldError(f"minutes.{one}", "unknown_unit") for one in new.minutes if one not in units or one == code]
    own = units.get(code)
    stays = own is not None and own.ended_at is None and (own.map_column, own.map_row) == (new.map_column, new.map_row)
    others = [] if stays else [one for one in units.values() if one.code != code and one.ended_at is None]
    if any((one.map_column, one.map_row) == (new.map_column, new.map_row) for one in others):
        wrong.append(FieldError("map_row", "tile_taken"))
    if wrong:
        raise Invalid(*wrong)


async def add_unit(tx: Transaction, actor: Actor, code: str, new: UnitFacts, now: datetime) -> str:
    """Add a police unit, and return its code. Refusals: NotAllowed, Invalid."""
    units = await lock_units(tx)
    await check_admin(tx, actor)
    if code in units:
        raise Invalid(FieldError("code", "code_taken"))
    column, row = new.map_column, new.map_row
    if column is None or row is None:
        raise Invalid(FieldError("map_row", "missing"))
    _check_unit(units, code, new)
    tx.add(Unit(code=code, name=new.name, short=new.short, map_column=column, map_row=row))
    await tx.flush()
    for other, minutes in sorted(new.minutes.items()):
        await save_minutes(tx, code, other, minutes)
    await write_about(tx, actor, "add_unit", f"unit {code}", None, unit_facts(new, new.minutes), now)
    await ring(tx, "catalogue", "all")
    return code


async def end_unit(tx: Transaction, actor: Actor, code: str, now: datetime, seen: str | None = None) -> str:
    """Close a police unit in which there is no shelter and for which there is no number; a closed one begins again.

    Refusals: NotAllowed, NotFound, Invalid `map_row`, Conflict `facts_changed`, `unit_in_use` with the counts.
    """
    units = await lock_units(tx)
    await check_admin(tx, actor)
    if code not in units:
        raise NotFound("no_such_unit")
    minutes = await list_minutes(tx, code)
    check_seen(seen, seen_unit(units[code], minutes))
    shelters, numbers = await count_in_unit(tx, code)
    if units[code].ended_at is None and shelters + numbers:
        raise Conflict("unit_in_use", shelters=shelters, numbers=numbers)
    if units[code].ended_at is not None:
        tile = {"map_column": units[code].map_column, "map_row": units[code].map_row}
        _check_unit(units, code, UnitFacts(units[code].name, units[code].short, {}, **tile))
    return await _end(tx, actor, units[code], "unit", now)


async def begin_day_off(tx: Transaction, actor: Actor, day: date, now: datetime) -> str:
    """Close the desks on a day of the deployment's own, and return it. Refusals: NotAllowed, Invalid `day`."""
    await check_admin(tx, actor)
    if not await add_day_off(tx, day):
        raise Invalid(FieldError("day", "day_off_already"))
    return await _write_day(tx, actor, "add_day_off", day, now)


async def end_day_off(tx: Transaction, actor: Actor, day: date, now: datetime) -> str:
    """Open the desks again on a day of the deployment's own. Refusals: NotAllowed, NotFound."""
    await check_admin(tx, actor)
    if not await delete_day_off(tx, day):
        raise NotFound("no_such_day")
    return await _write_day(tx, actor, "end_day_off", day, now)


async def _write_day(tx: Transaction, actor: Actor, action: str, day: date, now: datetime) -> str:
    await write_about(tx, actor, action, f"day {day.isoformat()}", None, None, now)
    await ring(tx, "catalogue", "all")
    return day.isoformat()


async def begin_language(tx: Transaction, actor: Actor, code: str, now: datetime) -> str:
    """Add a language that may be spoken at shelters, and return its code. Refusals: NotAllowed, Invalid `language`."""
    await check_admin(tx, actor)
    if not await add_language(tx, code):
        raise Invalid(FieldError("language", "language_already"))
    return await _write_language(tx, actor, "add_language", code, now)


async def end_language(tx: Transaction, actor: Actor, code: str, now: datetime) -> str:
    """Remove a language that is spoken at no shelter. Refusals: NotAllowed, NotFound, Conflict `language_in_use`."""
    await check_admin(tx, actor)
    if not await delete_language(tx, code):
        raise NotFound("no_such_language")
    shelters = await count_speaking(tx, code)
    if shelters:
        raise Conflict("language_in_use", shelters=shelters)
    return await _write_language(tx, actor, "end_language", code, now)


async def _write_language(tx: Transaction, actor: Actor, action: str, code: str, now: datetime) -> str:
    await write_about(tx, actor, action, f"language {code}", None, None, now)
    await ring(tx, "catalogue", "all")
    return code
