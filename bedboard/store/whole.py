"""The database as a whole: the version of its server, what is in it, and its access, for backups and for a restore."""

from datetime import datetime

from sqlalchemy import text

from bedboard.store.database import Transaction

TABLES = text("""
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and c.relkind in ('r', 'p', 'v', 'm', 'S') order by 1
""")
END_ACCESS = (
    text("update session set ended_at = :now where ended_at is null"),
    text("update enrol_code set ended_at = :now where ended_at is null"),
    text("delete from challenge"),
)


async def get_server_version(tx: Transaction) -> int:
    """Return the major version of the server, such as 16."""
    number = (await (await tx.connection()).execute(text("select current_setting('server_version_num')"))).scalar_one()
    return int(number) // 10_000


async def get_now(tx: Transaction) -> datetime:
    """Return the present moment, as the clock of the database tells it."""
    now: datetime = (await (await tx.connection()).execute(text("select clock_timestamp()"))).scalar_one()
    return now


async def list_relations(tx: Transaction) -> list[str]:
    """Return the names of all tables, views and sequences in the schema of this connection, of every owner."""
    return list((await (await tx.connection()).execute(TABLES)).scalars())


async def end_all_access(tx: Transaction, now: datetime) -> None:
    """End every session and every code. What stays are the people, their passkeys and the tokens of programs."""
    for statement in END_ACCESS:
        await (await tx.connection()).execute(statement, {"now": now} if "now" in statement.compile().params else {})
