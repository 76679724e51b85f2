# ruff: noqa: S608  (the names are ours)
"""The audit trail: a history to chain, the chain, and what its owner might do to it."""

from datetime import timedelta
from itertools import count

from sqlalchemy import text

from bedboard.actions.audit import Head, Verified, chain_rows, head_of, verify_trail
from bedboard.actions.disclosures import disclose_telephone
from bedboard.actions.enrolment import try_code
from bedboard.store.chain import TABLES, get_head
from bedboard.store.database import Database
from tests.build import NOW, SEAL, FixedClock
from tests.build.cases import HANNEKE
from tests.build.rows import do, run


async def chain(database: Database, at: FixedClock | None = None) -> Head:
    async with database.transaction() as tx:
        done = await chain_rows(tx, at.now() if at else NOW)
        assert done is not None and not done.forged
        return head_of(await get_head(tx))


async def verify(database: Database, kept: Head | None = None) -> tuple[list[str], Verified]:
    async with database.transaction() as tx:
        found = [one async for one in verify_trail(tx, kept)]
    *findings, seen = found
    assert isinstance(seen, Verified)
    return [str(one) for one in findings], seen


async def forget_tags(database: Database) -> None:
    """Make the journal as the migration leaves the rows from before there were tags."""
    await run(database, "alter table journal disable trigger user")
    await run(database, "update journal set tag = '', role = null, organization_id = null")


async def count_rows(database: Database, table: str) -> int:
    async with database.transaction() as tx:
        return int((await (await tx.connection()).execute(text(f"select count(*) from {table}"))).scalar_one())


moments = (NOW + timedelta(microseconds=n) for n in count())  # no two looks of one person are of the same moment


async def look(database: Database) -> None:
    await do(database, lambda tx: disclose_telephone(tx, HANNEKE, "linde", SEAL, next(moments), is_stale=False))


async def try_wrong_code(database: Database) -> None:
    """A line of the journal of signing in."""
    await do(database, lambda tx: try_code(tx, "no such code", SEAL, "public", next(moments)))


async def cut(database: Database, number: int) -> None:
    """Take the newest blocks away, with their rows. The rest is a whole chain."""
    for table in (*TABLES, "chain"):
        await run(database, f"alter table {table} disable trigger user")
    for table in TABLES:
        await run(
            database,
            f"delete from {table} where id in (select unnest(ids) from chain where source = '{table}' and number > {number})",
        )
    await run(database, f"delete from chain where number > {number}")
