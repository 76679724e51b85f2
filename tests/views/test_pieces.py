"""The fragments of a shelter: each kind of audience gets one, also where nothing is free."""

import gzip
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.fit import Profile
from bedboard.store.board import ShelterRow
from bedboard.views.found import Found
from bedboard.views.pages import SCREEN_LANGUAGES, Pages
from bedboard.views.pieces import Audience, Pieces, deflate, pack_around
from tests.views.shelters import HELD, REFERENCE, card, place, search, shelter

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


@settings(deadline=None)
@given(st.binary(), st.binary(), st.binary())
def test_a_part_that_was_packed_before_opens_with_what_stands_around_it(head: bytes, middle: bytes, tail: bytes) -> None:
    assert gzip.decompress(pack_around(head, middle, deflate(middle), tail)) == head + middle + tail


def test_each_page_gets_a_key_of_its_own_with_a_row_that_was_drawn_before() -> None:
    keys = iter(f"key-{number}" for number in range(9))
    pieces = Pieces(Pages(WEB, ZoneInfo("Europe/Amsterdam")), lambda: next(keys))
    [match] = search(Profile(woman=1), shelter("linde", [place("linde-1")])).matches
    first, second = (pieces.match("nl", match, REFERENCE) for _ in range(2))
    assert first.count("key-1") == second.count("key-2") == 1
    assert first == second.replace("key-2", "key-1")
    assert "key-0" not in first + second


def test_places_that_are_not_free_are_said_to_fit_only_if_they_do() -> None:
    rows = [
        shelter("eik", [place("eik-1", state="occupied"), place("eik-2", state="occupied")], criteria={"woman": "discuss"}),
        shelter("els", [place("els-1", state="occupied")]),
    ]

    woman, ask = Profile(woman=1), "Vraag ook locaties zonder vrije plek"

    def said(*some: ShelterRow, who: Profile) -> str:
        pieces = Pieces(Pages(WEB, ZoneInfo("Europe/Amsterdam")), lambda: "0" * 32)
        html = pieces.figures("nl", search(who, *some), REFERENCE)
        return " ".join(re.sub("<[^>]+>", " ", html).split())

    assert "Nu niet vrij: 1 past · 2 in overleg" in said(*rows, who=woman)
    assert said(rows[0], who=woman).endswith(f"Nu niet vrij: 2 in overleg {ask}")
    assert said(rows[1], who=woman).endswith(f"Nu niet vrij: 1 past {ask}")
    assert said(*rows, who=Profile()).endswith("Nu niet vrij: 3"), "nobody was asked for"
