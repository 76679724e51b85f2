"""Deleting what is past its term, in batches, so that no statement takes long and no lock is held for long.

Several processes may do it at once: each takes rows that no other has locked. The role that serves may delete only what
passes by itself; for the rest it has functions of the owner, in the migrations. What goes from the audit trail is signed.
"""

from datetime import datetime, timedelta

from sqlalchemy import text

from bedboard.store.chain import save_cut
from bedboard.store.database import Transaction
from bedboard.store.marks import Source

BATCH = 500
WRONG = timedelta(minutes=1)
"""Processes differ by less: so far ahead of the present, only a wrong clock has taken a turn."""

CLAIM_SLOT = text("""
    insert into job_slot (name, taken_at) values (:name, :now)
    on conflict (name) do update set taken_at = :now where job_slot.taken_at <= :before or job_slot.taken_at > :ahead
    returning name
""")


async def claim_slot(tx: Transaction, name: str, every: timedelta, now: datetime) -> bool:
    """Claim the turn of a job that runs once in so long, whichever process does it; False: it is not its time yet.

    The turn is the caller's when the transaction commits. A turn more than `WRONG` in the future does not count.
    """
    wanted = {"name": name, "now": now, "before": now - every, "ahead": now + WRONG}
    return (await (await tx.connection()).execute(CLAIM_SLOT, wanted)).first() is not None


async def get_taken_at(tx: Transaction, name: str) -> datetime | None:
    """Return when the last turn of a job began; None: it never had one."""
    taken: datetime | None = await (await tx.connection()).scalar(
        text("select taken_at from job_slot where name = :name"), {"name": name}
    )
    return taken


async def delete_batch(tx: Transaction, table: str, over: str, before: datetime) -> int:
    """Delete up to `BATCH` rows of this table and return how many. `over`: SQL, true for a row that is past `:before`."""
    batch = f"select ctid from {table} where {over} limit {BATCH} for update skip locked"  # noqa: S608  (our own words)
    statement = text(f"delete from {table} where ctid = any(array({batch}))")  # noqa: S608
    return (await (await tx.connection()).execute(statement, {"before": before})).rowcount


FORGET_OLDEST = text("select forget_oldest(:table, :before, :most)")


async def delete_oldest(tx: Transaction, table: Source, before: datetime) -> int:
    """Delete up to `BATCH` of the first rows of an append-only table that are older than `before`; return how many.

    Only the beginning of the table is looked at, in the order of ids: without reading all of it, and leaving no holes.
    """
    wanted = {"table": table, "before": before, "most": BATCH}
    ids: list[int] = (await (await tx.connection()).execute(FORGET_OLDEST, wanted)).scalar_one()
    await save_cut(tx, table, before, ids)
    return len(ids)


FORGET_CASES = text("select cases, events from forget_cases(:before, :most)")


async def delete_cases(tx: Transaction, before: datetime) -> int:
    """Delete cases that ended before this moment, with all that belongs to them, up to a fifth of `BATCH`; return how many."""
    gone = (await (await tx.connection()).execute(FORGET_CASES, {"before": before, "most": BATCH // 5})).one()
    await save_cut(tx, "case_event", before, gone.events)
    return int(gone.cases)


OVER_HOLDS = text(f"""
    select coalesce(c.first_id, c.id) as promise, min(p.shelter_id) as shelter_id from claim c join place p on p.id = c.place_id
    where c.case_id is null and not exists (select from ask a where a.hold_id = coalesce(c.first_id, c.id))
    group by 1 having max(coalesce(c.ended_at, c.expires_at)) < :before
    order by 1 limit {BATCH}
""")  # noqa: S608  (a number of our own)
LOCK_SHELTERS = text("select id from shelter where id = any(:ids) order by id for no key update skip locked")
FORGET_HOLDS = text("select forget_holds(:promises, :before)")


async def delete_holds(tx: Transaction, before: datetime) -> int:
    """Delete holds of no case that were over before this moment, up to `BATCH`; return how many claims that were.

    Under the lock of their shelter, because the next taker of a place ends an old hold there. Shelters that somebody else has
    locked are left for the next time.
    """
    connection = await tx.connection()
    over = (await connection.execute(OVER_HOLDS, {"before": before})).all()
    shelters = {"ids": sorted({row.shelter_id for row in over})}
    locked = set((await connection.execute(LOCK_SHELTERS, shelters)).scalars()) if over else set()
    promises = [row.promise for row in over if row.shelter_id in locked]
    if not promises:
        return 0
    return int((await connection.execute(FORGET_HOLDS, {"promises": promises, "before": before})).scalar_one())


async def delete_people(tx: Transaction, before: datetime) -> int:
    """Delete up to `BATCH` people who left before this moment and are named by no claim and no case; return how many."""
    wanted = {"before": before, "most": BATCH}
    return int((await (await tx.connection()).execute(text("select forget_people(:before, :most)"), wanted)).scalar_one())


async def delete_clients(tx: Transaction, before: datetime) -> int:
    """Delete up to `BATCH` programs that ended before this moment and are named by no claim and no case; return how many."""
    wanted = {"before": before, "most": BATCH}
    return int((await (await tx.connection()).execute(text("select forget_clients(:before, :most)"), wanted)).scalar_one())
