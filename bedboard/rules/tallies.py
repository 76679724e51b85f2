"""Tallies of cases and places: only codes are counted, so that nothing can be traced to a person."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, NamedTuple, get_args

from bedboard.rules.fit import Profile

Slept = Literal["police_station", "hotel", "homeless_shelter", "street", "exploiter", "friends", "other_shelter", "unknown"]
SLEPT: tuple[Slept, ...] = get_args(Slept)
"""Where the person slept instead."""

Household = Literal["woman", "man", "other_gender", "couple", "family", "group", "minor", "unknown"]
HOUSEHOLDS: tuple[Household, ...] = get_args(Household)
"""The sort of household for which a place was sought. A finer word could describe one household."""

WAITS: Mapping[str, timedelta] = {
    "to_5": timedelta(minutes=5),
    "to_15": timedelta(minutes=15),
    "to_60": timedelta(hours=1),
    "to_240": timedelta(hours=4),
    "to_1440": timedelta(days=1),
}
"""How long something took, by the minutes up to which it counts; anything longer is `LONGER`."""
STAYS: Mapping[str, timedelta] = {
    "to_1": timedelta(days=1),
    "to_7": timedelta(days=7),
    "to_31": timedelta(days=31),
    "to_92": timedelta(days=92),
}
"""How long a place was occupied, by the days up to which it counts; anything longer is `LONGER`."""
LONGER = "longer"

Axis = Literal["all", "code", "unit", "kind", "part", "kind_code"]

PART_HOURS = 6  # a part of the day, as night or morning: a single hour of a single weekday has few events


class Table(NamedTuple):
    """A table of the figures: the events `what`, one row for each value of this axis.

    `code`: only the events with this code; None: all. `parent`: the cell of another table whose events these are.
    `is_apart`: each row is a figure of its own, and their sum is not told: another table may tell one of them.
    `is_whole`: all rows are shown, or none where one is small: other tables tell the sums of its rows.
    `near`: for the sum (None) or a row of this table, another table that counts nearly the same cases. Their difference is a
    figure too.
    """

    what: str
    axis: Axis
    code: str | None = None
    parent: tuple[str, str] | None = None
    is_apart: bool = False
    is_whole: bool = False
    near: tuple[str | None, str] | None = None


TABLES: Mapping[str, Table] = {
    "sought": Table("sought", "all"),
    "sought_unit": Table("sought_unit", "unit"),
    "sought_time": Table("sought_hour", "part"),
    "household": Table("household", "code"),
    "exploitation": Table("exploitation", "code"),
    "arrived": Table("request", "all", "arrived"),
    "ended": Table("request", "all", "ended", near=(None, "slept")),
    "withdrawn": Table("withdrawn", "code"),
    "placed_unit": Table("placed_unit", "unit"),
    "placed_kind": Table("placed_kind", "kind", near=(None, "arrived")),
    "slept": Table("slept", "code"),
    "slept_unit": Table("slept", "unit"),
    "excluded_by": Table("excluded_by", "code"),
    "kind_sought": Table("kind_sought", "kind"),
    "refused": Table("refused", "code"),
    "refused_kind": Table("refused_kind", "kind"),
    "refused_unit": Table("refused_unit", "unit"),
    "refused_household": Table("refused_household", "code"),
    "refused_exploitation": Table("refused_exploitation", "code"),
    "contra_indication": Table("contra_indication", "code", parent=("refused", "contra_indication")),
    "answer": Table("answer", "code", is_apart=True, near=("yes", "arrived")),
    "first_answer": Table("first_answer", "code"),
    "first_yes": Table("first_yes", "code", near=(None, "arrived")),
    "decided": Table("decided", "code", near=(None, "arrived")),
    "arrival": Table("arrival", "code", near=(None, "arrived")),
    "stay": Table("stay", "code"),
    "stay_kind": Table("stay", "kind"),
    "stay_of_kind": Table("stay", "kind_code", is_whole=True),
    "departure": Table("departure", "code"),
    "hold": Table("hold", "code"),
    "alert": Table("alert", "code"),
}
"""Every table about people, in the order of an export."""

OF_SHELTERS = ("asked_of", "shown_free", "refused_by", "free_no_place", "confirm_due", "confirmed")
"""What is counted for each shelter, which its code names: for the shelter itself and the desk only."""


def household_of(profile: Profile) -> Household:
    """Return the rough word for a household: a minor alone before a group, a family before its adults."""
    adults = profile.woman + profile.man + profile.other_gender
    children = profile.child_0_3 + profile.child_4_11 + profile.child_12_17 + profile.boy_12_17
    if profile.minor_alone:
        return "minor"
    if profile.group or adults > 2:
        return "group"
    if children:
        return "family"
    if adults == 2:
        return "couple"
    if profile.woman:
        return "woman"
    if profile.man:
        return "man"
    return "other_gender" if profile.other_gender else "unknown"


def part_of(code: str) -> str:
    """Return the weekday and part of the day of a weekday and an hour: "3-1" of "3-11"."""
    day, _, hour = code.partition("-")
    return f"{day}-{int(hour) // PART_HOURS}"


def bucket_of(took: timedelta, buckets: Mapping[str, timedelta] = WAITS) -> str:
    """Return the code of the first of these limits, in rising order, that `took` does not pass; past all: `LONGER`."""
    return next((code for code, limit in buckets.items() if took <= limit), LONGER)
