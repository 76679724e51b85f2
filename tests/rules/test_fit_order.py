"""The order of what was found is total, and words in any order mean the same."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedboard.rules.criteria import CRITERION_NAMES, VERDICTS
from bedboard.rules.fit import FIT_ORDER, FRESHNESS_ORDER, Fit, Profile, Terms, make_terms
from bedboard.rules.freshness import Freshness
from bedboard.rules.order import DECIDES_ORDER, Decides, Rank, rank
from tests.build.fit import (
    FITS,
    FRESHNESSES,
    TONGUES,
    Place,
    Word,
    places,
    profiles,
    quick,
    reasons_of,
    some_criteria,
    some_intake,
    some_limits,
    subsets,
    terms,
)

# ---- words in any order


@quick
@given(terms, places, profiles, st.randoms(use_true_random=False))
def test_answers_do_not_depend_on_the_order_in_which_things_are_written(
    terms: Terms, place: Place, profile: Profile, random: Random
) -> None:
    def shuffled(words: Iterable[Word]) -> list[Word]:
        mixed = list(words)
        random.shuffle(mixed)
        return mixed

    criteria, limits = dict(shuffled(terms.criteria.items())), dict(shuffled(terms.limits.items()))
    again = Terms(criteria, limits, terms.intake, frozenset(shuffled(terms.languages)))
    needs, languages = frozenset(shuffled(profile.needs)), frozenset(shuffled(profile.languages))
    same = replace(profile, needs=needs, languages=languages)
    assert reasons_of(again, place, same) == reasons_of(terms, place, profile)


@quick
@given(some_criteria, some_limits, some_intake, st.lists(st.sampled_from(TONGUES)))
def test_equal_words_give_the_same_terms(
    criteria: dict[str, str], limits: dict[str, int], intake: tuple[int, int], languages: list[str]
) -> None:
    made = make_terms(criteria, limits, intake, languages)
    other_way_round = dict(reversed(criteria.items())), dict(reversed(limits.items())), intake, tuple(reversed(languages))
    assert make_terms(*other_way_round) is made is make_terms(criteria, limits, intake, frozenset(languages * 2))
    assert (made.criteria, made.limits, made.intake, made.languages) == (criteria, limits, intake, frozenset(languages))


@quick
@given(some_criteria, some_limits, some_intake, subsets(TONGUES), st.data())
def test_other_words_give_other_terms_and_those_made_before_stay_as_they_were(
    criteria: dict[str, str], limits: dict[str, int], intake: tuple[int, int], languages: frozenset[str], data: st.DataObject
) -> None:
    made = make_terms(criteria, limits, intake, languages)
    kept = dict(criteria), dict(limits)
    name = data.draw(st.sampled_from(sorted(CRITERION_NAMES)))
    criteria[name] = data.draw(st.sampled_from([one for one in VERDICTS if one != criteria.get(name)]))
    limits["max_adults"] = limits.get("max_adults", 0) + 1
    assert (made.criteria, made.limits) == kept
    words = [(criteria, kept[1], intake, languages), (kept[0], limits, intake, languages)]
    words += [(*kept, (intake[0], intake[1] + 1), languages), (*kept, intake, languages ^ {"nl"})]
    others = [make_terms(*one) for one in words]
    assert len({made, *others}) == 5


# ---- the order of what was found


Placed = tuple[Fit, Freshness, bool, Decides, int, int, int, str, str]
some_placed: st.SearchStrategy[Placed] = st.tuples(
    st.sampled_from(FITS),
    st.sampled_from(FRESHNESSES),
    st.booleans(),
    st.sampled_from(sorted(DECIDES_ORDER)),
    st.sampled_from((0, 44, 45, 90)),
    st.integers(1, 3),
    st.integers(0, 2),
    st.sampled_from(("Linde", "Wilg")),
    st.sampled_from("abcdefghijklmnopqrst"),
)
many_placed = st.lists(some_placed, max_size=12, unique_by=lambda one: one[-1])
alike = st.lists(st.sampled_from("abcdef"), max_size=6, unique=True).map(
    lambda ids: [rank("fits", "fresh", True, "shelter", 0, 1, 0, "L", place_id) for place_id in ids]
)


@quick
@given(many_placed.map(lambda found: [rank(*one) for one in found]) | alike, st.randoms(use_true_random=False))
def test_the_order_is_the_same_however_places_come_in(found: list[Rank], random: Random) -> None:
    mixed = list(found)
    random.shuffle(mixed)
    assert [id(one) for one in sorted(mixed)] == [id(one) for one in sorted(found)]
    assert len(set(found)) == len(found), "distinct places never compare equal"


def said(placed: Placed) -> tuple[object, ...]:
    """Return everything that counts of a place; the three ways of waiting for the desk count as one."""
    return tuple(DECIDES_ORDER.get(one, one) if isinstance(one, str) else one for one in placed)  # type: ignore[call-overload]


@quick
@given(some_placed, some_placed, some_placed)
def test_the_order_is_total(first: Placed, second: Placed, third: Placed) -> None:
    one, two, three = (rank(*placed) for placed in (first, second, third))
    assert [one < two, one == two, one > two].count(True) == 1
    assert (one == two) == (said(first) == said(second))
    if one < two < three:
        assert one < three


@pytest.mark.parametrize("freshness", FRESHNESSES)
def test_fits_go_before_discuss_whatever_else(freshness: Freshness) -> None:
    assert sorted(FITS, key=FIT_ORDER.__getitem__) == ["fits", "discuss", "excluded"]
    assert sorted(FRESHNESSES, key=FRESHNESS_ORDER.__getitem__) == ["fresh", "ageing", "stale"]
    assert rank("fits", freshness, False, "desk", 999, 50, 20, "Z", "z") < rank(
        "discuss", "fresh", True, "requester", 0, 1, 0, "A", "a"
    )
