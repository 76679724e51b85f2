"""A number per kind: the rows, the journal and the bells after it; and the claims, of which none is lost."""

from datetime import timedelta
from random import Random

import pytest

from bedboard.actions.counts import count_places
from bedboard.actions.occupancy import Changed, confirm_named_kinds, confirm_shelter
from bedboard.actions.setup import add_shelter
from bedboard.rules.access import Actor
from bedboard.rules.claims import is_live
from bedboard.rules.places import KindCount, unplaced_count
from bedboard.rules.refusals import Invalid
from bedboard.store.board import ShelterRow, get_shelter
from bedboard.store.database import Database
from tests.build import NOW, SEAL, place, shelter
from tests.build.cases import MACHINE, MINUTE, SANNE
from tests.build.occupancy import BEFORE, BELL, LINDE, SYSTEM, words, written
from tests.build.rows import claim, do, looking, refused

KINDS = ("cosm", "women")


async def test_a_number_changes_as_many_places_as_it_must_and_sees_them_all(board_database: Database) -> None:
    async with looking(board_database) as seen:
        changed: Changed = await do(board_database, lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(1)}, NOW))
    assert seen.changed == {
        LINDE: {"version": 2, "kinds_confirmed_at": {"cosm": NOW.isoformat()}},
        ("place", "linde-1"): {"observed_at": NOW},
        ("place", "linde-2"): {"state": "occupied", "since": NOW, "observed_at": NOW},
        ("place", "linde-3"): {"observed_at": NOW},
    }
    assert seen.journal == [written("count", "linde-2", words("open", BEFORE), words("occupied", NOW) | {"kinds": ["cosm"]})]
    assert seen.bells == [BELL]
    assert changed.journal_id is None  # a number is corrected by another number


async def test_several_kinds_are_one_change(board_database: Database) -> None:
    seen_at = NOW - 5 * MINUTE
    counts = {"cosm": KindCount(0, 1), "women": KindCount(1, 0)}
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: count_places(tx, SANNE, "linde", counts, NOW, seen_at))
    end = NOW + timedelta(days=1)
    closed = words("closed", seen_at, end, "other") | {"kinds": ["cosm", "women"]}
    assert seen.journal == [
        written("count", "linde-1", words("open", BEFORE), closed, observed_at=seen_at),
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
    assert seen.changed[LINDE]["kinds_confirmed_at"] == {"cosm": seen_at.isoformat(), "women": seen_at.isoformat()}
    assert seen.bells == [BELL]


async def test_a_number_that_is_right_already_is_written_down_once(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await do(
            board_database, lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(2), "women": KindCount(0)}, NOW)
        )
    assert seen.journal == [written("count", after={"kinds": ["cosm", "women"]})]
    assert all(set(columns) == {"observed_at"} for key, columns in seen.changed.items() if key != LINDE)
    assert len(seen.changed) == 5


async def test_a_system_confirms_only_the_kinds_that_it_names(board_database: Database) -> None:
    for kind, confirmed_at in (("cosm", BEFORE), ("women", NOW)):
        row = await count(board_database, "linde", MACHINE, **{kind: KindCount(0)})
        assert row.confirmed_at == confirmed_at
        assert row.confirmed_by_system
    confirmed: Changed = await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW + MINUTE))
    assert confirmed.shelter.confirmed_at == NOW + MINUTE
    assert not confirmed.shelter.confirmed_by_system


async def test_old_numbers_make_no_shelter_fresh(board_database: Database) -> None:
    counts = {"cosm": KindCount(2), "women": KindCount(0)}
    seen_at = NOW - 50 * MINUTE
    for later in (NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=8)):
        async with board_database.transaction() as tx:
            changed = await count_places(tx, MACHINE, "linde", counts, later, seen_at)
        assert changed.shelter.confirmed_at == seen_at


async def test_a_confirmation_of_all_forgets_the_older_ones_of_single_kinds(board_database: Database) -> None:
    await do(board_database, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(0)}, NOW, NOW - MINUTE))
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW))
    assert seen.changed[LINDE] == {"version": 3, "confirmed_at": NOW, "kinds_confirmed_at": {}, "confirmed_by": "person"}


