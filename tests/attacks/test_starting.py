"""A process that begins at the worst moment: the database is there and lets nobody in yet."""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy import text

from bedboard.clock import Clock
from bedboard.commands.ready import Away, wrong_in_database
from bedboard.identity import Identity
from bedboard.rules.refusals import Unavailable
from bedboard.settings import Settings
from bedboard.store.bell import Listener, Lost
from bedboard.store.database import Database, Pools
from tests.build import SEAL, until
from tests.build.site import as_owner
from tests.build.statements import run

REFUSALS: Mapping[str, str] = {
    "57P03": "the database system is starting up",
    "53300": "sorry, too many clients already",
    "57P01": "terminating connection due to administrator command",
    "53100": "could not write: No space left on device",
    "58030": "could not read a file",
}


@asynccontextmanager
async def refusing(state: str, words: str) -> AsyncIterator[str]:
    """A server that speaks as PostgreSQL does, and refuses everybody with this SQLSTATE; its address."""
    fields = b"".join(name + value.encode() + b"\0" for name, value in ((b"S", "FATAL"), (b"C", state), (b"M", words)))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(b"E" + struct.pack("!I", 4 + len(fields) + 1) + fields + b"\0")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql+asyncpg://bedboard_web@127.0.0.1:{port}/bedboard?ssl=disable"


@pytest.mark.parametrize("state", REFUSALS)
async def test_a_database_that_lets_nobody_in_yet_is_waited_for(state: str) -> None:
    async with refusing(state, REFUSALS[state]) as url:
        with pytest.raises(Away, match=REFUSALS[state]):
            await wrong_in_database(url, demo=False)


async def test_a_database_that_never_will_is_not_waited_for() -> None:
    async with refusing("28P01", "password authentication failed") as url:
        assert await wrong_in_database(url, demo=False)


class Ended:
    """A connection that the server ends at the moment of a question: asyncpg then stumbles over its own state."""

    is_cut = False

    def add_termination_listener(self, _listener: object) -> None:
        pass

    async def fetchrow(self, _question: str, **_limits: float) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 14; another operation is in progress")

    def terminate(self) -> None:
        self.is_cut = True


async def test_a_bell_whose_connection_ends_at_the_moment_of_a_question_is_lost_and_no_bug() -> None:
    ended = Ended()
    with pytest.raises(Lost):
        await Listener(ended).check()
    assert ended.is_cut


async def test_a_token_of_a_demo_is_no_stranger_before_the_database_was_read(board_database: Database) -> None:
    """The answer "sign in" would make a program give up, a moment before its token counts."""
    pools = Pools.of(board_database.url, SEAL.marks, pool_size=2, statement_seconds=5, most_in_crowd=40)
    identity = Identity(pools, Settings(demo=True), Clock())
    async with as_owner(board_database) as tx:
        await run(tx, "lock table client in access exclusive mode")
        asked = asyncio.create_task(identity.client("demo-police"))

        async def waits() -> bool:
            asking = text(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            async with board_database.transaction() as other:  # a transaction sees the activity of its beginning
                return bool((await (await other.connection()).execute(asking)).scalar_one())

        await until(waits, "the question waits for the table")
        identity.learn(is_demo=True)
    with pytest.raises(Unavailable):
        await asked
    found = await identity.client("demo-police")
    assert found is not None and found.role == "police"
    await pools.dispose()
