"""The stylesheet in its parts: each is served once, colours have one home, and no rule is left over from what is gone."""

import re
from pathlib import Path

import pytest

from bedboard.views.files import content_of, sources_of

WEB = Path(__file__).parents[2] / "web"
ORDER = WEB / "static" / "css" / "bedboard.css"
SMALL_ORDER = ORDER.with_name("own-shelter.css")
PARTS = sorted(path for path in ORDER.parent.glob("*.css") if path not in {ORDER, SMALL_ORDER})
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RULES = "\n".join(COMMENT.sub("", part.read_text(encoding="utf-8")) for part in sources_of(ORDER)[1:])
SELECTORS = " ".join(re.findall(r"([^{}]+)\{", RULES))
# Made of a word and a value: says-yes, state-ended, a tile's column and row. The last one is htmx's own.
MADE = re.compile(r"(?:says|state|answer)-[a-z]+|[cr][1-6]|htmx-request")


def test_every_part_is_imported_once() -> None:
    first, *imported = sources_of(ORDER)
    assert first == ORDER
    assert sorted(imported) == PARTS


def test_the_page_of_a_shelter_has_the_same_order_without_what_it_never_needs() -> None:
    _, *all_parts = sources_of(ORDER)
    _, *own = sources_of(SMALL_ORDER)
    left_out = [
        "acts.css",
        "asking.css",
        "criteria.css",
        "filters.css",
        "found.css",
        "manage.css",
        "monitor.css",
        "past.css",
        "regions.css",
        "search.css",
        "wall.css",
    ]
    assert own == [part for part in all_parts if part.name not in left_out]
    assert sorted(part.name for part in set(all_parts) - set(own)) == left_out


@pytest.mark.parametrize("part", PARTS, ids=lambda part: str(part.name))
def test_a_part_is_at_most_300_lines_of_128_characters(part: Path) -> None:
    lines = part.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 300
    assert [line for line in lines if len(line) > 128] == []


def test_the_dark_theme_is_defined_in_one_place() -> None:
    assert "prefers-color-scheme" not in RULES
    assert [part.name for part in PARTS if "light-dark(" in part.read_text(encoding="utf-8")] == ["tokens.css"]


def test_every_property_that_a_rule_uses_is_defined() -> None:
    used = set(re.findall(r"var\((--[\w-]+)", RULES))
    assert used
    assert used == set(re.findall(r"^ *(--[\w-]+):", RULES, re.MULTILINE))


def test_the_served_stylesheet_has_every_rule_and_no_comment() -> None:
    served = content_of(ORDER).decode()
    assert served.count("{") > 500
    assert "".join(served.split()) == "".join(RULES.split())
    assert "/*" not in served


def test_every_name_in_a_rule_stands_in_a_template_or_a_script() -> None:
    pages = [path.read_text(encoding="utf-8") for path in (WEB / "templates").rglob("*.html")]
    scripts = [path.read_text(encoding="utf-8") for path in (WEB / "static" / "js").glob("*.js")]
    words = set(re.findall(r"[\w-]+", " ".join(pages + scripts)))
    selectors = re.sub(r'"[^"]*"', "", SELECTORS)
    names = set(re.findall(r"[.#]([a-zA-Z][\w-]*)", selectors))
    assert {name for name in names if name not in words and not MADE.fullmatch(name)} == set()


def test_imports_are_put_in_their_places_and_comments_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("/* why */\na {\n  color: red; /* so */\n}\n")
    (tmp_path / "b.css").write_text('\n\nb::before {\n  content: "· ";\n}\n')
    order = tmp_path / "order.css"
    order.write_text('/* first */\n@import "b.css";\n@import "a.css";\n')
    assert sources_of(order) == (order, tmp_path / "b.css", tmp_path / "a.css")
    assert content_of(order).decode() == 'b::before{content: "· ";}a{color: red;}'
