"""Words about places that are refused: nothing has changed, and nothing has rung."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from bedboard.actions.counts import count_places
from bedboard.actions.occupancy import Changed, change_place, confirm_shelter, undo_change
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict, Invalid, NotFound, Refusal, VersionMismatch
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import lock_shelter
from tests.build import NOW, actor, until
from tests.build.cases import HOUR, KOFI, MACHINE, SANNE, TICK
from tests.build.occupancy import BEFORE, OCCUPIED, WITHIN
from tests.build.rows import codes, do, looking, run

# ---- refusals: each leaves every row as it was, and rings nothing


REFUSED: dict[str, tuple[Callable[[Transaction], Awaitable[Any]], type[Refusal], str, dict[str, Any]]] = {
    "place unknown": (lambda tx: change_place(tx, SANNE, "nowhere", OCCUPIED, NOW), NotFound, "no_such_place", {}),
    "place of another": (lambda tx: change_place(tx, KOFI, "linde-1", OCCUPIED, NOW), NotFound, "no_such_place", {}),
    "place by police": (
        lambda tx: change_place(tx, actor("police", "mark"), "linde-1", OCCUPIED, NOW),
        NotFound,
        "no_such_place",
        {},
    ),
    "place by another machine": (lambda tx: change_place(tx, MACHINE, "ceder-1", OCCUPIED, NOW), NotFound, "no_such_place", {}),
    "place at another version": (
        lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW, {2}),
        VersionMismatch,
        "version_mismatch",
        {"present": 1},
    ),
    "place closed without reason": (
        lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("closed"), NOW),
        Invalid,
        "invalid",
        {},
    ),
    "place seen earlier": (
        lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied", observed_at=BEFORE - TICK), NOW),
        Conflict,
        "overtaken",
        {"known_at": BEFORE},
    ),
    "confirm unknown": (lambda tx: confirm_shelter(tx, SANNE, "nowhere", NOW), NotFound, "no_such_shelter", {}),
    "confirm another's": (lambda tx: confirm_shelter(tx, KOFI, "linde", NOW), NotFound, "no_such_shelter", {}),
    "confirm at another version": (
        lambda tx: confirm_shelter(tx, SANNE, "linde", NOW, versions={7}),
        VersionMismatch,
        "version_mismatch",
        {"present": 1},
    ),
    "confirm tomorrow": (lambda tx: confirm_shelter(tx, SANNE, "linde", NOW, NOW + HOUR), Invalid, "invalid", {}),
    "count unknown": (lambda tx: count_places(tx, SANNE, "nowhere", {}, NOW), NotFound, "no_such_shelter", {}),
    "count another's": (lambda tx: count_places(tx, KOFI, "linde", {}, NOW), NotFound, "no_such_shelter", {}),
    "count at another version": (
        lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(0)}, NOW, versions={2}),
        VersionMismatch,
        "version_mismatch",
        {"present": 1},
    ),
    "count too many": (lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(4)}, NOW), Invalid, "invalid", {}),
    "count too many of the second kind": (
        lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(0), "women": KindCount(2)}, NOW),
        Invalid,
        "invalid",
        {},
    ),
    "count a kind that is not here": (
        lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(0), "men": KindCount(0)}, NOW),
        Invalid,
        "invalid",
        {},
    ),
    "count seen earlier": (
        lambda tx: count_places(tx, SANNE, "linde", {"women": KindCount(0), "cosm": KindCount(0)}, NOW, BEFORE - TICK),
        Conflict,
        "overtaken",
        {"known_at": BEFORE},
    ),
    "undo nothing": (lambda tx: undo_change(tx, SANNE, "linde", 10**12, NOW, WITHIN), NotFound, "no_such_change", {}),
    "undo the adding of a place": (lambda tx: _undo_first(tx, "linde-1"), NotFound, "no_such_change", {}),
    "undo what happened to another": (lambda tx: _undo_first(tx, "ceder-1"), NotFound, "no_such_change", {}),
    "undo at another's": (lambda tx: undo_change(tx, KOFI, "linde", 1, NOW, WITHIN), NotFound, "no_such_shelter", {}),
}


async def _undo_first(tx: Transaction, place_id: str) -> Changed:
    found = await (await tx.connection()).execute(
        text("select min(id) from journal where place_id = :place_id"), {"place_id": place_id}
    )
    return await undo_change(tx, SANNE, "linde", found.scalar_one(), NOW, WITHIN)


@pytest.mark.parametrize("case", REFUSED)
async def test_a_refusal_changes_nothing_and_rings_nothing(shared_database: Database, case: str) -> None:
    action, kind, code, detail = REFUSED[case]
    async with looking(shared_database) as seen:
        with pytest.raises(kind) as refused:
            await do(shared_database, action)
    assert (refused.value.code, refused.value.detail) == (code, detail)
    assert seen.nothing


async def test_every_kind_that_is_not_here_is_named(shared_database: Database) -> None:
    counts = {"men": KindCount(0), "cosm": KindCount(0), "tents": KindCount(1)}
    with pytest.raises(Invalid) as refused:
        await do(shared_database, lambda tx: count_places(tx, SANNE, "linde", counts, NOW))
    assert codes(refused.value) == [
        ("kinds.men", "kind_not_here"),
        ("kinds.tents", "kind_not_here"),
    ]


# ---- the right to act, at the moment of the change


LEAVES = {
    "no longer a member": "delete from membership where person_id = 'sanne'",
    "may not sign in any more": "update person set ended_at = now() where id = 'sanne'",
}
ACTS: dict[str, Callable[[Transaction], Awaitable[Any]]] = {
    "change": lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW),
    "confirm": lambda tx: confirm_shelter(tx, SANNE, "linde", NOW),
    "count": lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(0)}, NOW),
}


@pytest.mark.parametrize(
    ("leaves", "act"), [*((one, "change") for one in LEAVES), *((next(iter(LEAVES)), two) for two in ACTS)]
)
async def test_people_who_lose_the_right_while_waiting_for_the_lock_are_refused(
    board_database: Database, leaves: str, act: str
) -> None:
    async def is_waiting() -> bool:
        async with board_database.transaction() as tx:
            found = await (await tx.connection()).execute(
                text("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
            )
            return bool(found.scalar_one())

    async with looking(board_database) as seen:
        async with board_database.transaction() as other:
            await lock_shelter(other, "linde")
            waiting = asyncio.create_task(do(board_database, ACTS[act]))
            await until(is_waiting, "the change waits for the shelter")
            await run(board_database, LEAVES[leaves])
        with pytest.raises(NotFound):
            await waiting
    assert seen.journal == []
    assert seen.bells == []
    assert not {key for key in seen.changed if key[0] in ("place", "shelter")}
