"""Ways to put a group into several places, in numbers only: the fewest places, and of these the smallest.

`rules/split.py` gives the numbers their meaning: which people may be taken for one another, and what a place holds.

A party is one whole number, with a field of bits for each sort of people and one, the highest, for all of them. So parties are
compared and taken from each other in one step. The highest bit of a field is its sign, and never set in a party.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

MOST_WAYS = 200  # that are kept while places are weighed: of people of very many sorts not every way is tried
FIELD = 6  # bits, of which one is the sign: no field is more than 31
MOST_IN_FIELD = 31

Party = tuple[int, ...]
"""How many people of each sort."""


class Sort(NamedTuple):
    """People who get the same answer from every place, and the limits for which they count.

    `is_led`: never in a place without somebody who is not.
    """

    in_cot: bool = False
    is_adult: bool = False
    is_child: bool = False
    is_led: bool = False


class Space(NamedTuple):
    """A place in numbers. `people`: beds and cots. `adults`, `children`: the most of them. `takes`: for each sort."""

    beds: int
    people: int
    adults: int
    children: int
    takes: tuple[bool, ...]


class Way(NamedTuple):
    """Some places, each with the people in it. The least is the best: the fewest places, and of these the smallest."""

    places: int
    size: int
    numbers: tuple[int, ...]
    parties: tuple[int, ...]


class Part(NamedTuple):
    """People who may sleep in one place. `led`, `others`: the fields of each sort that one more may join."""

    party: int
    led: int
    others: int


def best_way(whole: Party, sorts: tuple[Sort, ...], spaces: Sequence[Space]) -> tuple[tuple[int, Party], ...] | None:
    """Return the best way to put everybody into some of these places, as the number of each place and the people in it.

    None: there is none.
    """
    most = [
        tuple([min(count, space.people) if takes else 0 for count, takes in zip(whole, space.takes, strict=True)])
        for space in spaces
    ]
    parts = [_parts(space, sorts, party) for space, party in zip(spaces, most, strict=True)]
    total = FIELD * len(whole)
    largest = [some[0].party >> total if some else 0 for some in parts]
    enough = [places for places, size in enumerate(accumulate(sorted(largest, reverse=True)), 1) if size >= sum(whole)]
    if not enough:
        return None
    children = sum(((1 << FIELD) - 1) << FIELD * number for number, sort in enumerate(sorts) if sort.is_led)
    for places in sorted({enough[0], enough[-1]}):  # nearly always as few as their sizes allow, which leaves little to weigh
        way = _weigh(whole, spaces, parts, largest, children, places)
        if way is not None:
            fields = range(0, total, FIELD)
            return tuple(
                [
                    (number, tuple([party >> field & MOST_IN_FIELD for field in fields]))
                    for number, party in zip(way.numbers, way.parties, strict=True)
                ]
            )
    return None


def _weigh(
    whole: Party,
    spaces: Sequence[Space],
    parts: Sequence[Sequence[Part]],
    largest: Sequence[int],
    children: int,
    most: int,
) -> Way | None:
    """Return the best way into at most so many places. `children`: the fields of sorts that are led."""
    total, signs = FIELD * len(whole), sum(1 << FIELD * number + FIELD - 1 for number in range(len(whole) + 1))
    ways = {_code(whole): Way(0, 0, (), ())}  # by the people without a place
    for number, space in enumerate(spaces):
        later = [0, *accumulate(sorted(largest[number + 1 :], reverse=True))]  # the most people in so many later places
        later += later[-1:] * (most + 1 - len(later))
        longer = {party: way for party, way in ways.items() if party >> total <= later[most - way.places]}  # without this place
        for party, way in ways.items():
            if way.places >= (longer[0].places if 0 in longer else most):
                continue
            signed, places, size = party | signs, way.places + 1, way.size + space.people
            least = (party >> total) - later[most - places] << total
            for part, led, others in parts[number]:
                if part < least:
                    break
                left = signed - part
                if left & signs != signs or left & led or (left & others and not left & children):
                    continue  # they are not so many, or one more can sleep here and nobody is worse off
                left ^= signs
                before = longer.get(left)
                if before is None or (places, size) <= before[:2]:
                    new = Way(places, size, (*way.numbers, number), (*way.parties, part))
                    if before is None or new < before:
                        longer[left] = new
        ways = longer
        if len(ways) > MOST_WAYS:
            ways = dict(sorted(ways.items(), key=lambda one: (one[0] >> total, one[1]))[:MOST_WAYS])
    return ways.get(0)


def _code(party: Party) -> int:
    return sum(count << FIELD * number for number, count in enumerate((*party, sum(party))))


@lru_cache(maxsize=1024)
def _parts(space: Space, sorts: tuple[Sort, ...], most: Party) -> tuple[Part, ...]:
    """Return everybody who may sleep in this place together, at most so many of each sort; the most people first."""
    found: list[tuple[int, Space]] = [(0, space)]
    for number, (count, sort) in enumerate(zip(most, sorts, strict=True)):
        one = 1 << FIELD * number | 1 << FIELD * len(sorts)
        found = [(party + n * one, left) for party, room in found for n, left in enumerate(_fill(room, sort, count))]
    fields = [((1 << FIELD - 1) - 1) << FIELD * number for number in range(len(sorts))]
    ones = [1 << FIELD * number | 1 << FIELD * len(sorts) for number in range(len(sorts))]
    children = sum(field for field, sort in zip(fields, sorts, strict=True) if sort.is_led)
    others = sum(fields) - children
    possible = {party for party, _ in found if party & others or (party and not party & children)}

    def may_join(party: int, which: int) -> int:
        return sum(field for field, one in zip(fields, ones, strict=True) if field & which and party + one in possible)

    return tuple([Part(party, may_join(party, children), may_join(party, others)) for party in sorted(possible, reverse=True)])


def _fill(space: Space, sort: Sort, count: int) -> list[Space]:
    """Return the room that is left in this place with nobody, one, two … of this sort, at most `count`."""
    found = [space]
    while len(found) <= count:
        beds, people, adults, children, takes = found[-1]
        left = Space(beds - (not sort.in_cot), people - 1, adults - sort.is_adult, children - sort.is_child, takes)
        if min(left[:4]) < 0:
            break
        found.append(left)
    return found
