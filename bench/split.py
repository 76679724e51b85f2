"""Measure the search for twenty people who may be split, on boards of 20,000 places that are all free.

    python bench/split.py

It is the CPU of this process only, without a server and a database. No figure is a test. Figures last printed: at the end.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.rules.deciding import Deciding
from bedboard.rules.fit import Profile
from bedboard.rules.freshness import USUAL_LIMITS
from bedboard.store.board import Catalogue, KindRow, PlaceRow, ShelterRow, UnitRow
from bedboard.views.cards import make_card
from bedboard.views.columns import Columns

PLACES = 57
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
CATALOGUE = Catalogue(
    name="Bench",
    zone=ZoneInfo("Europe/Amsterdam"),
    demo=True,
    units={f"u{n}": UnitRow(f"u{n}", f"Unit {n}", f"U{n}", n % 4 + 1, n // 4 + 1) for n in range(10)},
    kinds={f"k{n}": KindRow(f"k{n}", {}, {}, Deciding("shelter"), None) for n in range(7)},
)
NAMES = sorted(CRITERION_NAMES)
PARTY = {"woman": 3, "man": 3, "other_gender": 1, "child_0_3": 2, "child_4_11": 3, "child_12_17": 2, "boy_12_17": 2}
GROUPS: Mapping[str, Profile] = {
    "a group of 8": Profile(group=8, split=True),
    "a family of 6": Profile(woman=1, man=1, child_0_3=1, child_4_11=3, group=6, split=True),
    "20 people of 8 sorts": Profile(**PARTY, group=20, split=True),  # type: ignore[arg-type]
    "20 people of 7 sorts": Profile(**PARTY | {"child_0_3": 4, "woman": 5}, group=20, split=True),  # type: ignore[arg-type]
}
Words = tuple[str, ...]
SAID: Words = ("yes", "yes", "yes", "discuss", "no")


def shelter(number: int, random: Random, words: Words, own_words: Words, own: int, limits: Mapping[str, int]) -> ShelterRow:
    """Return a shelter that answers every criterion with one of `words`; one place in `own` has two answers of its own."""
    places = tuple(
        PlaceRow(
            f"s{number}-{n}",
            str(n),
            f"k{random.randrange(7)}",
            random.choice((1, 1, 1, 2, 3, 5)),
            random.choice((0, 0, 0, 1)),
            "open",
            NOW,
            NOW,
            None,
            None,
            {name: random.choice(own_words) for name in random.sample(NAMES, 2)} if n % own == 0 else None,
            None,
        )
        for n in range(PLACES)
    )
    return ShelterRow(
        id=f"s{number}",
        name=f"Shelter {number:03}",
        unit=f"u{number % 10}",
        organization_id="org",
        organization="Organisation",
        version=1,
        confirmed_at=NOW,
        created_at=NOW - timedelta(days=1),
        intake_from_minutes=0,
        intake_until_minutes=1440,
        confirm_times=(),
        criteria={name: random.choice(words) for name in NAMES},
        limits=limits,
        languages=(),
        places=places,
    )


def some_limits(random: Random) -> dict[str, int]:
    return {"min_age": 18, "max_children": random.randrange(5)}


def tight_limits(random: Random) -> dict[str, int]:
    return {"max_adults": random.randrange(1, 4), "max_children": random.randrange(4)}


BOARDS: Mapping[str, tuple[Words, Words, int, Callable[[Random], dict[str, int]]]] = {
    "every shelter says something else": (SAID, SAID, 50, some_limits),
    "nearly everybody is welcome": (("yes",) * 40 + ("discuss",), SAID, 50, some_limits),
    "few in a place": (("yes",) * 40 + ("discuss",), SAID, 50, tight_limits),
    "every place says something else": (("yes",) * 12 + ("discuss",), SAID, 1, tight_limits),
    "every tenth place does": (("yes",) * 12 + ("discuss", "no"), ("no", "yes"), 10, tight_limits),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shelters", type=int, default=350)
    measure(parser.parse_args().shelters)


def measure(shelters: int) -> None:
    """Print what each group costs on each board of so many shelters."""
    for name, (words, own_words, own, limits) in BOARDS.items():
        random, board = Random(1), Columns()
        for number in range(shelters):
            row = shelter(number, random, words, own_words, own, limits(random))
            board.take(make_card(row, CATALOGUE, USUAL_LIMITS, NOW))
        board.found(Profile(woman=1), CATALOGUE, 100)
        print(f"{name}: {shelters * PLACES} free places")
        for who, profile in GROUPS.items():
            took = []
            for _ in range(2):
                board.recent.forget()
                begun = time.process_time()
                found = board.found(profile, CATALOGUE, 100)
                took.append((time.process_time() - begun) * 1000)
            split = sum(1 for match in found.matches if match.together)
            shown = f"{split:3} of the first 100 split, {getattr(found, 'untried', 0):3} shelters not tried out"
            print(f"  {who:22} {took[0]:9.1f} ms of CPU, again {took[1]:9.1f} ms   {shown}", flush=True)


if __name__ == "__main__":
    main()


# Last printed, 30 November 2026, on two cores with nothing beside it (Python 3.11.7, uvicorn 0.54.0, uvloop 0.23.0):
#
# every shelter says something else: 19950 free places
#   a group of 8                98.4 ms of CPU, again     195.6 ms   100 of the first 100 split,   0 shelters not tried out
#   a family of 6               46.9 ms of CPU, again      47.8 ms    35 of the first 100 split,   0 shelters not tried out
#   20 people of 8 sorts        62.9 ms of CPU, again      62.0 ms    53 of the first 100 split,   0 shelters not tried out
#   20 people of 7 sorts        56.2 ms of CPU, again      55.6 ms    53 of the first 100 split,   0 shelters not tried out
# nearly everybody is welcome: 19950 free places
#   a group of 8               127.3 ms of CPU, again     117.2 ms   100 of the first 100 split,   0 shelters not tried out
#   a family of 6               71.4 ms of CPU, again     187.1 ms    35 of the first 100 split,   0 shelters not tried out
#   20 people of 8 sorts       184.1 ms of CPU, again     185.5 ms   100 of the first 100 split,   0 shelters not tried out
#   20 people of 7 sorts       166.5 ms of CPU, again     168.2 ms   100 of the first 100 split,   0 shelters not tried out
# few in a place: 19950 free places
#   a group of 8               174.6 ms of CPU, again     290.1 ms   100 of the first 100 split,   0 shelters not tried out
#   a family of 6               85.1 ms of CPU, again      87.6 ms   100 of the first 100 split,   0 shelters not tried out
#   20 people of 8 sorts       262.8 ms of CPU, again     264.7 ms   100 of the first 100 split,   0 shelters not tried out
#   20 people of 7 sorts       215.9 ms of CPU, again     216.6 ms   100 of the first 100 split,   0 shelters not tried out
# every place says something else: 19950 free places
#   a group of 8               453.3 ms of CPU, again     431.0 ms   100 of the first 100 split,   0 shelters not tried out
#   a family of 6              363.1 ms of CPU, again     196.1 ms   100 of the first 100 split,   0 shelters not tried out
#   20 people of 8 sorts       943.8 ms of CPU, again     974.5 ms   100 of the first 100 split,   0 shelters not tried out
#   20 people of 7 sorts       699.9 ms of CPU, again     678.7 ms   100 of the first 100 split,   0 shelters not tried out
# every tenth place does: 19950 free places
#   a group of 8               368.0 ms of CPU, again     168.7 ms   100 of the first 100 split,   0 shelters not tried out
#   a family of 6               97.4 ms of CPU, again      96.8 ms   100 of the first 100 split,   0 shelters not tried out
#   20 people of 8 sorts       374.9 ms of CPU, again     223.6 ms   100 of the first 100 split,   0 shelters not tried out
#   20 people of 7 sorts       191.3 ms of CPU, again     193.7 ms   100 of the first 100 split,   0 shelters not tried out
