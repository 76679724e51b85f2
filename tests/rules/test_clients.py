"""Programs: a name that is no person's, the scopes that a role can have, and the moments at which a token counts."""

from datetime import timedelta
from typing import get_args

import pytest

from bedboard.rules.clients import (
    CLIENT_ROLES,
    LONGEST_NAME,
    OVERLAP,
    PERIODS,
    SCOPES_OF,
    TOLD_FOR,
    ClientRole,
    Terms,
    check_token,
    is_told,
    rotated,
    unfit_name,
)
from bedboard.rules.refusals import Conflict, Invalid
from tests.build import NOW

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    "name",
    ["roster-linde", "roster", "Zicht", "replay of 2024", "ZorgDossier 3", "export v2.1", "demo police", "x" * LONGEST_NAME],
)
def test_the_name_of_a_program_is_taken(name: str) -> None:
    assert unfit_name(name) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("jan@politie.nl", "e-mail"),
        ("Jan Jansen", "a person"),
        ("J. de Vries", "a person"),
        ("Anne-Marie van der Berg", "a person"),
        ("Zoë Şahin", "a person"),
        ("Piet O'Brien", "a person"),
        ("123456789", "a number"),
        ("06-12345678", "a number"),
        ("+31 6 12 34 56 78", "a number"),
        ("client 12.03.1990", "a number"),
        ("12", "a number"),
        ("…", "a number"),
        ("", "empty"),
        (" roster", "space"),
        ("ros\nter", "cannot be printed"),
        ("x" * (LONGEST_NAME + 1), "longer"),
    ],
)
def test_a_name_that_could_be_a_person_s_is_refused_with_the_reason(name: str, why: str) -> None:
    assert why in str(unfit_name(name))


@pytest.mark.parametrize("role", get_args(ClientRole))
def test_a_token_with_all_that_its_role_may_can_be_made(role: ClientRole) -> None:
    seeks = role in ("coordinator", "police", "desk")
    check_token(role, SCOPES_OF[role], has_shelter=role == "machine", has_organization=seeks)


@pytest.mark.parametrize(
    ("role", "scopes", "shelter", "organization", "wrong"),
    [
        ("machine", {"report"}, False, False, [("shelter", "shelter_needed")]),
        ("police", {"search"}, True, True, [("shelter", "only_for_machine")]),
        ("police", {"search"}, False, False, [("organization", "organization_needed")]),
        ("coordinator", {"search"}, False, False, [("organization", "organization_needed")]),
        ("desk", {"answer"}, False, False, [("organization", "organization_needed")]),
        ("machine", {"search"}, True, False, [("scopes", "not_for_role")]),
        ("coordinator", {"answer"}, False, True, [("scopes", "not_for_role")]),
        ("auditor", {"read"}, False, False, [("scopes", "not_for_role")]),
        ("machine", set(), True, False, [("scopes", "scope_needed")]),
        ("police", set(), True, False, [("shelter", "only_for_machine"), ("organization", "organization_needed")]),
        ("king", {"read"}, False, False, [("scopes", "not_for_role")]),
    ],
)
def test_a_token_that_its_role_cannot_have_is_refused(
    role: str, scopes: set[str], shelter: bool, organization: bool, wrong: list[tuple[str, str]]
) -> None:
    with pytest.raises(Invalid) as refusal:
        check_token(role, scopes, has_shelter=shelter, has_organization=organization)
    assert [(one.field, one.code) for one in refusal.value.fields if one.code != "scope_needed" or len(wrong) == 1] == wrong


def test_a_token_counts_until_its_second() -> None:
    terms = Terms(NOW)
    assert [terms.counts(NOW + later * SECOND) for later in (-1, 0, 1)] == [True, False, False]
    assert not Terms(NOW, ended_at=NOW - DAY).counts(NOW - SECOND)
    assert Terms(None).counts(NOW + 10_000 * DAY)


def test_the_token_before_counts_until_its_second_and_never_longer_than_the_new_one() -> None:
    terms = Terms(NOW + 2 * SECOND, previous_until=NOW)
    assert [terms.overlaps(NOW + later * SECOND) for later in (-1, 0, 1)] == [True, False, False]
    assert not Terms(NOW - SECOND, previous_until=NOW + DAY).overlaps(NOW)


@pytest.mark.parametrize("days", PERIODS)
def test_a_rotated_token_lasts_as_long_and_the_old_one_a_day(days: int) -> None:
    made_at = NOW - 3 * DAY
    after = rotated(Terms(made_at + days * DAY), made_at, NOW)
    assert after == Terms(NOW + days * DAY, None, NOW + OVERLAP)


def test_the_old_token_never_gets_more_time_than_it_had() -> None:
    assert rotated(Terms(NOW + SECOND), NOW - 30 * DAY, NOW).previous_until == NOW + SECOND
    assert rotated(Terms(NOW), NOW - 30 * DAY, NOW) == Terms(NOW + 30 * DAY, None, None)


def test_a_token_without_an_end_gets_one_when_it_is_rotated() -> None:
    assert rotated(Terms(None), NOW - 800 * DAY, NOW) == Terms(NOW + PERIODS[-1] * DAY, None, NOW + OVERLAP)


def test_a_token_is_not_rotated_twice_at_once_and_not_after_its_end() -> None:
    with pytest.raises(Conflict, match="rotated_lately") as lately:
        rotated(Terms(NOW + DAY, None, NOW + SECOND), NOW - DAY, NOW)
    assert lately.value.detail == {"until": NOW + SECOND}
    rotated(Terms(NOW + DAY, None, NOW), NOW - DAY, NOW)
    with pytest.raises(Conflict, match="token_ended"):
        rotated(Terms(NOW + DAY, NOW - SECOND), NOW - DAY, NOW)


def test_managers_read_of_a_new_token_for_a_week() -> None:
    assert [is_told(NOW, NOW + TOLD_FOR + later * SECOND) for later in (-1, 0, 1)] == [True, False, False]


def test_every_role_of_a_program_has_scopes_or_none() -> None:
    assert set(SCOPES_OF) == set(CLIENT_ROLES)
