"""How many taps a second many shelters can make at once, with one, two and four processes on one port.

    python bench/taps.py                          20 shelters tap without a pause, 3,000 taps for each number of workers
    python bench/taps.py --workers 1 --taps 10000

A real server (uvloop) with the embedded PostgreSQL in a temporary folder; the clients are one process. It also prints what the
connections of the server were waiting for, as PostgreSQL saw it ten times a second: "at work" uses a core, "client" means that
the server holds a transaction open, "disk" is a commit. No figure is a test. Figures last printed: at the end of this file.
"""

import argparse
import asyncio
import threading
import time
from collections import Counter
from pathlib import Path

import asyncpg
from bare import ask_at_once, cpu_ms
from board import make_up_board
from rig import Served, serving, spread
from search import change

from bedboard.store.address import asyncpg_url

PLACES_EACH = 25
SEEN_AS = {"IO": "disk", "LWLock": "disk", "IPC": "disk", "Client": "client", "Lock": "a lock", None: "at work"}
SAMPLE = """
    select wait_event_type, count(*) from pg_stat_activity
    where application_name = 'bedboard' and state in ('active', 'idle in transaction') group by 1
"""


async def look(url: str, ended: threading.Event, seen: Counter[str]) -> None:
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        while not ended.is_set():
            for kind, count in await connection.fetch(SAMPLE):
                seen[SEEN_AS.get(kind, "other")] += count
            await asyncio.sleep(0.1)
    finally:
        await connection.close()


def postgres_ms(pid: int) -> float:
    """Return the milliseconds of CPU of a server of PostgreSQL with its present processes."""
    children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return cpu_ms([pid, *children])


def measure(served: Served, workers: int, shelters: int, taps: int) -> None:
    """Print two lines: as many lines as shelters, each taps again as soon as it has its answer."""
    wanted = [
        change(served.url, f"s{n}", f"s{n}-{place}", status)
        for place in range(1, 10)  # those that are occupied
        for status in ("free", "occupied")
        for n in range(shelters)
    ]
    ask_at_once(served.url, wanted, 2 * shelters, shelters)
    ended, seen = threading.Event(), Counter[str]()
    watching = threading.Thread(target=lambda: asyncio.run(look(served.database_url, ended, seen)))
    watching.start()
    before, begun = (cpu_ms(served.pids), postgres_ms(served.database_pid)), time.perf_counter()
    took = ask_at_once(served.url, wanted, taps, shelters)
    seconds = time.perf_counter() - begun
    ours, theirs = cpu_ms(served.pids) - before[0], postgres_ms(served.database_pid) - before[1]
    ended.set()
    watching.join()
    print(
        f"{workers} workers: {taps / seconds:5.0f} taps/s   {spread(took)}   CPU of a tap: ours {ours / taps:5.2f} ms, "
        f"PostgreSQL {theirs / taps:5.2f} ms",
        flush=True,
    )
    print(
        "           its connections: " + ", ".join(f"{name} {count / seen.total():.0%}" for name, count in seen.most_common())
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--shelters", type=int, default=20)
    parser.add_argument("--taps", type=int, default=3000)
    given = parser.parse_args()
    places = given.shelters * PLACES_EACH
    for workers in given.workers:
        with serving(lambda url: asyncio.run(make_up_board(url, given.shelters, places)), workers) as served:
            measure(served, workers, given.shelters, given.taps)


if __name__ == "__main__":
    main()


# Last printed, 30 November 2026, on two cores with nothing beside it (Python 3.11.7, uvicorn 0.54.0, uvloop 0.23.0):
#
# 1 workers:   334 taps/s   p50    58.17 ms   p99   137.31 ms  max   213.25 ms  CPU of a tap: ours  2.97 ms, PostgreSQL  1.32 ms
#            its connections: client 93%, disk 4%, at work 2%, a lock 1%
# 2 workers:   360 taps/s   p50    54.13 ms   p99   101.80 ms  max   269.91 ms  CPU of a tap: ours  3.81 ms, PostgreSQL  1.58 ms
#            its connections: client 91%, disk 4%, at work 3%, a lock 2%
# 4 workers:   280 taps/s   p50    64.73 ms   p99   180.79 ms  max   330.25 ms  CPU of a tap: ours  5.10 ms, PostgreSQL  1.83 ms
#            its connections: client 92%, at work 3%, disk 3%, a lock 2%
