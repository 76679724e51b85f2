"""Deleting what is past its term, in batches, so that no statement takes long and no lock is held for long.

Several processes may do it at once: each takes rows that no other has locked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text

from bedboard.rules.cases import ENDS
from bedboard.store.database import Transaction
from bedboard.store.keys import delete_keys

BATCH = 500

CLAIM_SLOT = text("""
    insert into job_slot (name, taken_at) values (:name, :now)
    on conflict (name) do update set taken_at = :now where job_slot.taken_at <= :before or job_slot.taken_at > :now
    returning name
""")


async def claim_slot(tx: Transaction, name: str, every: timedelta, now: datetime) -> bool:
    """Claim the turn of a job that runs once in so long, whichever process does it; False: it is not its time yet.

    The turn is the caller's when the transaction commits. A turn in the future does not count: a wrong clock has claimed it.
    """
    wanted = {"name": name, "now": now, "before": now - every}
    return (await (await tx.connection()).execute(CLAIM_SLOT, wanted)).first() is not None


async def delete_batch(tx: Transaction, table: str, over: str, before: datetime) -> int:
    """Delete up to `BATCH` rows of this table and return how many. `over`: SQL, true for a row that is past `:before`."""
    batch = f"select ctid from {table} where {over} limit {BATCH} for update skip locked"  # noqa: S608  (our own words)
    statement = text(f"delete from {table} where ctid = any(array({batch}))")  # noqa: S608
    return (await (await tx.connection()).execute(statement, {"before": before})).rowcount


async def _allow(tx: Transaction) -> None:
    """Let this transaction delete from the tables that are append-only otherwise."""
    await (await tx.connection()).execute(text("set local bedboard.forgetting = 'yes'"))


async def delete_oldest(tx: Transaction, table: str, moment: str, before: datetime) -> int:
    """Delete up to `BATCH` of the first rows of an append-only table that are older than `before`; return how many.

    Only the beginning of the table is looked at, in the order of ids: without reading all of it, and leaving no holes.
    """
    await _allow(tx)
    first = f"select id, {moment} as at from {table} order by id limit {BATCH}"  # noqa: S608  (our own words)
    statement = text(f"delete from {table} where id in (select id from ({first}) first where at < :before)")  # noqa: S608
    return (await (await tx.connection()).execute(statement, {"before": before})).rowcount


OVER_CASES = text(f"""
    select id from case_record where state in ({", ".join(f"'{state}'" for state in sorted(ENDS))}) and over_at < :before
    order by over_at limit {BATCH // 5} for update skip locked
""")  # noqa: S608  (our own words)


async def delete_cases(tx: Transaction, before: datetime) -> int:
    """Delete cases that ended before this moment, with all that belongs to them, up to a fifth of `BATCH`; return how many."""
    connection = await tx.connection()
    ids = list((await connection.execute(OVER_CASES, {"before": before})).scalars())
    if ids:
        await _allow(tx)
        for table, column in (("ask", "case_id"), ("claim", "case_id"), ("case_event", "case_id"), ("case_record", "id")):
            await connection.execute(text(f"delete from {table} where {column} = any(:ids)"), {"ids": ids})  # noqa: S608
    return len(ids)


OVER_HOLDS = text(f"""
    select coalesce(c.first_id, c.id) as promise, min(p.shelter_id) as shelter_id from claim c join place p on p.id = c.place_id
    where c.case_id is null and not exists (select from ask a where a.hold_id = coalesce(c.first_id, c.id))
    group by 1 having max(coalesce(c.ended_at, c.expires_at)) < :before
    order by 1 limit {BATCH}
""")  # noqa: S608  (a number of our own)
LOCK_SHELTERS = text("select id from shelter where id = any(:ids) order by id for no key update skip locked")
DELETE_HOLDS = text("""
    delete from claim where coalesce(first_id, id) = any(:promises) and coalesce(ended_at, expires_at) < :before
""")


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
    return (await connection.execute(DELETE_HOLDS, {"promises": promises, "before": before})).rowcount


OF_PERSON = ("membership", "session", "alert", "push_subscription")
"""The tables that go with a person. Claims and cases go before, at their own terms."""

GONE = """
    select id from {table} g where ended_at < :before
      and not exists (select from claim where {table}_id = g.id)
      and not exists (select from case_record where {table}_id = g.id)
    limit {batch} for update skip locked
"""


async def _list_gone(tx: Transaction, table: str, before: datetime) -> Sequence[str]:
    statement = text(GONE.format(table=table, batch=BATCH))
    return (await (await tx.connection()).execute(statement, {"before": before})).scalars().all()


async def delete_people(tx: Transaction, before: datetime) -> int:
    """Delete up to `BATCH` people who left before this moment and are named by no claim and no case; return how many."""
    ids = await _list_gone(tx, "person", before)
    connection = await tx.connection()
    if ids:
        alerts = await connection.execute(text("select id from alert where person_id = any(:ids)"), {"ids": ids})
        await delete_keys(tx, alerts.scalars().all())
        for table in OF_PERSON:
            await connection.execute(text(f"delete from {table} where person_id = any(:ids)"), {"ids": ids})  # noqa: S608
        await connection.execute(text("delete from person where id = any(:ids)"), {"ids": ids})
    return len(ids)


async def delete_clients(tx: Transaction, before: datetime) -> int:
    """Delete up to `BATCH` programs that ended before this moment and are named by no claim and no case; return how many."""
    ids = await _list_gone(tx, "client", before)
    if ids:
        await (await tx.connection()).execute(text("delete from client where id = any(:ids)"), {"ids": ids})
    return len(ids)
