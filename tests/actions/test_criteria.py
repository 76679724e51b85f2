"""Whom a shelter takes, as its manager says it: the rows, the journal and the bell after it; nothing at all after a refusal."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from bedboard.actions.criteria import set_place_criteria, set_terms
from bedboard.actions.occupancy import Changed, change_place
from bedboard.rules.access import Actor
from bedboard.rules.fit import Terms, make_terms
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Invalid, NotAllowed, NotFound, Refusal, VersionMismatch
from bedboard.store.board import get_shelter
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import lock_shelter
from tests.build import NOW, actor, until
from tests.build.rows import do, looking, run

ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
SANNE = actor()
MACHINE = actor("machine", "demo-shelter-linde", kind="client")
TERMS = make_terms({"woman": "yes", "man": "discuss", "lvb": "no"}, {"min_age": 18}, (1200, 480), {"so", "nl"})
LINDE = ("shelter", "linde")


def say(terms: Terms = TERMS, who: Actor = ANNEKE, version: int | None = None) -> Callable[[Transaction], Awaitable[Changed]]:
    return lambda tx: set_terms(tx, who, "linde", terms, NOW, version)


def say_of_place(
    criteria: dict[str, str], who: Actor = ANNEKE, version: int | None = None, place_id: str = "linde-1"
) -> Callable[[Transaction], Awaitable[Changed]]:
    return lambda tx: set_place_criteria(tx, who, place_id, criteria, NOW, version)


def written(before: Any, after: Any, **rest: Any) -> dict[str, Any]:
    """A row of the journal as anneke writes it about linde."""
    return {
        "received_at": NOW,
        "observed_at": NOW,
        "actor_kind": "person",
        "actor_id": "anneke",
        "action": "criteria",
        "shelter_id": "linde",
        "version": 2,
        "place_id": None,
        "before": before,
        "after": after,
    } | rest


# ---- the shelter


async def test_new_terms_are_kept_whole_and_written_down_where_they_differ(board_database: Database) -> None:
    async with looking(board_database) as seen:
        changed: Changed = await do(board_database, say())
    assert seen.changed == {  # and confirmed_at stays: nobody has looked at the places
        LINDE: {
            "version": 2,
            "criteria": {"woman": "yes", "man": "discuss", "lvb": "no"},
            "limits": {"min_age": 18},
            "intake_from_minutes": 1200,
            "intake_until_minutes": 480,
            "languages": ["nl", "so"],
        }
    }
    before = {"criteria": {"man": "no", "lvb": None}, "limits": {"min_age": None}, "intake": [0, 1440], "languages": []}
    after = {
        "criteria": {"man": "discuss", "lvb": "no"},
        "limits": {"min_age": 18},
        "intake": [1200, 480],
        "languages": ["nl", "so"],
    }
    assert seen.journal == [written(before, after)]
    assert seen.bells == [("shelter", "linde", 2)]
    assert not seen.added and not seen.removed
    assert changed.shelter == await do(board_database, lambda tx: get_shelter(tx, "linde"))


async def test_only_differences_are_in_the_journal(board_database: Database) -> None:
    await do(board_database, say())
    async with looking(board_database) as seen:
        terms = make_terms({"woman": "yes", "lvb": "no"}, {"min_age": 21}, (1200, 480), {"nl", "so"})
        await do(board_database, say(terms))
    before, after = (
        {"criteria": {"man": "discuss"}, "limits": {"min_age": 18}},
        {"criteria": {"man": None}, "limits": {"min_age": 21}},
    )
    assert seen.journal == [written(before, after, version=3)]


async def test_saying_the_same_again_changes_nothing_and_wakes_nobody(board_database: Database) -> None:
    first: Changed = await do(board_database, say())
    async with looking(board_database) as seen:
        again: Changed = await do(board_database, say(version=2))
    assert seen.nothing
    assert (again.shelter, again.journal_id) == (first.shelter, None)


async def test_everything_that_is_wrong_is_said_and_nothing_is_kept(board_database: Database) -> None:
    async with looking(board_database) as seen:
        with pytest.raises(Invalid) as refusal:
            await do(board_database, say(Terms({"woman": "maybe"}, {"min_age": 200}, (600, 600), frozenset({"xx"}))))
    assert {one.field for one in refusal.value.fields} == {"criteria.woman", "limits.min_age", "intake.until", "languages.xx"}
    assert seen.nothing


# ---- one place


async def test_a_place_keeps_only_its_exceptions(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await do(board_database, say_of_place({"woman": "yes", "man": "yes", "wheelchair": "discuss"}))
    assert seen.changed == {
        LINDE: {"version": 2},
        ("place", "linde-1"): {"criteria": {"man": "yes", "wheelchair": "discuss"}},
    }
    after = {"criteria": {"man": "yes", "wheelchair": "discuss"}}
    assert seen.journal == [written({"criteria": {"man": None, "wheelchair": None}}, after, place_id="linde-1")]
    assert seen.bells == [("shelter", "linde", 2)]


@pytest.mark.parametrize("criteria", [{}, {"woman": "yes", "man": "no"}], ids=["nothing", "what the shelter says"])
async def test_a_place_that_says_nothing_of_its_own_follows_the_shelter(
    board_database: Database, criteria: dict[str, str]
) -> None:
    await do(board_database, say_of_place({"man": "yes"}))
    async with looking(board_database) as seen:
        await do(board_database, say_of_place(criteria))
    assert seen.changed == {LINDE: {"version": 3}, ("place", "linde-1"): {"criteria": None}}
    assert seen.journal == [written({"criteria": {"man": "yes"}}, {"criteria": {"man": None}}, place_id="linde-1", version=3)]


async def test_the_same_of_a_place_changes_nothing(board_database: Database) -> None:
    await do(board_database, say_of_place({"man": "yes"}))
    async with looking(board_database) as seen:
        await do(board_database, say_of_place({"man": "yes"}))
        await do(board_database, say_of_place({}, place_id="linde-2"))
    assert seen.nothing


async def test_a_place_keeps_its_exceptions_when_the_shelter_changes(board_database: Database) -> None:
    await do(board_database, say_of_place({"man": "yes"}))
    async with looking(board_database) as seen:
        await do(board_database, say())
    assert ("place", "linde-1") not in seen.changed


# ---- the people who may, and those who were later


@pytest.mark.parametrize("action", [say, lambda who: say_of_place({"man": "yes"}, who)], ids=["shelter", "place"])
@pytest.mark.parametrize(
    ("who", "refused"),
    [
        (SANNE, NotAllowed),
        (MACHINE, NotAllowed),
        (actor("coordinator", "lucia", ()), NotAllowed),
        (actor("manager", "sanne"), NotFound),  # says so, but is staff
        (actor("manager", "wouter"), NotFound),
        (actor("manager", "anneke", kind="client"), NotFound),
    ],
)
async def test_only_a_manager_of_the_shelter_may(
    board_database: Database, who: Actor, refused: type[Refusal], action: Any
) -> None:
    async with looking(board_database) as seen:
        with pytest.raises(refused):
            await do(board_database, action(who=who))
    assert seen.nothing


async def test_a_manager_of_other_shelters_is_told_that_there_is_no_such_place(board_database: Database) -> None:
    for place_id in ("wilg-1", "nowhere-1"):
        async with looking(board_database) as seen:
            with pytest.raises(NotFound, match="no_such_place"):
                await do(board_database, say_of_place({"man": "yes"}, place_id=place_id))
        assert seen.nothing


@pytest.mark.parametrize(
    "loss",
    [
        "delete from membership where person_id = 'anneke' and shelter_id = 'linde'",
        "update person set role = 'staff' where id = 'anneke'",
        "update person set ended_at = now() where id = 'anneke'",
    ],
    ids=["membership", "role", "account"],
)
async def test_a_manager_who_loses_the_right_while_waiting_for_the_lock_changes_nothing(
    board_database: Database, loss: str
) -> None:
    async with board_database.transaction() as other:
        await lock_shelter(other, "linde")
        waiting = asyncio.create_task(do(board_database, say()))

        async def waits() -> bool:
            return await _waiting(board_database)

        await until(waits, "the manager waits for the lock")
        await run(board_database, loss)
    async with looking(board_database) as seen:
        with pytest.raises(NotFound):
            await waiting
    assert seen.nothing


async def _waiting(board_database: Database) -> bool:
    async with board_database.transaction() as tx:
        query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        return bool((await (await tx.connection()).execute(text(query))).scalar_one())


async def test_a_change_of_older_criteria_is_refused(board_database: Database) -> None:
    await do(board_database, say(version=1))
    async with looking(board_database) as seen:
        for action in (
            say(make_terms({}, {}, (0, 1440), ()), version=1),
            say_of_place({"man": "yes"}, version=1),  # the criteria that the place follows are not those that were looked at
            say(version=3),
        ):
            with pytest.raises(VersionMismatch) as refusal:
                await do(board_database, action)
            assert refusal.value.detail == {"present": 2}
    assert seen.nothing
    await do(board_database, say_of_place({"man": "yes"}, version=2))
    with pytest.raises(VersionMismatch):
        await do(board_database, say_of_place({"man": "no"}, version=2))


async def test_a_tap_or_another_place_meanwhile_does_not_matter(board_database: Database) -> None:
    await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW))
    await do(board_database, say_of_place({"man": "yes"}, version=1))
    await do(board_database, say_of_place({"man": "yes"}, version=1, place_id="linde-2"))
    changed: Changed = await do(board_database, say(version=1))
    assert changed.shelter.version == 5
