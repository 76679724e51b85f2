"""One small write, which shows that the database takes changes."""

from sqlalchemy import text

from bedboard.store.database import Transaction

MARK = text("""
    insert into job_slot (name, taken_at) values ('health', now())
    on conflict (name) do update set taken_at = now()
""")


async def write_mark(tx: Transaction) -> None:
    """Write that a process has looked."""
    await (await tx.connection()).execute(MARK)
