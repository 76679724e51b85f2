"""What everybody may see of the figures: nobody can work out a small cell, not even from many exports."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedboard.rules.merging import LEAST, Count, Merged, add_months, is_over, merge, merge_table, next_month
from bedboard.rules.tallies import TABLES

NAMES = ("a", "b", "c", "d")
Rule = Callable[[dict[str, int]], Merged]


def only_small_hidden(cells: dict[str, int]) -> Merged:
    """A rule without complementary hiding: small cells are taken out, and the total is given."""
    return Merged({name: count for name, count in cells.items() if count >= LEAST}, sum(n for n in cells.values() if n < LEAST))


def first_by_name(cells: dict[str, int]) -> Merged:
    """A rule that takes one cell more, the first by name, when only one is small."""
    small = [name for name, count in cells.items() if 0 < count < LEAST]
    large = sorted((count, name) for name, count in cells.items() if count >= LEAST)
    while small and large and (len(small) < 2 or sum(cells[name] for name in small) < LEAST):
        small.append(large.pop(0)[1])
    return Merged({name: cells[name] for _, name in large}, sum(cells[name] for name in small))


def known_small_cells(rule: Rule, size: int, most: int) -> list[tuple[int, ...]]:
    """Attack the rule with everything that there is: return the tables of which a reader works out a small cell.

    The reader knows the rule, and tries every table that could have given what is shown.
    """
    same: dict[object, list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(most + 1), repeat=size):
        seen = rule(dict(zip(NAMES, counts, strict=False)))
        same[tuple(sorted((n, c) for n, c in seen.shown.items() if c)), seen.together, seen.is_hidden].append(counts)
    known = []
    for tables in same.values():
        for place in range(size):
            values = {counts[place] for counts in tables}
            if len(values) == 1 and 0 < min(values) < LEAST:
                known.append(tables[0])
    return known


@pytest.mark.parametrize(("size", "most"), [(1, 30), (2, 24), (3, 14), (4, 9)])
def test_no_reader_works_out_a_small_cell_of_a_table(size: int, most: int) -> None:
    assert known_small_cells(merge, size, most) == []


@pytest.mark.parametrize("rule", [only_small_hidden, first_by_name])
def test_the_attack_succeeds_where_larger_cells_are_not_hidden_too(rule: Rule) -> None:
    assert known_small_cells(rule, 3, 12)


def subtract(rule: Rule, january: dict[str, int], february: dict[str, int]) -> Merged:
    """Return February as somebody gets it from an export of both months and one of January."""
    both, one = add_months([rule(january), rule(february)]), add_months([rule(january)])
    shown = {name: count - one.shown.get(name, 0) for name, count in both.shown.items()}
    return Merged({name: count for name, count in shown.items() if count}, both.together - one.together)


def merged_at_the_end(months: list[dict[str, int]]) -> Merged:
    """The control: add up first, and merge what is exported."""
    return merge({name: sum(month[name] for month in months) for name in months[0]})


@given(st.lists(st.integers(0, 12), min_size=8, max_size=8))
def test_the_difference_of_two_periods_is_what_is_shown_of_the_months_between(counts: list[int]) -> None:
    january, february = (dict(zip(NAMES, counts[n : n + 4], strict=True)) for n in (0, 4))
    expected = merge(february)
    assert subtract(merge, january, february) == Merged(expected.shown, expected.together)


def test_merging_after_adding_would_betray_a_month() -> None:
    january, february = {"a": 20, "b": 30}, {"a": 1, "b": 0}
    before, after = merged_at_the_end([january]), merged_at_the_end([january, february])
    assert after.shown["a"] - before.shown["a"] == 1, "the control: somebody in February is known"
    assert subtract(merge, january, february) == Merged({}, 0)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 40)))
def test_laws_of_merging(cells: dict[str, int]) -> None:
    seen, total = merge(cells), sum(cells.values())
    assert all(count >= LEAST and cells[name] == count for name, count in seen.shown.items())
    assert seen.together == 0 or seen.together >= LEAST
    assert seen.is_hidden == (0 < total < LEAST)
    assert sum(seen.shown.values()) + seen.together == (0 if seen.is_hidden else total)
    assert merge(dict(reversed(cells.items()))).shown == seen.shown
    assert len({cells[n] for n in cells.keys() - seen.shown.keys()} & set(seen.shown.values())) == 0, "equals go together"


def rows(month: date, **tables: dict[str, int]) -> Iterable[Count]:
    return [Count(month, what, "", "", code, count) for what, cells in tables.items() for code, count in cells.items()]


@pytest.mark.parametrize(("reasons", "shown"), [({"contra_indication": 6, "no_place": 7}, True), ({"household": 2}, False)])
def test_a_table_of_one_cell_is_shown_only_where_this_cell_is(reasons: dict[str, int], shown: bool) -> None:
    month = date(2026, 3, 1)
    counts = rows(month, refused={"contra_indication": 6, **reasons}, contra_indication={"psychiatric": 6})
    seen = merge_table(counts, TABLES["contra_indication"])[month]
    assert (seen.shown == {"psychiatric": 6}, seen.is_hidden) == (shown, not shown)


@pytest.mark.parametrize(
    ("today", "over"),
    [(date(2026, 3, 31), False), (date(2026, 4, 1), False), (date(2026, 4, 2), True), (date(2027, 4, 2), True)],
)
def test_a_month_is_shown_when_all_of_it_is_counted(today: date, over: bool) -> None:
    assert is_over(date(2026, 3, 1), today) is over


def test_the_next_month_of_december_is_in_the_next_year() -> None:
    assert (next_month(date(2026, 12, 1)), next_month(date(2026, 1, 31))) == (date(2027, 1, 1), date(2026, 2, 1))
