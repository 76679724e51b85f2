"""Codes with which people make a passkey. Only hashes come and go, made with the key of the deployment."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import col, select

from bedboard.store.database import Transaction
from bedboard.store.retention import delete_batch
from bedboard.store.tables.passkeys import EnrolCode

END_CODES = text("update enrol_code set ended_at = :now where person_id = :person_id and ended_at is null")


async def end_codes(tx: Transaction, person_id: str, now: datetime) -> None:
    """End the codes of a person: only the newest counts."""
    await (await tx.connection()).execute(END_CODES, {"person_id": person_id, "now": now})


async def get_person_of_code(tx: Transaction, finding_hash: bytes) -> str | None:
    """Return the id of the person of a code, whatever became of it; None for an unknown one."""
    return (await tx.exec(select(EnrolCode.person_id).where(col(EnrolCode.finding_hash) == finding_hash))).one_or_none()


async def lock_code(tx: Transaction, finding_hash: bytes) -> EnrolCode | None:
    """Return the code that is found by this hash, whatever became of it, and lock its row: it is used once."""
    wanted = select(EnrolCode).where(col(EnrolCode.finding_hash) == finding_hash)
    return (await tx.exec(wanted.with_for_update().execution_options(populate_existing=True))).one_or_none()


async def delete_codes(tx: Transaction, before: datetime) -> int:
    """Delete a batch of the codes from before this moment; return how many."""
    return await delete_batch(tx, "enrol_code", "made_at < :before", before)
