"""When shelters were confirmed, and which reminders have gone out: a row is a slot, and one process alone gets it."""

from datetime import datetime, time
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from bedboard.rules.freshness import oldest_confirmation
from bedboard.store.database import Transaction
from bedboard.store.retention import delete_batch
from bedboard.store.shelters import confirmed_kinds
from bedboard.store.tables.board import Place, Reminded


class Confirmation(NamedTuple):
    """The moments of a shelter that decide whether it is reminded.

    `confirmed_at`: of the kind that was confirmed longest ago; None: never.
    """

    id: str
    confirmed_at: datetime | None
    created_at: datetime
    confirm_times: tuple[time, ...]


async def list_confirmations(tx: Transaction) -> list[Confirmation]:
    """Return the moments of every shelter, by id, so that two processes insert their slots in the same order."""
    rows = await (await tx.connection()).execute(
        text(
            "select id, confirmed_at, kinds_confirmed_at, created_at, confirm_times,"
            " array(select distinct kind_code from place where shelter_id = shelter.id and ended_at is null)"
            " as kinds from shelter where ended_at is null order by id"
        )
    )
    return [
        Confirmation(
            id=row.id,
            confirmed_at=oldest_confirmation(row.confirmed_at, confirmed_kinds(row.kinds_confirmed_at), row.kinds),
            created_at=row.created_at,
            confirm_times=tuple(map(time.fromisoformat, row.confirm_times)),
        )
        for row in rows
    ]


async def list_overdue_closures(tx: Transaction, since: datetime, now: datetime) -> list[tuple[str, datetime]]:
    """Return the shelter and the expected end of each closure that should have ended since then, and goes on."""
    rows = await tx.exec(
        select(Place.shelter_id, Place.expected_free_at)
        .where(Place.state == "closed", col(Place.expected_free_at) > since, col(Place.expected_free_at) <= now)
        .order_by(Place.shelter_id)
    )
    return [(shelter_id, at) for shelter_id, at in rows if at is not None]


class Slot(NamedTuple):
    """One step of one shelter's reminder for one moment."""

    shelter_id: str
    due_at: datetime
    step: str


async def save_slots(tx: Transaction, slots: list[Slot], now: datetime) -> set[Slot]:
    """Insert the slots and return those that nobody had yet; they are the caller's when the transaction commits."""
    if not slots:
        return set()
    connection = await tx.connection()
    claimed = await connection.execute(
        insert(Reminded).on_conflict_do_nothing().returning(col(Reminded.shelter_id), col(Reminded.due_at), col(Reminded.step)),
        [{**slot._asdict(), "created_at": now} for slot in slots],
    )
    return {Slot(*row) for row in claimed}


async def delete_reminded(tx: Transaction, before: datetime) -> int:
    """Delete a batch of the slots of reminders for moments before this one; return how many."""
    return await delete_batch(tx, "reminded", "due_at < :before", before)