async def count(database: Database, shelter_id: str, by: Actor = SYSTEM, **counts: KindCount) -> ShelterRow:
    """Count, and return the shelter."""
    changed: Changed = await do(database, lambda tx: count_places(tx, by, shelter_id, counts, NOW, NOW))
    return changed.shelter


def shown(row: ShelterRow, kind: str) -> dict[str, int]:
    """The numbers of a kind as the board shows them: free, empty and closed places, and promises without a place."""
    places = [one for one in row.places if one.kind == kind]
    claims = [one for one in places if is_live(one.claim, NOW)]
    free = sum(one.state == "open" and one not in claims for one in places)
    return {
        "free": free,
        "empty": sum(one.state == "open" for one in places),
        "closed": sum(one.state == "closed" for one in places),
        "claims": len(claims),
        "unplaced": unplaced_count(free, sum(one.state != "open" for one in claims)),
    }


async def add_six(database: Database, **states: str) -> None:
    async with database.transaction() as tx:
        places = [place(f"eik-{n}", state=states.get(f"eik_{n}", "open")) for n in range(1, 7)]
        await add_shelter(tx, shelter("eik", [*places, place("eik-7", "women")]), SEAL, NOW)


async def test_a_system_that_cannot_see_claims_does_not_promise_a_place_twice(board_database: Database) -> None:
    """Five of six are empty, and somebody holds one of the five: four are left, and not five beside the held one."""
    await add_six(board_database, eik_6="occupied")
    await claim(board_database, "one", "eik-1", NOW)
    row = await count(board_database, "eik", cosm=KindCount(5, 0))
    assert shown(row, "cosm") == {"free": 4, "empty": 5, "closed": 0, "claims": 1, "unplaced": 0}


async def test_the_number_of_all_places_is_right_although_one_is_held(board_database: Database) -> None:
    await add_six(board_database, eik_6="occupied")
    await claim(board_database, "one", "eik-1", NOW)
    row = await count(board_database, "eik", cosm=KindCount(6, 0), women=KindCount(0, 0))
    assert shown(row, "cosm")["free"] == 5
    assert shown(row, "women")["empty"] == 0


async def test_a_claim_past_its_hour_takes_no_place(board_database: Database) -> None:
    await add_six(board_database)
    await claim(board_database, "one", "eik-1", NOW, 0)
    assert shown(await count(board_database, "eik", cosm=KindCount(3, 0)), "cosm")["free"] == 3


async def test_more_claims_than_empty_places_stay_and_lack_a_place(board_database: Database) -> None:
    await add_six(board_database)
    for n in (1, 2, 3):
        await claim(board_database, f"c{n}", f"eik-{n}", NOW)
    async with looking(board_database) as seen:
        row = await count(board_database, "eik", cosm=KindCount(1, 0))
    assert shown(row, "cosm") == {"free": 0, "empty": 1, "closed": 0, "claims": 3, "unplaced": 2}
    assert [one.state for one in row.places[:3]] == ["open", "occupied", "occupied"]
    assert not [key for key in seen.changed if key[0] == "claim"]
    assert ("place", "eik-7") not in seen.changed


async def test_a_place_that_is_empty_again_goes_to_the_promise_first(board_database: Database) -> None:
    await add_six(board_database)
    for n in (1, 2):
        await claim(board_database, f"c{n}", f"eik-{n}", NOW)
    await count(board_database, "eik", cosm=KindCount(1, 0))
    row = await count(board_database, "eik", cosm=KindCount(2, 0))
    assert shown(row, "cosm") == {"free": 0, "empty": 2, "closed": 0, "claims": 2, "unplaced": 0}


