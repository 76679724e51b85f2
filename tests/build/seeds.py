"""The seed data of the demo, as it stands in its file."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bedboard.seeds import read_tables

Row = dict[str, Any]

SEEDS = Path(__file__).parents[2] / "seeds" / "demo.toml"
DURATION = re.compile(r"([1-9]\d*)([mhd])")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")


@pytest.fixture(scope="module")
def seeds() -> Row:
    return read_tables(SEEDS)


def all_places(seeds: Row) -> Iterator[tuple[Row, Row]]:
    for shelter in seeds["shelter"]:
        for place in shelter["place"]:
            yield shelter, place


def length(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    assert match, f"{text!r} is not a duration"
    return int(match[1]) * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[match[2]]


def time_left(place: Row) -> timedelta:
    before, _, rest = str(place["expected_free"]).partition("in ")
    assert before == "", place
    return length(rest)


def freshness(shelter: Row) -> str:
    if shelter["confirmed"] == "never":
        return "never"
    age = length(shelter["confirmed"])
    return "fresh" if age < timedelta(hours=2) else "ageing" if age < timedelta(hours=8) else "stale"
