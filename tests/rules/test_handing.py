"""When a group left a case to others, read from the time line of the case."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from bedboard.rules.handing import left_at, still_brings

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Said(NamedTuple):
    what: str
    at: datetime
    organization_id: str | None
    role: str


def lines(*said: str) -> list[Said]:
    """Each as "event role", a minute after the one before."""
    split = [one.split() for one in said]
    return [Said(what, NOW + n * MINUTE, "oever", role) for n, (what, role) in enumerate(split)]


ASKED = "asked police"


@pytest.mark.parametrize(
    ("said", "minute"),
    [
        ([ASKED], None),
        ([ASKED, "handed_over police"], None),
        ([ASKED, "handed_over police", "kept police"], None),
        ([ASKED, "handed_over police", "declined coordinator"], None),
        ([ASKED, "handed_over police", "taken_over coordinator"], 2),
        ([ASKED, "handed_over police", "declined desk", "handed_over police", "taken_over coordinator"], 4),
        ([ASKED, "handed_over police", "taken_over coordinator", "handed_over coordinator", "taken_over desk"], 2),
        ([ASKED, "handed_over police", "kept police", "handed_over coordinator", "taken_over desk"], None),
        (
            [
                *(ASKED, "handed_over police", "taken_over coordinator", "handed_over coordinator", "taken_over police"),
                *("handed_over police", "taken_over desk"),
            ],
            6,
        ),
    ],
)
def test_a_group_left_a_case_when_others_took_over_what_it_had_offered(said: list[str], minute: int | None) -> None:
    left = None if minute is None else NOW + minute * MINUTE
    assert left_at(lines(*said), "oever", "police") == left
    assert left_at(lines(*said), "elsewhere", "police") is None
    assert left_at(lines(*said), None, "police") is None


def test_they_bring_the_household_to_a_place_that_was_chosen_before_they_left_it() -> None:
    assert still_brings(NOW, NOW) and still_brings(NOW, NOW - MINUTE)
    assert not still_brings(NOW, NOW + MINUTE)
    assert not still_brings(None, NOW) and not still_brings(NOW, None)
