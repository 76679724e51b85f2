"""The demo has a past: every table of the monitor shows something on the first day, also in merged months."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bedboard.rules.merging import Count, earlier_month, is_over
from bedboard.rules.tallies import TABLES
from bedboard.seed_past import MONTHS, play_past
from bedboard.seeds import load_seeds, read_seed_file
from bedboard.settings import SEEDS
from bedboard.store.database import Database
from bedboard.store.tallies import list_counts
from bedboard.views.figures import list_figures, list_freshness, list_occupancy, list_of_shelters, list_series
from tests.build import SEAL
from tests.build.rows import do

CROSSED = "stay_of_kind"  # it has small cells in each month, so only the desk sees it


@pytest.mark.parametrize("now", [datetime(2026, 3, 11, 13, tzinfo=UTC), datetime(2027, 1, 31, 23, 30, tzinfo=UTC)])
async def test_every_table_shows_something_of_half_a_year(database: Database, now: datetime) -> None:
    seeds = read_seed_file(SEEDS / "demo.toml")
    await do(database, lambda tx: load_seeds(tx, seeds, SEAL, now, demo=True))
    total = await do(database, lambda tx: play_past(tx, seeds, now))
    today = now.astimezone(ZoneInfo("Europe/Amsterdam")).date()
    months = [earlier_month(today.replace(day=1), back) for back in range(MONTHS, 0, -1)]
    counts: list[Count] = await do(database, lambda tx: list_counts(tx, months[0], months[-1]))
    assert {one.month for one in counts} == set(months) and is_over(months[0], today)
    assert [one.name for one in list_figures(counts, months, merged=True) if one.rows] == [
        name for name in TABLES if name != CROSSED
    ]
    series = list_series(counts, months, merged=True)
    assert all(point.count for one in series.values() for point in one.points)
    assert sum(point.count or 0 for point in series["sought"].points) == total
    assert list_occupancy(counts, months) and list_freshness(counts, months)
    assert len(list_of_shelters(counts, months, [one.id for one in seeds.shelter])) > len(seeds.shelter) // 2
