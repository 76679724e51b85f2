"""Adding in bulk, and the one row that tells the purpose of a database."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as insert_or_leave
from sqlmodel import col

from bedboard.store.database import Transaction
from bedboard.store.tables.board import Deployment, Place


async def get_demo_mark(tx: Transaction) -> bool | None:
    """Return whether this database is a demo's; None while nothing has been loaded, also before its first migration."""
    connection = await tx.connection()
    if (await connection.execute(select(func.to_regclass("deployment")))).scalar_one() is None:
        return None
    return (await connection.execute(select(col(Deployment.demo)))).scalar_one_or_none()


FOUND = text("""
    select name, created_at, demo,
        (select count(*) from organization) as organizations, (select count(*) from shelter) as shelters,
        (select count(*) from place) as places, (select count(*) from person) as people,
        array(select id from person where role = 'admin' order by id) as admin_ids
    from deployment
""")


class Found(NamedTuple):
    """The deployment that a database holds, and how much of it there is."""

    name: str
    created_at: datetime
    demo: bool
    organizations: int
    shelters: int
    places: int
    people: int
    admin_ids: list[str]


async def find_deployment(tx: Transaction) -> Found | None:
    """Return what is in this database, at any migration; None while nothing has been loaded, or before its first."""
    if await get_demo_mark(tx) is None:
        return None
    return Found(*(await (await tx.connection()).execute(FOUND)).one())


async def add_deployment(tx: Transaction, name: str, time_zone: str, country: str, now: datetime, *, demo: bool) -> bool:
    """False when there is one already; of two at once the second waits for the first."""
    row = {"id": 1, "name": name, "time_zone": time_zone, "country": country, "demo": demo, "created_at": now}
    connection = await tx.connection()
    added = await connection.execute(insert_or_leave(Deployment).on_conflict_do_nothing().values(row))
    return added.rowcount == 1


async def add_places(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    """Add places; each row has the columns of Place."""
    if rows:
        await (await tx.connection()).execute(insert(Place), rows)
