"""One count over live holds, places that police take themselves, and choices that wait for the desk."""

from datetime import timedelta

import pytest

from bedboard.actions import cases, taking
from bedboard.actions.cases import open_case
from bedboard.actions.holds import hold_place
from bedboard.actions.setup import add_shelter
from bedboard.actions.taking import take_place
from bedboard.rules.access import Actor
from bedboard.rules.cases import TAKEN_AHEAD, ShelterAnswer
from bedboard.rules.claims import MOST_KEPT_OF_ONE
from bedboard.rules.refusals import TooMany
from bedboard.store.database import Database
from tests.actions.races import Action, all_at_once
from tests.build import NOW, SEAL, place, shelter
from tests.build.cases import EMRE, HOUR, MARK, NEEDS, ZONE
from tests.build.rows import codes, do, goes, refused, unlocked_organization

SHELTERS = MOST_KEPT_OF_ONE + 4


async def begin(database: Database, who: Actor = MARK) -> None:
    """Add shelters with one emergency bed each, and ask each of them by a case of its own."""
    for n in range(SHELTERS):
        one = shelter(f"s{n}", [place(f"s{n}-1", "emergency")])
        await do(database, lambda tx, one=one: add_shelter(tx, one, SEAL, NOW))  # type: ignore[misc]
        asked = {f"s{n}": "emergency"}
        await do(database, lambda tx, n=n, asked=asked: open_case(tx, who, f"r{n}", NEEDS, None, asked, NOW))  # type: ignore[misc]


def taking_bed(n: int, who: Actor = MARK, hours: float = 1) -> Action:
    said, arrives_at = ShelterAnswer("yes", f"s{n}-1"), NOW + hours * HOUR
    return lambda tx: take_place(tx, who, f"r{n}", f"s{n}", said, f"c{n}", NOW, ZONE, arrives_at)


async def test_nobody_takes_every_emergency_bed_by_a_case_for_each(case_database: Database) -> None:
    await begin(case_database)
    for n in range(MOST_KEPT_OF_ONE):
        await do(case_database, taking_bed(n))
    refusal = await refused(case_database, taking_bed(MOST_KEPT_OF_ONE))
    assert isinstance(refusal, TooMany) and refusal.code == "too_many_kept"
    assert refusal.again_at == NOW + HOUR, "the agreed hour of the first one"
    held = await refused(case_database, lambda tx: hold_place(tx, MARK, [f"s{SHELTERS - 1}-1"], "h", NOW))
    assert held.code == "too_many_kept", "a hold counts with them"
    await do(case_database, lambda tx: hold_place(tx, EMRE, [f"s{SHELTERS - 1}-1"], "h", NOW))


async def test_holds_count_with_what_was_taken_also_for_the_next_hold(case_database: Database) -> None:
    await begin(case_database)
    for n in range(MOST_KEPT_OF_ONE - 2):
        await do(case_database, taking_bed(n))
    for n in (8, 9):
        await do(case_database, lambda tx, n=n: hold_place(tx, MARK, [f"s{n}-1"], f"h{n}", NOW))  # type: ignore[misc]
    refusal = await refused(case_database, lambda tx: hold_place(tx, MARK, ["s10-1"], "h10", NOW))
    assert refusal.code == "too_many_kept"


async def test_police_take_a_place_no_further_ahead_than_a_shift(case_database: Database) -> None:
    await begin(case_database)
    ahead = TAKEN_AHEAD / timedelta(hours=1)
    assert codes(await refused(case_database, taking_bed(0, hours=ahead + 1 / 3600))) == [("arrives_at", "needs_their_yes")]
    await do(case_database, taking_bed(0, hours=ahead))


@pytest.mark.parametrize("locked", [False, True], ids=["no lock", "lock"])
async def test_nobody_takes_more_by_taking_all_at_once(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    await begin(pools[0])
    if not locked:
        monkeypatch.setattr(cases, "lock_organization", unlocked_organization)
        monkeypatch.setattr(taking, "lock_organization", unlocked_organization)
    said = await all_at_once(pools, [taking_bed(n) for n in range(SHELTERS)])

    def check() -> None:
        assert said.count("done") == MOST_KEPT_OF_ONE

    goes(locked, check)
