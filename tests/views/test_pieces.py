"""The fragments of a shelter: each kind of audience gets one, also where nothing is free."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bedboard.views.found import Found
from bedboard.views.pages import SCREEN_LANGUAGES, Pages
from bedboard.views.pieces import Audience, Pieces
from tests.views.shelters import HELD, REFERENCE, card, place, shelter

WEB = Path(__file__).parents[2] / "web"


def drawn(language: str, *, late: bool) -> str:
    """Return the card of a fresh shelter whose only place is held."""
    pieces = Pieces(Pages(WEB, ZoneInfo("Europe/Amsterdam")), lambda: "0" * 32)
    row = shelter("linde", [place("linde-1", claim=HELD)])
    return pieces.get(Audience("board", language, late=late), card(row), REFERENCE).body


@pytest.mark.parametrize(
    ("fits", "discuss", "unsure", "words"),
    [
        (5, 0, 0, "5 passen"),
        (1, 0, 0, "1 past"),
        (2, 3, 0, "5 te bellen 2 passen · 3 in overleg"),
        (2, 3, 1, "5 te bellen 2 passen · 3 in overleg · 1 onbekend"),
        (0, 3, 0, "3 in overleg"),
        (0, 3, 2, "3 te bellen 3 in overleg · 2 onbekend"),
        (2, 0, 2, "2 te bellen 2 passen · 2 onbekend"),
        (0, 0, 2, "2 onbekend"),
        (0, 0, 0, "0 passen"),
    ],
)
def test_the_large_figure_is_what_can_be_called(fits: int, discuss: int, unsure: int, words: str) -> None:
    pieces = Pieces(Pages(WEB, ZoneInfo("Europe/Amsterdam")), lambda: "0" * 32)
    assert tally(pieces, Found((), fits, discuss, unsure, 0, {}, 0)) == words
    if fits + discuss:
        assert tally(pieces, Found((), fits, discuss, unsure, 0, {}, 0, is_open=True)).startswith(f"{fits + discuss} vrij")


def tally(pieces: Pieces, found: Found) -> str:
    line = pieces.figures("nl", found, REFERENCE).partition('<p class="tally" hidden>')[2].partition("</p>")[0]
    return " ".join(re.sub("<[^>]+>", "", line).split())


@pytest.mark.parametrize("language", SCREEN_LANGUAGES)
def test_a_fresh_shelter_without_a_free_place_offers_a_call_to_the_desk_only(language: str) -> None:
    assert 'class="on"' not in drawn(language, late=False)
    assert 'class="on"' in drawn(language, late=True)


@pytest.mark.parametrize(("language", "words"), [("nl", "doorgegeven door het systeem van de opvang"), ("en", "system")])
def test_a_card_says_that_a_system_gave_the_news(language: str, words: str) -> None:
    pieces = Pieces(Pages(WEB, ZoneInfo("Europe/Amsterdam")), lambda: "0" * 32)
    for view in ("board", "staff"):
        bodies = [
            pieces.get(Audience(view, language), card(shelter(f"eik{n}", [place("eik-1")], by_system=bool(n))), REFERENCE).body
            for n in (0, 1)
        ]
        assert [words in body for body in bodies] == [False, True]
