"""Groups that may be split over several places of one shelter: the worked cases, and the laws for every group and house."""

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.fit import FIT_ORDER, PARTY, Fit, Profile, Terms, check_profile, fit_of, judge, judge_place, make_terms
from bedboard.rules.refusals import Invalid
from bedboard.rules.split import Part, Room, split_group
from tests.build.fit import quick
from tests.rules.fit_cases import GROUPS, ROOMS, SPLITS, SplitCase

few = st.sampled_from((0, 0, 1, 2, 3))
words = st.sampled_from(("yes", "yes", "yes", "discuss", "no"))
some_terms = st.builds(
    lambda criteria, limits: make_terms(criteria, limits, (0, 1440), ()),
    st.fixed_dictionaries({name: words for name in ("woman", "man", "child_4_11", "boy_12_17", "group")}),
    st.fixed_dictionaries(
        {},
        optional={
            "max_adults": st.integers(0, 3),
            "max_children": st.integers(0, 2),
            "min_age": st.sampled_from((18, 21)),
            "oldest_son": st.integers(3, 17),
        },
    ),
)
some_groups = st.builds(
    lambda unnamed, **named: Profile(**named, group=max(2, unnamed + sum(named.values())), split=True),
    st.sampled_from((0, 0, 1, 2)),
    **{name: few for name in ("woman", "man")},
    **{name: st.sampled_from((0, 0, 0, 1, 2)) for name in ("child_0_3", "child_4_11", "boy_12_17")},
)
houses = st.lists(some_terms, min_size=1, max_size=2).flatmap(
    lambda several: st.lists(st.tuples(st.sampled_from(several), st.integers(1, 3), st.integers(0, 1)), max_size=4)
)
House = list[tuple[Terms, int, int]]


def rooms_of(house: House) -> list[Room]:
    return [Room(str(number), *room) for number, room in enumerate(house)]


def verdict(profile: Profile, house: House) -> Fit:
    """Of the house: the best place for all of them, or their places together."""
    whole = [fit_of(judge(terms, profile) + judge_place(beds, cots, "", profile)) for terms, beds, cots in house]
    split = split_group(profile, rooms_of(house))
    return min([*whole, *([split.fit] if split else []), "excluded"], key=lambda fit: FIT_ORDER[fit])


def members(profile: Profile) -> list[int]:
    return [profile.unnamed, *(getattr(profile, name) for name in PARTY)]


def fit_of_part(part: Part) -> Fit:
    terms, beds, cots = part.room[1:]
    fit = fit_of(judge(terms, part.profile) + judge_place(beds, cots, "", part.profile))
    is_only_children = part.profile.children and not (part.profile.adults or part.profile.unnamed)
    return "discuss" if is_only_children and fit == "fits" else fit


@pytest.mark.parametrize("case", SPLITS, ids=[f"{case.who} – {case.where}" for case in SPLITS])
def test_the_worked_cases_come_out_as_written(case: SplitCase) -> None:
    rooms = [Room(name, room.terms, room.beds, room.cots) for name, room in ROOMS[case.where].items()]
    split = split_group(GROUPS[case.who], rooms)
    assert ("excluded" if split is None else split.fit) == case.verdict
    assert " + ".join(part.room.id for part in split.parts) if split else "" == case.places


def test_no_group_and_no_house_is_named_without_being_used() -> None:
    assert set(GROUPS) == {case.who for case in SPLITS}
    assert set(ROOMS) == {case.where for case in SPLITS}


@quick
@given(some_groups, houses)
def test_no_part_is_put_where_it_does_not_fit_and_nobody_is_left_out(profile: Profile, house: House) -> None:
    split = split_group(profile, rooms_of(house))
    if split is None:
        return
    assert len({part.room.id for part in split.parts}) == len(split.parts) >= 2
    assert [sum(counts) for counts in zip(*(members(part.profile) for part in split.parts), strict=True)] == members(profile)
    assert all(part.profile.people for part in split.parts)
    fits = [fit_of_part(part) for part in split.parts]
    assert split.fit == fit_of(split.reasons) == max(fits, key=lambda fit: FIT_ORDER[fit]) != "excluded"


