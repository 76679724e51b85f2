"""Places as they are managed: the rows, the journal and the bells of each change; nothing after a refusal."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from bedboard.actions.criteria import set_place_criteria
from bedboard.actions.holds import hold_place
from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.places import PlaceFacts, change_place_facts, close_for_good, open_places, place_facts
from bedboard.actions.occupancy import change_place
from bedboard.rules.access import Actor
from bedboard.rules.managing import Nights
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound
from bedboard.store.board import get_shelter
from bedboard.store.database import Database
from tests.actions.races import Action, not_yet_committed, outcome, waits
from tests.build import NOW, actor
from tests.build.cases import ZONE
from tests.build.rows import claim, codes, do, looking, refused, run

WOUTER = actor("admin", "wouter", ())
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
PLACE_STAMP = stamp_of(place_facts("1", "cosm", 1, 0, None, None))


def adding(who: Actor = ANNEKE, count: int = 1, shelter: str = "linde", **facts: Any) -> Action:
    given: dict[str, Any] = {"label": "kamer", "kind": "women", "beds": 2, "cots": 1} | facts
    new = PlaceFacts(**given)
    ids = [f"new-{number}" for number in range(1, count + 1)]
    return lambda tx: open_places(tx, who, shelter, new, ids, NOW, ZONE)


async def test_a_manager_adds_places_with_numbers(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await do(board_database, adding(count=2))
    assert [(row["label"], row["state"], row["position"]) for row in seen.added.values()] == [
        ("kamer 1", "closed", 5),
        ("kamer 2", "closed", 6),
    ]
    assert [(line["action"], line["place_id"], line["version"]) for line in seen.journal] == [
        ("add_place", "new-1", 2),
        ("add_place", "new-2", 2),
    ]
    assert seen.bells == [("shelter", "linde", 2)]


@pytest.mark.parametrize("who", [ANNEKE, WOUTER], ids=["manager", "administrator"])
async def test_a_new_place_is_not_free_before_its_people_have_looked(board_database: Database, who: Actor) -> None:
    async with looking(board_database) as seen:
        await do(board_database, adding(who))
    row = seen.added[("place", "new-1")]
    assert (row["state"], row["closed_reason"], row["expected_free_at"]) == ("closed", "to_check", None)
    mark = actor("police", "mark", ())
    assert (await refused(board_database, lambda tx: hold_place(tx, mark, ["new-1"], "h", NOW))).code == "not_free"
    await do(board_database, lambda tx: change_place(tx, actor(), "new-1", PlaceChange("free"), NOW))
    await do(board_database, lambda tx: hold_place(tx, mark, ["new-1"], "h", NOW))


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({"label": "1"}, ("label", "label_taken")),
        ({"label": "Fatima"}, ("label", "not_a_label")),
        ({"label": "kamer 061234567"}, ("label", "not_a_label")),
        ({"kind": "nothing"}, ("kind", "unknown_kind")),
        ({"nights": Nights(date(2026, 3, 12), date(2026, 3, 12))}, ("last", "ends_before_it_begins")),
        ({"nights": Nights(date(2026, 3, 9), date(2026, 3, 11))}, ("last", "in_the_past")),
        ({"nights": Nights(date(2026, 3, 12), date(2026, 12, 12))}, ("last", "too_many_nights")),
        ({"nights": Nights(date(2027, 3, 13), date(2027, 3, 14))}, ("first", "too_far_away")),
    ],
)
async def test_what_cannot_be_a_place_is_said(board_database: Database, facts: dict[str, Any], wrong: tuple[str, str]) -> None:
    assert codes(await refused(board_database, adding(**facts))) == [wrong]


async def test_two_places_of_a_shelter_do_not_differ_by_capital_letters_only(board_database: Database) -> None:
    await do(board_database, changing(label="Zolder"))
    assert codes(await refused(board_database, adding(label="zolder"))) == [("label", "label_taken")]
    assert codes(await refused(board_database, changing(place="linde-2", label="ZOLDER", beds=1))) == [("label", "label_taken")]


def changing(who: Actor = ANNEKE, place: str = "linde-1", seen: str | None = None, **facts: Any) -> Action:
    given: dict[str, Any] = {"label": place[-1], "kind": "cosm", "beds": 2, "cots": 0} | facts
    new = PlaceFacts(**given)
    return lambda tx: change_place_facts(tx, who, place[:-2], place, new, NOW, ZONE, seen)


async def make(database: Database, situation: str) -> None:
    """Let linde-1 be held, reserved or occupied, with two beds."""
    await run(database, "update place set beds = 2 where id = 'linde-1'")
    if situation == "occupied":
        await run(database, "update place set state = 'occupied' where id = 'linde-1'")
    elif situation != "free":
        await claim(database, "c1", "linde-1", NOW, -1 if situation == "over" else 30)
    if situation == "promised away":
        await run(database, "update place set state = 'occupied' where id = 'linde-1'")


LABEL, LARGER, SMALLER, KIND = {"label": "kamer 9"}, {"beds": 3}, {"beds": 1}, {"kind": "women"}
CHANGES = [
    ("free", (LABEL, LARGER, SMALLER, KIND), ()),
    ("over", (LABEL, LARGER, SMALLER, KIND), ()),
    ("held", (LABEL, LARGER), (SMALLER, KIND)),
    ("occupied", (LABEL, LARGER, KIND), (SMALLER,)),
]


@pytest.mark.parametrize(("situation", "harmless", "harmful"), CHANGES)
async def test_only_a_harmless_change_of_a_place_in_use_is_made(
    board_database: Database, situation: str, harmless: tuple[dict[str, Any], ...], harmful: tuple[dict[str, Any], ...]
) -> None:
    await make(board_database, situation)
    for facts in harmful:
        refusal = await refused(board_database, changing(**facts))
        assert refusal.code == f"place_{situation}"
    for version, facts in enumerate(harmless, start=2):
        async with looking(board_database) as seen:
            await do(board_database, changing(**facts))
        assert seen.bells == [("shelter", "linde", version)]
        assert [line["action"] for line in seen.journal] == ["change_place"]
        await run(board_database, "update place set label = '1', beds = 2, kind_code = 'cosm' where id = 'linde-1'")


@pytest.mark.parametrize("situation", ["held", "occupied", "promised away"])
async def test_a_place_in_use_is_not_closed_for_good(board_database: Database, situation: str) -> None:
    await make(board_database, situation)
    refusal = await refused(board_database, lambda tx: close_for_good(tx, ANNEKE, "linde", "linde-1", NOW))
    assert refusal.code in ("place_held", "place_occupied")


async def test_a_closed_place_leaves_every_board_and_gives_its_label_back(board_database: Database) -> None:
    await make(board_database, "over")
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: close_for_good(tx, ANNEKE, "linde", "linde-1", NOW))
    assert seen.changed[("place", "linde-1")] == {"ended_at": NOW}
    assert seen.changed[("claim", "c1")]["ending"] == "expired"
    row = await do(board_database, lambda tx: get_shelter(tx, "linde"))
    assert [place.id for place in row.places] == ["linde-2", "linde-3", "linde-4"]
    await do(board_database, adding(label="1"))
    mark = actor("police", "mark", ())
    for action in (
        lambda tx: change_place(tx, actor(), "linde-1", PlaceChange("occupied"), NOW),
        lambda tx: hold_place(tx, mark, ["linde-1"], "h", NOW),
        lambda tx: close_for_good(tx, ANNEKE, "linde", "linde-1", NOW),
        lambda tx: set_place_criteria(tx, ANNEKE, "linde-1", {"man": "yes"}, NOW),
        changing(),
    ):
        assert isinstance(await refused(board_database, action), NotFound)


async def test_a_place_that_changed_meanwhile_is_not_overwritten(board_database: Database) -> None:
    await do(board_database, changing(seen=PLACE_STAMP, beds=4))
    for action in (
        changing(seen=PLACE_STAMP, beds=3),
        lambda tx: close_for_good(tx, ANNEKE, "linde", "linde-1", NOW, PLACE_STAMP),
    ):
        assert (await refused(board_database, action)).code == "facts_changed"


@pytest.mark.parametrize("who", [actor(), actor("manager", "anneke", ("wilg",)), actor("desk", "hanneke", ())])
async def test_nobody_else_manages_places(board_database: Database, who: Actor) -> None:
    for action in (
        changing(who, "wilg-1"),
        adding(who, shelter="wilg"),
        lambda tx: close_for_good(tx, who, "wilg", "wilg-1", NOW),
    ):
        assert isinstance(await refused(board_database, action), NotAllowed | NotFound)


async def test_a_place_of_another_shelter_is_not_reached_through_ones_own(board_database: Database) -> None:
    refusal = await refused(board_database, lambda tx: close_for_good(tx, ANNEKE, "linde", "ceder-1", NOW))
    assert isinstance(refusal, NotFound)


async def test_a_place_is_not_closed_for_good_while_somebody_takes_it(board_database: Database) -> None:
    mark = actor("police", "mark", ())
    async with not_yet_committed(board_database, lambda tx: hold_place(tx, mark, ["linde-1"], "h", NOW)):
        closing = asyncio.create_task(outcome(board_database, lambda tx: close_for_good(tx, ANNEKE, "linde", "linde-1", NOW)))
        await waits(board_database)
    assert await closing == "place_held"


async def test_nobody_holds_a_place_that_is_being_closed_for_good(board_database: Database) -> None:
    mark = actor("police", "mark", ())
    async with not_yet_committed(board_database, lambda tx: close_for_good(tx, ANNEKE, "linde", "linde-1", NOW)):
        holding = asyncio.create_task(outcome(board_database, lambda tx: hold_place(tx, mark, ["linde-1"], "h", NOW)))
        await waits(board_database)
    assert await holding == "no_such_place"


# --- places for some nights


async def test_a_temporary_place_can_be_held_from_its_first_noon_to_its_last(board_database: Database) -> None:
    nights = Nights(date(2026, 3, 12), date(2026, 3, 14))
    await do(board_database, adding(nights=nights))
    await run(board_database, "update place set state = 'open', closed_reason = null where id = 'new-1'")
    mark, begins = actor("police", "mark", ()), NOW.replace(day=12, hour=11)  # noon in Amsterdam
    ends = begins.replace(day=14)
    second = timedelta(seconds=1)

    async def hold(at: Any) -> str:
        async with board_database.transaction() as tx:
            said = "held"
            try:
                await hold_place(tx, mark, ["new-1"], "h", at)
            except Conflict as refusal:
                said = refusal.code
            await tx.rollback()
        return said

    moments = (begins - second, begins, ends - second, ends, ends + timedelta(days=5))
    assert [await hold(at) for at in moments] == ["not_free", "held", "held", "not_free", "not_free"]
    early = PlaceChange("occupied")
    with pytest.raises(NotFound):
        await do(board_database, lambda tx: change_place(tx, actor(), "new-1", early, begins - second))
    await do(board_database, lambda tx: change_place(tx, actor(), "new-1", early, begins))
    await do(board_database, lambda tx: change_place(tx, actor(), "new-1", PlaceChange("free"), ends + second))
    with pytest.raises(NotFound):
        await do(board_database, lambda tx: change_place(tx, actor(), "new-1", early, ends + second))


async def test_the_label_of_a_temporary_place_that_is_over_is_free_again(board_database: Database) -> None:
    await do(board_database, adding(nights=Nights(date(2026, 3, 11), date(2026, 3, 12))))
    again = PlaceFacts("kamer", "women", 1, 0)
    later = NOW + timedelta(days=1)
    assert codes(await refused(board_database, lambda tx: open_places(tx, ANNEKE, "linde", again, ["x"], NOW, ZONE))) == [
        ("label", "label_taken")
    ]
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: open_places(tx, ANNEKE, "linde", again, ["x"], later, ZONE))
    assert seen.changed[("place", "new-1")] == {"ended_at": NOW.replace(day=12, hour=11)}
