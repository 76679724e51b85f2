"""Idempotency keys, and the replies that are kept under them."""

from datetime import datetime

from sqlalchemy import bindparam, text
from sqlmodel import col, select

from bedboard.store.database import Transaction
from bedboard.store.retention import delete_batch
from bedboard.store.tables.people import StoredReply

TRY_LOCK = text("select pg_try_advisory_xact_lock(:number)")
ANSWER = select(StoredReply).where(
    col(StoredReply.actor_id) == bindparam("actor_key"), col(StoredReply.key_hash) == bindparam("key_hash")
)


async def take_lock(tx: Transaction, number: int) -> bool:
    """Take the lock with this number (64 bits, signed) until the end of the transaction; False: another transaction has it."""
    connection = await tx.connection()
    taken = await connection.execute(TRY_LOCK, {"number": number})
    return bool(taken.scalar_one())


async def get_answer(tx: Transaction, actor_key: str, key_hash: bytes) -> StoredReply | None:
    """Return the reply that is kept under the actor's key; None when there is none."""
    return (await tx.exec(ANSWER, params={"actor_key": actor_key, "key_hash": key_hash})).one_or_none()


async def delete_answer(tx: Transaction, answer: StoredReply) -> None:
    await tx.delete(answer)
    await tx.flush()


async def delete_answers(tx: Transaction, before: datetime) -> int:
    """Delete a batch of the replies from before this moment; return how many."""
    return await delete_batch(tx, "stored_reply", "created_at < :before", before)
