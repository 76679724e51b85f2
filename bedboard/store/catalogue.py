"""The rows of a deployment that rarely change: kinds of place, police units, the minutes between them, and days off."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, or_, select

from bedboard.store.database import Transaction
from bedboard.store.tables.board import ContactRecord, Holiday, Kind, Language, Place, Shelter, Travel, Unit


async def list_kinds(tx: Transaction) -> Sequence[Kind]:
    """Return the kinds of place, in the order of the deployment."""
    return (await tx.exec(select(Kind).order_by(col(Kind.position), col(Kind.code)))).all()


async def lock_kind(tx: Transaction, code: str) -> Kind | None:
    """Lock a kind until the end of the transaction and return it, read afresh; None when there is none."""
    wanted = select(Kind).where(Kind.code == code).with_for_update(key_share=True)
    return (await tx.exec(wanted.execution_options(populate_existing=True))).one_or_none()


async def lock_kinds(tx: Transaction) -> Mapping[str, Kind]:
    """Lock all kinds until the end of the transaction, and return them by code."""
    wanted = select(Kind).order_by(col(Kind.code)).with_for_update(key_share=True)
    return {kind.code: kind for kind in await tx.exec(wanted.execution_options(populate_existing=True))}


async def count_places_of(tx: Transaction, code: str) -> tuple[int, int]:
    """Count the places of a kind that are not closed for good, and their shelters."""
    counts = select(func.count(), func.count(col(Place.shelter_id).distinct())).select_from(Place)
    places, shelters = (await tx.exec(counts.where(Place.kind_code == code, col(Place.ended_at).is_(None)))).one()
    return places, shelters


async def count_in_unit(tx: Transaction, code: str) -> tuple[int, int]:
    """Count the shelters in a unit, and the numbers of "Wie bel ik" for it."""
    shelters = select(func.count()).select_from(Shelter).where(Shelter.unit_code == code, col(Shelter.ended_at).is_(None))
    numbers = select(func.count()).select_from(ContactRecord).where(ContactRecord.unit_code == code)
    return (await tx.exec(shelters)).one(), (await tx.exec(numbers)).one()


async def list_units(tx: Transaction) -> Sequence[Unit]:
    return (await tx.exec(select(Unit).order_by(col(Unit.name), col(Unit.code)))).all()


async def lock_units(tx: Transaction) -> Mapping[str, Unit]:
    """Lock all units until the end of the transaction, and with them the minutes between them; return them by code."""
    wanted = select(Unit).order_by(col(Unit.code)).with_for_update(key_share=True)
    return {unit.code: unit for unit in await tx.exec(wanted.execution_options(populate_existing=True))}


async def list_minutes(tx: Transaction, code: str) -> dict[str, int]:
    """Return the minutes from this unit to each other one, as far as they are known."""
    rows = await tx.exec(select(Travel).where(or_(col(Travel.from_code) == code, col(Travel.to_code) == code)))
    return {row.to_code if row.from_code == code else row.from_code: row.minutes for row in rows}


async def save_minutes(tx: Transaction, code: str, other: str, minutes: int | None) -> None:
    """Save the minutes between two units; None: they are not known."""
    first, second = min(code, other), max(code, other)
    connection = await tx.connection()
    if minutes is None:
        gone = delete(Travel).where(col(Travel.from_code) == first, col(Travel.to_code) == second)
        await connection.execute(gone)
        return
    row = insert(Travel).values(from_code=first, to_code=second, minutes=minutes)
    replaced = row.on_conflict_do_update(index_elements=["from_code", "to_code"], set_={"minutes": minutes})
    await connection.execute(replaced)


async def list_languages(tx: Transaction) -> Sequence[str]:
    """Return the languages of the deployment, in no order."""
    return (await tx.exec(select(Language.code))).all()


async def list_known_languages(tx: Transaction) -> set[str]:
    """Return the languages of the deployment; nobody removes one until the transaction ends."""
    return set(await tx.exec(select(Language.code).with_for_update(read=True)))


async def add_language(tx: Transaction, code: str) -> bool:
    """Add a language; False: it is there already."""
    added = await (await tx.connection()).execute(insert(Language).values(code=code).on_conflict_do_nothing())
    return added.rowcount > 0


async def delete_language(tx: Transaction, code: str) -> bool:
    """Remove a language; False: it is not there. A shelter that takes it into use at this moment comes first, or is refused."""
    return (await (await tx.connection()).execute(delete(Language).where(col(Language.code) == code))).rowcount > 0


async def count_speaking(tx: Transaction, code: str) -> int:
    """Count the shelters where a language is spoken."""
    wanted = select(func.count()).select_from(Shelter).where(col(Shelter.languages).contains([code]))
    wanted = wanted.where(col(Shelter.ended_at).is_(None))
    return (await tx.exec(wanted)).one()


async def list_days_off(tx: Transaction) -> Sequence[date]:
    """Return the days off of the deployment's own, the first one first."""
    return [one.day for one in await tx.exec(select(Holiday).order_by(col(Holiday.day)))]


async def add_day_off(tx: Transaction, day: date) -> bool:
    """Add a day off; False: it is one already."""
    added = await (await tx.connection()).execute(insert(Holiday).values(day=day).on_conflict_do_nothing())
    return added.rowcount > 0


async def delete_day_off(tx: Transaction, day: date) -> bool:
    """Remove a day off; False: it is none."""
    return (await (await tx.connection()).execute(delete(Holiday).where(col(Holiday.day) == day))).rowcount > 0
