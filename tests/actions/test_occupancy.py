"""The words of a shelter about its places: the rows, the journal and the bell after each; nothing at all after a refusal."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bedboard.actions.occupancy import UNDO_GRACE, Changed, change_place, confirm_shelter, count_places, undo_change
from bedboard.actions.setup import add_shelter
from bedboard.rules.access import Actor
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict, Invalid, NotFound, Refusal, VersionMismatch
from bedboard.store.board import get_shelter
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import lock_shelter
from tests.build import NOW, SEAL, actor, place, shelter, until
from tests.build.rows import claim, do, journal_of, looking, run

SANNE = actor()
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
KOFI = actor(actor_id="kofi", shelters=("ceder",))
MACHINE = actor("machine", "demo-shelter-linde", kind="client")
SYSTEM = Actor("system", "import", "machine", "Import", None, frozenset())
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
BEFORE = NOW - HOUR  # when everything on the board was seen and confirmed
WITHIN = timedelta(seconds=10)
OCCUPIED = PlaceChange("occupied")


def words(state: str, since: datetime, expected_free_at: datetime | None = None, reason: str | None = None) -> dict[str, Any]:
    return {
        "state": state,
        "since": since.isoformat(),
        "expected_free_at": expected_free_at and expected_free_at.isoformat(),
        "closed_reason": reason,
    }


def written(action: str, place_id: str | None = None, before: Any = None, after: Any = None, **rest: Any) -> dict[str, Any]:
    """A row of the journal as sanne writes it about linde."""
    return {
        "received_at": NOW,
        "observed_at": NOW,
        "actor_kind": "person",
        "actor_id": "sanne",
        "action": action,
        "shelter_id": "linde",
        "version": 2,
        "place_id": place_id,
        "before": before,
        "after": after,
    } | rest


LINDE = ("shelter", "linde")
BELL = ("shelter", "linde", 2)

# ---- one place


async def test_a_tap_changes_one_place_and_confirms_the_shelter(board: Database) -> None:
    async with looking(board) as seen:
        expected = NOW + 5 * HOUR
        changed: Changed = await do(
            board, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied", None, expected), NOW)
        )
    assert seen.changed == {
        LINDE: {"version": 2, "confirmed_at": NOW},
        ("place", "linde-1"): {"state": "occupied", "since": NOW, "observed_at": NOW, "expected_free_at": expected},
    }
    assert seen.journal == [written("place", "linde-1", words("open", BEFORE), words("occupied", NOW, expected))]
    assert seen.bells == [BELL]
    assert not seen.added
    assert not seen.removed
    assert changed.shelter == await do(board, lambda tx: get_shelter(tx, "linde"))
    [row] = await journal_of(board, "linde")
    assert changed.journal_id == row.id


async def test_a_tap_is_written_down_with_its_moment_and_its_actor(board: Database) -> None:
    tapped_at = NOW - 20 * MINUTE
    async with looking(board) as seen:
        change = PlaceChange("closed", "cleaning", observed_at=tapped_at)
        await do(board, lambda tx: change_place(tx, MACHINE, "linde-3", change, NOW))
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


async def test_an_observation_before_a_confirmation_changes_nothing_after_it(board: Database) -> None:
    await do(board, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW))
    async with looking(board) as seen:
        change = PlaceChange("occupied", observed_at=NOW - 30 * MINUTE)
        with pytest.raises(Conflict, match="overtaken"):
            await do(board, lambda tx: change_place(tx, SANNE, "linde-1", change, NOW + MINUTE, 2))
        counts = {"women": KindCount(1, 0)}
        with pytest.raises(Conflict, match="overtaken"):
            await do(board, lambda tx: count_places(tx, SANNE, "linde", counts, NOW + MINUTE, NOW - 5 * MINUTE, 2))
        await do(board, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW + MINUTE, NOW - 10 * MINUTE, 2))
    assert seen.changed == {LINDE: {"version": 3}}  # and confirmed_at stays
    assert [row["action"] for row in seen.journal] == ["confirm"]


async def test_a_tap_is_not_undone_after_a_later_observation(board: Database) -> None:
    tapped: Changed = await do(board, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW))
    await do(board, lambda tx: confirm_shelter(tx, ANNEKE, "linde", NOW + timedelta(seconds=2)))
    journal_id = tapped.journal_id or 0
    with pytest.raises(Conflict, match="too_late_to_undo"):
        await do(board, lambda tx: undo_change(tx, SANNE, "linde", journal_id, NOW + timedelta(seconds=4), 10 * MINUTE))


async def test_the_same_news_again_is_a_new_version_and_a_row_of_its_own(board: Database) -> None:
    for _ in range(3):
        await do(board, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW))
    rows = await journal_of(board, "linde")
    assert [(row.version, row.before, row.after) for row in rows] == [
        (2, words("open", BEFORE), words("occupied", NOW)),
        (3, words("occupied", NOW), words("occupied", NOW)),
        (4, words("occupied", NOW), words("occupied", NOW)),
    ]


async def test_a_shelter_that_never_confirmed_is_confirmed_by_its_first_tap(board: Database) -> None:
    await run(board, "insert into membership values ('sanne', 'wilg')")
    async with looking(board) as seen:
        await do(board, lambda tx: change_place(tx, SANNE, "wilg-1", PlaceChange("occupied", observed_at=BEFORE), NOW))
    assert seen.changed["shelter", "wilg"] == {"version": 2, "confirmed_at": BEFORE}
    assert seen.bells == [("shelter", "wilg", 2)]


async def test_the_report_of_the_shelter_goes_before_a_promise(board: Database) -> None:
    await claim(board, "one", "linde-1", NOW)
    async with looking(board) as seen:
        await do(board, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW))
    assert set(seen.changed) == {LINDE, ("place", "linde-1"), ("claim", "one")}
    assert seen.changed["claim", "one"] == {"ended_at": NOW, "ending": "used"}


async def test_the_system_may_act_everywhere(board: Database) -> None:
    async with looking(board) as seen:
        await do(board, lambda tx: confirm_shelter(tx, SYSTEM, "wilg", NOW))
    assert [(row["actor_kind"], row["actor_id"]) for row in seen.journal] == [("system", "import")]


# ---- still correct


async def test_still_correct_confirms_and_sees_every_place(board: Database) -> None:
    async with looking(board) as seen:
        changed: Changed = await do(board, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW, version=1))
    assert seen.changed == {LINDE: {"version": 2, "confirmed_at": NOW}} | {
        ("place", f"linde-{n}"): {"observed_at": NOW} for n in (1, 2, 3, 4)
    }
    assert seen.journal == [written("confirm")]
    assert seen.bells == [BELL]
    assert changed.shelter.version == 2


# ---- a number per kind


async def test_a_number_changes_as_many_places_as_it_must_and_sees_them_all(board: Database) -> None:
    async with looking(board) as seen:
        changed: Changed = await do(board, lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(1)}, NOW))
    assert seen.changed == {
        LINDE: {"version": 2, "confirmed_at": NOW},
        ("place", "linde-1"): {"observed_at": NOW},
        ("place", "linde-2"): {"state": "occupied", "since": NOW, "observed_at": NOW},
        ("place", "linde-3"): {"observed_at": NOW},
    }
    assert seen.journal == [written("count", "linde-2", words("open", BEFORE), words("occupied", NOW))]
    assert seen.bells == [BELL]
    assert changed.journal_id is None  # a number is corrected by another number


async def test_several_kinds_are_one_change(board: Database) -> None:
    seen_at = NOW - 5 * MINUTE
    counts = {"cosm": KindCount(0, 1), "women": KindCount(1, 0)}
    async with looking(board) as seen:
        await do(board, lambda tx: count_places(tx, SANNE, "linde", counts, NOW, seen_at))
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


async def test_a_number_that_is_right_already_is_written_down_once(board: Database) -> None:
    async with looking(board) as seen:
        await do(board, lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(2), "women": KindCount(0)}, NOW))
    assert seen.journal == [written("count")]
    assert all(set(columns) == {"observed_at"} for key, columns in seen.changed.items() if key != LINDE)
    assert len(seen.changed) == 5


@pytest.mark.parametrize(("minutes", "free", "occupied"), [(30, 1, {"linde-2"}), (0, 1, {"linde-2"}), (30, 0, {"linde-2"})])
async def test_a_live_claim_is_never_given_away_by_a_number(
    board: Database, minutes: int, free: int, occupied: set[str]
) -> None:
    """linde-1 is claimed. While that is live, `free` counts without it; past its hour it is a place like the others."""
    await claim(board, "one", "linde-1", NOW, minutes)
    if minutes and free:
        occupied = set()
    async with looking(board) as seen:
        await do(board, lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(free)}, NOW))
    assert {row["place_id"] for row in seen.journal} - {None} == occupied
    linde = await do(board, lambda tx: get_shelter(tx, "linde"))
    assert linde.places[0].state == "open"


async def test_places_with_criteria_of_their_own_are_the_last_to_change(board: Database) -> None:
    places = [place("eik-1", criteria={"man": "yes"}), place("eik-2"), place("eik-3", criteria={"man": "no"})]
    async with board.transaction() as tx:
        await add_shelter(tx, shelter("eik", places), SEAL, NOW)
    await do(board, lambda tx: count_places(tx, SYSTEM, "eik", {"cosm": KindCount(1)}, NOW))
    eik = await do(board, lambda tx: get_shelter(tx, "eik"))
    assert [one.state for one in eik.places] == ["occupied", "open", "occupied"]


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
        lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW, 2),
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
        lambda tx: confirm_shelter(tx, SANNE, "linde", NOW, version=7),
        VersionMismatch,
        "version_mismatch",
        {"present": 1},
    ),
    "confirm tomorrow": (lambda tx: confirm_shelter(tx, SANNE, "linde", NOW, NOW + HOUR), Invalid, "invalid", {}),
    "count unknown": (lambda tx: count_places(tx, SANNE, "nowhere", {}, NOW), NotFound, "no_such_shelter", {}),
    "count another's": (lambda tx: count_places(tx, KOFI, "linde", {}, NOW), NotFound, "no_such_shelter", {}),
    "count at another version": (
        lambda tx: count_places(tx, SANNE, "linde", {"cosm": KindCount(0)}, NOW, version=2),
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
    assert [(one.field, one.code) for one in refused.value.fields] == [
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
async def test_people_who_lose_the_right_while_waiting_for_the_lock_are_refused(board: Database, leaves: str, act: str) -> None:
    async def is_waiting() -> bool:
        async with board.transaction() as tx:
            found = await (await tx.connection()).execute(
                text("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")
            )
            return bool(found.scalar_one())

    async with looking(board) as seen:
        async with board.transaction() as other:
            await lock_shelter(other, "linde")
            waiting = asyncio.create_task(do(board, ACTS[act]))
            await until(is_waiting, "the change waits for the shelter")
            await run(board, LEAVES[leaves])
        with pytest.raises(NotFound):
            await waiting
    assert seen.journal == []
    assert seen.bells == []
    assert not {key for key in seen.changed if key[0] in ("place", "shelter")}


# ---- taking the last tap back


async def tap(
    board: Database, by: Actor = SANNE, at: datetime = NOW, change: PlaceChange = OCCUPIED, place_id: str = "linde-1"
) -> int:
    changed: Changed = await do(board, lambda tx: change_place(tx, by, place_id, change, at))
    assert changed.journal_id is not None
    return changed.journal_id


async def test_undo_restores_the_place_as_it_was(board: Database) -> None:
    end = NOW + timedelta(days=1)
    tapped = await tap(board, place_id="linde-4", change=PlaceChange("free"))
    later = NOW + timedelta(seconds=4)
    async with looking(board) as seen:
        changed: Changed = await do(board, lambda tx: undo_change(tx, SANNE, "linde", tapped, later, WITHIN))
    assert seen.changed == {
        LINDE: {"version": 3, "confirmed_at": later},
        ("place", "linde-4"): {
            "state": "closed",
            "since": BEFORE,
            "observed_at": later,
            "expected_free_at": end,
            "closed_reason": "repair",
        },
    }
    assert seen.journal == [
        written(
            "undo",
            "linde-4",
            words("open", NOW),
            words("closed", BEFORE, end, "repair"),
            received_at=later,
            observed_at=later,
            version=3,
        )
    ]
    assert seen.bells == [("shelter", "linde", 3)]
    assert changed.journal_id is None


@pytest.mark.parametrize(("change", "state"), [(OCCUPIED, "open"), (PlaceChange("closed", "safety"), "open")])
async def test_undo_of_a_free_place_makes_it_free_again(board: Database, change: PlaceChange, state: str) -> None:
    before = (await do(board, lambda tx: get_shelter(tx, "linde"))).places[0]
    tapped = await tap(board, change=change)
    changed: Changed = await do(board, lambda tx: undo_change(tx, SANNE, "linde", tapped, NOW, WITHIN))
    assert changed.shelter.places[0] == before._replace(observed_at=NOW)
    assert changed.shelter.places[0].state == state


@pytest.mark.parametrize(("late", "possible"), [(timedelta(0), True), (TICK, False)])
async def test_undo_is_possible_within_its_time_and_the_way_of_the_tap(
    board: Database, late: timedelta, possible: bool
) -> None:
    tapped = await tap(board)
    async with looking(board) as seen:
        at = NOW + WITHIN + UNDO_GRACE + late
        if possible:
            await do(board, lambda tx: undo_change(tx, SANNE, "linde", tapped, at, WITHIN))
        else:
            with pytest.raises(Conflict) as refused:
                await do(board, lambda tx: undo_change(tx, SANNE, "linde", tapped, at, WITHIN))
            assert refused.value.code == "too_late_to_undo"
    assert seen.nothing is not possible


async def test_undo_by_a_clock_that_lags_leaves_the_news_as_new_as_it_was(board: Database) -> None:
    """Of two machines one may be some seconds behind; what came in between must not overwrite the place afterwards."""
    tapped = await tap(board)
    lagging = NOW - timedelta(seconds=3)
    async with looking(board) as seen:
        await do(board, lambda tx: undo_change(tx, SANNE, "linde", tapped, lagging, WITHIN))
    assert seen.changed == {LINDE: {"version": 3}, ("place", "linde-1"): {"state": "open", "since": BEFORE}}
    with pytest.raises(Conflict, match="overtaken"):
        late = PlaceChange("occupied", observed_at=NOW - timedelta(seconds=1))
        await do(board, lambda tx: change_place(tx, SANNE, "linde-1", late, NOW))


async def test_only_ones_own_last_tap_can_be_undone(board: Database) -> None:
    first = await tap(board)
    second = await tap(board, change=PlaceChange("free"))
    elsewhere = await tap(board, place_id="linde-2")  # another place does not come in between
    anothers = await tap(board, by=ANNEKE, place_id="linde-3")

    async def undo(by: Actor, journal_id: int) -> None:
        await do(board, lambda tx: undo_change(tx, by, "linde", journal_id, NOW, WITHIN))

    async with looking(board) as seen:
        for by, journal_id in [(SANNE, first), (SANNE, anothers), (ANNEKE, second)]:
            with pytest.raises(Conflict) as refused:
                await undo(by, journal_id)
            assert refused.value.code == "too_late_to_undo"
    assert seen.nothing
    await undo(SANNE, second)
    await undo(SANNE, elsewhere)
    await undo(ANNEKE, anothers)
    for by, journal_id in [(SANNE, second), (SANNE, first)]:  # not twice, and not one further back
        with pytest.raises(Conflict):
            await undo(by, journal_id)


async def test_an_undo_cannot_be_undone(board: Database) -> None:
    tapped = await tap(board)
    await do(board, lambda tx: undo_change(tx, SANNE, "linde", tapped, NOW, WITHIN))
    rows = await journal_of(board, "linde")
    with pytest.raises(Conflict):
        await do(board, lambda tx: undo_change(tx, SANNE, "linde", rows[-1].id or 0, NOW, WITHIN))


async def test_a_number_that_moved_the_place_since_stands(board: Database) -> None:
    tapped = await tap(board)
    await do(board, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(3)}, NOW))
    with pytest.raises(Conflict):
        await do(board, lambda tx: undo_change(tx, SANNE, "linde", tapped, NOW, WITHIN))


async def test_a_confirmation_is_no_tap_on_a_place(board: Database) -> None:
    await do(board, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW))
    [row] = await journal_of(board, "linde")
    with pytest.raises(NotFound):
        await do(board, lambda tx: undo_change(tx, SANNE, "linde", row.id or 0, NOW, WITHIN))


async def test_a_tap_at_one_shelter_cannot_be_undone_by_way_of_another(board: Database) -> None:
    """Anneke works at both; the lock that is held must be that of the place's shelter."""
    tapped = await tap(board, by=ANNEKE, place_id="ceder-1")
    async with looking(board) as seen:
        with pytest.raises(NotFound):
            await do(board, lambda tx: undo_change(tx, ANNEKE, "linde", tapped, NOW, WITHIN))
    assert seen.nothing
