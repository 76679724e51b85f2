"""The rights of each role: every role against every route, and nothing for anybody that the table does not name."""

import pytest

from bedboard.routes.table import ROWS
from bedboard.rules.access import ROLES, Actor, Role, Rule, check_access, check_own, sees_all
from bedboard.rules.refusals import NotAllowed, NotFound, SignInNeeded

# As `2-product.md` has it ("Who sees what"), written down a second time on purpose: a route that is added or opened in the
# code fails here until somebody has thought about every role. A letter for each role that may:
#   S staff   M manager   C coordinator   P police   D desk   A admin   U auditor   X machine;  * also without a session
LETTERS: dict[str, Role] = dict(zip("SMCPDAUX", ROLES, strict=True))
EVERYBODY = "SMCPDAUX"
EXPECTED = {
    "sign_in": "*",
    "sign_in_demo": "*",
    "language": "*",
    "theme": "*",
    "static": "*",
    "health": "*",
    "sign_out": EVERYBODY,
    "home": EVERYBODY,
    "totals": "SM",
    "staff": "SM own",
    "staff_places": "SM own",
    "staff_confirm": "SM own",
    "staff_occupancy": "SM own",
    "staff_undo": "SM own",
    "staff_hold": "SM own",
    "staff_release": "SM own",
    "search": "CPD",
    "search_find": "CPD",
    "search_nothing": "CPD",
    "strip": "CPD",
    "shelter": "CPD",
    "shelter_call": "CPD",
    "hold_place": "CPD",
    "hold_extend": "CPD",
    "hold_release": "CPD",
    "alert_add": "CPD",
    "alert": "CPD",
    "alert_stop": "CPD",
    "push": "SMCPD",
    "service_worker": "*",
    "cases": "CPD",
    "case_new": "CPD",
    "case_open": "CPD",
    "case": "CPD",
    "case_more": "CPD",
    "case_ask": "CPD",
    "case_choose": "CPD",
    "case_withdraw": "CPD",
    "case_outcome": "CPD",
    "case_address": "CPD",
    "case_place": "P",
    "case_answer": "D",
    "case_decide": "D",
    "case_arrival": "D",
    "staff_asked": "SM own",
    "staff_answer": "SM own",
    "staff_arrival": "SM own",
    "criteria": "M own",
    "criteria_save": "M own",
    "place_criteria": "M own",
    "place_criteria_save": "M own",
    "live": "SMCPD",
    "api_openapi": "*",
    "api_board": EVERYBODY,
    "api_shelter": EVERYBODY,
    "api_place": "SMX own",
    "api_occupancy": "SMX own",
    "api_confirm": "SMX own",
    "api_search": "CPD",
    "api_place_holds": "SMCPDX",
    "api_holds": "CPD",
    "api_hold": "SMCPDX",
    "api_hold_extend": "SMCPDX",
    "api_cases": "SMCPDX",
    "api_case_open": "CPD",
    "api_case": "SMCPDX",
    "api_case_shelters": "CPD",
    "api_case_answers": "SMPDX",
    "api_case_choose": "CPD",
    "api_case_decide": "D",
    "api_case_arrival": "SMDX",
    "api_case_withdraw": "CPD",
    "api_case_outcome": "CPD",
    "api_case_address": "CPD",
    "api_live": "SMCPDX",
}


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
    assert set(RULES) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_exactly_these_roles_may(name: str) -> None:
    letters, _, own = EXPECTED[name].partition(" ")
    roles = set(ROLES) if letters == "*" else {LETTERS[letter] for letter in letters}
    assert {role for role in ROLES if may(RULES[name], actor(role))} == roles
    assert may(RULES[name], None) == (letters == "*")
    assert RULES[name].own == (own == "own")


def test_the_roles_are_the_eight_of_the_field() -> None:
    assert ROLES == ("staff", "manager", "coordinator", "police", "desk", "admin", "auditor", "machine")


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
