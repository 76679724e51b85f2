"""Measure how fast a place is found by the API, and how soon one change reaches the open search pages.

One searcher asks alone, then 50 ask at once, while 5 changes a second arrive.

    python bench/search.py                          20,000 made-up places in 350 shelters, each with criteria of its own
    python bench/search.py toronto-2024-01.csv      the real 7,692 places of 1 January 2024

A real server process (uvloop, one process) with the embedded PostgreSQL in a temporary folder. Everything stays on loopback
and ends by itself. No figure is a test. Figures last printed: at the end of this file.
"""

import argparse
import asyncio
import json
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
from rig import add_tokens, begin_board, import_city, serving, spread
from websockets.asyncio.client import connect

from bedboard.actions.setup import NewPlace, NewShelter, add_shelter
from bedboard.clock import Clock
from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.store.database import Database
from bedboard.store.seal import Seal, new_key

SHELTERS, PLACES = 350, 20_000
SEARCHES = 400  # of one searcher; the 50 do as many together, times five
CHANGES_A_SECOND = 5.0
PROFILES: tuple[dict[str, object], ...] = (
    {"adults": {"woman": 1}, "arrives_after": "now"},
    {"adults": {"woman": 1}, "children": {"child_0_3": 1, "child_4_11": 2}, "statuses": ["third_country"], "near": "u3"},
    {"adults": {"man": 1}, "exploitation": "labour", "status": "eu", "needs": ["addiction", "lvb"], "avoid": ["u1", "u2"]},
    {"minor_alone": True, "children": {"boy_12_17": 1}, "languages": ["en", "ti"]},
    {},
)


async def make_up_board(url: str) -> None:
    """Every shelter answers every criterion in its own way, one place in fifty as well; a tenth of the places is free."""
    now, seal, database, random = Clock().now(), Seal(new_key()), Database(url, statement_seconds=60), Random(1)

    def answers(names: Sequence[str]) -> dict[str, str]:
        return {name: random.choice(("yes", "yes", "yes", "discuss", "no")) for name in names}

    names = sorted(CRITERION_NAMES)
    async with database.transaction() as tx:
        await begin_board(tx)
        for number in range(SHELTERS):
            count = PLACES // SHELTERS + (number < PLACES % SHELTERS)
            places = [
                NewPlace(
                    id=f"s{number}-{n}",
                    kind=f"k{random.randrange(7)}",
                    label=str(n),
                    beds=random.choice((1, 1, 1, 2, 3, 5)),
                    cots=random.choice((0, 0, 0, 1)),
                    observed_at=now - timedelta(minutes=1),
                    state="open" if n % 10 == 0 else "occupied",
                    criteria=answers(random.sample(names, 2)) if n % 50 == 0 else None,
                )
                for n in range(count)
            ]
            shelter = NewShelter(
                f"s{number}",
                "org",
                f"u{number % 10}",
                f"Shelter {number:03}",
                "088",
                "",
                now,
                places,
                criteria=answers(names),
                limits={"min_age": 18, "max_children": random.randrange(5)},
            )
            await add_shelter(tx, shelter, seal, now)
        await add_tokens(tx, SHELTERS)
    await database.dispose()


def profiles_for(units: Sequence[str]) -> list[bytes]:
    """The profiles in the words of this board."""

    def in_words(profile: dict[str, object]) -> dict[str, object]:
        number = {"u1": 1, "u2": 2, "u3": 3}
        given = dict(profile)
        if "near" in given:
            given["near"] = units[3 % len(units)]
        if "avoid" in given:
            given["avoid"] = [units[number[one] % len(units)] for one in ("u1", "u2")]
        return given

    return [json.dumps(in_words(profile)).encode() for profile in PROFILES]