@settings(deadline=None, max_examples=60)
@given(some_groups.filter(lambda profile: profile.people <= 5), houses.filter(lambda house: len(house) <= 3))
def test_it_finds_the_best_way_whenever_there_is_one(profile: Profile, house: House) -> None:
    """Tried with every way to give each person one of the places."""
    people = [name for name, count in zip(("", *PARTY), members(profile), strict=True) for _ in range(count)]
    best, rooms = (FIT_ORDER["excluded"], 0, 0), rooms_of(house)
    for beds in product(range(len(house)), repeat=len(people)):
        parts = []
        for number in sorted(set(beds)):
            inside = Counter(name for name, bed in zip(people, beds, strict=True) if bed == number)
            named = {name: inside[name] for name in PARTY}
            part = replace(profile, group=sum(inside.values()), split=False, **named)  # type: ignore[arg-type]
            parts.append(Part(rooms[number], part))
        fits = [fit_of_part(part) for part in parts]
        if len(parts) == 1:  # nobody is parted from anybody
            fits = [verdict(replace(profile, split=False), [house[beds[0]]])]
        fit = max((FIT_ORDER[one] for one in fits), default=FIT_ORDER["excluded"])
        best = min(best, (fit, len(parts), sum(part.room.beds + part.room.cots for part in parts)))
    assert FIT_ORDER[verdict(profile, house)] == best[0]
    split = split_group(profile, rooms)
    if split is not None and FIT_ORDER[split.fit] == best[0]:
        assert (len(split.parts), sum(part.room.beds + part.room.cots for part in split.parts)) == best[1:]


@quick
@given(some_groups, houses, st.sampled_from(PARTY), st.sampled_from(("lvb", "wheelchair", "dublin", "unnamed")))
def test_asking_for_more_never_turns_an_exclusion_into_a_fit(profile: Profile, house: House, more: str, also: str) -> None:
    larger = replace(profile, group=profile.people + 1)
    asked = [replace(larger, **{more: getattr(profile, more) + 1})]
    asked += [larger] if also == "unnamed" else []
    asked += [replace(profile, statuses=frozenset({also}))] if also == "dublin" else []
    asked += [replace(profile, needs=frozenset({also}))] if also in ("lvb", "wheelchair") else []
    if verdict(profile, house) == "excluded":
        assert [verdict(one, house) for one in asked] == ["excluded"] * len(asked)


@quick
@given(some_groups, houses)
def test_a_place_more_never_gives_a_worse_verdict(profile: Profile, house: House) -> None:
    for number in range(len(house)):
        fewer = house[:number] + house[number + 1 :]
        assert FIT_ORDER[verdict(profile, house)] <= FIT_ORDER[verdict(profile, fewer)]


@quick
@given(some_groups, houses)
def test_a_group_that_stays_together_gets_one_place_or_none(profile: Profile, house: House) -> None:
    assert split_group(replace(profile, split=False), rooms_of(house)) is None


@pytest.mark.parametrize(
    ("profile", "field", "code"),
    [
        (Profile(split=True), "split", "only_with_group"),
        (Profile(man=1, split=True), "split", "only_with_group"),
        (Profile(man=20, woman=1, split=True), "group", "too_large_to_split"),
        (Profile(child_12_17=2, minor_alone=True, split=True), "minor_alone", "not_with_group"),
        (Profile(man=20, woman=1, group=5, split=True), "group", "too_large_to_split"),
    ],
)
def test_only_a_group_that_can_be_split_is_split(profile: Profile, field: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_profile(profile)
    assert [(one.field, one.code) for one in refusal.value.fields] == [(field, code)]


@pytest.mark.parametrize("named", [{"woman": 2}, {"woman": 1, "child_0_3": 1}, {"man": 5, "woman": 2, "boy_12_17": 1}])
def test_the_number_of_a_group_that_may_be_split_follows_from_the_named_people(named: dict[str, int]) -> None:
    people = sum(named.values())
    said = Profile(**named, split=True)  # type: ignore[arg-type]
    check_profile(said)
    assert said == Profile(**named, group=people, split=True)  # type: ignore[arg-type]
    assert (said.group, said.people, said.unnamed) == (people, people, 0)
    more = Profile(**named, group=people + 1, split=True)  # type: ignore[arg-type]
    assert (more.group, more.unnamed) == (people + 1, 1), "somebody may be left unnamed"
    assert Profile(**named).group == 0, "those who stay together are a household"  # type: ignore[arg-type]
