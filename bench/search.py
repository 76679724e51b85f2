"""Measure how fast a place is found by the API, and how soon one change reaches the open search pages.

One searcher asks alone, then 50 ask at once, while 5 changes a second arrive.

    python bench/search.py                          20,000 made-up places in 350 shelters, each with criteria of its own
    python bench/search.py --workers 2              the same, served by two processes on one port
    python bench/search.py toronto-2024-01.csv      the real 7,692 places of 1 January 2024

A real server (uvloop) with the embedded PostgreSQL in a temporary folder. Everything stays on loopback
and ends by itself. No figure is a test. Figures last printed: at the end of this file.
"""

import argparse
import asyncio
import json
import select
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

from bare import ask, ask_at_once, connect, cpu_ms, empty, hear, open_page, request, sign_in
from rig import SEAL, add_tokens, begin_board, import_city, serving, spread

from bedboard.actions.setup import NewPlace, NewShelter, add_shelter
from bedboard.clock import Clock
from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.schemas.profile import SearchProfile, write_profile
from bedboard.store.database import Database

SEARCHERS = 50
SEARCHES = 400
FORM = {"Content_Type": "application/x-www-form-urlencoded"}
CHANGES_A_SECOND = 5.0
PROFILES: tuple[dict[str, object], ...] = (
    {"adults": {"woman": 1}, "arrives_after": "now"},
    {"adults": {"woman": 1}, "children": {"child_0_3": 1, "child_4_11": 2}, "statuses": ["third_country"], "near": "u3"},
    {"adults": {"man": 1}, "exploitation": "labour", "statuses": ["eu"], "needs": ["addiction", "lvb"], "avoid": ["u1", "u2"]},
    {"minor_alone": True, "children": {"boy_12_17": 1}, "languages": ["en", "ti"]},
    {},
)

SPLIT: tuple[tuple[str, dict[str, object]], ...] = (
    ("a group of 8 that may be split", {"group": 8, "split": True}),
    ("a family of 6 that may be split", {"adults": {"woman": 1, "man": 1}, "children": {"child_0_3": 1, "child_4_11": 3}}),
    (
        "the worst mix that may be split",
        {
            "adults": {"woman": 3, "man": 3, "other_gender": 1},
            "children": {"child_0_3": 2, "child_4_11": 3, "child_12_17": 2, "boy_12_17": 2},
            "group": 20,
        },
    ),
)


async def make_up_board(url: str, shelters: int, all_places: int) -> None:
    """Every shelter answers every criterion in its own way, one place in fifty as well; a tenth of the places is free."""
    now, random = Clock().now(), Random(1)
    database = Database(url, SEAL.marks, statement_seconds=60)

    def answers(names: Sequence[str]) -> dict[str, str]:
        return {name: random.choice(("yes", "yes", "yes", "discuss", "no")) for name in names}

    names = sorted(CRITERION_NAMES)
    async with database.transaction() as tx:
        await begin_board(tx)
        for number in range(shelters):
            count = all_places // shelters + (number < all_places % shelters)
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
            await add_shelter(tx, shelter, SEAL, now)
        await add_tokens(tx, shelters)
    await database.dispose()


