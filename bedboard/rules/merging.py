"""The figures that everybody may see: made once for each month that is over, so that no two exports tell more than one.

Each month of each table is merged by itself, and every sum is one of merged months. So whatever periods somebody compares,
the difference is again a sum of merged months, and no cell below `LEAST` comes out of it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from bedboard.rules.refusals import FieldError, Invalid
from bedboard.rules.tallies import TABLES, Axis, Table, part_of

LEAST = 5  # cells below this are merged: fewer events might be known to belong to somebody
SETTLED_AFTER = timedelta(days=1)  # a count waits for an hour: by then, all of a month are in

USUAL_MONTHS = 12
MOST_MONTHS = 60

Cells = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Merged:
    """One table of one month as everybody may see it.

    `shown`: the cells that stand alone. `together`: the sum of all others; 0: all others are zero. `is_hidden`: there are
    events, and too few to say how many. `is_counted` False: counting had not begun.
    """

    shown: Cells = field(default_factory=dict)
    together: int = 0
    is_hidden: bool = False
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class Sums:
    """One table of a period. `merged_months` and `hidden_months`: those in which some or all of it is not shown apart.

    `at_least`: the cells that have more than is shown, perhaps: in some month they are not shown apart. `uncounted_months`:
    those before counting began.
    """

    shown: Cells
    together: int
    merged_months: int
    hidden_months: int
    at_least: frozenset[str] = frozenset()
    uncounted_months: int = 0

    @property
    def total(self) -> int:
        """Return the sum of what is shown, apart and together; months that are hidden are not in it."""
        return sum(self.shown.values()) + self.together


def merge(cells: Cells) -> Merged:
    """Merge the small cells of a table with one another, and always with the next larger ones, however many are small.

    So each of them may be the larger one. Cells of zero are not told from the merged ones, and cells of the same size stay or
    go together: otherwise the choice itself would tell a number.
    """
    if sum(cells.values()) < LEAST:
        return Merged(is_hidden=any(cells.values()))
    large = {name: count for name, count in cells.items() if count >= LEAST}
    if any(0 < count < LEAST for count in cells.values()):
        least = min(large.values(), default=0)
        large = {name: count for name, count in large.items() if count > least}
    return Merged(large, sum(cells.values()) - sum(large.values()))


def is_over(month: date, today: date) -> bool:
    """Return whether all of a month has been counted. `month`: its first day; `today`: local."""
    return today >= next_month(month) + SETTLED_AFTER


def next_month(month: date) -> date:
    """Return the first day of the month after that of this day."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Count:
    """A row of the tallies, over all hours of the day but for "sought_hour". `month`: its first day."""

    month: date
    what: str
    unit_code: str
    kind_code: str
    code: str
    count: int


def _name(count: Count, axis: Axis) -> str:
    if axis == "part":
        return part_of(count.code)
    if axis == "kind_code":
        return f"{count.kind_code}/{count.code}"
    return {"all": "all", "code": count.code, "unit": count.unit_code, "kind": count.kind_code}[axis]


def cells_of(counts: Iterable[Count], table: Table) -> dict[date, Counter[str]]:
    """Return the cells of one table by month, as they were counted."""
    months: dict[date, Counter[str]] = {}
    for one in counts:
        if one.what == table.what and table.code in (None, one.code):
            months.setdefault(one.month, Counter())[_name(one, table.axis)] += one.count
    return months


def merge_apart(cells: Cells) -> Merged:
    """Show the large cells of a table whose sum nobody learns; a small one is hidden, and no other with it."""
    return Merged(
        {name: count for name, count in cells.items() if count >= LEAST},
        is_hidden=any(0 < count < LEAST for count in cells.values()),
    )


def merge_whole(cells: Cells) -> Merged:
    """Show all cells of a table, or none where one is small: so no sum of another table has a small cell left over."""
    if any(0 < count < LEAST for count in cells.values()):
        return Merged(is_hidden=True)
    return Merged({name: count for name, count in cells.items() if count})


def merge_table(counts: Iterable[Count], table: Table) -> dict[date, Merged]:
    """Return one table by month as everybody may see it.

    A table of the events of one cell of another is shown only where that cell is: its sum would tell the cell. A sum or cell
    that differs by less than `LEAST` from that of a table of nearly the same cases is hidden: the difference would be known.
    """
    counts = list(counts)
    rule = merge_apart if table.is_apart else merge_whole if table.is_whole else merge
    merged = {month: rule(cells) for month, cells in cells_of(counts, table).items()}
    if table.parent is not None:
        name, cell = table.parent
        above = merge_table(counts, TABLES[name])
        shown = {month for month, one in above.items() if cell in one.shown}
        merged = {month: one if month in shown else Merged(is_hidden=True) for month, one in merged.items()}
    if table.near is not None:
        row, name = table.near
        others = cells_of(counts, TABLES[name])
        merged = {month: _hide_near(one, row, others.get(month, Counter()).total()) for month, one in merged.items()}
    return merged


def _hide_near(one: Merged, cell: str | None, other: int) -> Merged:
    """Hide a table, or this cell of it, when its count and the other one have a difference that is small."""
    own = sum(one.shown.values()) + one.together if cell is None else one.shown.get(cell, 0)
    if own == 0 or other < LEAST or not 0 < abs(own - other) < LEAST:
        return one
    shown = {} if cell is None else {name: count for name, count in one.shown.items() if name != cell}
    return Merged(shown, is_hidden=True)


def add_months(months: Iterable[Merged]) -> Sums:
    """Add up what everybody may see of several months."""
    shown: Counter[str] = Counter()
    months = list(months)
    for one in months:
        shown.update(one.shown)
    return Sums(
        dict(shown),
        sum(one.together for one in months),
        sum(one.together > 0 for one in months),
        sum(one.is_hidden for one in months),
        frozenset(name for name in shown for one in months if (one.together or one.is_hidden) and name not in one.shown),
        sum(not one.is_counted for one in months),
    )


def earlier_month(month: date, count: int) -> date:
    """Return the first day of the month that is so many months before this one."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def check_period(first: date | None, last: date | None, newest: date, today: date) -> list[date]:
    """Return the months of a period, each by its first day; without an end it is `newest`, without a beginning a year.

    Refusal: Invalid, for one that ends before it begins, has not begun, or is too long.
    """
    end = last or max(newest, first or newest)
    begin = first or earlier_month(end, USUAL_MONTHS - 1)
    for name, month in (("first_month", begin), ("last_month", end)):
        if month > today:
            raise Invalid(FieldError(name, "month_in_future"))
    if end < begin:
        raise Invalid(FieldError("last_month", "month_before_first"))
    if end >= earlier_month(begin, -MOST_MONTHS):
        raise Invalid(FieldError("last_month", "too_many_months", {"most": MOST_MONTHS}))
    months = [begin]
    while months[-1] < end:
        months.append(next_month(months[-1]))
    return months
