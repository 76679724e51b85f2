"""Measure how fast the monitor shows a year: the first page, for which every picture is drawn, the next ones, and the files.

    python bench/monitor.py [--pages 40] [--workers 1]

A real server (uvloop) with the embedded PostgreSQL in a temporary folder, and a year of made-up counts: half a million events,
far more than the Netherlands have. Everything stays on loopback and ends by itself. No figure is a test. Figures last printed:
at the end of this file.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bare import ask, ask_at_once, connect, cpu_ms, request, sign_in
from rig import SEAL, add_tokens, begin_board, serving, spread

from bedboard.actions.setup import add_person
from bedboard.clock import Clock
from bedboard.rules.merging import earlier_month
from bedboard.rules.places import PLACE_STATUSES
from bedboard.rules.tallies import HOUSEHOLDS, LONGER, SLEPT, STAYS, WAITS
from bedboard.store.database import Database
from bedboard.store.tables.people import Person
from bedboard.store.tallies import Tally, add_waiting_tallies, count_tallies_at

UNITS = [f"u{number}" for number in range(10)]
KINDS = [f"k{number}" for number in range(7)]
CODES = {
    "sought": [str(day) for day in range(1, 8)],
    "household": HOUSEHOLDS,
    "exploitation": ("sexual", "labour", "criminal", "other_exploitation", "unknown"),
    "answer": ("yes", "no", "discuss", "silent"),
    "refused": ("no_place", "contra_indication", "no_staff", "household"),
    "request": ("arrived", "ended"),
    **dict.fromkeys(("first_answer", "first_yes", "decided", "arrival"), (*WAITS, LONGER)),
}
AXES = {"sought_unit": UNITS, "placed_unit": UNITS, "refused_unit": UNITS, "freshness": UNITS}


def _every_tally() -> list[Tally]:
    """Return one of each tally that can be."""
    tallies = [Tally(what, "", "", code) for what, codes in CODES.items() for code in codes]
    tallies += [Tally(what, unit, "", "fresh" if what == "freshness" else "") for what, units in AXES.items() for unit in units]
    tallies += [Tally("slept", unit, "", code) for unit in UNITS for code in SLEPT]
    tallies += [Tally("stay", "", kind, code) for kind in KINDS for code in (*STAYS, LONGER)]
    tallies += [Tally(what, "", kind, "") for what in ("placed_kind", "refused_kind", "kind_sought") for kind in KINDS]
    return tallies + [Tally("occupancy", "", kind, status) for kind in KINDS for status in PLACE_STATUSES]


async def make_up_year(url: str) -> None:
    """Count every tally in every hour of the day of each of twelve months."""
    random, database = Random(1), Database(url, SEAL.marks, statement_seconds=60)
    zone, now = ZoneInfo("Europe/Amsterdam"), Clock().now()
    async with database.transaction() as tx:
        await begin_board(tx)
        await add_tokens(tx, 0)
        await add_person(tx, Person(id="policy", organization_id="org", name="policy", role="policy", demo=True))
        for back in range(12, 0, -1):
            first = earlier_month(now.astimezone(zone).date().replace(day=1), back)
            start = datetime(first.year, first.month, 2, tzinfo=zone)
            hours = [start + timedelta(hours=hour) for hour in range(24)]
            rows = [(hour, tally._replace(times=random.randint(1, 12))) for hour in hours for tally in _every_tally()]
            await count_tallies_at(tx, start, rows)
        await add_waiting_tallies(tx)
    await database.dispose()


def measure(url: str, pids: Sequence[int], pages: int) -> None:
    """Print every figure."""
    line = connect(url)
    for person in ("policy", "desk"):
        cookie = sign_in(url, person)
        for name, path, times in (
            ("a year", "/monitor", pages),
            ("a unit and a kind", "/monitor?unit=u1&kind=k1", pages),
            ("the report", "/monitor/report", pages),
            ("CSV", "/monitor/figures.csv", max(1, pages // 10)),
            ("ODS", "/monitor/figures.ods", max(1, pages // 10)),
        ):
            wanted = request(url, "GET", path, Cookie=cookie, Accept_Encoding="gzip")
            begun, cpu = time.perf_counter(), cpu_ms(pids)
            size = len(ask(line, wanted))
            first = (time.perf_counter() - begun) * 1000
            drawn, cpu = cpu_ms(pids) - cpu, cpu_ms(pids)
            took = ask_at_once(url, [wanted], times, 1)
            each = (cpu_ms(pids) - cpu) / times
            print(
                f"  {person:6} {name:18} first {first:7.1f} ms ({drawn:4.0f} of CPU)   {spread(took)}"
                f"   {each:6.1f} ms of CPU each   {size:6} bytes"
            )
    line.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--pages", type=int, default=40)
    given = parser.parse_args()
    with serving(lambda url: asyncio.run(make_up_year(url)), given.workers) as served:
        measure(served.url, served.pids, given.pages)


if __name__ == "__main__":
    main()


# Last printed, 30 November 2026, on two cores with ten other processes waiting for them (so compare the CPU, not the times):
#
# With a load of fifteen, and with the CPU of the first:
#
#   policy a year             first  1881.6 ms ( 369 of CPU)   p50   511.58ms  p99   859.43 ms    85.5 ms of CPU  16804 bytes
#   policy a unit and a kind  first   790.6 ms ( 176 of CPU)   p50   509.81ms  p99   740.50 ms    101.5 ms of CPU  21627 bytes
#   policy the report         first   256.1 ms (  68 of CPU)   p50    89.36ms  p99   182.94 ms    18.1 ms of CPU   6876 bytes
#   policy CSV                first   705.8 ms ( 132 of CPU)   p50   518.73ms  p99   550.51 ms    100.0 ms of CPU  165136 bytes
#   policy ODS                first  4568.9 ms (1043 of CPU)   p50  5012.11ms  p99  5426.01 ms   1031.0 ms of CPU  24747 bytes
#   desk   a year             first  1402.7 ms ( 235 of CPU)   p50   596.33ms  p99  1072.87 ms    81.0 ms of CPU  18544 bytes
#
# With a load of ten:
#
#   policy a year             first   909.3 ms   p50   220.48 ms   p99   388.33 ms     44.6 ms of CPU   17021 bytes
#   policy a unit and a kind  first   589.4 ms   p50   244.30 ms   p99   433.66 ms     58.6 ms of CPU   21909 bytes
#   policy the report         first   126.0 ms   p50    67.09 ms   p99   173.22 ms     10.8 ms of CPU    6991 bytes
#   policy CSV                first   346.8 ms   p50   399.40 ms   p99   399.40 ms     68.4 ms of CPU  165136 bytes
#   policy ODS                first  3070.7 ms   p50  3055.55 ms   p99  3055.55 ms    696.9 ms of CPU   24747 bytes
#   desk   a year             first  1007.4 ms   p50   302.16 ms   p99   489.20 ms     48.9 ms of CPU   18711 bytes
