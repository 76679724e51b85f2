"""The order of found places, as a table to be read, and the side that decides at each hour."""

from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from bedboard.rules.access import Role
from bedboard.rules.deciding import Deciding
from bedboard.rules.fit import NEEDS, Profile
from bedboard.rules.order import DECIDES_ORDER, Decides, Rank, decides_now, is_meant_for, rank, travel_band

WEDNESDAY = datetime(2026, 3, 11, tzinfo=ZoneInfo("Europe/Amsterdam"))
DESK = Deciding("desk", "mon-fri 09:00-17:00", "provisional")
OMM = frozenset({"lvb", "psychiatric", "addiction"})


@pytest.mark.parametrize(
    ("role", "kind", "hours", "minutes", "decides"),
    [
        ("police", Deciding("police"), 2, 0, "requester"),
        ("coordinator", Deciding("police"), 2, 0, "shelter"),
        ("police", Deciding("shelter"), 14, 0, "shelter"),
        ("police", DESK, 9, 0, "desk"),
        ("police", DESK, 8, 59, "provisional"),
        ("police", DESK, 16, 59, "desk"),
        ("police", DESK, 17, 0, "provisional"),
        ("desk", DESK, 2, 0, "requester"),
        ("coordinator", Deciding("desk", "mon-fri 09:00-17:00"), 2, 0, "desk_closed"),
        ("coordinator", Deciding("desk"), 2, 0, "desk"),
    ],
)
def test_who_decides_at_which_hour(role: Role, kind: Deciding, hours: int, minutes: int, decides: Decides) -> None:
    assert decides_now(role, kind, WEDNESDAY.replace(hour=hours, minute=minutes)) == decides


def test_every_side_that_may_decide_has_its_place_in_the_order() -> None:
    assert set(DECIDES_ORDER) == set(get_args(Decides))


@pytest.mark.parametrize(
    ("needs", "is_meant"),
    [
        ("", False),
        ("lvb", False),
        ("lvb pregnant", False),
        ("lvb addiction", True),
        ("lvb psychiatric addiction", True),
        ("psychiatric medical addiction", True),
    ],
)
def test_an_omm_place_is_meant_for_somebody_with_several_needs(needs: str, is_meant: bool) -> None:
    profile = Profile(woman=1, needs=frozenset(needs.split()))
    assert set(needs.split()) <= set(NEEDS)
    assert is_meant_for(OMM, profile) is is_meant
    assert is_meant_for(frozenset(), profile)
    assert is_meant_for({"pregnant"}, profile) is ("pregnant" in needs), "one need, for a kind that is about one"


@pytest.mark.parametrize(("minutes", "band"), [(0, 0), (44, 0), (45, 1), (89, 1), (90, 2), (999, 2)])
def test_a_journey_is_under_45_minutes_under_90_or_longer(minutes: int, band: int) -> None:
    assert travel_band(minutes) == band


IN_ORDER: tuple[Rank, ...] = (
    # fit, news, meant, decides, minutes, beds, cots, name, place: each line is worse in one thing than the lines above it
    rank("fits", "fresh", True, "requester", 20, 1, 0, "Beuk", "a"),
    rank("fits", "fresh", True, "requester", 20, 1, 0, "Linde", "a"),
    rank("fits", "fresh", True, "requester", 20, 1, 0, "Linde", "b"),
    rank("fits", "fresh", True, "requester", 44, 1, 0, "Aak", "a"),
    rank("fits", "fresh", True, "requester", 10, 1, 1, "Aak", "a"),
    rank("fits", "fresh", True, "requester", 10, 2, 0, "Aak", "a"),
    rank("fits", "fresh", True, "requester", 45, 1, 0, "Aak", "a"),
    rank("fits", "fresh", True, "requester", 90, 1, 0, "Aak", "a"),
    rank("fits", "fresh", True, "shelter", 0, 1, 0, "Aak", "a"),
    rank("fits", "fresh", True, "desk", 0, 1, 0, "Aak", "a"),
    rank("fits", "fresh", True, "provisional", 0, 1, 0, "Aak", "b"),
    rank("fits", "fresh", False, "requester", 0, 1, 0, "Aak", "a"),
    rank("fits", "ageing", True, "requester", 0, 1, 0, "Aak", "a"),
    rank("fits", "stale", True, "requester", 0, 1, 0, "Aak", "a"),
    rank("discuss", "fresh", True, "requester", 0, 1, 0, "Aak", "a"),
    rank("excluded", "fresh", True, "requester", 0, 1, 0, "Aak", "a"),
)


def test_each_thing_counts_only_when_everything_before_it_is_equal() -> None:
    assert sorted(reversed(IN_ORDER)) == list(IN_ORDER)
    assert len(set(IN_ORDER)) == len(IN_ORDER)
