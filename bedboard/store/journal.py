"""The journal: one row for every change, never changed itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_
from sqlmodel import col, select

from bedboard.store.database import Transaction, marks_of
from bedboard.store.tables.board import Journal

ADD_ROWS = insert(Journal).returning(col(Journal.id), sort_by_parameter_order=True)


async def write_journal(tx: Transaction, rows: list[dict[str, Any]]) -> list[int]:
    """Add the rows (columns of Journal without its id and tag) and return their ids in the same order."""
    marks = marks_of(tx)
    tagged = [row | {"tag": marks.tag("journal", row)} for row in rows]
    written = await (await tx.connection()).execute(ADD_ROWS, tagged)
    return [journal_id for journal_id in written.scalars() if journal_id is not None]


async def get_journal(tx: Transaction, journal_id: int) -> Journal | None:
    return (await tx.exec(select(Journal).where(Journal.id == journal_id))).one_or_none()


async def list_journal_since(tx: Transaction, shelter_id: str, since: datetime) -> Sequence[Journal]:
    """Return the rows about a shelter that came at or after `since`, in the order of its versions."""
    wanted = select(Journal).where(Journal.shelter_id == shelter_id, col(Journal.received_at) >= since)
    return (await tx.exec(wanted.order_by(col(Journal.version), col(Journal.id)))).all()


async def get_last_journal_id(tx: Transaction, place_id: str) -> int | None:
    """Return the id of the newest row about a place; None when there is none."""
    found = await tx.exec(select(Journal.id).where(Journal.place_id == place_id).order_by(col(Journal.id).desc()).limit(1))
    return found.first()


async def get_criteria_version(tx: Transaction, shelter_id: str, place_id: str | None) -> int:
    """Return the version that last changed the criteria of the shelter, or of this place of it; 0: still as added."""
    found = await tx.exec(
        select(func.max(Journal.version)).where(
            Journal.shelter_id == shelter_id,
            Journal.action == "criteria",
            or_(col(Journal.place_id).is_(None), col(Journal.place_id) == place_id),
        )
    )
    return found.one() or 0


def occupancy_words(
    state: str, expected_free_at: datetime | None, closed_reason: str | None, since: datetime
) -> dict[str, Any]:
    """Return a place's occupancy as the journal keeps it, enough to restore it."""
    return {
        "state": state,
        "since": since.isoformat(),
        "expected_free_at": expected_free_at.isoformat() if expected_free_at else None,
        "closed_reason": closed_reason,
    }
