"""Pictures of figures, drawn by pygal: in one ink and its tints, so that they follow the theme and can be read in grey.

pygal adds a stylesheet, a script and notes for it; our pages allow none of them. `_house` takes them out, and monitor.css
gives the rest its colours. A picture is kept until its figures or words change.
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup

WIDTH = 360  # as wide as a small telephone: text of 13 is then as large as that of the page
ROW = 38
LABEL_HEIGHT = 13
TALL = 150
MOST_KEPT = 512  # pictures of a few KB

TINTS: Mapping[str, str] = {"color-1": ".6", "color-2": ".35", "color-3": ".15", "color-4": "0"}  # the first has all of the ink
_NEVER = frozenset(("tooltip-overlay", "background"))
LEFT_OUT = dict.fromkeys(("bars", "columns"), _NEVER | {"guide"}) | dict.fromkeys(("shares", "week"), _NEVER)

Rows = Sequence[tuple[str, int]]


def draw_bars(name: str, title: str, about: str, rows: Rows, more: Collection[str] = ()) -> Markup:
    """Draw a bar for each row, the words above it and the number at its end. `about`: a sentence for those who hear it.

    `more`: the rows that have so many or more, which a plus says.
    """
    return _bars(name, title, about, tuple(rows), frozenset(more))


def draw_columns(name: str, title: str, about: str, rows: Sequence[tuple[str, int | str]]) -> Markup:
    """Draw a column for each row, such as a month, side by side. A sign in the place of a number is written there."""
    return _columns(name, title, about, tuple(rows))


def draw_shares(name: str, title: str, about: str, labels: Sequence[str], shares: Mapping[str, Sequence[int]]) -> Markup:
    """Draw a column for each label, built from the percents of each of these shares; the first is the darkest."""
    return _shares(name, title, about, tuple(labels), tuple((words, tuple(percents)) for words, percents in shares.items()))


def draw_week(name: str, title: str, about: str, hours: Sequence[str], days: Mapping[str, Sequence[int]]) -> Markup:
    """Draw a dot for each hour or part of the day of each day: the larger, the more."""
    return _week(name, title, about, tuple(hours), tuple((day, tuple(counts)) for day, counts in days.items()))


@lru_cache(1)
def _library() -> Any:
    """Return pygal, imported when the first picture is drawn, without the finder of plug-ins that it leaves in Python."""
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != pygal.__name__]
    return pygal


def _usual(height: int) -> dict[str, Any]:
    """Return the configuration of every picture. The sizes are those of monitor.css: pygal keeps so much room for them."""
    sizes = dict.fromkeys(("label_font_size", "major_label_font_size", "value_font_size", "legend_font_size"), LABEL_HEIGHT)
    return {
        **{"width": WIDTH, "height": height, "margin": 2, "spacing": 6, "css": [], "js": [], "no_prefix": True, "min_scale": 2},
        **{
            "disable_xml_declaration": True,
            "show_legend": False,
            "style": _library().style.Style(**sizes),
            "truncate_label": -1,
        },
    }


@lru_cache(MOST_KEPT)
def _bars(name: str, title: str, about: str, rows: tuple[tuple[str, int], ...], more: frozenset[str]) -> Markup:
    usual = _usual(ROW * len(rows))
    usual["style"] = _library().style.Style(label_font_size=0.1, value_font_size=LABEL_HEIGHT)  # its words are above a bar
    chart = _library().HorizontalBar(
        **usual, margin_right=48, print_values=True, print_values_position="top", show_x_labels=False
    )
    chart._series_margin = 0.3
    chart.show_x_guides = chart.show_y_guides = False
    chart.x_labels = [words for words, _ in reversed(rows)]
    chart.add("", [_signed(count, f"{count}+") if words in more else count for words, count in reversed(rows)])
    return _render(chart, "bars", name, title, about)


@lru_cache(MOST_KEPT)
def _columns(name: str, title: str, about: str, rows: tuple[tuple[str, int | str], ...]) -> Markup:
    is_roomy = len(rows) <= WIDTH // 28
    chart = _library().Bar(
        **_usual(TALL),
        margin_top=18,
        margin_left=24,
        margin_right=24,
        print_values=is_roomy,
        print_values_position="top",
        show_y_labels=False,
    )
    chart.show_y_guides = False
    chart.x_labels = _ends([words for words, _ in rows])
    chart.add("", [_signed(0, count) if isinstance(count, str) else count for _, count in rows])
    return _render(chart, "columns", name, title, about)


@lru_cache(MOST_KEPT)
def _shares(
    name: str, title: str, about: str, labels: tuple[str, ...], shares: tuple[tuple[str, tuple[int, ...]], ...]
) -> Markup:
    usual = _usual(TALL + 20 * len(shares)) | {"show_legend": True, "legend_at_bottom": True, "legend_at_bottom_columns": 1}
    chart = _library().StackedBar(**usual, truncate_legend=-1, range=(0, 100))
    chart.x_labels, chart.y_labels = _ends(labels), [0, 50, 100]
    chart.value_formatter = lambda percent: f"{percent:.0f} %"
    for words, percents in shares:
        chart.add(words, list(percents))
    return _render(chart, "shares", name, title, about)


@lru_cache(MOST_KEPT)
def _week(name: str, title: str, about: str, hours: tuple[str, ...], days: tuple[tuple[str, tuple[int, ...]], ...]) -> Markup:
    chart = _library().Dot(**_usual(30 * len(days) + 24))
    chart.x_labels = list(hours)
    for day, counts in days:
        chart.add(day, list(counts))
    return _render(chart, "week", name, title, about)


def _signed(value: int, sign: str) -> dict[str, Any]:
    """Return a value that is written as this sign."""

    def write(_: float) -> str:
        return sign

    return {"value": value, "formatter": write}


def _ends(labels: Sequence[str]) -> list[str]:
    """Return the labels with only the first and the last in words, where all of them would not fit."""
    if len(labels) * 70 <= WIDTH:
        return list(labels)
    return [label if place in (0, len(labels) - 1) else "" for place, label in enumerate(labels)]


def _render(chart: Any, look: str, name: str, title: str, about: str) -> Markup:
    def finish(root: Any) -> Any:
        _house(root, look)
        for attribute in ("id", "class"):
            root.attrib.pop(attribute, None)
        root.attrib |= {"role": "img", "aria-labelledby": f"{name}-title {name}-about"}
        for place, (tag, words) in enumerate((("title", title), ("desc", about))):
            node = root.makeelement(tag, {"id": f"{name}-{'about' if place else tag}"})
            node.text = words
            root.insert(place, node)
        return root

    chart.add_xml_filter(finish)
    return Markup(chart.render(is_unicode=True))  # noqa: S704  (by pygal, which escapes all words)


def _house(node: Any, look: str, around: frozenset[str] = frozenset()) -> None:
    """Take out what a page of ours allows nobody, and say in attributes what the stylesheet of pygal says by its classes.

    `around`: the classes of the elements around this one.
    """
    for child in list(node):
        classes = frozenset(child.get("class", "").split()) if isinstance(child.tag, str) else frozenset()
        if not isinstance(child.tag, str) or child.tag in ("defs", "title", "desc") or classes & LEFT_OUT[look]:
            node.remove(child)
            continue
        _house(child, look, around | classes)
        for attribute in ("class", "id", "rx", "ry"):
            child.attrib.pop(attribute, None)
        if child.tag == "text":
            _place_words(child, look, around | classes)
        if child.tag == "rect":
            child.set("fill-opacity", next((tint for color, tint in TINTS.items() if color in around | classes), "1"))


def _place_words(text: Any, look: str, classes: frozenset[str]) -> None:
    """Say on which side of its point a text stands; words beside a bar go above it."""
    if look == "bars" and "axis" in classes:
        text.attrib |= {"x": "5", "y": f"{float(text.get('y')) - LABEL_HEIGHT - 1:.1f}"}
    elif "axis" in classes:
        text.set("text-anchor", "end" if "y" in classes else "middle")
    elif look == "bars":
        text.set("text-anchor", "start")
