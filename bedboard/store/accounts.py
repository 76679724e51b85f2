"""Accounts of people at the provider of OpenID Connect, by the hash of issuer and subject."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from bedboard.store.database import Transaction
from bedboard.store.retention import delete_batch
from bedboard.store.tables.passkeys import Account

LIVING = col(Account.ended_at).is_(None)


async def lock_account(tx: Transaction, subject_hash: bytes) -> Account | None:
    """Return the account of this subject if it still counts, and lock its row."""
    living = select(Account).where(col(Account.subject_hash) == subject_hash, LIVING)
    locked = living.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await tx.exec(locked)).one_or_none()


async def save_new_account(tx: Transaction, account: Account) -> bool:
    """Save an account; False: somebody has it already, perhaps since this began to wait.

    The caller has locked the person and found no account of theirs that counts.
    """
    added = insert(Account).values(account.model_dump()).on_conflict_do_nothing()
    return (await (await tx.connection()).execute(added)).rowcount > 0


async def get_account_of(tx: Transaction, person_id: str) -> Account | None:
    """Return the account of a person that counts."""
    return (await tx.exec(select(Account).where(col(Account.person_id) == person_id, LIVING))).one_or_none()


async def list_accounts_of(tx: Transaction, person_ids: Collection[str]) -> dict[str, Account]:
    """Return the accounts that count by person."""
    living = select(Account).where(col(Account.person_id).in_(person_ids), LIVING)
    return {account.person_id: account for account in await tx.exec(living)}


async def delete_accounts(tx: Transaction, before: datetime) -> int:
    """Delete a batch of the accounts that ended before this moment; return how many."""
    return await delete_batch(tx, "account", "ended_at < :before", before)


END_SESSIONS = text("""
    update session set ended_at = :now where account_id = :account_id and ended_at is null returning token_hash
""")


async def end_sessions_of(tx: Transaction, account_id: str, now: datetime) -> Sequence[bytes]:
    """End the sessions that were made or proven with this account; return the hashes of their tokens."""
    ended = await (await tx.connection()).execute(END_SESSIONS, {"account_id": account_id, "now": now})
    return list(ended.scalars())
