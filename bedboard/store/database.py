"""Connections and transactions. Everything has a time limit: a database that does not answer is an error, not a wait."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NamedTuple, Self

import asyncpg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import text
from sqlmodel.ext.asyncio.session import AsyncSession

from bedboard.rules.refusals import Busy, Refusal, Unavailable
from bedboard.store.crowds import Crowds
from bedboard.store.marks import Marks

Transaction = AsyncSession

LOCK_SECONDS = 3.0
PULSE_CONNECTIONS = 3  # the reader, the pulse and the watch, each with one question at a time
CALLER_CONNECTIONS = 2
GRACE_SECONDS = 2.0  # after the server's own limit on a statement, so that its "too long" arrives before we stop listening
SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": ("on", "remote_apply", "remote_write", "local")}
BUSY = {  # nothing is wrong and nothing was saved: try again
    "40001",  # in conflict with another transaction
    "40P01",  # deadlock
    "55P03",  # waited too long for a lock
    "57014",  # the statement took too long, mostly by waiting for locks one after another
    "53300",  # no connection is left
}


def asyncpg_url(url: str) -> str:
    """Return the URL for asyncpg alone: without SQLAlchemy's driver name, and with `sslmode` for `ssl`."""
    return _spelled(make_url(url).set(drivername="postgresql"), "ssl", "sslmode")


def engine_url(url: str) -> str:
    """Return the URL for SQLAlchemy, from any of the forms that hosts hand out (postgres://, `sslmode` for `ssl`)."""
    plain = url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url
    return _spelled(make_url(plain).set(drivername="postgresql+asyncpg"), "sslmode", "ssl")


def _spelled(url: URL, name: str, instead: str) -> str:
    if name in url.query:
        url = url.difference_update_query([name]).update_query_dict({instead: url.query[name]})
    return url.render_as_string(hide_password=False)


LOST = (ConnectionError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)
NO_CONNECTION = (DBAPIError, OSError, PoolTimeout, *LOST)


def _translated(error: Exception, code: str) -> Refusal | None:
    """Return the refusal for an error of the driver: Busy, or Unavailable with this `code`.

    None: the error is a mistake in our code, and is raised as it is.
    """
    if isinstance(error, PoolTimeout):  # our own connections are all at work
        return Busy()
    if not isinstance(error, DBAPIError):
        return Unavailable(code)
    state = getattr(error.orig, "sqlstate", None)
    if state in BUSY:
        return Busy()
    cause = error.orig.__cause__ if error.orig is not None else None
    gone = error.connection_invalidated or isinstance(cause, (OSError, TimeoutError, *LOST))
    return Unavailable(code) if gone or (state or "")[:2] in ("08", "53", "57", "58") else None


def marks_of(tx: Transaction) -> Marks:
    """Return the marks of the process that runs this transaction."""
    marks: Marks | None = tx.info["marks"]
    if marks is None:
        raise AssertionError("this database was opened without the key of the audit trail, so nothing can be written there")
    return marks


def crowds_of(tx: Transaction) -> Crowds:
    """Return the crowds of the pool that this transaction comes from."""
    crowds: Crowds = tx.info["crowds"]
    return crowds


class Database:
    """One pool of connections. `marks` tag every row of the audit trail; None: this process writes none.

    `crowds` bounds how many of them wait for the locks of shelters; None: all of them may.
    """

    def __init__(
        self,
        url: str,
        marks: Marks | None = None,
        *,
        pool_size: int = 10,
        statement_seconds: float = 5.0,
        crowds: Crowds | None = None,
    ) -> None:
        self.url = engine_url(url)
        self.marks = marks
        self.crowds = crowds or Crowds()
        self.statement_seconds = statement_seconds
        self.engine = create_async_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=2.0,
            pool_recycle=1800,
            hide_parameters=True,  # an error must not carry what people typed into the log
            connect_args={
                "timeout": 3.0,
                "command_timeout": statement_seconds + GRACE_SECONDS,
                "server_settings": {
                    "application_name": "bedboard",
                    "timezone": "UTC",
                    "lock_timeout": f"{int(LOCK_SECONDS * 1000)}",
                    "statement_timeout": f"{int(statement_seconds * 1000)}",
                    "idle_in_transaction_session_timeout": "10000",
                },
            },
        )

        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """Run the caller's block without a transaction around its statements, for work that only reads and locks nothing.

        Each statement sees what is committed when it begins, as within a transaction, and the trips for "begin" and "commit"
        fall away. Refusals: as for a transaction.
        """
        return self._session(self._reading)

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Run the caller's block in a transaction: commit at its end, roll back on any error.

        Refusals: Busy when other transactions are in the way for too long, or when no connection of the pool comes free.
        Unavailable `database_away` when the database does not answer. Unavailable `perhaps_saved` when it does not answer the
        commit: nobody knows then whether the change was saved.
        """
        return self._session(self.engine)

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[Transaction]:
        async with AsyncSession(engine, expire_on_commit=False, info={"marks": self.marks, "crowds": self.crowds}) as session:
            code = "database_away"
            try:
                await session.connection()  # first, because an OSError after this may come from the caller's own work
            except NO_CONNECTION as error:
                raise _translated(error, code) or error from error
            try:
                yield session
                code = "perhaps_saved"
                await session.commit()
            except (DBAPIError, *LOST) as error:
                raise _translated(error, code) or error from error

    async def check_durable(self) -> None:
        """Refuse a database that may forget what it has acknowledged. Raises RuntimeError naming the settings."""
        async with self.transaction() as tx:
            loose = []
            for name, safe in SAFE.items():
                value = (await tx.exec(text("select current_setting(:name)").bindparams(name=name))).scalar_one()  # type: ignore[call-overload]
                if value != safe and value not in safe:
                    loose.append(f"{name}={value}")
        if loose:
            raise RuntimeError(f"this database may lose an acknowledged change: {', '.join(loose)}")

    async def dispose(self) -> None:
        await self.engine.dispose()


class Pools(NamedTuple):
    """The pools of one process, so that a crowd at one of them keeps nobody waiting at another.

    `pulse`: for open boards: the reading after a bell, the pulse and the watch. `callers`: for the look-ups of sessions, tokens
    and rights. `presses`: what people and programs change. `rest`: everything else, mostly reading.
    """

    pulse: Database
    callers: Database
    presses: Database
    rest: Database

    @classmethod
    def of(cls, url: str, marks: Marks, *, pool_size: int, statement_seconds: float, most_in_crowd: float) -> Self:
        """Divide `pool_size` connections between presses and the rest, and add those of the pulse and the callers.

        `most_in_crowd`: how many presses may wait in memory for the lock of one shelter.
        """
        presses = (pool_size + 1) // 2
        crowds = Crowds(each=2, together=max(1, presses - 2), most_in_memory=most_in_crowd)
        sizes = (PULSE_CONNECTIONS, CALLER_CONNECTIONS, presses, max(1, pool_size // 2))
        return cls(
            *(
                Database(url, marks, pool_size=size, statement_seconds=statement_seconds, crowds=crowd)
                for size, crowd in zip(sizes, (None, None, crowds, None), strict=True)
            )
        )

    async def dispose(self) -> None:
        for database in self:
            await database.dispose()