async def search(url: str, profiles: list[bytes], searches: int, searchers: int) -> list[float]:
    """Milliseconds of each search; every searcher asks again as soon as it has its answer."""
    took: list[float] = []

    async def one(number: int) -> None:
        headers = {"Authorization": "Bearer demo-police"}
        async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=60) as client:
            for turn in range(searches // searchers):
                start = time.perf_counter()
                reply = await client.post("/search", content=profiles[(number + turn) % len(profiles)])
                if reply.status_code != 200:
                    raise AssertionError(f"{reply.status_code}: {reply.text}")
                took.append((time.perf_counter() - start) * 1000)

    await asyncio.gather(*(one(number) for number in range(searchers)))
    return took


async def ask_nothing(url: str, times: int) -> list[float]:
    """Milliseconds of `GET /health`: what HTTP, this client and this machine take by themselves."""
    took: list[float] = []
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        for _ in range(times):
            start = time.perf_counter()
            (await client.get("/health")).raise_for_status()
            took.append((time.perf_counter() - start) * 1000)
    return took


def keep_changing(
    url: str, shelters: Sequence[tuple[str, str]], every: float, took: list[float], ended: threading.Event
) -> None:
    """Places change, one after the other, so many a second, in a thread of its own so that its times are the server's."""
    with httpx.Client(base_url=f"{url}/api/v1", timeout=60) as client:
        turn = 0
        while not ended.is_set():
            shelter, place = shelters[turn % len(shelters)]
            start = time.perf_counter()
            headers = {"Authorization": f"Bearer demo-shelter-{shelter}"}
            status = "occupied" if turn // len(shelters) % 2 == 0 else "free"
            client.patch(f"/places/{place}", json={"status": status}, headers=headers).raise_for_status()
            took.append((time.perf_counter() - start) * 1000)
            turn += 1
            time.sleep(max(0.0, every - (time.perf_counter() - start)))


async def watch(url: str, cookie: str, pages: int, shelters: Sequence[tuple[str, str]], rounds: int) -> list[float]:
    """Milliseconds from a tap until the last of so many open search pages shows what is found now."""
    arrived: list[float] = []
    fields = {"adults.woman": "1", "arrival": "open"}
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=60) as client:
        lines = []
        for _ in range(pages):
            line = await connect(
                f"{url.replace('http', 'ws', 1)}/live?view=search",
                additional_headers={"Cookie": cookie},
                origin=url,  # type: ignore[arg-type]
                max_size=None,
                ping_interval=None,
            )
            await line.send(json.dumps({"type": "hello", "known": {}, "search": {"n": 1, "fields": fields}}))
            await line.recv()
            lines.append(line)

        async def hears(line: object) -> None:
            while b'"found"' not in (await line.recv(decode=False))[:20]:  # type: ignore[attr-defined]
                pass

        for turn in range(rounds):
            shelter, place = shelters[turn % len(shelters)]
            waiting = [asyncio.create_task(hears(line)) for line in lines]
            headers = {"Authorization": f"Bearer demo-shelter-{shelter}"}
            start = time.perf_counter()
            (await client.patch(f"/places/{place}", json={"status": "occupied"}, headers=headers)).raise_for_status()
            _, late = await asyncio.wait(waiting, timeout=10)
            if late:
                raise AssertionError(f"{len(late)} of {pages} pages heard nothing of {place}")
            arrived.append((time.perf_counter() - start) * 1000)
        for line in lines:
            await line.close()
    return arrived


