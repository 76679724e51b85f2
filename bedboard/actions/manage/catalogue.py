"""The rows of a deployment: an administrator changes kinds of place, their desk hours, units, their minutes, and days off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bedboard.actions.manage.common import check_admin, check_seen, differences, write_about
from bedboard.rules.access import Actor
from bedboard.rules.managing import check_kind
from bedboard.rules.refusals import FieldError, Invalid, NotFound
from bedboard.store.bell import ring
from bedboard.store.catalogue import add_day_off, delete_day_off, list_minutes, lock_kind, lock_units, save_minutes
from bedboard.store.database import Transaction
from bedboard.store.tables.board import Kind, Unit


@dataclass(frozen=True, slots=True)
class KindFacts:
    """A kind of place as its page shows it. `desk_hours` None: always. Minutes None: those of the settings."""

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


KIND_FIELDS = tuple(KindFacts.__dataclass_fields__)


def kind_facts(row: Kind | KindFacts) -> dict[str, Any]:
    return {name: sorted(value) if name == "for_needs" else value for name in KIND_FIELDS for value in [getattr(row, name)]}


async def change_kind(tx: Transaction, actor: Actor, code: str, new: KindFacts, now: datetime, seen: str | None) -> str:
    """Change a kind of place. `seen`: the stamp of its facts as the page showed them.

    Refusals: NotAllowed, NotFound, Invalid, Conflict `facts_changed`.
    """
    row = await lock_kind(tx, code)
    await check_admin(tx, actor)
    if row is None:
        raise NotFound("no_such_kind")
    check_seen(seen, kind_facts(row))
    check_kind(new.decides, new.desk_hours, new.outside_hours, new.fresh_minutes, new.ageing_minutes)
    was, becomes = differences(kind_facts(row), kind_facts(new))
    for name, value in becomes.items():
        setattr(row, name, value)
    if becomes:
        tx.add(row)
        await tx.flush()
        await write_about(tx, actor, "change_kind", f"kind {code}", was, becomes, now)
        await ring(tx, "catalogue", "all")
    return code


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A police unit as its page shows it. `minutes`: to each other unit from where the journey is known."""

    name: str
    short: str
    minutes: Mapping[str, int] = field(default_factory=dict)


def unit_facts(row: Unit | UnitFacts, minutes: Mapping[str, int]) -> dict[str, Any]:
    return {"name": row.name, "short": row.short, "minutes": dict(sorted(minutes.items()))}


async def change_unit(tx: Transaction, actor: Actor, code: str, new: UnitFacts, now: datetime, seen: str | None) -> str:
    """Change a police unit and the minutes from there. `seen`: as for a kind.

    Refusals: NotAllowed, NotFound, Invalid `minutes`, Conflict `facts_changed`.
    """
    units = await lock_units(tx)
    await check_admin(tx, actor)
    if code not in units:
        raise NotFound("no_such_unit")
    row, present = units[code], await list_minutes(tx, code)
    check_seen(seen, unit_facts(row, present))
    unknown = [other for other in new.minutes if other not in units or other == code]
    if unknown:
        raise Invalid(*(FieldError(f"minutes.{other}", "unknown_unit") for other in unknown))
    was, becomes = differences(unit_facts(row, present), unit_facts(new, new.minutes))
    if not becomes:
        return code
    row.name, row.short = new.name, new.short
    tx.add(row)
    await tx.flush()
    for other in sorted(present.keys() | new.minutes.keys()):
        if present.get(other) != new.minutes.get(other):
            await save_minutes(tx, code, other, new.minutes.get(other))
    await write_about(tx, actor, "change_unit", f"unit {code}", was, becomes, now)
    await ring(tx, "catalogue", "all")
    return code


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
