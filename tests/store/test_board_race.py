"""Changes that commit after each statement of the read side: a row and its places must be of one moment.

Otherwise a board could show an old place under a new version, which no bell would ever correct.
"""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bedboard.actions.occupancy import change_place
from bedboard.rules.places import PlaceChange
from bedboard.store.board import get_shelter
from bedboard.store.database import Database
from tests.build import NOW, actor


async def test_a_version_and_the_places_under_it_are_of_one_moment(
    board_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute: Callable[..., Awaitable[Any]] = AsyncConnection.execute
    turns = count()

    async def change() -> None:
        """Change the place: it is occupied under every even version, and free under every odd one."""
        with monkeypatch.context() as undone:
            undone.setattr(AsyncConnection, "execute", execute)
            async with board_database.transaction() as other:
                await change_place(other, actor(), "linde-1", PlaceChange("free" if next(turns) % 2 else "occupied"), NOW)

    async def change_after(self: AsyncConnection, statement: Any, *rest: Any, **more: Any) -> Any:
        result = await execute(self, statement, *rest, **more)
        await change()
        return result

    monkeypatch.setattr(AsyncConnection, "execute", change_after)
    async with board_database.transaction() as tx:
        row = await get_shelter(tx, "linde")
    assert row is not None
    assert next(turns) > 0, "something has changed meanwhile"
    assert row.places[0].state == ("open" if row.version % 2 else "occupied")