async def test_a_closure_keeps_its_reason_and_end_when_another_place_takes_it_over(board_database: Database) -> None:
    """linde-4 is closed for repair and held: the empty place is the held one, and the other is the closed one."""
    async with board_database.transaction() as tx:
        end = NOW + timedelta(days=3)
        closed = place("eik-1", state="closed", closed_reason="repair", expected_free_at=end)
        await add_shelter(tx, shelter("eik", [closed, place("eik-2")]), SEAL, NOW)
    await claim(board_database, "one", "eik-1", NOW)
    row = await count(board_database, "eik", cosm=KindCount(1))
    assert [one.state for one in row.places] == ["open", "closed"]
    assert (row.places[1].closed_reason, row.places[1].expected_free_at) == ("repair", end)
    assert (row.places[0].closed_reason, row.places[0].expected_free_at) == (None, None)


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_shown_free_is_what_is_empty_less_the_claims(board_database: Database, seed: int) -> None:
    """Random places, claims and numbers: no claim is lost, a repetition changes nothing, other kinds stay as they are."""
    random = Random(seed)  # noqa: S311
    states = [(random.choice(KINDS), random.choice(("open", "occupied", "closed"))) for _ in range(9)]
    places = [
        place(f"eik-{n}", kind, state=state, closed_reason="repair" if state == "closed" else None)
        for n, (kind, state) in enumerate([*states, ("cosm", "open"), ("women", "open")])
    ]
    async with board_database.transaction() as tx:
        await add_shelter(tx, shelter("eik", places), SEAL, NOW)
    for n in random.sample(range(len(places)), random.randint(0, 6)):
        await claim(board_database, f"c{n}", f"eik-{n}", NOW, random.choice((30, 30, 0)))
    before = await do(board_database, lambda tx: get_shelter(tx, "eik"))
    for _ in range(3):
        total = sum(one.kind == "cosm" for one in places)
        empty = random.randint(0, total)
        closed = random.randint(0, total - empty)
        row = await count(board_database, "eik", cosm=KindCount(empty, closed))
        claims = shown(before, "cosm")["claims"]
        expected = {"free": max(0, empty - claims), "empty": empty, "closed": closed, "claims": claims}
        assert shown(row, "cosm") == {**expected, "unplaced": max(0, claims - empty)}
        assert [one for one in row.places if one.kind != "cosm"] == [one for one in before.places if one.kind != "cosm"]
        again = await count(board_database, "eik", cosm=KindCount(empty, closed))
        assert again.places == row.places


async def test_places_with_criteria_of_their_own_are_the_last_to_change(board_database: Database) -> None:
    places = [place("eik-1", criteria={"man": "yes"}), place("eik-2"), place("eik-3", criteria={"man": "no"})]
    async with board_database.transaction() as tx:
        await add_shelter(tx, shelter("eik", places), SEAL, NOW)
    await do(board_database, lambda tx: count_places(tx, SYSTEM, "eik", {"cosm": KindCount(1)}, NOW))
    eik = await do(board_database, lambda tx: get_shelter(tx, "eik"))
    assert [one.state for one in eik.places] == ["occupied", "open", "occupied"]


async def test_a_system_confirms_the_kinds_that_it_names_as_of_then_and_no_others(board_database: Database) -> None:
    seen_at = NOW - MINUTE
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: confirm_named_kinds(tx, MACHINE, "linde", ["cosm"], NOW, seen_at))
    assert seen.changed["shelter", "linde"] == {
        "version": 2,
        "kinds_confirmed_at": {"cosm": seen_at.isoformat()},
        "confirmed_by": "client",
    }, "not the women's place, so the shelter is as old as it was"
    assert {key[1] for key in seen.changed if key[0] == "place"} == {"linde-1", "linde-2", "linde-3"}
    assert [(row["action"], row["after"], row["observed_at"]) for row in seen.journal] == [
        ("confirm", {"kinds": ["cosm"]}, seen_at)
    ]
    refusal = await refused(board_database, lambda tx: confirm_named_kinds(tx, MACHINE, "linde", ["men"], NOW, seen_at))
    assert isinstance(refusal, Invalid)
    assert [(field.field, field.code) for field in refusal.fields] == [("kinds.0", "kind_not_here")]
