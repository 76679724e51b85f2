"""Run every bench in its smallest size, so that none of them breaks unseen. The figures mean nothing.

    python bench/smallest.py

One server with the figures of `monitor.py`, and one with two workers and the board of `back.py`.
"""

import asyncio
import tempfile
from pathlib import Path

import back
import board
import fanout
import limits
import made_past
import monitor
import months
import search
import split
import stood
import taps
import trust
import uvloop
import years
from rig import serving

SCREENS = 10


def fill(url: str) -> None:
    asyncio.run(back.make_up_board(url, back.WARM_UP))


def fill_past(url: str) -> None:
    fill(url)
    asyncio.run(made_past.make_up_past(url, 1, 2000))


def main() -> None:
    split.measure(2)
    trust.measure(trust.make_up(3, 4, 1), trust.Staff(), 1, daily=True)
    hub = fanout.serve_python("hub", 600, Path())
    if hub is not None:
        fanout.report(5, asyncio.run(fanout.measure({"hub": hub}, 5, 0.1)))
    with serving(lambda url: asyncio.run(monitor.make_up_year(url))) as served:
        monitor.measure(served.url, served.pids, 1)
    with serving(fill, 2) as served:
        back.measure(served, SCREENS)
        search.measure(served.url, served.pids, "police", 4)
        board.measure(served.url, served.pids, [2], 4)
        taps.measure(served, 2, 3, 9)
        with tempfile.TemporaryDirectory(prefix="bedboard-bench-") as folder:
            uvloop.run(limits.measure(Path(folder), served.web_url, 3, 0))
    with serving(fill_past, 1) as served:
        stood.measure(served, 1, 2)
        months.measure(served.database_url, 2000, 2)
        years.measure(served, 1, 2)


if __name__ == "__main__":
    main()
