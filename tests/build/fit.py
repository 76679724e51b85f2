"""People, words of shelters and places of every kind, and what a place says about people."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar, get_args

from hypothesis import settings
from hypothesis import strategies as st

from bedboard.rules.criteria import CRITERION_NAMES, VERDICTS
from bedboard.rules.fit import (
    ADULT_AGES,
    EXPLOITATIONS,
    NEEDS,
    PARTY,
    PERSON_STATUSES,
    Fit,
    Profile,
    Reason,
    ReasonVerdict,
    Terms,
    fit_of,
    judge,
    judge_place,
    make_terms,
)
from bedboard.rules.freshness import Freshness

quick = settings(deadline=None, max_examples=100)

Word = TypeVar("Word")

TONGUES = ("nl", "en", "ti")
UNITS = ("noord", "zuid", "oost")
FITS: tuple[Fit, ...] = get_args(Fit)
FRESHNESSES: tuple[Freshness, ...] = get_args(Freshness)

few = st.sampled_from((0, 0, 0, 1, 1, 2, 3))
some_minutes = st.sampled_from((0, 1, 60, 119, 120, 121, 480, 1319, 1320, 1321, 1380, 1439)) | st.integers(0, 1439)
perhaps_minutes = st.none() | some_minutes


def but(profile: Profile, **changes: Any) -> Profile:
    return replace(profile, **changes)


def subsets(of: Iterable[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(tuple(of)))


def possible(profile: Profile) -> Profile:
    """The profile without ages that its people cannot have."""
    bands = sorted(profile.adult_ages)[: profile.adults + profile.unnamed or None]
    sons = range(12, 18) if profile.boy_12_17 else range(0 if profile.child_0_3 else 4, 12 if profile.child_4_11 else 4)
    son = profile.oldest_son if profile.oldest_son in sons else None
    return replace(profile, adult_ages=frozenset(bands), oldest_son=son)


some_parties = st.builds(
    Profile,
    **{name: few for name in PARTY},
    group=st.sampled_from((0, 0, 2, 4, 7)),
    adult_ages=subsets(ADULT_AGES),
    oldest_son=st.none() | st.integers(0, 17),
    statuses=subsets(PERSON_STATUSES),
    exploitation=st.none() | st.sampled_from(EXPLOITATIONS),
    needs=subsets(NEEDS),
    avoid=subsets(UNITS),
    near=st.none() | st.sampled_from(UNITS),
    languages=subsets(TONGUES),
    arrives_after=perhaps_minutes,
    arrives_before=perhaps_minutes,
)
parties = some_parties.map(possible)


@st.composite
def minors_alone(draw: st.DrawFn) -> Profile:
    """One minor, whose age is perhaps not known, perhaps with children of their own."""
    age = draw(st.sampled_from((None, "child_4_11", "child_12_17", "boy_12_17")))
    alone = {name: int(name == age) for name in PARTY} | {"child_0_3": draw(few)}
    return but(draw(parties), **alone, group=0, minor_alone=True, adult_ages=frozenset(), oldest_son=None)


profiles = parties | minors_alone()

some_limits = st.fixed_dictionaries(
    {},
    optional={
        "min_age": st.sampled_from((0, 4, 11, 12, 13, 17, 18, 19, 21, 60, 65, 99)),
        "max_age": st.sampled_from((3, 4, 11, 12, 16, 17, 18, 20, 64, 65, 119, 120)),
        "max_adults": st.integers(0, 4),
        "max_children": st.integers(0, 4),
        "oldest_son": st.integers(0, 17),
        "longest_stay_days": st.integers(0, 3650),
    },
)
some_intake = st.tuples(some_minutes, st.integers(1, 1440)) | st.just((0, 1440))
some_criteria = st.dictionaries(st.sampled_from(sorted(CRITERION_NAMES)), st.sampled_from(VERDICTS), max_size=31)
generous_criteria = st.fixed_dictionaries({name: st.sampled_from(("yes", "yes", "yes", "discuss")) for name in CRITERION_NAMES})
but_one = st.builds(lambda criteria, name: criteria | {name: "no"}, generous_criteria, st.sampled_from(sorted(CRITERION_NAMES)))
terms = st.builds(make_terms, some_criteria | generous_criteria | but_one, some_limits, some_intake, subsets(TONGUES))
places = st.tuples(st.integers(1, 8), st.integers(0, 4), st.sampled_from(UNITS))
Place = tuple[int, int, str]


def reasons_of(terms: Terms, place: Place, profile: Profile) -> tuple[Reason, ...]:
    return judge(terms, profile) + judge_place(*place, profile)


def verdict(terms: Terms, place: Place, profile: Profile) -> Fit:
    return fit_of(reasons_of(terms, place, profile))


def answers(reasons: Iterable[Reason]) -> dict[str, ReasonVerdict]:
    return {reason.criterion: reason.answer for reason in reasons}


def answer_in(terms: Terms, profile: Profile, name: str) -> ReasonVerdict | None:
    return answers(judge(terms, profile)).get(name)
