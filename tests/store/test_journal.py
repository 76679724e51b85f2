"""The journal gives back the values that it writes, and "nothing" is nothing."""

from typing import Any

import pytest
from sqlalchemy import text

from bedboard.store.database import Transaction
from bedboard.store.journal import get_journal, write_journal
from tests.build import NOW

OPEN: dict[str, Any] = {"state": "open", "closed_reason": None}


def row(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "received_at": NOW,
        "observed_at": NOW,
        "actor_kind": "person",
        "actor_id": "sanne",
        "action": "place",
        "shelter_id": "linde",
        "version": 2,
        "place_id": "linde-1",
        "before": before,
        "after": after,
    }


@pytest.mark.parametrize("before", [None, {}, OPEN])
@pytest.mark.parametrize("after", [None, OPEN])
async def test_no_before_or_after_is_null_of_the_database_and_not_of_json(
    tx: Transaction, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    """Otherwise `before is null` finds nothing, and a reader outside this code takes the text null for a value."""
    [first, second] = await write_journal(tx, [row(before, after), row(after, before)])
    found = await (await tx.connection()).execute(
        text("select before is null, after is null from journal where id in (:first, :second) order by id"),
        {"first": first, "second": second},
    )
    assert [tuple(one) for one in found] == [(before is None, after is None), (after is None, before is None)]
    read = await get_journal(tx, first)
    assert read is not None
    assert (read.before, read.after) == (before, after)


async def test_an_addition_has_no_before_and_says_all_after_it(tx: Transaction) -> None:
    found = await (await tx.connection()).execute(
        text("select action, count(before), count(after) from journal group by action order by action")
    )
    assert [tuple(one) for one in found] == [("add_place", 0, 7), ("add_shelter", 0, 3)]


async def test_a_place_that_follows_its_shelter_has_no_criteria_at_all(tx: Transaction) -> None:
    found = await (await tx.connection()).execute(text("select count(*), count(criteria) from place"))
    assert tuple(found.one()) == (7, 0)
