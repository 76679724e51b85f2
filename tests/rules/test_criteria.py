"""Whom a shelter takes: in the large groups of the board's filter, and which terms can be."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.criteria import (
    CRITERIA,
    CRITERION_NAMES,
    LARGEST_LIMITS,
    LIMIT_NAMES,
    SPOKEN_LANGUAGES,
    TAKES,
    VERDICTS,
    check_overrides,
    check_terms,
    takes,
)
from bedboard.rules.refusals import Invalid


@pytest.mark.parametrize(
    ("criteria", "taken"),
    [
        ({}, ()),
        ({"woman": "no", "man": "no"}, ()),
        ({"woman": "yes"}, ("women",)),
        ({"woman": "discuss"}, ("women",)),
        ({"man": "yes", "woman": "yes"}, ("women", "men")),
        ({"woman": "yes", "child_0_3": "yes"}, ("women", "families")),
        ({"man": "discuss", "child_0_3": "no", "child_4_11": "no", "child_12_17": "discuss"}, ("men", "families")),
        ({"child_0_3": "yes"}, ()),  # a family has an adult
        ({"woman": "no", "man": "no", "child_12_17": "yes", "boy_12_17": "yes", "minor_alone": "yes"}, ("minors",)),
        ({"boy_12_17": "yes"}, ()),  # says only whether a daughter's brother may come too
        ({"minor_alone": "yes"}, ("minors",)),
        ({"lvb": "yes", "group": "yes", "other_gender": "yes"}, ()),
    ],
)
def test_yes_and_discuss_count_and_unknown_does_not(criteria: dict[str, str], taken: tuple[str, ...]) -> None:
    assert takes(criteria) == taken


def test_every_criterion_has_one_name() -> None:
    names = [name for group in CRITERIA.values() for name in group]
    assert len(names) == len(CRITERION_NAMES)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(CRITERION_NAMES)), st.sampled_from(VERDICTS)))
def test_saying_no_to_one_thing_more_never_takes_more(criteria: dict[str, str]) -> None:
    groups = takes(criteria)
    assert groups == tuple(group for group in TAKES if group in groups)
    for name in CRITERION_NAMES:
        assert set(takes(criteria | {name: "no"})) <= set(groups) <= set(takes(criteria | {name: "yes"}))


DAY_AND_NIGHT = (0, 1440)


@pytest.mark.parametrize(
    ("criteria", "limits", "intake", "languages"),
    [
        ({}, {}, DAY_AND_NIGHT, ()),
        (dict.fromkeys(CRITERION_NAMES, "discuss"), dict(LARGEST_LIMITS), (1439, 1), SPOKEN_LANGUAGES),
        ({"woman": "yes"}, {"min_age": 18, "max_age": 18}, (1200, 480), ("nl",)),
        ({}, dict.fromkeys(LARGEST_LIMITS, 0), (0, 1), ("vi", "nl")),
    ],
)
def test_terms_that_can_be(
    criteria: dict[str, str], limits: dict[str, int], intake: tuple[int, int], languages: tuple[str, ...]
) -> None:
    check_terms(criteria, limits, intake, languages)


@pytest.mark.parametrize(
    ("terms", "wrong"),
    [
        ({"criteria": {"cat": "yes"}}, {"criteria.cat": "unknown_field"}),
        ({"criteria": {"min_age": "yes"}}, {"criteria.min_age": "unknown_field"}),
        ({"criteria": {"woman": "unknown"}}, {"criteria.woman": "not_one_of"}),
        ({"criteria": {"woman": "Yes"}}, {"criteria.woman": "not_one_of"}),
        ({"limits": {"woman": 1}}, {"limits.woman": "unknown_field"}),
        ({"limits": {"oldest_son": -1}}, {"limits.oldest_son": "too_small"}),
        ({"limits": {"oldest_son": 18}}, {"limits.oldest_son": "too_large"}),
        ({"limits": {"min_age": 19, "max_age": 18}}, {"limits.max_age": "below_min_age"}),
        ({"intake": (1440, 480)}, {"intake.from": "not_a_time"}),
        ({"intake": (-1, 480)}, {"intake.from": "not_a_time"}),
        ({"intake": (60, 0)}, {"intake.until": "not_a_time"}),
        ({"intake": (60, 1441)}, {"intake.until": "not_a_time"}),
        ({"intake": (480, 480)}, {"intake.until": "same_as_from"}),
        ({"languages": ("xx", "nl")}, {"languages.xx": "unknown_field"}),
        (
            {"criteria": {"woman": "?", "cat": "no"}, "limits": {"max_age": 121}, "intake": (1, 1), "languages": ("NL",)},
            {
                "criteria.cat": "unknown_field",
                "criteria.woman": "not_one_of",
                "limits.max_age": "too_large",
                "intake.until": "same_as_from",
                "languages.NL": "unknown_field",
            },
        ),
    ],
)
def test_terms_that_cannot_be_name_every_wrong_field(terms: dict[str, Any], wrong: dict[str, str]) -> None:
    given: dict[str, Any] = {"criteria": {}, "limits": {}, "intake": DAY_AND_NIGHT, "languages": ()} | terms
    with pytest.raises(Invalid) as refusal:
        check_terms(**given)
    assert {one.field: one.code for one in refusal.value.fields} == wrong
    assert len(refusal.value.fields) == len(wrong)


def test_every_limit_has_its_largest() -> None:
    assert LARGEST_LIMITS.keys() == LIMIT_NAMES


def test_the_exceptions_of_a_place_are_checked_alike() -> None:
    check_overrides({"woman": "no"})
    with pytest.raises(Invalid) as refusal:
        check_overrides({"woman": "as_shelter", "dog": "no"})
    assert [one.field for one in refusal.value.fields] == ["criteria.dog", "criteria.woman"]
