"""The answers that a shelter may give, the shelters that may be asked, and the hours at which people may arrive."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.cases import ANSWERS, MOST_ASKED, NO_REASONS, ShelterAnswer, check_answer, check_arrival, check_shelters
from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.rules.refusals import Invalid

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)  # a Wednesday, 14:00 in Amsterdam
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
quick = settings(deadline=None, max_examples=200)


def wrong_fields(said: ShelterAnswer) -> set[tuple[str, str]]:
    try:
        check_answer(said)
    except Invalid as refusal:
        return {(field.field, field.code) for field in refusal.fields}
    return set()


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (ShelterAnswer("yes", "linde-1"), set()),
        (ShelterAnswer("discuss"), set()),
        *((ShelterAnswer("no", reason=reason), set()) for reason in NO_REASONS if reason != "contra_indication"),
        *((ShelterAnswer("no", None, "contra_indication", name), set()) for name in sorted(CRITERION_NAMES)),
        (ShelterAnswer("yes"), {("place", "missing")}),
        (ShelterAnswer("discuss", "linde-1"), {("place", "only_with_yes")}),
        (ShelterAnswer("no", "linde-1", "no_staff"), {("place", "only_with_yes")}),
        (ShelterAnswer("no"), {("reason", "needed_to_refuse")}),
        (ShelterAnswer("no", reason="tired"), {("reason", "not_one_of")}),
        (ShelterAnswer("no", reason=""), {("reason", "not_one_of")}),
        (ShelterAnswer("yes", "linde-1", "no_place"), {("reason", "only_with_no")}),
        (ShelterAnswer("discuss", reason="no_place"), {("reason", "only_with_no")}),
        (ShelterAnswer("no", None, "contra_indication"), {("criterion", "missing")}),
        (ShelterAnswer("no", None, "contra_indication", "size"), {("criterion", "not_one_of")}),
        (ShelterAnswer("no", None, "no_place", "man"), {("criterion", "only_with_contra_indication")}),
        (ShelterAnswer("yes", "linde-1", None, "man"), {("criterion", "only_with_contra_indication")}),
        (
            ShelterAnswer("discuss", "linde-1", "no_place", "man"),
            {("place", "only_with_yes"), ("reason", "only_with_no"), ("criterion", "only_with_contra_indication")},
        ),
    ],
)
def test_an_answer_has_the_fields_that_go_with_it_and_no_others(said: ShelterAnswer, wrong: set[tuple[str, str]]) -> None:
    assert wrong_fields(said) == wrong


@quick
@given(
    st.builds(
        ShelterAnswer,
        st.sampled_from(ANSWERS),
        st.none() | st.just("linde-1"),
        st.none() | st.sampled_from([*NO_REASONS, "tired"]),
        st.none() | st.sampled_from(["man", "lvb", "size"]),
    )
)
def test_an_answer_is_right_when_it_is_one_of_three_shapes(said: ShelterAnswer) -> None:
    is_yes = said.answer == "yes" and said.place_id is not None and said.reason is None and said.criterion is None
    is_discuss = said == ShelterAnswer("discuss")
    is_no = said.answer == "no" and said.place_id is None and said.reason in NO_REASONS
    is_no = is_no and (said.criterion in CRITERION_NAMES if said.reason == "contra_indication" else said.criterion is None)
    assert (wrong_fields(said) == set()) == (is_yes or is_discuss or is_no)


def shelters(count: int, begin: int = 0) -> list[str]:
    return [f"s{n}" for n in range(begin, begin + count)]


@pytest.mark.parametrize(
    ("asked", "present", "code"),
    [
        (shelters(1), [], None),
        (shelters(8), [], None),
        (shelters(3), shelters(5, 10), None),
        ([], [], "missing"),
        ([], shelters(3), "missing"),
        (shelters(9), [], "too_many_shelters"),
        (shelters(1), shelters(8, 10), "too_many_shelters"),
        (["s0", "s0"], [], "doubled"),
        (["s0", "s1"], ["s1"], "asked_already"),
    ],
)
def test_eight_shelters_are_asked_at_most_each_once(asked: list[str], present: list[str], code: str | None) -> None:
    if code is None:
        check_shelters(asked, present)
        return
    with pytest.raises(Invalid) as refused:
        check_shelters(asked, present)
    (field,) = refused.value.fields
    assert (field.field, field.code) == ("shelters", code)
    assert field.detail == ({"most": MOST_ASKED} if code == "too_many_shelters" else {})


def test_a_shelter_that_said_no_leaves_room_and_is_not_asked_again() -> None:
    check_shelters(shelters(8), [], shelters(8, 10))
    check_shelters(shelters(3), shelters(5, 10), shelters(8, 20))
    with pytest.raises(Invalid):
        check_shelters(["s10"], [], ["s10"])


@pytest.mark.parametrize(
    ("arrives_at", "code"),
    [
        (NOW, None),
        (NOW - MINUTE, None),  # while it was typed
        (NOW + 48 * HOUR, None),
        (NOW - MINUTE - TICK, "in_the_past"),
        (NOW + 48 * HOUR + TICK, "more_than_two_days"),
    ],
)
def test_they_arrive_within_two_days(arrives_at: datetime, code: str | None) -> None:
    if code is None:
        assert check_arrival(arrives_at, NOW) == arrives_at
        return
    with pytest.raises(Invalid) as refused:
        check_arrival(arrives_at, NOW)
    assert [(field.field, field.code) for field in refused.value.fields] == [("arrives_at", code)]


def test_when_nobody_says_when_they_arrive_it_is_in_two_hours() -> None:
    assert check_arrival(None, NOW) == NOW + 2 * HOUR
