"""The file that an administrator looks at before it is saved: one for each person, sealed."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select

from bedboard.store.database import Transaction
from bedboard.store.retention import delete_batch
from bedboard.store.tables.people import RosterDraft


async def save_draft(tx: Transaction, person_id: str, sealed: bytes, now: datetime) -> None:
    """Keep this file in the place of the one before."""
    row = insert(RosterDraft).values(person_id=person_id, sealed=sealed, made_at=now)
    replaced = row.on_conflict_do_update(index_elements=["person_id"], set_={"sealed": sealed, "made_at": now})
    await (await tx.connection()).execute(replaced)


async def get_draft(tx: Transaction, person_id: str, since: datetime) -> bytes | None:
    """Return the file of this person; None: there is none, or it is older."""
    wanted = select(RosterDraft.sealed).where(RosterDraft.person_id == person_id, col(RosterDraft.made_at) > since)
    return (await tx.exec(wanted)).one_or_none()


async def delete_draft(tx: Transaction, person_id: str) -> None:
    await (await tx.connection()).execute(delete(RosterDraft).where(col(RosterDraft.person_id) == person_id))


async def delete_drafts(tx: Transaction, before: datetime) -> int:
    """Delete a batch of the files from before this moment; return how many."""
    return await delete_batch(tx, "roster_draft", "made_at <= :before", before)
