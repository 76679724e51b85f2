"""The epoch of a database: a number that becomes higher whenever the database may have come back older than it was.

A version counts changes within one epoch. A standby that is promoted, a restored backup or a copied folder of data may lack the
last changes: there the same version may mean something different.
"""

from typing import NamedTuple

from sqlalchemy import text

from bedboard.store.database import Transaction

SERVER = """concat_ws(' ', (select system_identifier from pg_control_system()), (select oid from pg_database
    where datname = current_database()), left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), pg_postmaster_start_time())"""
"""SQL for the words of the server at work, which nothing can change without a break: the cluster (another one after a new
installation), the database in it, its timeline (a promoted standby and a recovery to a moment begin a new one), and the
start of the server, without which nobody can put older files in its place."""

NOTE = text(f"""
    update epoch set number = greatest(number + 1, extract(epoch from clock_timestamp())::bigint), server = {SERVER}
    where server <> {SERVER} or number = :doubted
    returning number
""")  # noqa: S608  (our own words)
LOOK = text(f"select {SERVER}")


class WentBack(Exception):
    """A shelter was read with a lower version than before, and the epoch is the same: the database lacks changes."""

    def __init__(self, shelter_id: str, version: int) -> None:
        super().__init__(f"shelter {shelter_id} is at version {version} again")
        self.shelter_id, self.version = shelter_id, version


class Epoch(NamedTuple):
    """The epoch of a database; `is_new`: it began just now."""

    number: int
    is_new: bool


async def begin_epoch(tx: Transaction, doubted: int) -> Epoch:
    """Return the epoch; begin one if the server is not the one of the last look, or the epoch is still the `doubted` one.

    Of two processes at once, the second waits for the first and finds the epoch begun. The number is the second at which
    it began, so it is higher than those of before even if a backup has brought an old number back.
    """
    connection = await tx.connection()
    begun: int | None = (await connection.execute(NOTE, {"doubted": doubted})).scalar_one_or_none()
    if begun is not None:
        return Epoch(begun, True)
    return Epoch((await connection.execute(text("select number from epoch"))).scalar_one(), False)


async def end_epoch(tx: Transaction) -> None:
    """End the present epoch: the next process that looks begins another one."""
    await (await tx.connection()).execute(text("update epoch set server = ''"))


async def get_server(tx: Transaction) -> str:
    """Return the words of the server behind this connection: two connections with the same words have one history."""
    server: str = (await (await tx.connection()).execute(LOOK)).scalar_one()
    return server
