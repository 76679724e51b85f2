"""Idempotency keys, and the replies that are kept under them."""

from datetime import datetime

from sqlalchemy import delete, text
from sqlmodel import col, select

from bedboard.store.database import Transaction
from bedboard.store.tables.people import StoredReply


async def take_lock(tx: Transaction, number: int) -> bool:
    """Take the lock with this number (64 bits, signed) until the end of the transaction; False: another transaction has it."""
    connection = await tx.connection()
    taken = await connection.execute(text("select pg_try_advisory_xact_lock(:number)"), {"number": number})
    return bool(taken.scalar_one())


async def get_answer(tx: Transaction, actor_key: str, key: str) -> StoredReply | None:
    """Return the reply that is kept under the actor's key; None when there is none."""
    found = await tx.exec(select(StoredReply).where(StoredReply.actor_id == actor_key, StoredReply.key == key))
    return found.one_or_none()


async def delete_answer(tx: Transaction, answer: StoredReply) -> None:
    await tx.delete(answer)
    await tx.flush()


async def delete_answers(tx: Transaction, before: datetime) -> int:
    """Delete the replies from before this moment; return how many."""
    connection = await tx.connection()
    return (await connection.execute(delete(StoredReply).where(col(StoredReply.created_at) < before))).rowcount
