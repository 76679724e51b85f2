"""The shelters that may be asked: those that are ticked beforehand, and full ones that will hold a group that is split."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bedboard.rules.fit import Profile
from bedboard.rules.rights import Seeker
from bedboard.store.board import ShelterRow
from bedboard.views.candidates import Candidate, candidates, full_matches, held_matches
from bedboard.views.found import Finder
from tests.views.shelters import HOUR, NOW, REFERENCE, card, place, search, shelter

WOMAN = Profile(woman=1)
SIX = Profile(woman=6, group=6, split=True)
ME = Seeker("person:mark", "Politie", "police")
PERHAPS = {"woman": "discuss"}
GROUPS = {"woman": "yes", "group": "yes"}


def choose(profile: Profile, *rows: ShelterRow, me: Seeker = ME) -> list[Candidate]:
    """The page of shelters to ask, as nobody has touched it yet."""
    cards = [card(row) for row in rows]
    found = Finder(profile, REFERENCE).found(cards, None)
    held = held_matches(cards, me, profile, REFERENCE, {})
    return candidates(found, None, held=held, full=full_matches(cards, found, profile, REFERENCE, {}))


def ticked(chosen: list[Candidate]) -> list[str]:
    return [one.match.card.id for one in chosen if one.chosen]


def test_only_a_fresh_place_that_fits_is_ticked_beforehand() -> None:
    rows = [
        shelter("fits", [place("fits-1")]),
        shelter("ageing", [place("ageing-1")], confirmed=3),
        shelter("stale", [place("stale-1")], confirmed=None),
        shelter("perhaps", [place("perhaps-1")], criteria=PERHAPS),
        shelter("unknown", [place("unknown-1")], criteria={}),
        shelter("full", [place("full-1", state="occupied")]),
    ]
    chosen = choose(WOMAN, *rows)
    assert len(chosen) == len(rows), "all may be asked"
    assert ticked(chosen) == ["fits"]


def test_at_most_five_are_ticked_beforehand_the_best_first() -> None:
    rows = [shelter(f"s{number}", [place(f"s{number}-1", beds=number + 1)]) for number in range(7)]
    assert ticked(choose(WOMAN, *rows)) == [f"s{number}" for number in range(5)]


@pytest.mark.parametrize("limits", [{}, {"max_adults": 1}])
def test_a_group_that_is_split_may_ask_a_shelter_that_holds_it_once_more_places_are_free(limits: dict[str, int]) -> None:
    full = shelter("full", [place(f"full-{n}", beds=1, state="occupied") for n in range(6)], limits=limits)
    half = shelter("half", [place(f"half-{n}", beds=1, state="open" if n < 3 else "occupied") for n in range(6)])
    small = shelter("small", [place(f"small-{n}", beds=1) for n in range(5)])
    wrong = shelter("wrong", [place(f"wrong-{n}", state="occupied") for n in range(6)], criteria={"woman": "no"})
    found = search(SIX, full, half, small, wrong)
    assert found.matches == () and found.fits_later
    chosen = choose(SIX, full, half, small, wrong)
    assert {one.match.card.id for one in chosen} == {"full", "half"}
    assert all(one.is_full and not one.chosen and len(one.match.together) == 6 for one in chosen)


def test_where_one_shelter_holds_the_group_now_it_is_ticked_and_the_full_ones_come_after_it() -> None:
    free = shelter("zilver", [place(f"zilver-{n}") for n in range(6)], criteria=GROUPS)
    full = shelter("appel", [place(f"appel-{n}", state="occupied") for n in range(6)])
    chosen = choose(SIX, free, full)
    assert [one.match.card.id for one in chosen] == ["zilver", "appel"]
    assert ticked(chosen) == ["zilver"]


def test_a_group_that_fits_nowhere_or_stays_together_or_avoids_the_unit_is_led_nowhere() -> None:
    full = shelter("full", [place(f"full-{n}", state="occupied") for n in range(6)])
    for profile in (replace(SIX, woman=7, group=7), replace(SIX, split=False), replace(SIX, avoid=frozenset({"noord"}))):
        assert not search(profile, full).fits_later
        assert choose(profile, full) == []


def test_a_full_shelter_says_when_the_last_of_the_needed_places_is_expected() -> None:
    def row(*hours: int | None) -> ShelterRow:
        places = [
            place(f"full-{n}", state="occupied")._replace(expected_free_at=None if one is None else NOW + one * HOUR)
            for n, one in enumerate(hours)
        ]
        return shelter("full", places)

    two = Profile(woman=2, group=2, split=True)
    [told] = choose(two, row(2, 5))
    assert told.free_at == NOW + timedelta(hours=5)
    [untold] = choose(two, row(2, None))
    assert untold.free_at is None
