"""When a group left a case to others, read from the time line of the case."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from bedboard.rules.handing import brought_at, called_off_at, left_at, still_brings

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Said(NamedTuple):
    what: str
    at: datetime
    organization_id: str | None
    role: str
    shelter_id: str | None = None


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


HANDED = ("handed_over police", "taken_over coordinator")
CHOSEN = "chosen police"


@pytest.mark.parametrize("end", ["refused", "missed", "resumed", "withdrawn", "cancelled"])
def test_a_place_that_came_to_nothing_after_they_had_left_is_told_until_another_is_chosen(end: str) -> None:
    def off(*said: str, group: tuple[str | None, str] | None = ("oever", "police")) -> bool:
        every = [line._replace(shelter_id="beuk") for line in lines(ASKED, *said)]
        found = called_off_at(every, group)
        assert found in (None, "beuk")
        return found is not None

    over = f"{end} coordinator"
    assert off(CHOSEN, *HANDED, over) and off(CHOSEN, *HANDED, over, "asked coordinator", "ended coordinator")
    assert not off(CHOSEN, *HANDED) and not off(*HANDED, over), "nothing came to nothing"
    assert not off(CHOSEN, *HANDED, over, "chosen_for_desk coordinator") and not off(CHOSEN, *HANDED, over, "arrived staff")
    assert not off(*HANDED, CHOSEN, over), "others chose that place"
    assert not off(CHOSEN, over, *HANDED), "they knew it when they left"
    assert not off(CHOSEN, *HANDED, over, group=("elsewhere", "police")) and not off(CHOSEN, over)
    assert off(CHOSEN, over, group=None) and not off(CHOSEN, group=None)


@pytest.mark.parametrize(
    ("said", "minute"),
    [
        ([ASKED, CHOSEN, *HANDED], None),
        ([ASKED, CHOSEN, *HANDED, "arrived staff"], 4),
        ([ASKED, *HANDED, "chosen coordinator", "arrived staff"], None),  # they had nowhere to bring them
        ([ASKED, CHOSEN, *HANDED, "missed staff", "arrived staff"], None),
        ([ASKED, CHOSEN, *HANDED, "resumed coordinator", "chosen coordinator", "arrived staff"], None),
        ([ASKED, CHOSEN, "arrived staff", *HANDED], None),  # they knew it when they left
        ([ASKED, CHOSEN, "handed_over police", "arrived staff"], None),  # nobody has taken it over
    ],
)
def test_those_who_were_bringing_a_household_learn_that_it_has_arrived(said: list[str], minute: int | None) -> None:
    arrived = None if minute is None else NOW + minute * MINUTE
    assert brought_at(lines(*said), ("oever", "police")) == arrived
    assert brought_at(lines(*said), ("elsewhere", "police")) is None
