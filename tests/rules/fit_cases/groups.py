"""Worked cases of groups that may be split: the group, the free places of one house, and the places that hold it together."""

from collections.abc import Mapping
from typing import NamedTuple

from bedboard.rules.fit import Fit, Profile
from tests.rules.fit_cases.words import House, house


class SplitCase(NamedTuple):
    """`places`: all of them are needed; empty when the house cannot hold the group in two or more places."""

    who: str
    where: str
    verdict: Fit
    places: str = ""


GROUPS: Mapping[str, Profile] = {
    "five men": Profile(man=5, group=5, split=True),
    "five men who stay together": Profile(man=5, group=5),
    "six men": Profile(man=6, group=6, split=True),
    "two women and three men": Profile(woman=2, man=3, group=5, split=True),
    "five people": Profile(group=5, split=True),
    "six people": Profile(group=6, split=True),
    "two mothers, each with a child of 8": Profile(woman=2, child_4_11=2, group=4, split=True),
    "two mothers, each with a baby": Profile(woman=2, child_0_3=2, group=4, split=True),
    "five men, one of them in a wheelchair": Profile(man=5, group=5, needs=frozenset({"wheelchair"}), split=True),
    "a woman with three children of 8": Profile(woman=1, child_4_11=3, group=4, split=True),
}

MEN = house("man group", beds=1)
MIXED = house("woman man group child_4_11 child_0_3 wheelchair", beds=2)

ROOMS: Mapping[str, Mapping[str, House]] = {
    "five single beds": {f"bed {number}": MEN for number in range(1, 6)},
    "four single beds": {f"bed {number}": MEN for number in range(1, 5)},
    "three and two": {"three": house("man group", beds=3), "two": house("man group", beds=2)},
    "three, two and another three": {
        "three": house("man group", beds=3),
        "other three": house("man group", beds=3),
        "two": house("man group", beds=2),
    },
    "four with at most two adults, and three": {
        "four": house("man group", beds=4, max_adults=2),
        "three": house("man group", beds=3),
    },
    "a room of men and a room of women": {
        "men": house("man group", no="woman", beds=3),
        "women": house("woman group", no="man", beds=3),
    },
    "a room of men and perhaps a room of women": {
        "men": house("man group", no="woman", beds=3),
        "women": house("group", "woman", no="man", beds=3),
    },
    "two rooms of two": {"left": MIXED, "right": MIXED},
    "two beds, each with a cot": {
        "left": house("woman group child_0_3", beds=1, cots=1),
        "right": house("woman group child_0_3", beds=1, cots=1),
    },
    "rooms of which one is reached by stairs": {
        "below": house("man group wheelchair", beds=3),
        "above": house("man group", no="wheelchair", beds=3),
    },
    "a house without groups": {
        "left": house("man", no="group", beds=3),
        "right": house("man", no="group", beds=3),
    },
}

SPLITS: tuple[SplitCase, ...] = (
    SplitCase("five men", "five single beds", "fits", "bed 1 + bed 2 + bed 3 + bed 4 + bed 5"),
    SplitCase("five men who stay together", "five single beds", "excluded"),
    SplitCase("six men", "five single beds", "excluded"),
    SplitCase("five men", "four single beds", "excluded"),
    SplitCase("five men", "three and two", "fits", "three + two"),
    SplitCase("six men", "three and two", "excluded"),
    SplitCase("five men", "three, two and another three", "fits", "three + two"),
    SplitCase("six men", "three, two and another three", "fits", "three + other three"),
    SplitCase("five men", "four with at most two adults, and three", "fits", "four + three"),
    SplitCase("six men", "four with at most two adults, and three", "excluded"),
    SplitCase("two women and three men", "a room of men and a room of women", "fits", "men + women"),
    SplitCase("five men", "a room of men and a room of women", "excluded"),
    SplitCase("two women and three men", "a room of men and perhaps a room of women", "discuss", "men + women"),
    SplitCase("five people", "three and two", "fits", "three + two"),
    SplitCase("five people", "four with at most two adults, and three", "fits", "four + three"),
    SplitCase("six people", "four with at most two adults, and three", "discuss", "four + three"),
    SplitCase("two mothers, each with a child of 8", "two rooms of two", "fits", "left + right"),
    SplitCase("two mothers, each with a baby", "two beds, each with a cot", "fits", "left + right"),
    SplitCase("two mothers, each with a child of 8", "two beds, each with a cot", "excluded"),
    # Children alone in a room are a question, even if a parent sleeps next door
    SplitCase("a woman with three children of 8", "two rooms of two", "discuss", "left + right"),
    SplitCase("five men, one of them in a wheelchair", "rooms of which one is reached by stairs", "excluded"),
    SplitCase("five men", "rooms of which one is reached by stairs", "fits", "below + above"),
    SplitCase("five men", "a house without groups", "excluded"),
)
