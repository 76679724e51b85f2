"""The keys of households' needs: one for each open case and alert, destroyed when that ends.

Their table is unlogged: it is in no write-ahead log and in no physical copy of the database. See docs/privacy.md.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import text

from bedboard.store.database import Transaction
from bedboard.store.tables.cases import HouseholdKey


async def save_key(tx: Transaction, household_id: str, key_sealed: bytes | None) -> None:
    """Save the key of a new case or alert; None: it has none."""
    if key_sealed is not None:
        tx.add(HouseholdKey(id=household_id, key_sealed=key_sealed))


async def delete_keys(tx: Transaction, household_ids: Collection[str]) -> None:
    """Delete the keys of cases and alerts that have ended. What PostgreSQL leaves of them goes with `rewrite_keys`."""
    chosen = {"ids": list(household_ids)}
    await (await tx.connection()).execute(text("delete from household_key where id = any(:ids)"), chosen)


ORPHANS = text("""
    delete from household_key k
    where not exists (select from case_record r where r.id = k.id and r.over_at is null)
      and not exists (select from alert a where a.id = k.id)
""")


async def rewrite_keys(tx: Transaction) -> None:
    """Write the keys that are left to a new file, so that PostgreSQL removes the file with the bytes of deleted ones.

    Refusal: Busy while another transaction uses them; try again later.
    """
    connection = await tx.connection()
    await connection.execute(text("lock table household_key in access exclusive mode nowait"))
    await connection.execute(ORPHANS)
    keys = await list_keys(tx)
    await connection.execute(text("truncate household_key"))
    if keys:
        await _insert(tx, keys)


async def list_keys(tx: Transaction) -> dict[str, bytes]:
    """Return all keys, sealed, by the case or alert."""
    rows = await (await tx.connection()).execute(text("select id, key_sealed from household_key"))
    return {row.id: row.key_sealed for row in rows}


async def _insert(tx: Transaction, keys: Mapping[str, bytes]) -> None:
    rows = [{"id": household_id, "key": key} for household_id, key in sorted(keys.items())]
    insert = text("insert into household_key (id, key_sealed) values (:id, :key) on conflict do nothing")
    await (await tx.connection()).execute(insert, rows)


LIVING = (
    text("select id from case_record where id = any(:ids) and over_at is null for no key update skip locked"),
    text("select id from alert where id = any(:ids) for no key update skip locked"),
)


async def restore_keys(tx: Transaction, keys: Mapping[str, bytes]) -> list[str]:
    """Put keys back that a crash of the database has lost, of cases and alerts that go on; return their ids.

    Those that another transaction has locked are left out; their lock shuts out an end that would come between.
    """
    connection = await tx.connection()
    found = [row.id for living in LIVING for row in await connection.execute(living, {"ids": list(keys)})]
    if found:
        await _insert(tx, {household_id: keys[household_id] for household_id in found})
    return found