async def measure(url: str, person: str) -> None:
    """Print every figure. `person`: id of the demo's person that signs in and searches."""
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer demo-police"}, timeout=60) as client:
        board = (await client.get("/api/v1/board")).json()["shelters"]
        units = sorted({one["unit"] for one in board})
        signed_in = await client.post("/sign-in/demo", data={"person": person}, headers={"Origin": url})
        cookie = signed_in.headers["set-cookie"].split(";")[0]
        found = (await client.post("/api/v1/search", json={"adults": {"woman": 1}, "limit": 40})).json()
        page = await client.post("/search", data={"adults.woman": "1"}, headers={"Origin": url, "Cookie": cookie})
        page.raise_for_status()
    places = [place["id"] for one in board for place in one["places"]]
    free = [(one["id"], place["id"]) for one in board for place in one["places"] if place["status"] == "free"]
    best = [(match["shelter"], match["place"]) for match in found["matches"]]
    print(f"{len(board)} shelters, {len(places)} places, {len(free)} free; a page of results is {len(page.content) >> 10} KB")
    profiles = profiles_for(units)
    await search(url, profiles, 50, 1)
    print(f"  an empty answer, for comparison       {spread(await ask_nothing(url, SEARCHES))}")
    print(f"  search, one searcher, quiet           {spread(await search(url, profiles, SEARCHES, 1))}")
    changes: list[float] = []
    ended = threading.Event()
    others = [one for one in free if one not in best]
    some = Random(2).sample(others, min(200, len(others)))
    changing = threading.Thread(target=keep_changing, args=(url, some, 1 / CHANGES_A_SECOND, changes, ended), daemon=True)
    changing.start()
    print(f"  search, one searcher, 5 changes/s     {spread(await search(url, profiles, SEARCHES, 1))}")
    begun = time.perf_counter()
    took = await search(url, profiles, SEARCHES * 5, 50)
    rate = len(took) / (time.perf_counter() - begun)
    print(f"  search, 50 searchers, 5 changes/s     {spread(took)}   {rate:.0f} searches/s")
    print(f"  the changes meanwhile                 {spread(changes)}   {len(changes)} changes")
    ended.set()
    changing.join()
    for pages in (1, 50):
        arrived = await watch(url, cookie, pages, best[:20] if pages == 1 else best[20:40], min(20, len(best) // 2))
        print(f"  a tap until the last of {pages:2} search pages {spread(arrived)}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("city", type=Path, nargs="?", help="the city's CSV; without it a made-up board")
    given = parser.parse_args()

    def fill(url: str) -> None:
        if given.city is None:
            asyncio.run(make_up_board(url))
        else:
            import_city(url, given.city)

    with serving(fill) as (url, _, _):
        asyncio.run(measure(url, "police" if given.city is None else "mark"))


if __name__ == "__main__":
    main()


# Figures last printed, on two cores (the server takes one, this client and the database the other). 50 searchers ask again at
# once, without a pause: that is the most that one process can do, not what 50 people do.
#
# python bench/search.py toronto-2024-01.csv
# 135 shelters, 7913 places, 98 free; a page of results is 47 KB
#   an empty answer, for comparison       p50     1.05 ms   p99     1.38 ms   max     3.27 ms
#   search, one searcher, quiet           p50     1.64 ms   p99     2.53 ms   max     4.87 ms
#   search, one searcher, 5 changes/s     p50     1.62 ms   p99     4.01 ms   max     5.13 ms
#   search, 50 searchers, 5 changes/s     p50    41.29 ms   p99   721.14 ms   max  1076.88 ms   710 searches/s
#   the changes meanwhile                 p50    24.89 ms   p99    47.93 ms   max    47.93 ms   18 changes
#   a tap until the last of  1 search pages p50    10.22 ms   p99    14.99 ms   max    14.99 ms
#   a tap until the last of 50 search pages p50    39.57 ms   p99    41.29 ms   max    41.29 ms
#
# python bench/search.py
# 350 shelters, 20000 places, 2100 free; a page of results is 63 KB
#   an empty answer, for comparison       p50     1.26 ms   p99     3.01 ms   max     7.19 ms
#   search, one searcher, quiet           p50     9.02 ms   p99    14.52 ms   max    15.94 ms
#   search, one searcher, 5 changes/s     p50    10.49 ms   p99    19.02 ms   max    21.32 ms
#   search, 50 searchers, 5 changes/s     p50   468.35 ms   p99   985.42 ms   max  1383.66 ms   102 searches/s
#   the changes meanwhile                 p50   241.43 ms   p99   410.45 ms   max   410.45 ms   98 changes
#   a tap until the last of  1 search pages p50    20.87 ms   p99    30.42 ms   max    30.42 ms
#   a tap until the last of 50 search pages p50   113.27 ms   p99   221.52 ms   max   221.52 ms
# (in the same hour every match was still made into a row: quiet p50 10.73, p99 19.86)
#
# 28 November 2026, within ten minutes, on cores that other work shared (twice as much during the first):
# place by place
#   an empty answer, for comparison       p50     6.37 ms   p99    18.16 ms   max    24.95 ms
#   search, one searcher, quiet           p50    31.92 ms   p99    66.44 ms   max    74.30 ms
#   search, 50 searchers, 5 changes/s     p50   911.25 ms   p99  2855.35 ms   max  5893.40 ms   47 searches/s
#   a tap until the last of 50 search pages p50   364.77 ms   p99   567.36 ms   max   567.36 ms
# by columns
#   an empty answer, for comparison       p50     3.19 ms   p99    10.44 ms   max    15.08 ms
#   search, one searcher, quiet           p50     8.92 ms   p99    21.79 ms   max    23.52 ms
#   search, 50 searchers, 5 changes/s     p50   247.75 ms   p99  2113.36 ms   max  3010.36 ms   155 searches/s
#   a tap until the last of 50 search pages p50   236.64 ms   p99   387.78 ms   max   387.78 ms
