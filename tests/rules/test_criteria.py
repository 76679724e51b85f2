"""Whom a shelter takes, in the large groups of the board's filter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.criteria import CRITERIA, CRITERION_NAMES, TAKES, VERDICTS, takes


@pytest.mark.parametrize(
    ("criteria", "taken"),
    [
        ({}, ()),
        ({"woman": "no", "man": "no"}, ()),
        ({"woman": "yes"}, ("women",)),
        ({"woman": "discuss"}, ("women",)),
        ({"man": "yes", "woman": "yes"}, ("women", "men")),
        ({"child_0_3": "yes"}, ("families",)),
        ({"child_0_3": "no", "child_4_11": "no", "child_12_17": "discuss"}, ("families",)),
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
