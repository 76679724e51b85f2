"""Passkeys, and the challenges that they sign."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import col, select

from bedboard.store.database import Transaction
from bedboard.store.retention import delete_batch
from bedboard.store.tables.passkeys import Challenge, Passkey

TAKE_CHALLENGE = text("delete from challenge where hash = :hash returning purpose, bound_hash, created_at")


class TakenChallenge(NamedTuple):
    """A challenge that is used now: nobody can use it again."""

    purpose: str
    bound_hash: bytes
    created_at: datetime


async def save_challenge(tx: Transaction, challenge_hash: bytes, purpose: str, bound_hash: bytes, now: datetime) -> None:
    tx.add(Challenge(hash=challenge_hash, purpose=purpose, bound_hash=bound_hash, created_at=now))
    await tx.flush()


async def take_challenge(tx: Transaction, challenge_hash: bytes) -> TakenChallenge | None:
    """Delete the challenge and return it; None when there is none, for instance because it was used before."""
    found = (await (await tx.connection()).execute(TAKE_CHALLENGE, {"hash": challenge_hash})).one_or_none()
    return None if found is None else TakenChallenge(*found)


async def delete_challenges(tx: Transaction, before: datetime) -> int:
    """Delete a batch of the challenges from before this moment; return how many."""
    return await delete_batch(tx, "challenge", "created_at < :before", before)


async def lock_passkey(tx: Transaction, credential_id: bytes) -> Passkey | None:
    """Return the passkey with this credential if it still counts, and lock its row: two answers are counted one by one."""
    living = select(Passkey).where(col(Passkey.credential_id) == credential_id, col(Passkey.ended_at).is_(None))
    locked = living.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await tx.exec(locked)).one_or_none()


async def lock_own_passkey(tx: Transaction, passkey_id: str, person_id: str) -> Passkey | None:
    """Return this passkey if it is the person's and still counts, and lock its row."""
    living = select(Passkey).where(
        col(Passkey.id) == passkey_id, col(Passkey.person_id) == person_id, col(Passkey.ended_at).is_(None)
    )
    locked = living.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await tx.exec(locked)).one_or_none()


async def has_credential(tx: Transaction, credential_id: bytes) -> bool:
    """Return whether this credential was ever enrolled, by anybody."""
    return (await tx.exec(select(Passkey.id).where(col(Passkey.credential_id) == credential_id))).first() is not None


async def list_passkeys(tx: Transaction, person_id: str) -> Sequence[Passkey]:
    """Return the passkeys of a person that count, the oldest first."""
    living = select(Passkey).where(col(Passkey.person_id) == person_id, col(Passkey.ended_at).is_(None))
    return (await tx.exec(living.order_by(col(Passkey.added_at), col(Passkey.id)))).all()


async def list_passkeys_of(tx: Transaction, person_ids: Collection[str]) -> dict[str, list[Passkey]]:
    """Return the passkeys that count by person, the oldest first."""
    living = select(Passkey).where(col(Passkey.person_id).in_(person_ids), col(Passkey.ended_at).is_(None))
    found: dict[str, list[Passkey]] = {}
    for passkey in await tx.exec(living.order_by(col(Passkey.added_at), col(Passkey.id))):
        found.setdefault(passkey.person_id, []).append(passkey)
    return found


async def delete_passkeys(tx: Transaction, before: datetime) -> int:
    """Delete a batch of the passkeys that ended before this moment; return how many."""
    return await delete_batch(tx, "passkey", "ended_at < :before", before)


END_SESSIONS = text("""
    update session set ended_at = :now where (passkey_id = :passkey_id or proven_by = :passkey_id) and ended_at is null
    returning token_hash
""")


async def end_sessions_of(tx: Transaction, passkey_id: str, now: datetime) -> Sequence[bytes]:
    """End the sessions that were made or last proven with this passkey; return the hashes of their tokens."""
    ended = await (await tx.connection()).execute(END_SESSIONS, {"passkey_id": passkey_id, "now": now})
    return list(ended.scalars())
