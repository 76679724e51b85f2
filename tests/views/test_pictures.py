"""Pictures: nothing in them that a page of ours forbids, words as they came, tints for those who see no colour, and kept."""

import sys
from collections.abc import Callable

import pytest
from defusedxml import ElementTree
from markupsafe import Markup

from bedboard.views.pictures import draw_bars, draw_columns, draw_shares, draw_week

WORDS = 'één <b> & "twee"'
SVG = "{http://www.w3.org/2000/svg}"
DRAWN: dict[str, Callable[[], Markup]] = {
    "bars": lambda: draw_bars("p", WORDS, WORDS, [(WORDS, 9), ("b", 3)]),
    "bars of one row": lambda: draw_bars("p", WORDS, WORDS, [(WORDS, 0)]),
    "columns": lambda: draw_columns("p", WORDS, WORDS, [(f"2026-{month:02}", month) for month in range(1, 13)]),
    "columns of five years": lambda: draw_columns("p", WORDS, WORDS, [(f"2026-{month:02}", 0) for month in range(60)]),
    "shares": lambda: draw_shares("p", WORDS, WORDS, ["2026-01"], {WORDS: [70], "b": [20], "c": [10]}),
    "week": lambda: draw_week("p", WORDS, WORDS, ["0", "6"], {WORDS: [4, 0], "di": [0, 0]}),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_has_nothing_that_a_page_forbids(name: str) -> None:
    picture = DRAWN[name]()
    root = ElementTree.fromstring(picture)
    for node in root.iter():
        assert node.tag.removeprefix(SVG) in ("svg", "title", "desc", "g", "rect", "circle", "path", "text"), node.tag
        assert not {"style", "class", "onclick", "href"} & node.attrib.keys()
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    assert len(picture) < 30_000


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_says_what_it_is_and_escapes_all_words(name: str) -> None:
    root = ElementTree.fromstring(DRAWN[name]())
    assert root.get("role") == "img"
    texts = [root.find(f"{SVG}*[@id='{id_}']") for id_ in str(root.get("aria-labelledby")).split()]
    assert [text is not None and text.text for text in texts] == [WORDS, WORDS]


def test_shares_differ_by_their_tint_and_the_legend_shows_the_same() -> None:
    root = ElementTree.fromstring(DRAWN["shares"]())
    assert sorted(str(node.get("fill-opacity")) for node in root.iter(f"{SVG}rect")) == sorted(["1", ".6", ".35"] * 2)


def test_every_number_stands_beside_its_bar() -> None:
    assert {">9<", ">3<"} <= {f">{text.text}<" for text in ElementTree.fromstring(DRAWN["bars"]()).iter(f"{SVG}text")}


def test_a_picture_is_kept_until_a_figure_changes() -> None:
    first = draw_bars("kept", "t", "a", [("x", 5)])
    assert draw_bars("kept", "t", "a", [("x", 5)]) is first
    assert draw_bars("kept", "t", "a", [("x", 6)]) != first


def test_the_library_leaves_no_finder_in_python() -> None:
    DRAWN["bars"]()
    assert [finder for finder in sys.meta_path if type(finder).__module__ == "pygal"] == []
