"""The regional overview: the projection for each reader."""

import pytest

from bedboard.rules.access import ROLES, Actor, Role
from bedboard.rules.evenings import Full
from bedboard.store.board import ShelterRow
from bedboard.views.cards import make_card
from bedboard.views.regions import Sight, UnitView, make_regions, sight_of
from tests.views.shelters import LIMITS, NOW, REFERENCE, place, shelter

OPEN = Sight(links=True, names=True, few=True)
ADMIN = Sight(links=False, names=True, few=False)
STRANGER = Sight(links=False, names=False, few=False)
CELLS = {("noord", "women"): Full(30, 12), ("noord", "men"): Full(30, 0)}


def noord(sight: Sight, *rows: ShelterRow) -> UnitView:
    cards = [make_card(row, REFERENCE, LIMITS, NOW) for row in rows]
    [found] = [one for one in make_regions(cards, CELLS, REFERENCE, sight) if one.unit.code == "noord"]
    return found


def women(number: int, count: int, **criteria: str) -> ShelterRow:
    places = [place(f"s{number}-{n}", criteria=criteria if n == 0 else None) for n in range(count)]
    return shelter(f"s{number}", places, unit="noord", criteria={"sexual": "yes"})


@pytest.mark.parametrize(
    ("rows", "is_small"),
    [
        ([women(1, 2), women(2, 3)], False),
        ([women(1, 2), women(2, 2)], True),
        ([women(1, 9)], True),  # it would be the past of one shelter
    ],
)
def test_a_figure_about_few_is_for_people_who_see_the_board(rows: list[ShelterRow], is_small: bool) -> None:
    for sight, hides in ((OPEN, False), (ADMIN, is_small), (STRANGER, is_small)):
        [kind] = noord(sight, *rows).kinds
        assert (kind.is_small, kind.full) == (hides, None if hides else Full(30, 12))


def test_without_a_right_to_names_a_kind_says_what_its_shelters_say_together() -> None:
    [kind] = noord(STRANGER, women(1, 2), women(2, 3, labour="discuss")).kinds
    assert kind.shelters == ()
    assert (kind.shelter_count, kind.places, kind.exploitation) == (2, 5, ("sexual", "labour"))


def test_a_place_that_answers_otherwise_than_its_shelter_counts() -> None:
    unit = noord(OPEN, women(1, 2), women(2, 3, labour="yes"))
    assert (unit.served["sexual"], unit.served["labour"], unit.served["criminal"]) == (2, 1, 0)
    assert [one.code for one in unit.absent] == [code for code in REFERENCE.kinds if code != "women"]


def test_a_unit_without_a_place_is_there_too() -> None:
    assert noord(OPEN).kinds == () and noord(OPEN).places == 0


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_its_sight(role: Role) -> None:
    sees = {"coordinator": OPEN, "police": OPEN, "desk": OPEN, "admin": ADMIN, "auditor": ADMIN}
    assert sight_of(Actor("person", "x", role, "X", None, frozenset())) == sees.get(role, STRANGER)
