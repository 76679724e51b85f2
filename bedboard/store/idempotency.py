"""Idempotency keys, and the replies that are kept under them."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from bedboard.store.database import Transaction
from bedboard.store.retention import delete_batch
from bedboard.store.tables.people import StoredReply

TAKE = text("""
    select pg_try_advisory_xact_lock(:number) as is_taken, r.fingerprint, r.status, r.body, r.version, r.epoch
    from (values (1)) as one
    left join stored_reply r on r.actor_id = :actor_key and r.key_hash = :key_hash and r.created_at >= :kept_since
""")

KEEP = text("""
    insert into stored_reply (actor_id, key_hash, fingerprint, status, body, version, created_at, epoch)
    values (:actor_id, :key_hash, :fingerprint, :status, :body, :version, :created_at, :epoch)
    on conflict (actor_id, key_hash) do update
    set (fingerprint, status, body, version, created_at, epoch)
      = (excluded.fingerprint, excluded.status, excluded.body, excluded.version, excluded.created_at, excluded.epoch)
    where stored_reply.created_at < :kept_since
    returning true
""")


GET = text("""
    select body, created_at from stored_reply
    where actor_id = :actor_key and key_hash = :key_hash and created_at >= :kept_since
""")


class Taken(NamedTuple):
    """The try to lock a key, and the reply that is kept under it; `status` None: there is none."""

    is_taken: bool
    fingerprint: bytes | None
    status: int | None
    body: bytes | None
    version: int | None
    epoch: int | None


async def take_key(tx: Transaction, number: int, actor_key: str, key_hash: bytes, kept_since: datetime) -> Taken:
    """Lock a key until the end of the transaction, without waiting, and read the reply that is kept under it.

    `number` (64 bits, signed) stands for the key. `is_taken` False: another transaction has it. A reply that another
    transaction has saved in this very moment may be missing; `keep_reply` then fails.
    """
    asked = {"number": number, "actor_key": actor_key, "key_hash": key_hash, "kept_since": kept_since}
    return Taken(*(await (await tx.connection()).execute(TAKE, asked)).one())


class KeptReply(NamedTuple):
    """A reply that is kept under a key, and when the call was made."""

    body: bytes
    at: datetime


async def get_reply(tx: Transaction, actor_key: str, key_hash: bytes, kept_since: datetime) -> KeptReply | None:
    """Return the reply that is kept under a key; None: there is none that is not older than `kept_since`."""
    asked = {"actor_key": actor_key, "key_hash": key_hash, "kept_since": kept_since}
    found = (await (await tx.connection()).execute(GET, asked)).one_or_none()
    return None if found is None else KeptReply(*found)


async def keep_reply(tx: Transaction, reply: StoredReply, kept_since: datetime) -> bool:
    """Keep the reply; False: a reply is kept under this key already, which is not older than `kept_since`."""
    kept = await (await tx.connection()).execute(KEEP, reply.model_dump() | {"kept_since": kept_since})
    return kept.scalar_one_or_none() is not None


async def delete_answers(tx: Transaction, before: datetime) -> int:
    """Delete a batch of the replies from before this moment; return how many."""
    return await delete_batch(tx, "stored_reply", "created_at < :before", before)
