"""What an action has done: every row of every table before and after, and the bells in between."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import SQLModel

from bedboard.rules.places import status_of
from bedboard.rules.refusals import Busy, Invalid, Refusal
from bedboard.store.board import get_shelter
from bedboard.store.clients import FoundClient, find_clients
from bedboard.store.database import Database, Transaction
from bedboard.store.tables.board import Journal, Organization
from tests.build import PATIENCE, Bell, hearing
from tests.build.site import as_owner

Rows = dict[tuple[object, ...], dict[str, Any]]  # (table, primary key…) to its columns


TABLES = SQLModel.metadata.sorted_tables
AUDIT = {"organization_id", "session", "network", "result", "tag"}
"""What rows of the audit trail have besides: tests/store/test_marks.py and tests/actions/test_audit.py look at it."""
ARE_FILLED = select(*(select(table).exists().label(table.name) for table in TABLES))


async def every_row(database: Database) -> Rows:
    async with as_owner(database) as tx:
        connection = await tx.connection()
        filled = (await connection.execute(ARE_FILLED)).mappings().one()
        return {
            (table.name, *(row[column.name] for column in table.primary_key)): dict(row)
            for table in TABLES
            if filled[table.name]
            for row in (await connection.execute(select(table))).mappings()
        }


async def find_client(tx: Transaction, token_hash: bytes, now: datetime, *, demo: bool) -> FoundClient | None:
    """Return the program of one token."""
    return (await find_clients(tx, [token_hash], now, demo=demo)).get(token_hash)


@dataclass
class Seen:
    """`changed`: of rows that were there, each column that differs, now. `added`: whole rows. `journal`: its new rows, oldest
    first, without their ids."""

    changed: Rows = field(default_factory=dict)
    added: Rows = field(default_factory=dict)
    removed: set[tuple[object, ...]] = field(default_factory=set)
    journal: list[dict[str, Any]] = field(default_factory=list)
    bells: list[Bell] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        return self == Seen()


@asynccontextmanager
async def looking(database: Database) -> AsyncIterator[Seen]:
    """Filled in when the block has ended."""
    seen = Seen()
    before = await every_row(database)
    async with hearing(database) as ear:
        yield seen
        seen.bells = await ear.heard()
    after = await every_row(database)
    seen.removed = set(before) - set(after)
    for key in sorted(set(after) - set(before), key=str):
        if key[0] != "journal":
            seen.added[key] = _told(after[key]) if key[0] in ("disclosure", "case_event", "sign_in") else after[key]
    new = sorted((key for key in set(after) - set(before) if key[0] == "journal"), key=lambda key: int(str(key[1])))
    seen.journal = [{name: value for name, value in _told(after[key]).items() if name not in ("id", "role")} for key in new]
    for key in set(after) & set(before):
        columns = {name: value for name, value in after[key].items() if value != before[key][name]}
        if columns:
            seen.changed[key] = columns


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in AUDIT and (name, value) != ("subject", None)}


async def do(database: Database, action: Callable[[Transaction], Awaitable[Any]]) -> Any:
    """The action in a transaction of its own."""
    async with database.transaction() as tx:
        return await action(tx)


async def do_patiently(database: Database, action: Callable[[Transaction], Awaitable[Any]]) -> Any:
    """The action, and once more whenever others came first for too long, as a slow machine makes of many at once.

    `Busy` says that nothing was done.
    """
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await do(database, action)
            except Busy:
                pass


async def run(database: Database, statement: str, **values: Any) -> None:
    """Behind the back of bedboard, as the owner of the tables."""
    async with as_owner(database) as tx:
        await (await tx.connection()).execute(text(statement), values)


async def claim(database: Database, claim_id: str, place_id: str, now: datetime, minutes: int = 30) -> None:
    """A hold that ends so many minutes from now (or ended so long ago, but was not tidied away)."""
    await run(
        database,
        "insert into claim (id, place_id, type, organization_id, role, created_at, expires_at)"
        " values (:id, :place_id, 'hold', 'desk', 'police', :created_at, :expires_at)",
        id=claim_id,
        place_id=place_id,
        created_at=now - timedelta(days=1),
        expires_at=now + timedelta(minutes=minutes),
    )


async def journal_of(database: Database, shelter_id: str) -> list[Journal]:
    """What happened to a shelter since it was added, oldest first."""
    async with database.transaction() as tx:
        found = await (await tx.connection()).execute(
            select(Journal).where(Journal.shelter_id == shelter_id, Journal.version > 1).order_by(Journal.id)  # type: ignore[arg-type]
        )
        return [Journal(**row) for row in found.mappings()]


async def status(board_database: Database, place_id: str, at: datetime) -> str:
    row = await do(board_database, lambda tx: get_shelter(tx, place_id.rpartition("-")[0]))
    one = next(one for one in row.places if one.id == place_id)
    return status_of(one.state, one.claim, at)


async def refused(board_database: Database, action: Callable[[Transaction], Awaitable[Any]]) -> Refusal:
    """The refusal; and nothing has been changed, written down or rung."""
    async with looking(board_database) as seen:
        with pytest.raises(Refusal) as refusal:
            await do(board_database, action)
    assert seen.nothing
    return refusal.value


def codes(refusal: Refusal) -> list[tuple[str, str]]:
    """Return each wrong field of a refused form or body, and the word for what is wrong with it."""
    assert isinstance(refusal, Invalid)
    return [(field.field, field.code) for field in refusal.fields]


def goes(right: bool, check: Callable[[], None]) -> None:
    """The same check must pass with the lock and fail without."""
    if right:
        check()
    else:
        with pytest.raises(AssertionError):
            check()


async def everything(database: Database) -> str:
    """Every row of every table as PostgreSQL writes it, bytes as the text they might be."""
    words: list[str] = []
    async with as_owner(database) as tx:
        connection = await tx.connection()
        for table in SQLModel.metadata.sorted_tables:
            for row in await connection.execute(text(f'select t::text, * from "{table.name}" t')):  # noqa: S608  (our own names)
                words += [bytes(one).decode("latin-1") if isinstance(one, bytes | memoryview) else str(one) for one in row]
    return "\n".join(words).lower()


async def unlocked_organization(tx: Transaction, organization_id: str) -> bool:
    """In the place of `lock_organization`, for the control of a race."""
    return await tx.get(Organization, organization_id) is not None
