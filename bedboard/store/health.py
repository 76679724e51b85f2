"""One small write, which shows that the database takes changes, and a question that needs room on its disk."""

from sqlalchemy import text

from bedboard.store.database import Transaction

MARK = text("""
    insert into job_slot (name, taken_at) values ('health', now())
    on conflict (name) do update set taken_at = now()
""")
ROOM = text("""
    select count(*) from (
        select number, repeat('x', 1000) as filler from generate_series(1, 4000) number order by filler, number desc offset 0
    ) sorted
""")


async def check_room(tx: Transaction) -> None:
    """Have the server sort more than its memory may hold: that needs 4 MB of its disk, and leaves nothing there.

    Refusal, at the end of the transaction: Unavailable `database_full`.
    """
    connection = await tx.connection()
    await connection.execute(text("set local work_mem = '64kB'"))
    await connection.execute(ROOM)


async def write_mark(tx: Transaction) -> None:
    """Write that a process has looked."""
    await (await tx.connection()).execute(MARK)
