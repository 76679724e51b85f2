"""The worked people of the preview: that they can be, and that a manager is told the truth about each."""

import pytest

from bedboard.rules.criteria import CRITERIA
from bedboard.rules.examples import EXAMPLES, ExampleOutcome, House, try_examples
from bedboard.rules.fit import DAY_MINUTES, Terms, check_profile, make_terms

ALL = {name: "yes" for group in CRITERIA.values() for name in group}


def terms(**criteria: str) -> Terms:
    return make_terms(ALL | criteria, {}, (0, DAY_MINUTES), ())


def outcome(example: str, own: Terms, *houses: House) -> ExampleOutcome:
    return next(one for one in try_examples(own, houses) if one.example == example)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be(example: str) -> None:
    check_profile(EXAMPLES[example])


def test_there_are_some_for_every_group_of_criteria() -> None:
    asked = {name for profile in EXAMPLES.values() for name in profile.asked()}
    assert all(asked & set(group) for group in CRITERIA.values())


def test_a_shelter_without_places_is_judged_by_its_terms() -> None:
    assert outcome("man", terms(man="no")) == ExampleOutcome(
        "man", "excluded", outcome("man", terms(man="no")).reasons, 0, 0, 0
    )
    assert {one.fit for one in try_examples(terms(), ())} == {"fits"}
    assert {one.fit for one in try_examples(make_terms({}, {}, (0, DAY_MINUTES), ()), ())} == {"discuss"}


def test_places_are_counted_and_the_one_that_suits_best_decides() -> None:
    own = terms(man="no")
    houses = [House(own, 1, 0), House(terms(man="discuss"), 1, 0), House(terms(), 1, 0), House(terms(), 1, 0)]
    man = outcome("man", own, *houses)
    assert (man.fit, man.fits, man.discuss, man.total, man.telling) == ("fits", 2, 1, 4, ())
    man = outcome("man", own, *houses[:2])
    assert (man.fit, man.fits, man.discuss, man.total) == ("discuss", 0, 1, 2)
    assert [(reason.criterion, reason.answer) for reason in man.telling] == [("man", "discuss")]


def test_too_small_is_said_with_how_many_they_are() -> None:
    family = outcome("family", terms(), House(terms(), 2, 1), House(terms(group="no"), 4, 0))
    assert [(reason.criterion, reason.detail) for reason in family.telling] == [("size", 5)]
    assert outcome("family", terms(), House(terms(), 5, 0)).fit == "fits"


def test_only_the_reasons_against_it_are_told_when_there_are_any() -> None:
    one = outcome("several_needs", terms(lvb="discuss", addiction="no"), House(terms(lvb="discuss", addiction="no"), 1, 0))
    assert [reason.criterion for reason in one.telling] == ["addiction"]
    one = outcome("several_needs", terms(), House(terms(lvb="discuss"), 1, 0))
    assert [reason.criterion for reason in one.telling] == ["lvb"]


def test_the_hours_decide_about_arrivals_at_night() -> None:
    by_day = make_terms(ALL, {}, (8 * 60, 22 * 60), ())
    assert outcome("night", by_day, House(by_day, 1, 0)).fit == "discuss"
    by_night = make_terms(ALL, {}, (20 * 60, 8 * 60), ())
    assert outcome("night", by_night, House(by_night, 1, 0)).fit == "fits"
