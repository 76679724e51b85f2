"""A number per kind, spread over places: exactly so many empty, no claim lost, as little moved as possible."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.places import Counted, KindCount, PlaceState, spread_counts, unplaced_count
from bedboard.rules.refusals import Invalid

STATES: tuple[PlaceState, ...] = ("open", "occupied", "closed")


def places(text: str) -> list[Counted]:
    """o open, x occupied, c closed; O, X and C the same with a live claim. Ids are a, b, c, …"""
    states: dict[str, PlaceState] = {"o": "open", "x": "occupied", "c": "closed"}
    return [Counted("abcdefgh"[n], states[sign.lower()], sign.isupper()) for n, sign in enumerate(text)]


@pytest.mark.parametrize(
    ("present", "empty", "closed", "changes"),
    [
        ("ooo", 3, None, {}),
        ("ooo", 1, None, {"b": "occupied", "c": "occupied"}),
        ("oxx", 2, None, {"c": "open"}),
        ("oxc", 0, None, {"a": "occupied"}),
        ("oxc", 2, None, {"b": "open"}),
        ("oxc", 2, 0, {"c": "open"}),  # one change, and not two by way of b
        ("oxc", 1, 2, {"b": "closed"}),
        ("oxc", 0, 3, {"a": "closed", "b": "closed"}),
        ("Ooooox", 5, 0, {}),  # five of six are empty, one of the five is held: it is right already
        ("Ooooox", 6, 0, {"f": "open"}),
        ("Oox", 1, None, {"b": "occupied"}),  # the one that is empty is the held one
        ("Oox", 2, None, {}),
        ("Oox", 0, None, {"b": "occupied", "a": "occupied"}),
        ("OO", 0, None, {"a": "occupied", "b": "occupied"}),
        ("OO", 1, None, {"b": "occupied"}),
        ("Xo", 1, None, {"b": "occupied", "a": "open"}),  # the promise goes before a place for anybody
        ("Xx", 1, None, {"a": "open"}),
        ("Xx", 2, None, {"b": "open", "a": "open"}),
        ("Cox", 1, 1, {"b": "closed", "a": "open"}),
        ("CXc", 1, 1, {"a": "open"}),  # the fewest: c stays closed
        ("Cx", 0, 1, {}),
        ("", 0, None, {}),
    ],
)
def test_as_few_places_as_possible_change_in_their_own_order(
    present: str, empty: int, closed: int | None, changes: dict[str, PlaceState]
) -> None:
    assert spread_counts("cosm", places(present), KindCount(empty, closed)) == changes


@pytest.mark.parametrize(
    ("present", "empty", "closed", "counted_closed"),
    [
        ("", 1, None, 0),
        ("oxc", 3, None, 1),  # a closed place does not open by itself
        ("oxc", 2, 2, 2),
        ("oxc", 0, 4, 4),
        ("OO", 3, None, 0),
        ("CC", 1, None, 2),
    ],
)
def test_more_than_there_are_places_is_refused_with_the_numbers(
    present: str, empty: int, closed: int | None, counted_closed: int
) -> None:
    with pytest.raises(Invalid) as refused:
        spread_counts("cosm", places(present), KindCount(empty, closed))
    [field] = refused.value.fields
    assert (field.field, field.code) == ("kinds.cosm.empty", "more_than_places")
    assert field.detail == {"empty": empty, "closed": counted_closed, "total": len(present)}


@pytest.mark.parametrize(("empty", "closed"), [(-1, None), (0, -1), (2, -1), (-1, 3)])
def test_less_than_nothing_is_refused(empty: int, closed: int | None) -> None:
    with pytest.raises(Invalid):
        spread_counts("cosm", places("oxc"), KindCount(empty, closed))


@pytest.mark.parametrize(("free", "shut_out", "unplaced"), [(0, 0, 0), (3, 0, 0), (0, 2, 2), (1, 2, 1), (2, 2, 0), (3, 1, 0)])
def test_a_promise_without_a_place_counts_only_beyond_the_free_places(free: int, shut_out: int, unplaced: int) -> None:
    assert unplaced_count(free, shut_out) == unplaced


def after(present: list[Counted], changes: dict[str, PlaceState]) -> list[Counted]:
    return [place._replace(state=changes.get(place.id, place.state)) for place in present]


def free_in(places: list[Counted]) -> int:
    return sum(place.state == "open" and not place.claimed for place in places)


def fewest(present: list[Counted], count: KindCount) -> int | None:
    """By trying everything: the least number of changes with which the numbers come out; None when there is none."""
    claims = sum(place.claimed for place in present)
    closed_now = sum(place.state == "closed" for place in present)
    tried = [after(present, dict(zip("012345", states, strict=False))) for states in product(STATES, repeat=len(present))]
    found = [
        sum(place.state != now.state for place, now in zip(present, later, strict=True))
        for later in tried
        if sum(place.state == "open" for place in later) == count.empty
        and sum(place.state == "closed" for place in later) == (closed_now if count.closed is None else count.closed)
        and free_in(later) == max(0, count.empty - claims)
    ]
    return min(found, default=None)


some_places = st.lists(st.tuples(st.sampled_from(STATES), st.booleans()), max_size=6).map(
    lambda rows: [Counted(str(n), state, claimed) for n, (state, claimed) in enumerate(rows)]
)


@settings(deadline=None, max_examples=300)
@given(some_places, st.integers(0, 7), st.none() | st.integers(0, 7))
def test_what_is_free_is_what_is_empty_less_the_claims_and_nothing_moves_that_need_not(
    present: list[Counted], empty: int, closed: int | None
) -> None:
    count = KindCount(empty, closed)
    least = fewest(present, count)
    if least is None:
        with pytest.raises(Invalid):
            spread_counts("cosm", present, count)
        return
    changes = spread_counts("cosm", present, count)
    later = after(present, changes)
    claims = sum(place.claimed for place in later)
    assert free_in(later) == max(0, empty - claims)
    assert unplaced_count(free_in(later), sum(p.claimed and p.state != "open" for p in later)) == max(0, claims - empty)
    states = Counter(place.state for place in later)
    before = Counter(place.state for place in present)
    assert states["open"] == empty
    assert states["closed"] == (before["closed"] if closed is None else closed)
    assert len(changes) == least
    assert all(changes[place.id] != place.state for place in present if place.id in changes)
    assert spread_counts("cosm", later, count) == {}  # saying it again changes nothing
