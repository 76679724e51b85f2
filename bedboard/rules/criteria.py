"""The criteria of a shelter: what it answers about whom it takes. Each is yes, discuss or no; absent is unknown."""

from collections.abc import Mapping
from typing import Literal

Verdict = Literal["yes", "discuss", "no"]

VERDICTS: tuple[Verdict, ...] = ("yes", "discuss", "no")

CRITERIA: Mapping[str, tuple[str, ...]] = {
    "adults": ("woman", "man", "other_gender"),
    "children": ("child_0_3", "child_4_11", "child_12_17", "boy_12_17"),
    "household": ("minor_alone", "group"),
    "status": ("third_country", "eu", "dublin", "undocumented", "reflection", "b8"),
    "exploitation": ("sexual", "labour", "criminal", "other_exploitation"),
    "needs": ("lvb", "psychiatric", "addiction", "medical", "pregnant", "wheelchair"),
}
CRITERION_NAMES = frozenset(name for group in CRITERIA.values() for name in group)
LIMIT_NAMES = frozenset({"min_age", "max_age", "max_adults", "max_children", "oldest_son", "longest_stay_days"})

TAKES = ("women", "men", "families", "minors")


def takes(criteria: Mapping[str, str]) -> tuple[str, ...]:
    """Whom a shelter takes, in the large groups of the board's filter; "no" and unknown are left out, discuss counts."""

    def open_to(*names: str) -> bool:
        return any(criteria.get(name) in ("yes", "discuss") for name in names)

    found = {
        "women": open_to("woman"),
        "men": open_to("man"),
        "families": open_to("child_0_3", "child_4_11", "child_12_17"),
        "minors": open_to("minor_alone"),
    }
    return tuple(group for group in TAKES if found[group])
