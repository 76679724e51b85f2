"""A placement whose hour has passed, and a place that should be free again: the same place, looked at later and later."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bedboard.rules.claims import Claim
from bedboard.store.board import ShelterRow
from bedboard.views.cards import Card, make_card
from bedboard.views.objects import shelter_object
from bedboard.views.pages import Pages
from bedboard.views.pieces import Audience, Pieces
from tests.views.shelters import HOUR, LIMITS, NOW, REFERENCE, place, shelter

WEB = Path(__file__).parents[2] / "web"
SECOND = timedelta(seconds=1)
THEN = NOW + 40 * SECOND  # before anything else about the shelter changes by itself
LATER = (THEN, THEN + SECOND, THEN + HOUR, THEN + 14 * HOUR, THEN + timedelta(days=6))
PLACEMENT = Claim("reservation", None, "police", "Politie", "c1", case_id="r1", expected_at=THEN)
EXPECTED = shelter("linde", [place("linde-1", claim=PLACEMENT)])
CLOSED = shelter("linde", [place("linde-1", state="closed")._replace(expected_free_at=THEN)])


def at(row: ShelterRow, moment: datetime) -> Card:
    return make_card(row, REFERENCE, LIMITS, moment)


def words(card: Card, view: str) -> str:
    body = Pieces(Pages(WEB, ZoneInfo("Europe/Amsterdam")), lambda: "0" * 32).get(Audience(view, "nl"), card, REFERENCE).body
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.mark.parametrize("row", [EXPECTED, CLOSED])
def test_the_card_changes_by_itself_at_that_moment(row: ShelterRow) -> None:
    before = at(row, THEN - SECOND)
    assert before.changes_at == THEN
    assert at(row, THEN).stamp > before.stamp


def test_a_placement_is_late_from_its_hour_on_and_stays_reserved() -> None:
    [early] = at(EXPECTED, THEN - SECOND).places
    assert early.claim is not None
    assert (early.status, early.claim.is_late, early.claim.until) == ("reserved", False, None)
    for view in ("board", "staff"):
        assert "te laat" not in words(at(EXPECTED, THEN - SECOND), view)
        assert "verwacht" in words(at(EXPECTED, THEN - SECOND), view)
    for moment in LATER:
        [late] = at(EXPECTED, moment).places
        assert late.claim is not None
        assert (late.status, late.claim.is_late) == ("reserved", True)
    for view in ("board", "staff"):
        assert "te laat — bel" in words(at(EXPECTED, THEN), view)


def test_a_closure_goes_on_past_its_expected_end_and_then_only_its_shelter_sees_that_end() -> None:
    early, late = at(CLOSED, THEN - SECOND), at(CLOSED, THEN)
    assert not early.places[0].is_overdue
    assert shelter_object(early)["places"][0]["expected_free_at"] == THEN
    assert "weer vrij" in words(early, "staff")
    assert [(one.status, one.is_overdue) for moment in LATER for one in at(CLOSED, moment).places] == [("closed", True)] * len(
        LATER
    )
    assert shelter_object(late)["places"][0]["expected_free_at"] is None
    assert "weer open moeten zijn — klopt dit?" in words(late, "staff")
    assert "1 plek had al weer vrij moeten zijn" in words(late, "staff")
