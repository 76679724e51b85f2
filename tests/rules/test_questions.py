"""The questions that are still to be asked, about everything that was left open and that the house restricts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedboard.rules.criteria import CRITERIA
from bedboard.rules.fit import EXPLOITATIONS, NEEDS, PERSON_STATUSES, Profile, Terms, judge
from bedboard.rules.questions import RULED_OUT, left_open, to_ask
from tests.build.fit import answer_in, answers, profiles, quick, terms
from tests.rules.fit_cases import HOUSES, PEOPLE

NEEDS_OF_COSM = "lvb, addiction"


@pytest.mark.parametrize(
    ("who", "where", "questions"),
    [
        ("a woman", "a women's shelter", "undocumented, dublin, addiction, wheelchair, pets"),
        ("a woman", "a COSM place", f"dutch, eu, serious_wrong, {NEEDS_OF_COSM}"),
        ("a woman", "intake 09:00-17:00", "intake"),
        ("a woman at 02:00", "intake 09:00-17:00", ""),
        ("a woman", "a house that says yes to everything, day and night", ""),
        ("a Dutch woman", "a women's shelter", "addiction, wheelchair, pets"),
        ("a Bulgarian man, exploited at work", "a COSM place", NEEDS_OF_COSM),
        ("a woman in her reflection period", "a women's shelter", "undocumented, dublin, addiction, wheelchair, pets"),
        ("a woman with a permit as a victim", "a women's shelter", "addiction, wheelchair, pets"),
        ("a pregnant woman", "a women's shelter", "undocumented, dublin"),
        ("a group of six", "a women's shelter", "man, undocumented, dublin, addiction, wheelchair, pets"),
        ("a group of six", "from 21 years", "min_age"),
        ("a woman", "from 21 years", ""),
        ("somebody", "from 21 years", "min_age"),
        ("somebody", "2 adults at most", "max_adults"),
        ("six men together", "a studio for four workers", "pregnant"),
        ("a minor alone", "a youth home", "child_4_11"),
        ("a woman", "a house that has said nothing yet", ""),
    ],
)
def test_the_worked_questions_come_out_as_written(who: str, where: str, questions: str) -> None:
    house = HOUSES.get(where, HOUSES["a house that takes everybody"])
    found = [reason.criterion for reason in to_ask(house.terms, left_open(PEOPLE[who]))]
    if where == "a studio for four workers":
        found = [name for name in found if name not in ("intake", *CRITERIA["exploitation"])]
    assert ", ".join(found) == questions


@quick
@given(terms, profiles)
def test_a_question_is_about_nothing_that_was_answered(terms: Terms, profile: Profile) -> None:
    found = [reason.criterion for reason in to_ask(terms, left_open(profile))]
    assert len(set(found)) == len(found)
    assert set(found).isdisjoint(answers(judge(terms, profile)).keys() - {"minor_alone"})
    assert set(found).isdisjoint(profile.asked())


@quick
@given(terms, profiles)
def test_each_status_exploitation_and_need_that_would_exclude_is_asked(terms: Terms, profile: Profile) -> None:
    found = {reason.criterion for reason in to_ask(terms, left_open(profile))}
    for status in PERSON_STATUSES:
        can_be = all(status not in RULED_OUT[one] for one in profile.statuses) and status not in profile.statuses
        asked = replace(profile, statuses=profile.statuses | {status})
        assert (status in found) == (can_be and answer_in(terms, asked, status) == "no"), status
    for name in EXPLOITATIONS:
        would_exclude = answer_in(terms, replace(profile, exploitation=name), name) == "no"
        assert (name in found) == (would_exclude and profile.exploitation is None), name
    for name in set(NEEDS) - {"women_only"}:
        would_exclude = answer_in(terms, replace(profile, needs=frozenset({name})), name) == "no"
        assert (name in found) == (would_exclude and not profile.needs), name


@given(st.sampled_from(PERSON_STATUSES), st.sampled_from(PERSON_STATUSES))
def test_two_statuses_rule_each_other_out_or_neither_does(one: str, other: str) -> None:
    assert (other in RULED_OUT[one]) == (one in RULED_OUT[other])
