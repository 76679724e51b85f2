"""A tap or a confirmation of a shelter: the rows, the journal and the bell after each."""

from datetime import timedelta

import pytest

from bedboard.actions.counts import count_places
from bedboard.actions.occupancy import Changed, change_place, confirm_shelter, undo_change
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict
from bedboard.store.board import get_shelter
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import ANNEKE, HOUR, MACHINE, MINUTE, SANNE
from tests.build.moments import TICK
from tests.build.occupancy import BEFORE, BELL, CONFIRMED, LINDE, OCCUPIED, SYSTEM, words, written
from tests.build.rows import claim, do, journal_of, looking, run

# ---- one place


async def test_a_tap_changes_one_place_and_confirms_the_shelter(board_database: Database) -> None:
    async with looking(board_database) as seen:
        expected = NOW + 5 * HOUR
        changed: Changed = await do(
            board_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied", None, expected), NOW)
        )
    assert seen.changed == {
        LINDE: {"version": 2, "confirmed_at": NOW},
        ("place", "linde-1"): {"state": "occupied", "since": NOW, "observed_at": NOW, "expected_free_at": expected},
    }
    assert seen.journal == [written("place", "linde-1", words("open", BEFORE) | CONFIRMED, words("occupied", NOW, expected))]
    assert seen.bells == [BELL]
    assert not seen.added
    assert not seen.removed
    assert changed.shelter == await do(board_database, lambda tx: get_shelter(tx, "linde"))
    [row] = await journal_of(board_database, "linde")
    assert changed.journal_id == row.id


async def test_a_tap_is_written_down_with_its_moment_and_its_actor(board_database: Database) -> None:
    tapped_at = NOW - 20 * MINUTE
    async with looking(board_database) as seen:
        change = PlaceChange("closed", "cleaning", observed_at=tapped_at)
        await do(board_database, lambda tx: change_place(tx, MACHINE, "linde-3", change, NOW))
    after = words("closed", tapped_at, NOW + 2 * HOUR, "cleaning")
    assert seen.journal == [
        written(
            "place",
            "linde-3",
            words("occupied", BEFORE),
            after,
            observed_at=tapped_at,
            actor_kind="client",
            actor_id="demo-shelter-linde",
        )
    ]
    told = {"version": 2, "confirmed_by": "client"}
    assert seen.changed[LINDE] == told, "a system says nothing about the other places, and that a program said it last"


@pytest.mark.parametrize("hours", [1, 3, 7])
async def test_a_system_that_repeats_what_it_knows_of_one_place_makes_no_shelter_fresh(
    board_database: Database, hours: int
) -> None:
    for n in range(hours):
        async with board_database.transaction() as tx:
            changed = await change_place(tx, MACHINE, "linde-1", PlaceChange("occupied"), NOW + n * HOUR)
        assert changed.shelter.confirmed_at == BEFORE
    changed = await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("free"), NOW + HOUR * hours))
    assert changed.shelter.confirmed_at == (NOW + HOUR * hours if hours < 7 else BEFORE), (
        "a person looks round, until it is stale"
    )


async def test_an_observation_before_a_confirmation_changes_nothing_after_it(board_database: Database) -> None:
    await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW))
    async with looking(board_database) as seen:
        change = PlaceChange("occupied", observed_at=NOW - 30 * MINUTE)
        with pytest.raises(Conflict, match="overtaken"):
            await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", change, NOW + MINUTE, {2}))
        counts = {"women": KindCount(1, 0)}
        with pytest.raises(Conflict, match="overtaken"):
            await do(board_database, lambda tx: count_places(tx, SANNE, "linde", counts, NOW + MINUTE, NOW - 5 * MINUTE, {2}))
        await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW + MINUTE, NOW - 10 * MINUTE, {2}))
    assert seen.changed == {LINDE: {"version": 3}}  # and confirmed_at stays
    assert [row["action"] for row in seen.journal] == ["confirm"]


async def test_a_tap_is_not_undone_after_a_later_observation(board_database: Database) -> None:
    tapped: Changed = await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW))
    await do(board_database, lambda tx: confirm_shelter(tx, ANNEKE, "linde", NOW + timedelta(seconds=2)))
    journal_id = tapped.journal_id or 0
    with pytest.raises(Conflict, match="too_late_to_undo"):
        await do(
            board_database, lambda tx: undo_change(tx, SANNE, "linde", journal_id, NOW + timedelta(seconds=4), 10 * MINUTE)
        )


