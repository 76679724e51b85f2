"""Ways to put a group into several places: compared with trying everything, and honest where that would take too long."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bedboard.rules import ways
from bedboard.rules.seats import Party, Sort, Space, TooManyWays
from bedboard.rules.ways import Ways

quick = settings(deadline=None, max_examples=150)

SORTS = (
    Sort(is_adult=True),
    Sort(is_adult=True),
    Sort(is_child=True),
    Sort(is_child=True, is_led=True),
    Sort(in_cot=True, is_child=True),
    Sort(in_cot=True, is_child=True, is_led=True),
    Sort(),
    Sort(is_adult=True, is_child=True),
)
Kinds = tuple[tuple[Space, int], ...]
Group = tuple[Party, tuple[Sort, ...], Kinds]


@st.composite
def some_groups(draw: st.DrawFn) -> Group:
    sorts = tuple(draw(st.lists(st.sampled_from(SORTS), min_size=1, max_size=4)))
    whole = tuple(draw(st.integers(1, 3)) for _ in sorts)
    kinds: dict[Space, int] = {}
    for _ in range(draw(st.integers(1, 4))):
        beds = draw(st.integers(1, 4))
        takes = tuple(draw(st.sampled_from((True, True, False))) for _ in sorts)
        limits = draw(st.sampled_from((99, 99, 0, 1, 2))), draw(st.sampled_from((99, 99, 0, 1, 2)))
        kinds[Space(beds, beds + draw(st.integers(0, 2)), *limits, takes)] = draw(st.integers(1, 2))
    return whole, sorts, tuple(kinds.items())


def may_sleep(party: Party, sorts: tuple[Sort, ...], space: Space) -> bool:
    """Whether these people may sleep in this place together, by the meaning of each limit."""
    inside = [sort for sort, count in zip(sorts, party, strict=True) for _ in range(count)]
    return (
        all(takes or not count for takes, count in zip(space.takes, party, strict=True))
        and len(inside) <= space.people
        and sum(not sort.in_cot for sort in inside) <= space.beds
        and sum(sort.is_adult for sort in inside) <= space.adults
        and sum(sort.is_child for sort in inside) <= space.children
        and (not inside or not all(sort.is_led for sort in inside))
    )


def best_of_all(whole: Party, sorts: tuple[Sort, ...], kinds: Kinds) -> tuple[int, int] | None:
    """The fewest places and their smallest size, by trying every party in every place."""
    left = {whole: (0, 0)}
    for space in (space for space, count in kinds for _ in range(count)):
        for before, (places, size) in tuple(left.items()):
            for party in product(*(range(count + 1) for count in before)):
                if any(party) and may_sleep(party, sorts, space):
                    after = tuple(old - new for old, new in zip(before, party, strict=True))
                    way = (places + 1, size + space.people)
                    left[after] = min(left.get(after, way), way)
    return left.get((0,) * len(whole))


def check(found: tuple[tuple[int, Party], ...], group: Group) -> tuple[int, int]:
    """Check that a way is one, and return its number of places and their size."""
    whole, sorts, kinds = group
    assert tuple(map(sum, zip(*(party for _, party in found), strict=True))) == whole
    for number, party in found:
        assert any(party) and may_sleep(party, sorts, kinds[number][0])
    used = [number for number, _ in found]
    assert all(used.count(number) <= count for number, (_, count) in enumerate(kinds))
    return len(found), sum(kinds[number][0].people for number in used)


LED_FROM_A_COT: Group = (
    (1, 1),
    (Sort(in_cot=True, is_child=True), Sort(is_child=True, is_led=True)),
    ((Space(1, 2, 99, 99, (True, True)), 1),),
)


@quick
@given(some_groups())
@example(LED_FROM_A_COT)
def test_the_best_way_is_found_whenever_there_is_one(group: Group) -> None:
    whole, sorts, kinds = group
    found = Ways(whole, sorts).best(kinds)
    assert (None if found is None else check(found, group)) == best_of_all(*group)


@quick
@given(some_groups(), st.integers(0, 60))
def test_whoever_stops_early_never_says_that_there_is_no_way_and_never_makes_one_up(group: Group, steps: int) -> None:
    whole, sorts, kinds = group
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ways, "MOST_STEPS", steps)
        try:
            found = Ways(whole, sorts).best(kinds)
        except TooManyWays:
            return
    best = best_of_all(*group)
    assert (found is None) == (best is None)
    if found is not None and best is not None:
        assert check(found, group) >= best


def rooms(*kinds: tuple[int, int, int, int]) -> Iterator[tuple[Space, int]]:
    """Yield rooms of beds, cots and most children, for everybody of seven sorts, and how many there are of them."""
    for beds, cots, children, count in kinds:
        yield Space(beds, beds + cots, 99, children, (True,) * 7), count


ADULT, CHILD, BABY = Sort(is_adult=True), Sort(is_child=True, is_led=True), Sort(in_cot=True, is_child=True, is_led=True)
SEVEN = (ADULT, ADULT, ADULT, BABY, CHILD, CHILD, CHILD)


@pytest.mark.parametrize(
    ("kinds", "places", "size"),
    [
        (rooms((5, 1, 4, 9), (3, 0, 4, 9), (2, 1, 4, 9), (1, 0, 4, 27)), 4, 20 + 1),
        (rooms((5, 0, 1, 9), (3, 0, 1, 9), (2, 0, 1, 9), (1, 0, 0, 27)), None, None),
        (rooms((1, 0, 1, 57)), None, None),
    ],
)
def test_twenty_people_of_seven_sorts_are_placed_in_a_large_shelter(
    kinds: Iterator[tuple[Space, int]], places: int | None, size: int | None
) -> None:
    whole, several = (3, 3, 1, 2, 4, 4, 3), tuple(kinds)
    found = Ways(whole, SEVEN).best(several)
    assert (None, None) == (places, size) if found is None else check(found, (whole, SEVEN, several)) == (places, size)
