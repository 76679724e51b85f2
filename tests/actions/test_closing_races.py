"""A shelter is closed while others ask it or send somebody to work there: whichever comes first, nobody is left behind."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bedboard.actions.cases import open_case
from bedboard.actions.manage.closing import close_shelter
from bedboard.actions.manage.people import PersonFacts, appoint_person, change_person
from bedboard.store.database import Database, Transaction
from tests.actions.races import overtaken
from tests.build import NOW, actor
from tests.build.cases import MARK, NEEDS, rows_of
from tests.build.rows import every_row

WOUTER = actor("admin", "wouter", ())
OF_CEDER = PersonFacts("Bo", "oever", "staff", frozenset({"ceder"}))
SANNE_TOO = PersonFacts("Sanne", "oever", "staff", frozenset({"linde", "ceder"}))

Action = Callable[[Transaction], Awaitable[Any]]


def close(tx: Transaction) -> Awaitable[Any]:
    return close_shelter(tx, WOUTER, "ceder", NOW)


def ask(tx: Transaction) -> Awaitable[Any]:
    return open_case(tx, MARK, "r1", NEEDS, "noord", {"linde": "cosm", "ceder": "men"}, NOW)


def appoint(tx: Transaction) -> Awaitable[Any]:
    return appoint_person(tx, WOUTER, "bo", OF_CEDER, NOW)


def change(tx: Transaction) -> Awaitable[Any]:
    return change_person(tx, WOUTER, "sanne", SANNE_TOO, NOW)


async def left_behind(database: Database) -> list[str]:
    """Return who still works for ceder, or asks it, if it is closed."""
    rows = await every_row(database)
    if rows["shelter", "ceder"]["ended_at"] is None:
        return []
    here = [*rows_of(rows, "membership"), *rows_of(rows, "ask")]
    return [str(row) for row in here if row["shelter_id"] == "ceder"]


@pytest.mark.parametrize(
    ("act", "code"),
    [(ask, "shelter_in_use"), (appoint, "facts_changed"), (change, "facts_changed")],
    ids=["ask", "new", "more"],
)
async def test_a_shelter_is_not_closed_on_somebody_who_came_just_before(
    pools: tuple[Database, Database], act: Action, code: str
) -> None:
    assert await overtaken(pools, act, close) == code
    assert await left_behind(pools[0]) == []


@pytest.mark.parametrize("act", [ask, appoint, change], ids=["ask", "new", "more"])
async def test_nobody_asks_a_shelter_or_begins_there_while_it_is_closed(pools: tuple[Database, Database], act: Action) -> None:
    assert await overtaken(pools, close, act) == "invalid"
    assert await left_behind(pools[0]) == []
