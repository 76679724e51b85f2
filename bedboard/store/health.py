"""One small write, which shows that the database takes changes."""

from datetime import datetime

from sqlalchemy import text

from bedboard.store.database import Transaction

MARK = text("""
    insert into job_slot (name, taken_at) values ('health', now())
    on conflict (name) do update set taken_at = now() returning clock_timestamp()
""")


async def write_mark(tx: Transaction) -> datetime:
    """Write that a process has looked, and return the time on the clock of the database."""
    at: datetime = (await (await tx.connection()).execute(MARK)).scalar_one()
    return at
