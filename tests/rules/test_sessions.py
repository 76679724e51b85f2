"""When a session is locked, and when it is over: each limit a second before and after."""

from datetime import timedelta
from typing import get_args

import pytest

from bedboard.rules.access import OWN_MANAGER, OWN_SHELTER, ROLES, SEEKING, SIGNED_IN, Actor, Role, Rule, check_access
from bedboard.rules.refusals import Locked, NotAllowed
from bedboard.rules.sessions import EVERY_SESSION, SessionKind, SessionLimits, kind_at_sign_in, session_state
from tests.build import NOW, actor

LIMITS = SessionLimits(idle=timedelta(minutes=15), longest=timedelta(hours=8), shift=timedelta(hours=12))
SECOND, MINUTES, HOURS = timedelta(seconds=1), timedelta(minutes=15), timedelta(hours=8)


@pytest.mark.parametrize(
    ("kind", "begun", "unused", "state"),
    [
        ("person", MINUTES, timedelta(0), "open"),
        ("person", MINUTES, MINUTES - SECOND, "open"),
        ("person", MINUTES, MINUTES, "locked"),
        ("person", HOURS - SECOND, MINUTES + SECOND, "locked"),
        ("person", HOURS - SECOND, timedelta(0), "open"),
        ("person", HOURS, timedelta(0), "over"),
        ("person", timedelta(days=5), timedelta(days=5), "over"),
        ("shift", timedelta(hours=12) - SECOND, timedelta(hours=12) - SECOND, "open"),
        ("shift", timedelta(hours=12), timedelta(0), "over"),
        ("wall", timedelta(hours=12) - SECOND, timedelta(hours=12) - SECOND, "open"),
        ("wall", timedelta(hours=12), timedelta(0), "over"),
    ],
)
def test_the_state_of_a_session_follows_from_its_times(
    kind: SessionKind, begun: timedelta, unused: timedelta, state: str
) -> None:
    assert session_state(kind, NOW - begun, NOW - unused, LIMITS, NOW) == state


@pytest.mark.parametrize("role", ROLES)
def test_only_a_shelters_staff_begin_with_a_shift(role: Role) -> None:
    assert kind_at_sign_in(role) == ("shift" if role == "staff" else "person")


def of(role: Role, kind: SessionKind = "person", *, is_locked: bool = False) -> Actor:
    one = actor(role)
    return Actor(one.kind, one.id, role, one.name, one.organization_id, one.shelter_ids, None, kind, is_locked)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "machine"])
def test_a_locked_session_may_be_unlocked_and_ended_and_nothing_more(role: Role) -> None:
    check_access(SIGNED_IN, of(role, is_locked=True))
    with pytest.raises(Locked):
        check_access(Rule(frozenset(ROLES), sessions=EVERY_SESSION), of(role, is_locked=True))


@pytest.mark.parametrize(
    ("rule", "role", "kind", "code"),
    [
        (OWN_SHELTER, "staff", "shift", None),
        (OWN_SHELTER, "manager", "shift", None),
        (OWN_SHELTER, "manager", "person", None),
        (OWN_MANAGER, "manager", "person", None),
        (OWN_MANAGER, "manager", "shift", "shift_session"),
        (OWN_MANAGER, "staff", "shift", "not_your_role"),
        (SEEKING, "police", "person", None),
        (SEEKING, "police", "wall", "wall_session"),
        (Rule(frozenset(ROLES)), "coordinator", "wall", "wall_session"),
    ],
)
def test_a_kind_of_session_has_its_own_rights(rule: Rule, role: Role, kind: SessionKind, code: str | None) -> None:
    if code is None:
        check_access(rule, of(role, kind))
        return
    with pytest.raises(NotAllowed) as refused:
        check_access(rule, of(role, kind))
    assert refused.value.code == code


def test_every_kind_of_session_is_thought_about() -> None:
    assert frozenset(get_args(SessionKind)) == EVERY_SESSION
