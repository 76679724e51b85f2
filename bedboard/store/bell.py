"""The bell: NOTIFY in the transaction of the change, LISTEN in every process. Carries ids and versions, nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import text

from bedboard.store.address import asyncpg_url
from bedboard.store.database import Database, Transaction
from bedboard.store.epoch import SERVER

CHANNEL = "bedboard"
CONNECT_SECONDS = 2.0
CHECK = f"select clock_timestamp(), {SERVER}"
RING = text("select pg_notify(:channel, :message)")

LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""The errors of a connection that is gone. The last: the server ended it at the moment of a question."""


def message(noun: str, key: str, version: int) -> str:
    """Return what the bell says; `listen` takes it apart again."""
    return f"{noun} {version} {key}"


async def ring(tx: Transaction, noun: str, key: str, version: int = 0) -> None:
    """Tell every process at the commit, and not before, that something has changed. Only actions may call it.

    `key`: the id of the thing; `version` 0: it has none.
    """
    connection = await tx.connection()
    await connection.execute(RING, {"channel": CHANNEL, "message": message(noun, key, version)})


class Lost(Exception):
    """The listening connection is gone; bells may have been missed, so everything must be read again."""


class Listener:
    """A listening connection. `ends` is done when it is lost. `server`: behind it, as of the last check (`store/epoch.py`)."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.server = ""
        self._one_at_a_time = asyncio.Lock()
        self.ends: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        connection.add_termination_listener(self._ended)

    def _ended(self, *_: object) -> None:
        if not self.ends.done():
            self.ends.set_result(None)

    async def check(self) -> datetime:
        """Check that the connection still stands, and return the database's time: a half-open one hears and says nothing.

        Raises Lost.
        """
        try:
            said: datetime
            async with self._one_at_a_time:
                said, self.server = await self._connection.fetchrow(CHECK, timeout=2.0)
        except LOST as error:
            self.end()
            raise Lost from error
        return said

    def end(self) -> None:
        """Cut the connection: it is of no use any more."""
        self._connection.terminate()


@asynccontextmanager
async def listen(database: Database, heard: Callable[[str, str, int], None]) -> AsyncIterator[Listener]:
    """Call `heard(noun, key, version)` for every bell while open. Raises Lost when no connection can be made."""
    try:
        connection = await asyncpg.connect(
            asyncpg_url(database.url),
            timeout=CONNECT_SECONDS,
            command_timeout=3.0,
            server_settings={"application_name": "bedboard bell"},
        )
    except LOST as error:
        raise Lost from error

    def on_bell(_connection: object, _pid: int, _channel: str, message: object) -> None:
        noun, version, key = str(message).split(" ", 2)
        heard(noun, key, int(version))

    try:
        await connection.add_listener(CHANNEL, on_bell)
        yield Listener(connection)
    except LOST as error:
        raise Lost from error
    finally:
        connection.terminate()
