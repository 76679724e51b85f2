"""Actions that run at once: two of which the first holds its locks, or many on the connections of two processes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from bedboard.actions.answers import answer_case
from bedboard.actions.cases import choose_offer
from bedboard.rules.access import Actor
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.refusals import Refusal
from bedboard.store.database import Database, Transaction
from tests.build import NOW, until
from tests.build.cases import MARK, SANNE, ZONE
from tests.build.rows import do_patiently, run

Action = Callable[[Transaction], Awaitable[Any]]


async def outcome(database: Database, action: Action) -> str:
    """ "done", or the code of the refusal."""
    try:
        await do_patiently(database, action)
    except Refusal as refusal:
        return refusal.code
    return "done"


async def all_at_once(pools: tuple[Database, Database], actions: Iterable[Action]) -> list[str]:
    """What each was told; an error that is no refusal by its class."""
    said = await asyncio.gather(*(outcome(pools[n % 2], action) for n, action in enumerate(actions)), return_exceptions=True)
    return [one if isinstance(one, str) else type(one).__name__ for one in said]


@asynccontextmanager
async def not_yet_committed(database: Database, action: Action) -> AsyncIterator[None]:
    """The action is done, and committed at the end of the block."""
    async with database.transaction() as tx:
        await action(tx)
        yield


async def waits(database: Database) -> None:
    """Until somebody waits for a lock."""

    async def somebody_waits() -> bool:
        statement = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        async with database.transaction() as tx:
            return bool((await (await tx.connection()).execute(text(statement))).scalar_one())

    await until(somebody_waits, "somebody waits for a lock")


async def overtaken(pools: tuple[Database, Database], first: Action, second: Action, between: str | None = None) -> str:
    """Return the outcome of the second, which begins when the first is done and not yet committed, and goes on when it is.

    `between`: a statement that is committed while the second waits.
    """
    async with not_yet_committed(pools[0], first):
        waiting = asyncio.create_task(outcome(pools[1], second))
        await waits(pools[0])
        if between is not None:
            await run(pools[0], between)
    return await waiting


def said_yes(place: str) -> ShelterAnswer:
    return ShelterAnswer("yes", place)


def answering(place: str, case_id: str = "r1", claim: str | None = None, who: Actor = SANNE, at: datetime = NOW) -> Action:
    shelter = place.rpartition("-")[0]
    return lambda tx: answer_case(tx, who, case_id, shelter, said_yes(place), claim or f"{case_id}-{place}", at)


def choosing(shelter: str, case_id: str = "r1", who: Actor = MARK, at: datetime = NOW) -> Action:
    return lambda tx: choose_offer(tx, who, case_id, shelter, at, ZONE)


CASE_CONTROL = pytest.mark.parametrize("case_locked", [False, True], indirect=True, ids=["no lock", "lock"])
