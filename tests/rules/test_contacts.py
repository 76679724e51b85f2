"""The number that is answered now: by topic, police unit and hour."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bedboard.rules.contacts import Contact, Topic, answered_now

ZONE = ZoneInfo("Europe/Amsterdam")
CHRISTMAS = frozenset({date(2026, 12, 25)})


def contact(name: str, topic: Topic = "desk", unit: str | None = None, hours: str | None = None) -> Contact:
    return Contact(name, topic, unit, {"nl": name, "en": name}, "088 000 00 00", hours)


OFFICE = contact("office", hours="mon-fri 09:00-17:00")
STAND_IN = contact("stand-in", hours="17:00-23:00")
ANYTIME = contact("anytime", "minors")
LIMBURG = contact("limburg", "minors", "limburg", "08:00-22:00")
ALL = (OFFICE, STAND_IN, ANYTIME, LIMBURG)


@pytest.mark.parametrize(
    ("topic", "unit", "at", "answers"),
    [
        ("desk", None, "2026-03-11T08:59:59", None),
        ("desk", None, "2026-03-11T09:00:00", "office"),
        ("desk", None, "2026-03-11T16:59:59", "office"),
        ("desk", None, "2026-03-11T17:00:00", "stand-in"),
        ("desk", None, "2026-03-11T22:59:59", "stand-in"),
        ("desk", None, "2026-03-11T23:00:00", None),
        ("desk", "limburg", "2026-03-11T12:00:00", "office"),
        ("desk", None, "2026-03-14T12:00:00", None),  # a Saturday
        ("desk", None, "2026-12-25T12:00:00", None),
        ("minors", None, "2026-03-11T02:00:00", "anytime"),
        ("minors", "limburg", "2026-03-11T12:00:00", "limburg"),
        ("minors", "limburg", "2026-03-11T02:00:00", "anytime"),
        ("minors", "amsterdam", "2026-03-11T12:00:00", "anytime"),
        ("legal", None, "2026-03-11T12:00:00", None),
    ],
)
def test_the_number_that_is_answered_now(topic: Topic, unit: str | None, at: str, answers: str | None) -> None:
    found = answered_now(ALL, topic, unit, datetime.fromisoformat(at).replace(tzinfo=ZONE), CHRISTMAS)
    assert (found.id if found else None) == answers


def test_of_two_numbers_that_are_answered_the_first_of_the_list_is_called() -> None:
    first, second = contact("first"), contact("second")
    at = datetime(2026, 3, 11, 12, tzinfo=ZONE)
    assert answered_now((first, second), "desk", None, at) == first
    assert answered_now((second, first), "desk", None, at) == second