def profiles_for(units: Sequence[str]) -> list[dict[str, object]]:
    """Fifty profiles in the words of this board, no two alike."""
    found = []
    for number in range(SEARCHERS):
        given = dict(PROFILES[number % len(PROFILES)])
        if number >= len(PROFILES):
            given |= {"near": units[number % len(units)], "languages": [("nl", "en", "fr", "ar", "ti")[number // 10]]}
        if "avoid" in given:
            given["avoid"] = [units[1 % len(units)], units[2 % len(units)]]
        found.append(given)
    return found


def fields_of(profile: Mapping[str, object]) -> dict[str, str]:
    """Return a profile as the fields of the search page."""
    return write_profile(SearchProfile.model_validate(profile))


def keep_changing(
    url: str, shelters: Sequence[tuple[str, str]], every: float, took: list[float], ended: threading.Event
) -> None:
    """Places change, one after the other, so many a second, in a thread of its own so that its times are the server's."""
    line, turn = connect(url), 0
    while not ended.is_set():
        shelter, place = shelters[turn % len(shelters)]
        start = time.perf_counter()
        ask(line, change(url, shelter, place, "occupied" if turn // len(shelters) % 2 == 0 else "free"))
        took.append((time.perf_counter() - start) * 1000)
        turn += 1
        time.sleep(max(0.0, every - (time.perf_counter() - start)))
    line.close()


def change(url: str, shelter: str, place: str, status: str) -> bytes:
    body = json.dumps({"status": status}).encode()
    return request(url, "PATCH", f"/api/v1/places/{place}", body, Authorization=f"Bearer demo-shelter-{shelter}")


def watch(url: str, cookie: str, searches: Sequence[Mapping[str, str]], shelters: Sequence[tuple[str, str]]) -> list[float]:
    """Milliseconds from a tap until the last open search page, one for each of `searches`, shows what is found now.

    Every tap on a free place changes at least the figures of every page.
    """
    pages = [open_page(url, "/live?view=search&lang=nl", cookie, {"search": {"n": 1, "fields": one}}) for one in searches]
    for page in pages:
        hear(page, b'"found"')
    poll, by_number, arrived = select.epoll(), {page.fileno(): page for page in pages}, list[float]()
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    line = connect(url)
    for shelter, place in shelters:
        waiting = set(by_number)
        start = time.perf_counter()
        line.sendall(change(url, shelter, place, "occupied"))
        while waiting:
            ready = poll.poll(10)
            if not ready:
                raise AssertionError(f"{len(waiting)} of {len(pages)} pages heard nothing of {place}")
            for number, _ in ready:
                if b'"type":"found"' in by_number[number].recv(1 << 18):
                    waiting.discard(number)
        arrived.append((time.perf_counter() - start) * 1000)
        hear(line, b"\r\n\r\n")
        time.sleep(0.2)  # the rest of what was sent, such as a pulse
        for page in pages:
            empty(page)
        empty(line)
    for page in (*pages, line):
        page.close()
    return arrived


def kept_page(url: str, cookie: str, fields: Mapping[str, str]) -> bytes:
    """Send the form of the search page as a browser without scripts does; return the request for the page that follows."""
    with connect(url) as line:
        line.sendall(request(url, "POST", "/search", urlencode(fields).encode(), **FORM, Origin=url, Cookie=cookie))
        head = hear(line, b"\r\n\r\n").decode()
    said = dict(one.partition(": ")[::2] for one in head.splitlines()[1:] if ": " in one)
    kept = said["set-cookie"].partition(";")[0]
    return request(url, "GET", said["location"], Cookie=f"{cookie}; {kept}", Accept_Encoding="gzip")


def measure(url: str, pids: Sequence[int], person: str, searches: int) -> None:
    """Print every figure. `person`: id of the demo's person that signs in. `searches`: of one searcher; 50 do more."""
    police = {"Authorization": "Bearer demo-police"}

    def answer(wanted: bytes) -> Any:
        return json.loads(ask(first, wanted).partition(b"\r\n\r\n")[2])

    first, cookie = connect(url), sign_in(url, person)
    board = answer(request(url, "GET", "/api/v1/board", **police))["shelters"]
    asked = profiles_for(sorted({one["unit"] for one in board}))
    # A process keeps what it has found for a second at most. So no two of these are the same, and each has to be found.
    said = [json.dumps({**one, "limit": 100 - turn}).encode() for turn in range(max(1, searches // SEARCHERS)) for one in asked]
    profiles = [request(url, "POST", "/api/v1/search", one, **police) for one in said]
    woman = request(url, "POST", "/api/v1/search", b'{"adults": {"woman": 1}, "limit": 40}', **police)
    best = [(match["shelter"], match["place"]) for match in answer(woman)["matches"]]
    form = FORM | {"Origin": url, "Cookie": cookie, "Accept_Encoding": "gzip"}
    script = [request(url, "POST", "/search", urlencode(fields_of(one)).encode(), **form, HX_Request="true") for one in asked]
    page = [kept_page(url, cookie, fields_of(one)) for one in asked]
    free = [(one["id"], place["id"]) for one in board for place in one["places"] if place["status"] == "free"]
    print(f"{len(board)} shelters, {sum(len(one['places']) for one in board)} places, {len(free)} free")

    def show(name: str, requests: Sequence[bytes], times: int, lines: int = 1) -> None:
        cpu, begun = cpu_ms(pids), time.perf_counter()
        took = ask_at_once(url, requests, times, lines)
        rate = len(took) / (time.perf_counter() - begun)
        print(f"  {name:37} {spread(took)}   {rate:5.0f}/s   {(cpu_ms(pids) - cpu) / times:6.2f} ms of CPU each")

    ask_at_once(url, profiles, searches // 4, 1)
    nothing = [request(url, "GET", "/health")]
    show("an empty answer, for comparison", nothing, searches)
    show("search, one searcher, quiet", profiles, searches)
    show("search page, kept, one searcher", page, searches // 4)
    show("the same, asked by a script", script, searches // 4)
    for name, group in SPLIT:
        body = json.dumps({"group": 6, "split": True} | group).encode()
        show(name, [request(url, "POST", "/api/v1/search", body, **police)], max(1, searches // 10))
    changes: list[float] = []
    ended = threading.Event()
    others = [one for one in free if one not in best]
    some = Random(2).sample(others, min(200, len(others)))
    changing = threading.Thread(target=keep_changing, args=(url, some, 1 / CHANGES_A_SECOND, changes, ended), daemon=True)
    changing.start()
    show("search, one searcher, 5 changes/s", profiles, searches)
    show("an empty answer, 50 at once", nothing, searches * 5, SEARCHERS)
    show("search, 50 searchers, 5 changes/s", profiles, searches * 5, SEARCHERS)
    show("the same fifty searches again", profiles[:SEARCHERS], searches * 5, SEARCHERS)
    ended.set()
    changing.join()
    print(f"  {'the changes meanwhile':37} {spread(changes)}   {len(changes)} changes")
    alike, rounds = [{"adults.woman": "1", "arrival": "open"}] * SEARCHERS, min(10, len(best) // 3)
    various = [fields_of(one) for one in asked]
    for name, pages, taps in (
        ("1 search page", alike[:1], best[:rounds]),
        ("50 that search alike", alike, best[rounds : 2 * rounds]),
        ("50 that search for various people", various, best[2 * rounds : 3 * rounds]),
    ):
        print(f"  a tap until the last of {name:33} {spread(watch(url, cookie, pages, taps))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("city", type=Path, nargs="?", help="the city's CSV; without it a made-up board")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--shelters", type=int, default=350)
    parser.add_argument("--places", type=int, default=20_000)
    parser.add_argument("--searches", type=int, default=SEARCHES, help="of one searcher; 50 do five times as many")
    given = parser.parse_args()

    def fill(url: str) -> None:
        if given.city is None:
            asyncio.run(make_up_board(url, given.shelters, given.places))
        else:
            import_city(url, given.city)

    with serving(fill, given.workers) as served:
        measure(served.url, served.pids, "police" if given.city is None else "mark", given.searches)


if __name__ == "__main__":
    main()


# Last printed, 30 November 2026, on two cores with nothing beside it (Python 3.11.7, uvicorn 0.54.0, uvloop 0.23.0):
#
# 350 shelters, 20000 places, 2100 free
#   an empty answer, for comparison       p50     0.17 ms   p99     0.33 ms   max     0.38 ms    5700/s     0.15 ms of CPU each
#   search, one searcher, quiet           p50     1.39 ms   p99     2.78 ms   max     3.49 ms     745/s     1.34 ms of CPU each
#   search page, kept, one searcher       p50     4.30 ms   p99   223.92 ms   max   223.92 ms     131/s     7.59 ms of CPU each
#   the same, asked by a script           p50     4.16 ms   p99     9.35 ms   max     9.35 ms     240/s     4.14 ms of CPU each
#   a group of 8 that may be split        p50     0.32 ms   p99    57.42 ms   max    57.42 ms     562/s     1.76 ms of CPU each
#   a family of 6 that may be split       p50     0.34 ms   p99    36.91 ms   max    36.91 ms     772/s     1.27 ms of CPU each
#   the worst mix that may be split       p50     0.32 ms   p99    12.67 ms   max    12.67 ms    1523/s     0.64 ms of CPU each
#   search, one searcher, 5 changes/s     p50     1.66 ms   p99     4.78 ms   max     9.94 ms     565/s     1.76 ms of CPU each
#   an empty answer, 50 at once           p50     6.43 ms   p99    13.16 ms   max    31.78 ms    6697/s     0.15 ms of CPU each
#   search, 50 searchers, 5 changes/s     p50    83.63 ms   p99   399.87 ms   max   423.18 ms     508/s     1.97 ms of CPU each
#   the same fifty searches again         p50    25.83 ms   p99   103.98 ms   max   113.84 ms    1258/s     0.79 ms of CPU each
#   the changes meanwhile                 p50    44.40 ms   p99   224.24 ms   max   224.24 ms   33 changes
#   a tap until the last of 1 search page                     p50    12.81 ms   p99    15.06 ms   max    15.06 ms
#   a tap until the last of 50 that search alike              p50    17.48 ms   p99    26.69 ms   max    26.69 ms
#   a tap until the last of 50 that search for various people p50    43.88 ms   p99    67.41 ms   max    67.41 ms
#
# Two processes:
#   search, one searcher, quiet           p50     1.47 ms   p99     3.22 ms   max     4.60 ms     670/s     1.47 ms of CPU each
#   search, one searcher, 5 changes/s     p50     1.50 ms   p99     5.97 ms   max    13.34 ms     604/s     1.60 ms of CPU each
#   search, 50 searchers, 5 changes/s     p50    44.87 ms   p99   180.87 ms   max   206.09 ms     951/s     1.95 ms of CPU each
#   the changes meanwhile                 p50    50.36 ms   p99   165.31 ms   max   165.31 ms   20 changes
#   a tap until the last of 50 that search alike              p50    19.37 ms   p99    21.81 ms   max    21.81 ms
#   a tap until the last of 50 that search for various people p50    39.43 ms   p99    64.96 ms   max    64.96 ms
# Four processes on the two cores:
#   search, one searcher, quiet           p50     1.50 ms   p99     3.53 ms   max     9.52 ms     630/s     1.57 ms of CPU each
#   search, one searcher, 5 changes/s     p50     1.50 ms   p99     5.06 ms   max     7.38 ms     665/s     1.57 ms of CPU each
#   search, 50 searchers, 5 changes/s     p50    52.23 ms   p99   214.22 ms   max   350.72 ms     768/s     2.39 ms of CPU each
#   the changes meanwhile                 p50   106.88 ms   p99   290.59 ms   max   290.59 ms   26 changes
#   a tap until the last of 50 that search alike              p50    24.94 ms   p99    29.35 ms   max    29.35 ms
#   a tap until the last of 50 that search for various people p50    49.98 ms   p99    99.54 ms   max    99.54 ms
