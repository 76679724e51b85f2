"""A change that commits between the two statements of the read side.

The state that is read may be newer than its version says, and never older, because only then the bell of that change puts it
right.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bedboard.actions.occupancy import change_place
from bedboard.rules.places import PlaceChange
from bedboard.store.board import get_shelter
from bedboard.store.database import Database
from tests.build import NOW, actor


async def test_a_change_between_the_two_reads_never_hides_behind_the_right_version(
    board_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute: Callable[..., Awaitable[Any]] = AsyncConnection.execute
    statements: list[str] = []

    async def change_after_the_first(self: AsyncConnection, statement: Any, *rest: Any, **more: Any) -> Any:
        result = await execute(self, statement, *rest, **more)
        if "from shelter s" in str(statement) or "from place p" in str(statement):
            statements.append(str(statement))
            if len(statements) == 1:
                async with board_database.transaction() as other:
                    await change_place(other, actor(), "linde-1", PlaceChange("occupied"), NOW)
        return result

    monkeypatch.setattr(AsyncConnection, "execute", change_after_the_first)
    async with board_database.transaction() as tx:
        row = await get_shelter(tx, "linde")
    assert row is not None
    assert (row.version, row.places[0].state) == (1, "occupied"), "version 2 with the old place would stay wrong for ever"
