"""The worked cases, and that they cover what there is to say about a place."""

import pytest

from bedboard.rules.criteria import CRITERION_NAMES, LIMIT_NAMES
from bedboard.rules.fit import Reason, fit_of, judge, judge_place
from tests.rules.fit_cases import CASES, HOUSES, PEOPLE, Case

SAID = {
    case: [(name, answer, *rest) for name, answer, *rest in (reason.split() for reason in case.reasons.split(", "))]
    for case in CASES
}


def in_words(reason: Reason) -> str:
    words = [reason.criterion, reason.answer]
    if reason.detail is not None:
        hours, minutes = divmod(reason.detail, 60)
        words.append(f"{hours:02}:{minutes:02}" if reason.criterion in ("intake", "intake_until") else str(reason.detail))
    return " ".join(words)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.who} – {case.where}" for case in CASES])
def test_the_worked_cases_come_out_as_written(case: Case) -> None:
    profile, house = PEOPLE[case.who], HOUSES[case.where]
    reasons = judge(house.terms, profile) + judge_place(house.beds, house.cots, house.unit, profile)
    assert ", ".join(map(in_words, reasons)) == case.reasons
    assert fit_of(reasons) == case.verdict


def test_the_cases_are_many_and_none_is_there_twice() -> None:
    assert len({(PEOPLE[case.who], HOUSES[case.where]) for case in CASES}) == len(CASES) >= 60


def test_nobody_and_no_house_is_named_without_being_used() -> None:
    assert set(PEOPLE) == {case.who for case in CASES}
    assert set(HOUSES) == {case.where for case in CASES}


@pytest.mark.parametrize("criterion", sorted(CRITERION_NAMES))
def test_every_criterion_occurs_with_each_of_its_answers(criterion: str) -> None:
    answers = {answer for said in SAID.values() for name, answer, *_ in said if name == criterion}
    assert answers == {"yes", "discuss", "no", "unknown"}


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("min_age", {"yes", "discuss", "no"}),
        ("max_age", {"yes", "discuss", "no"}),
        ("oldest_son", {"yes", "discuss", "no"}),
        ("max_adults", {"yes", "discuss", "no"}),
        ("max_children", {"yes", "discuss", "no"}),
        ("intake", {"yes", "discuss"}),
        ("intake_until", {"discuss"}),
        ("language", {"yes", "discuss", "unknown"}),
        ("size", {"yes", "no"}),
        ("avoid", {"no"}),
    ],
)
def test_every_limit_occurs_with_each_of_its_answers(name: str, answers: set[str]) -> None:
    assert {answer for said in SAID.values() for one, answer, *_ in said if one == name} == answers


def test_every_limit_of_a_shelter_is_in_some_house() -> None:
    assert {name for house in HOUSES.values() for name in house.terms.limits} == LIMIT_NAMES


def test_one_answer_alone_can_decide_each_verdict() -> None:
    """Some cases differ from a fit in a single reason, so that nothing else can have brought about the verdict."""
    alone = {
        (name, answer)
        for said in SAID.values()
        for name, answer, *_ in said
        if answer != "yes" and all(other == "yes" or (one, other) == (name, answer) for one, other, *_ in said)
    }
    reasons = {"min_age", "max_age", "max_adults", "max_children", "oldest_son", "size", "avoid"}
    assert reasons <= {name for name, answer in alone if answer == "no"}
    assert {"intake", "intake_until", "language", "min_age", "max_age", "max_adults", "max_children", "oldest_son"} <= {
        name for name, answer in alone if answer == "discuss"
    }
    assert "language" in {name for name, answer in alone if answer == "unknown"}
