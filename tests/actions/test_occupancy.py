"""A tap, a confirmation or a number of a shelter: the rows, the journal and the bell after each."""

from datetime import timedelta

import pytest

from bedboard.actions.occupancy import Changed, change_place, confirm_shelter, count_places, undo_change
from bedboard.actions.setup import add_shelter
from bedboard.rules.access import Actor
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict
from bedboard.store.board import get_shelter
from bedboard.store.database import Database
from tests.build import NOW, SEAL, place, shelter
from tests.build.cases import ANNEKE, HOUR, MACHINE, MINUTE, SANNE
from tests.build.occupancy import BEFORE, BELL, LINDE, OCCUPIED, words, written
from tests.build.rows import claim, do, journal_of, looking, run

SYSTEM = Actor("system", "import", "machine", "Import", None, frozenset())


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
    assert seen.journal == [written("place", "linde-1", words("open", BEFORE), words("occupied", NOW, expected))]
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
    assert seen.changed[LINDE] == {"version": 2, "confirmed_at": tapped_at}


async def test_an_observation_before_a_confirmation_changes_nothing_after_it(board_database: Database) -> None:
    await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW))
    async with looking(board_database) as seen:
        change = PlaceChange("occupied", observed_at=NOW - 30 * MINUTE)
        with pytest.raises(Conflict, match="overtaken"):
            await do(board_database, lambda tx: change_place(tx, SANNE, "linde-1", change, NOW + MINUTE, 2))
        counts = {"women": KindCount(1, 0)}
        with pytest.raises(Conflict, match="overtaken"):
            await do(board_database, lambda tx: count_places(tx, SANNE, "linde", counts, NOW + MINUTE, NOW - 5 * MINUTE, 2))
        await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW + MINUTE, NOW - 10 * MINUTE, 2))
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
    assert [(row.version, row.before, row.after) for row in rows] == [
        (2, words("open", BEFORE), words("occupied", NOW)),
        (3, words("occupied", NOW), words("occupied", NOW)),
        (4, words("occupied", NOW), words("occupied", NOW)),
    ]


async def test_a_shelter_that_never_confirmed_is_confirmed_by_its_first_tap(board_database: Database) -> None:
    await run(board_database, "insert into membership values ('sanne', 'wilg')")
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: change_place(tx, SANNE, "wilg-1", PlaceChange("occupied", observed_at=BEFORE), NOW))
    assert seen.changed["shelter", "wilg"] == {"version": 2, "confirmed_at": BEFORE}
    assert seen.bells == [("shelter", "wilg", 2)]


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
        changed: Changed = await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW, version=1))
    assert seen.changed == {LINDE: {"version": 2, "confirmed_at": NOW}} | {
        ("place", f"linde-{n}"): {"observed_at": NOW} for n in (1, 2, 3, 4)
    }
    assert seen.journal == [written("confirm")]
    assert seen.bells == [BELL]
    assert changed.shelter.version == 2


# ---- a number per kind


async def test_a_number_changes_as_many_places_as_it_must_and_sees_them_all(board_database: Database) -> None:
    async with looking(board_database) as seen:
        changed: Changed = await do(board_database, lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(1)}, NOW))
    assert seen.changed == {
        LINDE: {"version": 2, "confirmed_at": NOW},
        ("place", "linde-1"): {"observed_at": NOW},
        ("place", "linde-2"): {"state": "occupied", "since": NOW, "observed_at": NOW},
        ("place", "linde-3"): {"observed_at": NOW},
    }
    assert seen.journal == [written("count", "linde-2", words("open", BEFORE), words("occupied", NOW))]
    assert seen.bells == [BELL]
    assert changed.journal_id is None  # a number is corrected by another number


async def test_several_kinds_are_one_change(board_database: Database) -> None:
    seen_at = NOW - 5 * MINUTE
    counts = {"cosm": KindCount(0, 1), "women": KindCount(1, 0)}
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: count_places(tx, SANNE, "linde", counts, NOW, seen_at))
    end = NOW + timedelta(days=1)
    assert seen.journal == [
        written("count", "linde-1", words("open", BEFORE), words("closed", seen_at, end, "other"), observed_at=seen_at),
        written("count", "linde-2", words("open", BEFORE), words("occupied", seen_at), observed_at=seen_at),
        written("count", "linde-4", words("closed", BEFORE, end, "repair"), words("open", seen_at), observed_at=seen_at),
    ]
    assert seen.changed["place", "linde-4"] == {
        "state": "open",
        "since": seen_at,
        "observed_at": seen_at,
        "expected_free_at": None,
        "closed_reason": None,
    }
    assert seen.changed[LINDE] == {"version": 2, "confirmed_at": seen_at}
    assert seen.bells == [BELL]


async def test_a_number_that_is_right_already_is_written_down_once(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await do(
            board_database, lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(2), "women": KindCount(0)}, NOW)
        )
    assert seen.journal == [written("count")]
    assert all(set(columns) == {"observed_at"} for key, columns in seen.changed.items() if key != LINDE)
    assert len(seen.changed) == 5


@pytest.mark.parametrize(("minutes", "free", "occupied"), [(30, 1, {"linde-2"}), (0, 1, {"linde-2"}), (30, 0, {"linde-2"})])
async def test_a_live_claim_is_never_given_away_by_a_number(
    board_database: Database, minutes: int, free: int, occupied: set[str]
) -> None:
    """linde-1 is claimed. While that is live, `free` counts without it; past its hour it is a place like the others."""
    await claim(board_database, "one", "linde-1", NOW, minutes)
    if minutes and free:
        occupied = set()
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(free)}, NOW))
    assert {row["place_id"] for row in seen.journal} - {None} == occupied
    linde = await do(board_database, lambda tx: get_shelter(tx, "linde"))
    assert linde.places[0].state == "open"


async def test_places_with_criteria_of_their_own_are_the_last_to_change(board_database: Database) -> None:
    places = [place("eik-1", criteria={"man": "yes"}), place("eik-2"), place("eik-3", criteria={"man": "no"})]
    async with board_database.transaction() as tx:
        await add_shelter(tx, shelter("eik", places), SEAL, NOW)
    await do(board_database, lambda tx: count_places(tx, SYSTEM, "eik", {"cosm": KindCount(1)}, NOW))
    eik = await do(board_database, lambda tx: get_shelter(tx, "eik"))
    assert [one.state for one in eik.places] == ["occupied", "open", "occupied"]