async def test_the_same_news_again_is_a_new_version_and_a_row_of_its_own(board_database: Database) -> None:
    for _ in range(3):
        await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW))
    rows = await journal_of(board_database, "linde")
    again = {"confirmed": {"at": NOW.isoformat(), "by": "person", "kinds": {}}}
    assert [(row.version, row.before, row.after) for row in rows] == [
        (2, words("open", BEFORE) | CONFIRMED, words("occupied", NOW)),
        (3, words("occupied", NOW) | again, words("occupied", NOW)),
        (4, words("occupied", NOW) | again, words("occupied", NOW)),
    ]


async def test_a_shelter_that_never_confirmed_is_not_confirmed_by_a_tap(board_database: Database) -> None:
    await run(board_database, "insert into membership values ('sanne', 'wilg')")
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: change_place(tx, SANNE, "wilg-1", PlaceChange("occupied", observed_at=BEFORE), NOW))
    assert seen.changed["shelter", "wilg"] == {"version": 2}
    assert seen.changed["place", "wilg-1"]["state"] == "occupied"
    assert seen.bells == [("shelter", "wilg", 2)]


@pytest.mark.parametrize(
    ("age", "confirms"), [(HOUR, True), (8 * HOUR - TICK, True), (8 * HOUR, False), (11 * HOUR, False), (50 * HOUR, False)]
)
async def test_a_tap_confirms_the_other_places_only_while_the_news_is_not_stale(
    board_database: Database, age: timedelta, confirms: bool
) -> None:
    now = BEFORE + age
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, now))
    assert seen.changed[LINDE] == {"version": 2} | ({"confirmed_at": now} if confirms else {})
    assert {key for key in seen.changed if key[0] == "place"} == {("place", "linde-1")}


async def test_a_tap_that_waited_counts_as_of_the_moment_of_the_tap(board_database: Database) -> None:
    tapped_at = BEFORE + 7 * HOUR
    change = PlaceChange("occupied", observed_at=tapped_at)
    await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", change, tapped_at + 3 * HOUR))
    assert (await do(board_database, lambda tx: get_shelter(tx, "linde"))).confirmed_at == tapped_at


async def test_a_kind_with_stricter_limits_makes_a_tap_speak_for_itself_alone(board_database: Database) -> None:
    await run(board_database, "update kind set fresh_minutes = 10, ageing_minutes = 30 where code = 'women'")
    await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW))
    assert (await do(board_database, lambda tx: get_shelter(tx, "linde"))).confirmed_at == BEFORE


async def test_the_limits_of_kinds_elsewhere_do_not_matter_to_a_tap(board_database: Database) -> None:
    await run(board_database, "update place set kind_code = 'cosm' where shelter_id = 'linde'")
    await run(board_database, "update place set kind_code = 'women' where shelter_id <> 'linde'")
    await run(board_database, "update kind set fresh_minutes = 10, ageing_minutes = 30 where code = 'women'")
    await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW))
    assert (await do(board_database, lambda tx: get_shelter(tx, "linde"))).confirmed_at == NOW


async def test_undoing_a_tap_in_a_stale_shelter_confirms_nothing(board_database: Database) -> None:
    now = NOW + 11 * HOUR
    tapped: Changed = await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, now))
    journal_id = tapped.journal_id or 0
    await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", journal_id, now, 10 * MINUTE))
    assert (await do(board_database, lambda tx: get_shelter(tx, "linde"))).confirmed_at == BEFORE


async def test_still_correct_leaves_claims_alone(board_database: Database) -> None:
    await claim(board_database, "one", "linde-1", NOW)
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW))
    assert not [key for key in seen.changed if key[0] == "claim"]


async def test_the_report_of_the_shelter_goes_before_a_promise(board_database: Database) -> None:
    await claim(board_database, "one", "linde-1", NOW)
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW))
    assert set(seen.changed) == {LINDE, ("place", "linde-1"), ("claim", "one")}
    assert seen.changed["claim", "one"] == {"ended_at": NOW, "ending": "used"}


async def test_the_system_may_act_everywhere(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: confirm_shelter(tx, SYSTEM, "wilg", NOW))
    assert [(row["actor_kind"], row["actor_id"]) for row in seen.journal] == [("system", "import")]


# ---- still correct


async def test_still_correct_confirms_and_sees_every_place(board_database: Database) -> None:
    async with looking(board_database) as seen:
        changed: Changed = await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW, versions={1}))
    assert seen.changed == {LINDE: {"version": 2, "confirmed_at": NOW}} | {
        ("place", f"linde-{n}"): {"observed_at": NOW} for n in (1, 2, 3, 4)
    }
    assert seen.journal == [written("confirm")]
    assert seen.bells == [BELL]
    assert changed.shelter.version == 2
