"""The number of trips to the database while others wait for the lock of a shelter. It is a promise: see docs/fast.md."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from bedboard.actions.counts import count_places
from bedboard.actions.holds import extend_hold, hold_place, release_hold
from bedboard.actions.idempotency import Key, Reply, apply_once
from bedboard.actions.occupancy import change_place, confirm_named_kinds, confirm_shelter
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.store.address import asyncpg_url
from bedboard.store.database import Database
from tests.actions.races import Action
from tests.build import NOW, actor
from tests.build.cases import MACHINE, MARK, arrive, ask, choose, confirm, offer, say
from tests.build.rows import do, run
from tests.build.statements import Sent, sent_to

SANNE = actor()
TAP: Action = lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW)  # noqa: E731
Press = Callable[[Database], Awaitable[object]]
LOCKS = "for no key update"


def under_the_lock(sent: list[Sent]) -> list[Sent]:
    """Return the statements from the lock of the shelter on, without the commit."""
    first = next(n for n, one in enumerate(sent) if LOCKS in one.text.lower() and "from shelter" in one.text.lower())
    return sent[first:-1]


def written(sent: list[Sent]) -> str:
    return "\n".join(one.text for one in under_the_lock(sent))


async def hold(database: Database) -> object:
    return await do(database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h1", NOW))


async def ask_and_offer(database: Database) -> None:
    """Ask linde and ceder, which both offer a place."""
    await ask(database, "linde", "ceder")
    await offer(database, "linde-1")
    await offer(database, "ceder-1")


@pytest.mark.parametrize(
    ("before", "press", "trips"),
    [
        ((), lambda db: do(db, TAP), 4),  # lock, read, save, read the shelter for the answer
        ((), lambda db: do(db, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW)), 5),
        ((), lambda db: do(db, lambda tx: confirm_named_kinds(tx, MACHINE, "linde", ["cosm"], NOW, NOW)), 6),
        ((), lambda db: do(db, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(0)}, NOW, NOW)), 7),
        ((), hold, 5),
        ((hold,), lambda db: do(db, lambda tx: extend_hold(tx, MARK, "h1", NOW)), 4),
        ((hold,), lambda db: do(db, lambda tx: release_hold(tx, MARK, "h1", NOW)), 4),
        ((ask,), lambda db: offer(db, "linde-1"), 8),
        ((ask,), lambda db: say(db, "linde", "discuss"), 6),
        ((ask_and_offer,), lambda db: choose(db, "linde"), 16),  # two shelters, each locked, saved and read
        ((ask_and_offer, lambda db: choose(db, "linde")), confirm, 5),
        ((ask_and_offer, lambda db: choose(db, "linde"), confirm), lambda db: arrive(db, "linde"), 13),
    ],
    ids=[
        *("a tap", "still correct", "kinds still correct", "numbers", "a hold", "an extension", "a release"),
        *("a yes", "in overleg", "a choice", "a decision", "an arrival"),
    ],
)
async def test_a_change_makes_few_trips_under_the_lock(
    case_database: Database, before: tuple[Press, ...], press: Press, trips: int
) -> None:
    for one in before:
        await one(case_database)
    with sent_to(case_database) as sent:
        await press(case_database)
    assert sent[0].text == "begin" and sent[-1].text == "commit"
    assert len(under_the_lock(sent)) == trips, written(sent)


async def test_a_key_costs_one_trip_before_the_lock_and_one_under_it(case_database: Database) -> None:
    with sent_to(case_database) as sent:
        await apply_once(case_database, SANNE, Key("k", b""), NOW, TAP, lambda _: Reply(200, b""))
    assert len(under_the_lock(sent)) == 5, written(sent)
    assert len(sent) == 8, "with begin, the key and commit"
    with sent_to(case_database) as sent:
        await apply_once(case_database, SANNE, Key("k", b""), NOW, TAP, lambda _: Reply(200, b""))
    assert len(sent) == 3, "a repetition only reads the reply"


def scanned(plan: dict[str, Any]) -> set[str]:
    """Return the tables of which this plan reads every row."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*(scanned(part) for part in plan.get("Plans", [])))


async def test_no_statement_of_a_tap_reads_the_places_of_every_shelter(board_database: Database) -> None:
    """On a board of 20,000 places, and with the plans that PostgreSQL keeps for a statement that comes often."""
    for statement in (
        "insert into shelter select (jsonb_populate_record(s, jsonb_build_object('id', 's' || n, 'name', 'S' || n))).*"
        " from shelter s, generate_series(1, 400) n where s.id = 'ceder'",
        "insert into place select (jsonb_populate_record("
        " p, jsonb_build_object('id', s.id || '-' || n, 'shelter_id', s.id, 'label', n::text))).*"
        " from place p, shelter s, generate_series(1, 50) n where p.id = 'ceder-1' and s.id like 's%'",
    ):
        await run(board_database, statement)
    with sent_to(board_database) as sent:
        await do(board_database, TAP)
    connection = await asyncpg.connect(asyncpg_url(board_database.url))
    try:
        await connection.execute("analyze")
        await connection.execute("set plan_cache_mode = force_generic_plan")
        for one in under_the_lock(sent):
            plan = json.loads(await connection.fetchval(f"explain (format json) {one.text}", *one.values))
            assert scanned(plan[0]["Plan"]).isdisjoint({"place", "shelter"}), one.text
    finally:
        await connection.close()
