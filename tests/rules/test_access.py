"""The rights of each role: every role against every route, and nothing for anybody that the table does not name."""

import pytest

from bedboard.routes.table import ROWS
from bedboard.rules.access import ROLES, Actor, Role, Rule, check_access, check_own, sees_all
from bedboard.rules.refusals import NotAllowed, NotFound, SignInNeeded
from tests.build.access import ACCESS, is_own_shelter, roles_of

RULES = {row.name: row.who for row in ROWS}


def actor(role: Role, *shelters: str) -> Actor:
    return Actor("person", "somebody", role, "Somebody", "oever", frozenset(shelters))


def may(rule: Rule, one: Actor | None) -> bool:
    try:
        check_access(rule, one)
    except (NotAllowed, SignInNeeded):
        return False
    return True


def test_every_route_has_been_thought_about() -> None:
    assert set(RULES) == set(ACCESS)


@pytest.mark.parametrize("name", ACCESS)
def test_exactly_these_roles_may(name: str) -> None:
    roles = roles_of(name)
    assert {role for role in ROLES if may(RULES[name], actor(role))} == (set(ROLES) if roles is None else roles)
    assert may(RULES[name], None) == (roles is None)
    assert (RULES[name].own is not None) == is_own_shelter(name)


def test_the_roles_are_the_eight_of_the_field() -> None:
    assert ROLES == ("staff", "manager", "coordinator", "police", "desk", "admin", "auditor", "policy", "machine")


@pytest.mark.parametrize("role", ROLES)
def test_a_rule_that_names_nobody_lets_nobody_in(role: Role) -> None:
    with pytest.raises(NotAllowed) as refused:
        check_access(Rule(frozenset()), actor(role, "linde"))
    assert refused.value.code == "not_your_role"


def test_without_a_session_one_is_asked_to_sign_in() -> None:
    with pytest.raises(SignInNeeded):
        check_access(Rule(frozenset(ROLES)), None)


@pytest.mark.parametrize("role", ROLES)
def test_the_shelter_of_another_does_not_exist(role: Role) -> None:
    check_own(actor(role, "linde", "ceder"), "linde")
    for stranger in (actor(role), actor(role, "ceder"), actor(role, "lind", "linde-1")):
        with pytest.raises(NotFound) as refused:
            check_own(stranger, "linde")
        assert refused.value.code == "no_such_shelter"
        assert refused.value.detail == {}


@pytest.mark.parametrize("role", ROLES)
def test_only_seekers_see_every_shelter(role: Role) -> None:
    assert sees_all(actor(role, "linde")) == (role in ("coordinator", "police", "desk"))
