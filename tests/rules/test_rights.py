"""Rights: every role and every relation to a case, a hold and an offer."""

import pytest

from bedboard.rules.access import ROLES, SEEKERS, Actor, Role
from bedboard.rules.cases import STATES, CaseState
from bedboard.rules.deciding import Deciding
from bedboard.rules.places import PLACE_STATUSES
from bedboard.rules.rights import (
    Seeker,
    answers_as,
    can_be_offered,
    is_held_for,
    is_left_to_police,
    is_of_same_group,
    is_self,
    may_decide,
    may_end_hold,
    may_police_offer,
    may_see_case,
    why_no_choice,
    why_offer_over,
)


def person(role: Role, name: str = "ann", organization: str | None = "north") -> Actor:
    return Actor("person", name, role, name, organization, frozenset())


ANN = Seeker("person:ann", "north", "coordinator")


def test_a_person_and_a_program_of_one_name_are_two_seekers() -> None:
    assert is_self(person("coordinator"), ANN)
    assert not is_self(person("coordinator", "bob"), ANN)
    assert not is_self(Actor("client", "ann", "coordinator", "ann", "north", frozenset()), ANN)


@pytest.mark.parametrize("role", ROLES)
def test_a_colleague_is_of_the_same_organization_and_the_same_role_of_a_seeker(role: Role) -> None:
    requester = Seeker("person:ann", "north", role)
    assert is_of_same_group(person(role, "bob"), requester) == (role in SEEKERS)
    assert not is_of_same_group(person(role, "bob", "south"), requester)
    for other in set(ROLES) - {role}:
        assert not is_of_same_group(person(other, "bob"), requester)


def test_people_without_an_organization_have_no_colleagues() -> None:
    assert not is_of_same_group(person("police", "bob", None), ANN)


@pytest.mark.parametrize("role", ROLES)
def test_a_case_is_seen_by_its_requester_a_colleague_and_the_desk(role: Role) -> None:
    assert may_see_case(person(role, "bob"), ANN) == (role in ("coordinator", "desk"))
    assert may_see_case(person(role, "bob", "south"), ANN) == (role == "desk")


@pytest.mark.parametrize("role", ROLES)
def test_only_the_desk_decides(role: Role) -> None:
    assert may_decide(person(role)) == (role == "desk")


@pytest.mark.parametrize("role", ROLES)
def test_a_hold_is_ended_by_its_holder_and_by_a_colleague(role: Role) -> None:
    assert may_end_hold(person(role), ANN) == (role in SEEKERS)  # ann herself, also after she changed roles
    assert may_end_hold(person(role, "bob"), ANN) == (role == "coordinator")
    assert not may_end_hold(person(role, "bob", "south"), ANN)
    callers = Seeker(None, "north", "coordinator")
    assert may_end_hold(person(role, "bob"), callers) == (role == "coordinator")


def test_a_hold_is_for_its_holder_or_for_the_group_of_a_caller() -> None:
    assert is_held_for(ANN, ANN)
    assert not is_held_for(Seeker("person:bob", "north", "coordinator"), ANN)
    assert is_held_for(Seeker(None, "north", "coordinator"), ANN)
    assert not is_held_for(Seeker(None, "north", "police"), ANN)
    assert not is_held_for(Seeker(None, "south", "coordinator"), ANN)


@pytest.mark.parametrize("status", PLACE_STATUSES)
def test_a_place_is_offered_when_it_is_free_or_held_for_the_requester(status: str) -> None:
    bob = Seeker("person:bob", "north", "coordinator")
    found = [can_be_offered(status, holder, ANN) for holder in (None, ANN, bob)]  # type: ignore[arg-type]
    assert found == {"free": [True, True, True], "held": [False, True, False]}.get(status, [False] * 3)
    assert can_be_offered(status, bob, ANN, is_used=True) is (status in ("free", "held"))  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ROLES)
def test_a_case_is_answered_by_reporters_the_desk_and_police_for_their_own(role: Role) -> None:
    own = Seeker("person:ann", "north", role)
    sides = {"staff": "shelter", "manager": "shelter", "machine": "shelter", "desk": "desk", "police": "police"}
    assert answers_as(person(role, "bob"), own) == sides.get(role)
    assert answers_as(person(role, "bob", "south"), own) == (None if role == "police" else sides.get(role))


def test_police_offer_places_of_the_kinds_on_which_they_decide() -> None:
    assert [may_police_offer(Deciding(decides)) for decides in ("police", "shelter", "desk")] == [True, False, False]


def test_only_a_no_of_the_shelter_keeps_the_police_from_taking_a_place_of_theirs() -> None:
    assert [is_left_to_police(answer) for answer in (None, "yes", "discuss", "no")] == [True, True, True, False]


@pytest.mark.parametrize("state", STATES)
def test_an_offer_is_chosen_while_the_case_asks_and_the_place_is_kept(state: CaseState) -> None:
    def why(*, offered: bool = True, settled: bool = False, kept: bool = True, is_open: bool = True) -> str | None:
        return why_no_choice(state, is_offered=offered, is_settled=settled) or why_offer_over(is_kept=kept, is_open=is_open)

    if state != "asking":
        found = why()
        assert found is not None
        assert found.startswith("request_")
        return
    assert why() is None
    assert why(offered=False) == why(settled=True) == why(offered=False, kept=False) == "no_offer"
    assert why(kept=False) == why(kept=False, is_open=False) == "offer_over"
    assert why(is_open=False) == "not_free"
