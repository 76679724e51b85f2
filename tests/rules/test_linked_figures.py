"""All tables of one month are attacked together: a reader adds and subtracts what they share, and learns no small cell."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.rules.merging import LEAST, Count, merge_table
from bedboard.rules.tallies import TABLES, Table

MONTH = date(2026, 3, 1)
Secret = tuple[str, str]  # a table and its cell, or "difference" and its name
Terms = dict[Secret, int]
Event = tuple[str, str, str, str]  # what, unit, kind, code

SUMS: Mapping[str, Terms] = {
    "sought_unit": {("sought", "all"): 1},
    "sought_time": {("sought", "all"): 1},
    "household": {("sought", "all"): 1},
    "exploitation": {("sought", "all"): 1},
    "placed_unit": {("arrived", "all"): 1},
    "placed_kind": {("arrived", "all"): 1, ("difference", "several kinds"): 1},
    "first_yes": {("arrived", "all"): 1, ("difference", "no yes"): -1},
    "decided": {("arrived", "all"): 1, ("difference", "undecided"): -1},
    "arrival": {("arrived", "all"): 1, ("difference", "not ratified"): 1},
    "slept": {("ended", "all"): 1, ("difference", "found nothing"): 1},
    "slept_unit": {("ended", "all"): 1, ("difference", "found nothing"): 1},
    "refused": {("answer", "no"): 1},
    "refused_kind": {("answer", "no"): 1},
    "refused_unit": {("answer", "no"): 1},
    "refused_household": {("answer", "no"): 1},
    "refused_exploitation": {("answer", "no"): 1},
    "contra_indication": {("refused", "contra_indication"): 1},
    "stay_kind": {("sum", "stay"): 1},
    "stay": {("sum", "stay"): 1},
    "stay_of_kind": {("sum", "stay"): 1},
    "departure": {("sum", "stay"): 1},
}
"""What a reader knows without looking: the sum of a table in cells of others."""
ALSO: list[Terms] = [{("answer", "yes"): 1, ("arrived", "all"): -1, ("difference", "yes and no arrival"): -1}]


def cells(events: Mapping[Event, int], table: Table) -> Counter[str]:
    found: Counter[str] = Counter()
    for (what, unit, kind, code), count in events.items():
        if what == table.what and table.code in (None, code):
            name = {"all": "all", "code": code, "unit": unit, "kind": kind, "part": code.split("-")[0]}
            name |= {"kind_code": f"{kind}/{code}"}
            found[name[table.axis]] += count
    return found


def known_secrets(events: Mapping[Event, int], tables: Mapping[str, Table] = TABLES) -> dict[Secret, int]:
    """Return every small cell and small difference that all published lines of a month give by sums and differences."""
    counts = [Count(MONTH, *event, count) for event, count in events.items()]
    truth: dict[Secret, int] = {}
    equations: list[Terms] = [*ALSO]
    for name, table in tables.items():
        own = cells(events, table)
        linked = {cell for terms in [*SUMS.values(), *ALSO] for above, cell in terms if above == name}
        codes = own.keys() | linked  # the reader even knows which cells are zero
        truth |= {(name, code): own[code] for code in codes}
        if name in SUMS:
            equations.append({(name, code): 1 for code in codes} | {key: -times for key, times in SUMS[name].items()})
        seen = merge_table(counts, table).get(MONTH)
        equations += [{(name, code.split("-")[0]): 1} for code in (seen.shown if seen else ())]
        equations += [{(name, code): 1} for code in codes if not own[code]]
        if seen is not None and seen.together:
            equations.append(dict.fromkeys(((name, code) for code in codes - {code.split("-")[0] for code in seen.shown}), 1))
    equations += crossed([code for table, code in truth if table == "stay_of_kind"])
    return {key: truth[key] for key in determined(equations, truth)}


def crossed(codes: Iterable[str]) -> list[Terms]:
    """Return what a reader knows of a table by kind and length: its rows and columns add up to other tables."""
    found: dict[Secret, Terms] = {}
    for code in codes:
        kind, _, length = code.partition("/")
        for sum_of in (("stay_kind", kind), ("stay", length)):
            found.setdefault(sum_of, {sum_of: -1})["stay_of_kind", code] = 1
    return list(found.values())


def determined(equations: Iterable[Terms], truth: dict[Secret, int]) -> list[Secret]:
    """Return the small unknowns to which these equations leave one value only. Differences are added to `truth`."""
    equations = list(equations)
    for terms in equations:  # each difference is in one equation of known cells, or in two that agree
        for key in [key for key in terms if key[0] in ("difference", "sum")]:
            truth.setdefault(key, -sum(times * truth[cell] for cell, times in terms.items() if cell != key) // terms[key])
    unknowns = sorted({key for terms in equations for key in terms} | truth.keys())
    matrix = np.zeros((len(equations), len(unknowns)))
    for row, terms in enumerate(equations):
        for key, times in terms.items():
            matrix[row, unknowns.index(key)] += times
    _, sizes, basis = np.linalg.svd(matrix)
    free = basis[int((sizes > 1e-9).sum()) :]
    is_fixed = np.abs(free).max(axis=0, initial=0.0) < 1e-9
    return [key for key, fixed in zip(unknowns, is_fixed, strict=True) if fixed and 0 < abs(truth[key]) < LEAST]


few = st.integers(0, 12)
some = st.sampled_from("abc")


@st.composite
def months(draw: st.DrawFn) -> dict[Event, int]:
    """Draw the counts of a month as the actions count them."""
    found: Counter[Event] = Counter()

    def spread(what: str, count: int, axis: str) -> None:
        for value in draw(st.lists(some, min_size=count, max_size=count)):
            found[what, value if axis == "unit" else "", value if axis == "kind" else "", value if axis == "code" else ""] += 1

    arrived, ended, nothing, unmet, refused = (draw(few) for _ in range(5))
    sought = arrived + ended + nothing + draw(few)
    found["sought", "", "", "1"] += sought
    for what, axis in (("sought_unit", "unit"), ("household", "code"), ("exploitation", "code")):
        spread(what, sought, axis)
    for part in draw(st.lists(st.integers(0, 2), min_size=sought, max_size=sought)):
        found["sought_hour", "", "", f"{part}-1"] += 1
    found["request", "", "", "arrived"] += arrived
    found["request", "", "", "ended"] += ended
    spread("placed_unit", arrived, "unit")
    spread("placed_kind", arrived + draw(st.integers(0, 6)), "kind")
    for what in ("first_yes", "decided"):
        spread(what, max(arrived - draw(st.integers(0, 6)), 0), "code")
    spread("arrival", max(arrived + draw(st.integers(-6, 6)), 0), "code")
    found += Counter(("slept", draw(some), "", draw(some)) for _ in range(ended + nothing))
    for code, count in (("yes", arrived + unmet), ("no", refused), ("discuss", draw(few)), ("silent", draw(few))):
        found["answer", "", "", code] += count
    for _ in range(refused):
        reason = draw(st.sampled_from(["a", "b", "contra_indication"]))
        found["refused", "", "", reason] += 1
        if reason == "contra_indication":
            found["contra_indication", "", "", draw(some)] += 1
    spread("refused_kind", refused, "kind")
    spread("refused_unit", refused, "unit")
    spread("refused_household", refused, "code")
    spread("refused_exploitation", refused, "code")
    stays = draw(st.integers(0, 40))
    lengths = draw(st.sampled_from(["a", "ab", "abc"]))
    found += Counter(("stay", "", draw(st.sampled_from("ab")), draw(st.sampled_from(lengths))) for _ in range(stays))
    spread("departure", stays, "code")
    spread("hold", draw(few), "code")
    spread("alert", draw(few), "code")
    spread("withdrawn", draw(few), "code")
    return {event: count for event, count in found.items() if count}


@settings(deadline=None)
@given(months())
def test_no_reader_of_all_tables_works_out_a_small_cell(events: dict[Event, int]) -> None:
    assert known_secrets(events) == {}


ARRIVED: dict[Event, int] = {("request", "", "", "arrived"): 20}
HOLES: dict[str, tuple[str, Table, dict[Event, int], Secret]] = {
    "answers with their sum": (
        "answer",
        Table("answer", "code"),
        {("answer", "", "", "yes"): 3, ("answer", "", "", "no"): 20, ("refused", "", "", "a"): 20},
        ("answer", "yes"),
    ),
    "cases with several kinds": (
        "placed_kind",
        Table("placed_kind", "kind"),
        ARRIVED | {("placed_kind", "", "a", ""): 22},
        ("difference", "several kinds"),
    ),
    "searches without a case": (
        "ended",
        Table("request", "all", "ended"),
        {("request", "", "", "ended"): 9, ("slept", "a", "", "a"): 11},
        ("difference", "found nothing"),
    ),
    "arrivals that nobody ratified": (
        "arrival",
        Table("arrival", "code"),
        ARRIVED | {("arrival", "", "", "a"): 22},
        ("difference", "not ratified"),
    ),
    "places that nobody needed": (
        "answer",
        Table("answer", "code", is_apart=True),
        ARRIVED | {("answer", "", "", "yes"): 23},
        ("difference", "yes and no arrival"),
    ),
    "lengths of stay by kind": (
        "stay_of_kind",
        Table("stay", "kind_code"),
        {("stay", "", "a", "x"): 10, ("stay", "", "a", "y"): 20, ("stay", "", "b", "x"): 9, ("stay", "", "b", "y"): 3},
        ("stay_of_kind", "b/y"),
    ),
    "the reasons of one cell": (
        "contra_indication",
        Table("contra_indication", "code"),
        {("answer", "", "", "no"): 9, ("refused", "", "", "contra_indication"): 6, ("refused", "", "", "a"): 3}
        | {("contra_indication", "", "", "a"): 6},
        ("refused", "a"),
    ),
}


@pytest.mark.parametrize(("name", "without", "events", "secret"), HOLES.values(), ids=HOLES)
def test_the_attack_succeeds_where_a_link_is_forgotten(
    name: str, without: Table, events: dict[Event, int], secret: Secret
) -> None:
    assert secret in known_secrets(events, {**TABLES, name: without})
    assert known_secrets(events) == {}
