"""A number per kind, spread over places: exactly so many free, nothing promised given away, as little moved as possible."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.places import Counted, KindCount, PlaceState, spread_counts
from bedboard.rules.refusals import Invalid

STATES: tuple[PlaceState, ...] = ("open", "occupied", "closed")


def places(text: str) -> list[Counted]:
    """o open, x occupied, c closed; O, X and C the same with a live claim. Ids are a, b, c, …"""
    states: dict[str, PlaceState] = {"o": "open", "x": "occupied", "c": "closed"}
    return [Counted("abcdefgh"[n], states[sign.lower()], sign.isupper()) for n, sign in enumerate(text)]


@pytest.mark.parametrize(
    ("present", "free", "closed", "changes"),
    [
        ("ooo", 3, None, {}),
        ("ooo", 1, None, {"b": "occupied", "c": "occupied"}),
        ("oxx", 2, None, {"c": "open"}),
        ("oxc", 0, None, {"a": "occupied"}),
        ("oxc", 2, None, {"b": "open"}),
        ("oxc", 2, 0, {"c": "open"}),  # one change, and not two by way of b
        ("oxc", 1, 2, {"b": "closed"}),
        ("oxc", 0, 3, {"a": "closed", "b": "closed"}),
        ("Oox", 1, None, {}),  # the held one is not free
        ("Oox", 2, None, {"c": "open"}),
        ("Oox", 0, None, {"b": "occupied"}),
        ("OO", 0, None, {}),
        ("Xo", 0, None, {"b": "occupied"}),
        ("Xx", 1, None, {"b": "open"}),  # the first would be shown as held
        ("xX", 1, None, {"a": "open"}),
        ("Cox", 1, 2, {"c": "closed"}),
        ("", 0, None, {}),
    ],
)
def test_as_few_places_as_possible_change_in_their_own_order(
    present: str, free: int, closed: int | None, changes: dict[str, PlaceState]
) -> None:
    assert spread_counts("cosm", places(present), KindCount(free, closed)) == changes


@pytest.mark.parametrize(
    ("present", "free", "closed", "counted_closed", "held"),
    [
        ("", 1, None, 0, 0),
        ("oxc", 3, None, 1, 0),  # a closed place does not open by itself
        ("oxc", 2, 2, 2, 0),
        ("oxc", 0, 4, 4, 0),
        ("Oo", 2, None, 0, 1),  # the held one cannot be given away
        ("OO", 0, 1, 1, 2),
        ("X", 1, None, 0, 1),  # opened, it would be shown as held
        ("Co", 1, 0, 0, 1),
    ],
)
def test_more_than_there_are_places_is_refused_with_the_numbers(
    present: str, free: int, closed: int | None, counted_closed: int, held: int
) -> None:
    with pytest.raises(Invalid) as refused:
        spread_counts("cosm", places(present), KindCount(free, closed))
    [field] = refused.value.fields
    assert (field.field, field.code) == ("kinds.cosm.free", "more_than_places")
    assert field.detail == {"asked": free, "closed": counted_closed, "held": held, "total": len(present)}


@pytest.mark.parametrize(("free", "closed"), [(-1, None), (0, -1), (2, -1), (-1, 3)])
def test_less_than_nothing_is_refused(free: int, closed: int | None) -> None:
    with pytest.raises(Invalid):
        spread_counts("cosm", places("oxc"), KindCount(free, closed))


def after(present: list[Counted], changes: dict[str, PlaceState]) -> list[Counted]:
    return [place._replace(state=changes.get(place.id, place.state)) for place in present]


def fewest(present: list[Counted], count: KindCount) -> int | None:
    """By trying everything: the least number of changes with which the numbers come out; None when there is none."""
    loose = [place for place in present if not place.claimed]
    closed_now = sum(place.state == "closed" for place in present)
    found = [
        sum(place.state != state for place, state in zip(loose, states, strict=True))
        for states in product(STATES, repeat=len(loose))
        if states.count("open") == count.free
        and states.count("closed") + sum(place.claimed and place.state == "closed" for place in present)
        == (closed_now if count.closed is None else count.closed)
    ]
    return min(found, default=None)


some_places = st.lists(st.tuples(st.sampled_from(STATES), st.booleans()), max_size=6).map(
    lambda rows: [Counted(str(n), state, claimed) for n, (state, claimed) in enumerate(rows)]
)


@settings(deadline=None, max_examples=300)
@given(some_places, st.integers(0, 7), st.none() | st.integers(0, 7))
def test_exactly_so_many_are_free_claims_stay_and_nothing_moves_that_need_not(
    present: list[Counted], free: int, closed: int | None
) -> None:
    count = KindCount(free, closed)
    least = fewest(present, count)
    if least is None:
        with pytest.raises(Invalid):
            spread_counts("cosm", present, count)
        return
    changes = spread_counts("cosm", present, count)
    later = after(present, changes)
    assert not {place.id for place in present if place.claimed} & set(changes)
    assert sum(place.state == "open" and not place.claimed for place in later) == free
    states = Counter(place.state for place in later)
    before = Counter(place.state for place in present)
    assert states["closed"] == (before["closed"] if closed is None else closed)
    assert len(changes) == least
    assert all(changes[place.id] != place.state for place in present if place.id in changes)
    assert spread_counts("cosm", later, count) == {}  # saying it again changes nothing
