"""Connections and transactions. Everything has a time limit: a database that does not answer is an error, not a wait."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import NamedTuple, Self

import asyncpg
import structlog
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection, QueuePool
from sqlmodel import text
from sqlmodel.ext.asyncio.session import AsyncSession

from bedboard.store.address import engine_url
from bedboard.store.causes import GONE, NOT_REACHED, cause_of, refusal_of
from bedboard.store.crowds import Crowds
from bedboard.store.limits import Limited
from bedboard.store.marks import Marks

log = structlog.get_logger()

Transaction = AsyncSession

LOCK_SECONDS = 3.0
PULSE_CONNECTIONS = 3  # the reader, the pulse and the watch, each with one question at a time
CALLER_CONNECTIONS = 2
STRANGER_CONNECTIONS = 2
STRANGERS_WAIT = 6.0  # seconds: behind a flood of others that want to sign in, and within the time of a call
GRACE_SECONDS = 2.0  # after the server's own limit on a statement, so that its "too long" arrives before we stop listening
SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": ("on", "remote_apply", "remote_write", "local")}


def marks_of(tx: Transaction) -> Marks:
    """Return the marks of the process that runs this transaction."""
    marks: Marks | None = tx.info["marks"]
    if marks is None:
        raise AssertionError("this database was opened without the key of the audit trail, so nothing can be written there")
    return marks


def after_lock(tx: Transaction, now: datetime) -> datetime:
    """Return the moment for which a transaction decides and writes once it has its last lock.

    That is the present one and not `now`, that of its call: while it waited, a hold may have ended or a promise begun. Never
    earlier than its call. `now` itself where the database was opened without a clock.
    """
    clock: Callable[[], datetime] | None = tx.info["clock"]
    return now if clock is None else max(now, clock())


def crowds_of(tx: Transaction) -> Crowds:
    """Return the crowds of the pool that this transaction comes from."""
    crowds: Crowds = tx.info["crowds"]
    return crowds


def _drop_lost(context: ExceptionContext) -> None:
    """Replace all connections of the pool when one is lost: after a hole in the network each would be waited for in turn."""
    if context.original_exception is not None and cause_of(context.original_exception).is_lost:
        context.is_disconnect = True


def _drop_closed(connection: DBAPIConnection, _record: object, _proxy: object) -> None:
    """Let the pool make another connection for one that the server has closed while nobody used it."""
    driver: asyncpg.Connection[asyncpg.Record] | None = connection.driver_connection
    if driver is None or driver.is_closed():
        raise DisconnectionError


def _abort(connection: PoolProxiedConnection, _record: object) -> None:
    """Close a connection that nobody uses without a word to the server, which may not answer any more."""
    driver: asyncpg.Connection[asyncpg.Record] | None = connection.driver_connection
    if driver is not None:
        driver.terminate()


class Database:
    """One pool of connections. `marks` tag every row of the audit trail; None: this process writes none.

    `crowds` bounds how many of them wait for the locks of shelters; None: all of them may. `clock` tells the present moment;
    None: that of a call is the present one until its end. `wait_seconds`: how long somebody waits for a connection.
    """

    def __init__(
        self,
        url: str,
        marks: Marks | None = None,
        *,
        pool_size: int = 10,
        statement_seconds: float = 5.0,
        wait_seconds: float = 2.0,
        crowds: Crowds | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.url = engine_url(url)
        self.marks = marks
        self.crowds = crowds or Crowds()
        self.clock = clock
        self.statement_seconds = statement_seconds
        self.full_count = 0
        """How often the server had no room on its disk."""
        self.engine = create_async_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=wait_seconds,
            pool_recycle=1800,
            hide_parameters=True,  # an error must not carry what people typed into the log
            connect_args={
                "connection_class": Limited,
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

        event.listen(self.engine.sync_engine, "handle_error", _drop_lost)
        event.listen(self.engine.sync_engine, "checkout", _drop_closed)
        event.listen(self.engine.sync_engine, "close", _abort)
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def reading(self, until: float | None = None) -> AbstractAsyncContextManager[Transaction]:
        """Run the caller's block without a transaction around its statements, for work that only reads and locks nothing.

        Each statement sees what is committed when it begins, as within a transaction, and the trips for "begin" and "commit"
        fall away. `until` and refusals: as for a transaction.
        """
        return self._session(self._reading, until)

    def transaction(self, until: float | None = None) -> AbstractAsyncContextManager[Transaction]:
        """Run the caller's block in a transaction: commit at its end, roll back on any error.

        `until`: the last moment, of the loop's clock, for all of it, with the wait for a connection. Then the connection is
        ended, and the server gives its locks back without waiting for this process. None: each statement has its own limit.
        Refusals: Busy when other transactions are in the way for too long, or when no connection of the pool comes free.
        Conflict when another one has saved the same. Unavailable `database_read_only`, `database_full`, or `database_away` when
        the database does not answer. Unavailable `perhaps_saved` when it does not answer the
        commit: nobody knows then whether the change was saved.
        """
        return self._session(self.engine, until)

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine, until: float | None) -> AsyncIterator[Transaction]:
        code = "database_away"
        info = {"marks": self.marks, "crowds": self.crowds, "clock": self.clock}
        session = AsyncSession(engine, expire_on_commit=False, info=info)
        try:
            async with asyncio.timeout_at(until):
                try:
                    await self._begin(session, until)
                    yield session
                    code = "perhaps_saved"
                    await session.commit()
                except (DBAPIError, *GONE) as error:
                    raise self._refused(error, code) from error
                except asyncio.CancelledError:
                    await session.invalidate()  # without another word to the server, which may not answer
                    raise
                finally:
                    await session.close()
        except TimeoutError as error:
            await self.drop_idle()  # they have the same way to the server
            raise self._refused(error, code) from error

    async def _begin(self, session: Transaction, until: float | None) -> None:
        """Take a connection, and note on it the last moment of its transaction."""
        try:
            connection = await session.connection()  # first, because an OSError after this may come from the caller's own work
            driver = (await connection.get_raw_connection()).driver_connection
        except NOT_REACHED as error:
            raise self._refused(error, "database_away", is_connecting=True) from error
        if isinstance(driver, Limited):
            driver.until = until
            driver.longest = {"statement_timeout": self.statement_seconds, "lock_timeout": LOCK_SECONDS}

    def _refused(self, error: Exception, away: str, *, is_connecting: bool = False) -> Exception:
        """Return the refusal that an error of the database means, and log its cause; the error itself if it is a bug."""
        cause = cause_of(error)
        if is_connecting and cause.kind == "bug":  # a server that does not let us in, for whatever reason
            cause = cause._replace(kind="away")
        refusal = refusal_of(cause, away)
        if refusal is None:
            return error
        self.full_count += cause.kind == "full"
        log.warning("database_failed", reason=cause.kind, code=cause.name)
        return refusal

    @property
    def is_used_up(self) -> bool:
        """Whether every connection of the pool is at work."""
        return 0 < self.size <= self.in_use

    @property
    def size(self) -> int:
        """How many connections the pool may have."""
        pool = self.engine.pool
        return pool.size() if isinstance(pool, QueuePool) else 0

    @property
    def in_use(self) -> int:
        """How many connections of the pool are at work."""
        pool = self.engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

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

    async def drop_idle(self) -> None:
        """Close all connections that nobody uses, without a word to the server. The next users get others."""
        await self.engine.dispose()

    async def dispose(self) -> None:
        await self.engine.dispose()


class Pools(NamedTuple):
    """The pools of one process, so that a crowd at one of them keeps nobody waiting at another.

    `pulse`: for open boards: the reading after a bell, the pulse and the watch. `callers`: for the look-ups of sessions, tokens
    and rights. `presses`: what people and programs change. `rest`: everything else, mostly reading. `strangers`: for callers in
    whose name nobody has signed in yet.
    """

    pulse: Database
    callers: Database
    presses: Database
    rest: Database
    strangers: Database

    @classmethod
    def of(
        cls,
        url: str,
        marks: Marks,
        *,
        pool_size: int,
        statement_seconds: float,
        most_in_crowd: float,
        clock: Callable[[], datetime] | None = None,
    ) -> Self:
        """Divide `pool_size` connections between presses and the rest, and add those of the pulse, callers and strangers.

        `most_in_crowd`: how many presses may wait in memory for the lock of one shelter.
        """
        presses = (pool_size + 1) // 2
        crowds = Crowds(each=2, together=max(1, presses - 2), most_in_memory=most_in_crowd)

        def pool(size: int, crowd: Crowds | None = None, wait_seconds: float = 2.0) -> Database:
            return Database(
                url,
                marks,
                pool_size=size,
                statement_seconds=statement_seconds,
                wait_seconds=wait_seconds,
                crowds=crowd,
                clock=clock,
            )

        return cls(
            pulse=pool(PULSE_CONNECTIONS),
            callers=pool(CALLER_CONNECTIONS),
            presses=pool(presses, crowds),
            rest=pool(max(1, pool_size // 2)),
            strangers=pool(STRANGER_CONNECTIONS, None, STRANGERS_WAIT),
        )

    async def drop_idle(self) -> None:
        """Close all connections that nobody uses: after a hole in the network each would be waited for in turn."""
        for database in self:
            await database.drop_idle()

    @property
    def full_count(self) -> int:
        """How often the server had no room on its disk."""
        return sum(database.full_count for database in self)

    async def dispose(self) -> None:
        for database in self:
            await database.dispose()
