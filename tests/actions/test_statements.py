"""The number of trips to the database while others wait for the lock of a shelter. It is a promise: see docs/fast.md."""

import pytest

from bedboard.actions.holds import hold_place, release_hold
from bedboard.actions.idempotency import Key, Reply, apply_once
from bedboard.actions.occupancy import change_place, confirm_shelter
from bedboard.rules.places import PlaceChange
from bedboard.store.database import Database
from tests.actions.races import Action
from tests.build import NOW, actor
from tests.build.cases import MARK
from tests.build.rows import do
from tests.build.statements import sent_to

SANNE = actor()
TAP: Action = lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW)  # noqa: E731
LOCKS = "for no key update"


def under_the_lock(sent: list[str]) -> list[str]:
    """Return the statements from the lock of the shelter on, without the commit."""
    first = next(n for n, one in enumerate(sent) if LOCKS in one.lower() and "from shelter" in one.lower())
    return sent[first:-1]


@pytest.mark.parametrize(
    ("action", "most"),
    [
        (TAP, 4),  # lock, read, save, read the shelter for the answer
        (lambda tx: confirm_shelter(tx, SANNE, "linde", NOW), 5),
        (lambda tx: hold_place(tx, MARK, ["linde-1"], "h1", NOW), 8),
    ],
    ids=["a tap", "still correct", "a hold"],
)
async def test_a_change_makes_few_trips_under_the_lock(case_database: Database, action: Action, most: int) -> None:
    with sent_to(case_database) as sent:
        await do(case_database, action)
    assert sent[0] == "begin" and sent[-1] == "commit"
    assert len(under_the_lock(sent)) == most, "\n".join(under_the_lock(sent))


async def test_the_end_of_a_hold_makes_few_trips_under_the_lock(case_database: Database) -> None:
    await do(case_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h1", NOW))
    with sent_to(case_database) as sent:
        await do(case_database, lambda tx: release_hold(tx, MARK, "h1", NOW))
    assert len(under_the_lock(sent)) == 7, "\n".join(under_the_lock(sent))


async def test_a_key_costs_one_trip_before_the_lock_and_one_under_it(case_database: Database) -> None:
    with sent_to(case_database) as sent:
        await apply_once(case_database, SANNE, Key("k", b""), NOW, TAP, lambda _: Reply(200, b""))
    assert len(under_the_lock(sent)) == 5, "\n".join(under_the_lock(sent))
    assert len(sent) == 8, "with begin, the key and commit"
    with sent_to(case_database) as sent:
        await apply_once(case_database, SANNE, Key("k", b""), NOW, TAP, lambda _: Reply(200, b""))
    assert len(sent) == 3, "a repetition only reads the reply"
