"""The numbers of "Wie bel ik", as an administrator changes them. Everybody reads them from the catalogue."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import col, select

from bedboard.store.database import Transaction
from bedboard.store.tables.board import ContactRecord

LOCK_CONTACTS = text("lock table contact in share row exclusive mode")


async def lock_contacts(tx: Transaction) -> None:
    """Lock the whole list against other changes, until the end of the transaction: it is short, and counts as one thing."""
    await (await tx.connection()).execute(LOCK_CONTACTS)


async def list_contacts(tx: Transaction) -> Sequence[ContactRecord]:
    """Return all numbers in their order, read afresh."""
    ordered = select(ContactRecord).order_by(col(ContactRecord.position), col(ContactRecord.id))
    return (await tx.exec(ordered.execution_options(populate_existing=True))).all()
