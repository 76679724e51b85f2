"""How long the board as it stood takes, for any moment of a past of years, and what its pictures cost to store.

    python bench/stood.py                         a year of 800 shelters with 20,000 places
    python bench/stood.py --shelters 60 --places 9000 --years 0.25

A real server with the embedded PostgreSQL in a temporary folder, and one desk that asks one page after another, each of
another moment. No figure is a test. Figures last printed: at the end of this file.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from urllib.parse import quote

from bare import ask, connect, cpu_ms, request, sign_in
from made_past import run, sizes
from rig import Served, spread

from bedboard.clock import Clock
from bedboard.store.database import Database
from bedboard.store.past import list_past


def measure(served: Served, years: float, pages: int) -> None:
    """Print the times of the page and of what it reads, and the sizes."""
    random, now = Random(1), Clock().now()
    moments = [now - timedelta(days=random.uniform(0, 365 * years)) for _ in range(pages)]
    cookie = sign_in(served.url, "desk")
    took, before = [], cpu_ms(served.pids)
    with connect(served.url) as line:
        for at in moments:
            wanted = request(
                served.url, "GET", f"/monitor/board?at={quote(at.isoformat())}", Cookie=cookie, Accept_Encoding="gzip"
            )
            begun = time.perf_counter()
            answer = ask(line, wanted)
            took.append((time.perf_counter() - begun) * 1000)
    cpu = (cpu_ms(served.pids) - before) / pages
    print(f"the board as it stood, GET, packed: {spread(took)}   {len(answer) / 1000:.0f} KB, {cpu:.0f} ms of our CPU")
    print(f"reading alone:                      {spread(asyncio.run(reading(served, moments)))}")
    print("MB: " + ", ".join(f"{name} {size:.1f}" for name, size in asyncio.run(sizes(served.database_url)).items()))


async def reading(served: Served, moments: Sequence[datetime]) -> list[float]:
    """Return the milliseconds of each reading."""
    database = Database(served.web_url, statement_seconds=60)
    took = []
    for at in moments:
        begun = time.perf_counter()
        async with database.transaction() as tx:
            await list_past(tx, at)
        took.append((time.perf_counter() - begun) * 1000)
    await database.dispose()
    return took


def main() -> None:
    run(__doc__ or "", 1.0, lambda served, years: measure(served, years, 100))


if __name__ == "__main__":
    main()


# Last printed, 30 November 2026, on two cores with a load of ten from other work; not yet on a quiet machine:
#
# --shelters 60 --places 9000 --years 0.2 (269,370 lines)
# the board as it stood, GET, packed: p50   272.00 ms   p99   673.70 ms   max   673.70 ms   5 KB, 78 ms of our CPU
# reading alone:                      p50    64.57 ms   p99   532.66 ms   max   532.66 ms
