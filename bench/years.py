"""What ten years of a large board cost: rows, bytes, and the time of a tap, of the journal's page, of the past, of retention.

    python bench/years.py                         ten years of 800 shelters with 20,000 places: 30 million lines, 25 GB, an hour
    python bench/years.py --years 1

A real server with the embedded PostgreSQL in a temporary folder. No figure is a test. Figures last printed: at the end of
this file.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import stood
from bare import ask_at_once
from made_past import run, sizes
from rig import SEAL, Served, spread
from search import change
from sqlalchemy import text

from bedboard.clock import Clock
from bedboard.store.acts import ActFilter, list_actors, list_acts
from bedboard.store.database import Database, Transaction
from bedboard.store.journal import get_criteria_version, list_journal_since
from bedboard.store.retention import delete_oldest


def measure(served: Served, years: float, turns: int) -> None:
    """Print all figures, one line each; the last one deletes lines."""
    wanted = [change(served.url, "s1", f"s1-{n}", status) for n in (1, 2, 3) for status in ("free", "occupied")]
    print(f"a tap:                       {spread(ask_at_once(served.url, wanted, 10 * turns, 1))}")
    asyncio.run(measure_store(served, years, turns))
    stood.measure(served, years, turns)
    every = asyncio.run(sizes(served.database_url))
    print(f"MB a year, all of the journal {sum(every.values()) / years:,.0f}")


async def measure_store(served: Served, years: float, turns: int) -> None:
    now = Clock().now()
    database = Database(served.web_url, SEAL.marks, statement_seconds=600)

    async def show(name: str, read: Callable[[Transaction, int], Awaitable[Any]]) -> None:
        took = []
        for turn in range(turns):
            begun = time.perf_counter()
            async with database.transaction() as tx:
                await read(tx, turn)
            took.append((time.perf_counter() - begun) * 1000)
        print(f"{name:28} {spread(took)}", flush=True)

    def days(turn: int, count: int, shelter: str = "") -> ActFilter:
        until = now - timedelta(days=365 * years * turn / turns)
        return ActFilter(until - timedelta(days=count), until, "all", shelter, "")

    await show("journal's page of a day:", lambda tx, turn: list_acts(tx, days(turn, 1), 51, 0))
    await show("of a month, a shelter:", lambda tx, turn: list_acts(tx, days(turn, 31, "s1"), 51, 0))
    await show("its actors of a day:", lambda tx, turn: list_actors(tx, days(turn, 1), 200))
    await show("criteria of a shelter:", lambda tx, turn: get_criteria_version(tx, f"s{turn % 40}", None))
    await show("lines for an undoing:", lambda tx, turn: list_journal_since(tx, "s1", now - timedelta(minutes=1)))
    await show("retention, 500 lines:", lambda tx, turn: delete_oldest(tx, "journal", now - timedelta(days=182 * years)))
    async with database.transaction() as tx:
        left = (await (await tx.connection()).execute(text("select count(*) from cut"))).scalar_one()
    print(f"{left} batches were deleted", flush=True)
    await database.dispose()


def main() -> None:
    run(__doc__ or "", 10.0, lambda served, years: measure(served, years, 40))


if __name__ == "__main__":
    main()


# Last printed, 30 November 2026, on two cores with a load of fifteen from other work; not yet on a quiet machine:
#
# 29,930,000 lines made up in 2270 s
# journal's page of a day:     p50    77.00 ms   p99   200.62 ms   max   200.62 ms
# of a month, a shelter:       p50   215.03 ms   p99   304.06 ms   max   304.06 ms
# its actors of a day:         p50    53.68 ms   p99   105.27 ms   max   105.27 ms
# criteria of a shelter:       p50    17.27 ms   p99   295.18 ms   max   295.18 ms
# lines for an undoing:        p50    17.36 ms   p99    28.92 ms   max    28.92 ms
# retention, 500 lines:        p50    42.47 ms   p99   134.73 ms   max   134.73 ms
# MB: journal 13408.5, picture 984.2 (one after 24 changes; now after 8), ix_journal_shelter_id_version 944.1, pk_journal 672.7,
#     ix_journal_received_at 672.3, chain 623.6, pk_picture 56.6, ix_picture_at 30.5, ix_chain_source 1.9, pk_chain 1.4,
#     ix_journal_words 0.0, ix_journal_criteria 0.0
#
# The same day, with a load of ten:
#
# --years 1
# 2,993,000 lines made up in 179 s
# a tap:                       p50    24.45 ms   p99   114.39 ms   max   265.40 ms
# journal's page of a day:     p50    26.21 ms   p99   176.32 ms   max   176.32 ms
# of a month, a shelter:       p50    47.13 ms   p99   358.52 ms   max   358.52 ms
# its actors of a day:         p50    19.22 ms   p99    95.28 ms   max    95.28 ms
# criteria of a shelter:       p50     3.97 ms   p99    14.47 ms   max    14.47 ms
# lines for an undoing:        p50    14.81 ms   p99    54.98 ms   max    54.98 ms
# retention, 500 lines:        p50    12.88 ms   p99    82.65 ms   max    82.65 ms   (--shelters 40 --places 4000 --years 0.3)
# the board as it stood, GET, packed: p50  1252.45 ms   p99  2098.24 ms   max  2098.24 ms   11 KB
# reading alone:                      p50   562.18 ms   p99  1093.13 ms   max  1093.13 ms
# MB: journal 1347.7, ix_journal_shelter_id_version 94.6, picture 93.4, pk_journal 67.7, ix_journal_received_at 67.4,
#     chain 62.9, pk_picture 6.0, ix_picture_at 2.8, ix_chain_source 0.2, pk_chain 0.2, ix_journal_words 0.0,
#     ix_journal_criteria 0.0
# MB a year, all of the journal 1,743
