"""The people of a group, put into chosen places sort by sort, in numbers only; and the limits of what places hold.

The limits of all sets of sorts stand in one whole number, with a field of bits for each set. So they are added and compared
in one step. The highest bit of a field is its sign.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations
from typing import NamedTuple

FIELD = 16  # bits, of which one is the sign: enough for the people that all places of a large shelter hold
MOST = (1 << FIELD - 1) - 1

Party = tuple[int, ...]
"""How many people of each sort."""


class Sort(NamedTuple):
    """People who count for the same limits.

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


class TooManyWays(Exception):
    """Not every way was tried, and none was found."""


class Limits:
    """The most people of several sets of sorts that spaces hold; all of these must be at least what `whole` needs.

    The sets are each sort by itself, all people of one or more kinds of sort, and one sort with all children, or with
    all who are none.
    """

    def __init__(self, whole: Party, sorts: Sequence[Sort]) -> None:
        self._whole, self._sorts = whole, sorts
        kinds = [[number for number, sort in enumerate(sorts) if sort == kind] for kind in dict.fromkeys(sorts)]
        several = [tuple(chain(*some)) for size in range(len(kinds), 0, -1) for some in combinations(kinds, size)]
        alone = [(number,) for number in range(len(sorts))]
        sides = [[number for number, sort in enumerate(sorts) if sort.is_child == is_child] for is_child in (False, True)]
        mixed = [(number, *side) for number in range(len(sorts)) for side in sides if number not in side]
        # The first set is everybody.
        self._sets = list(dict.fromkeys(tuple(sorted(one)) for one in (*several, *alone, *mixed)))
        self.units = [
            sum(1 << FIELD * place for place, one in enumerate(self._sets) if number in one) for number in range(len(sorts))
        ]
        self.need = sum(count * unit for count, unit in zip(whole, self.units, strict=True))
        self._signs = sum(1 << FIELD * place + FIELD - 1 for place in range(len(self._sets)))
        self.people = sum(whole)
        self._lead_from_cots = any(sort.in_cot and not sort.is_led for sort in sorts)
        self._kept: dict[Space, int] = {}

    @staticmethod
    def everybody(held: int) -> int:
        """Return how many people of all sorts together are held."""
        return held & MOST

    def of(self, space: Space) -> int:
        """Return how many of each set this space holds at most."""
        held = self._kept.get(space)
        if held is None:
            held = sum(self._most(space, one) << FIELD * place for place, one in enumerate(self._sets))
            self._kept[space] = held
        return held

    def _most(self, space: Space, numbers: Sequence[int]) -> int:
        taken = [(self._sorts[number], self._whole[number]) for number in numbers if space.takes[number]]
        in_bed = in_cot = adults = children = both = others = 0
        leader = 1 if taken else 0  # their leader is there too
        for sort, count in taken:
            in_cot += count if sort.in_cot else 0
            in_bed += 0 if sort.in_cot else count
            both += count if sort.is_adult and sort.is_child else 0
            adults += count if sort.is_adult and not sort.is_child else 0
            children += count if sort.is_child and not sort.is_adult else 0
            others += count if not sort.is_adult and not sort.is_child else 0
            leader = leader if sort.is_led else 0
        beds = space.beds if self._lead_from_cots else space.beds - leader
        return max(
            0,
            min(
                space.people - leader,
                min(in_bed, beds) + min(in_cot, space.children),
                min(adults + both, space.adults) + min(children, space.children) + others,
                min(adults, space.adults) + min(children + both, space.children) + others,
            ),
        )

    def are_kept(self, held: int, need: int) -> bool:
        """Return whether nothing of `need` is more than what is held."""
        return ((held | self._signs) - need) & self._signs == self._signs

    def larger(self, one: int, other: int) -> int:
        """Return the larger number of each set."""
        signs = ((one | self._signs) - other) & self._signs
        fields = signs - (signs >> FIELD - 1)
        return one & fields | other & ~fields & ~self._signs


class Seats:
    """The seats of `whole` in these spaces, one space after the other. `step` is called before each try, and may raise."""

    def __init__(self, whole: Party, sorts: Sequence[Sort], spaces: Sequence[Space], step: Callable[[], None]) -> None:
        self._sorts, self._spaces, self._step = sorts, spaces, step
        self._limits = Limits(whole, sorts)
        self._later = [0]  # held by all spaces from each one on
        for space in reversed(spaces):
            self._later.insert(0, self._later[0] + self._limits.of(space))
        self._failed: set[tuple[int, Party]] = set()

    def seat(self, number: int, left: Party) -> tuple[Party, ...] | None:
        """Return a party for each space from this number on, which hold those who are left; None: they cannot."""
        self._step()
        if number == len(self._spaces):
            return None if any(left) else ()
        need = sum([count * unit for count, unit in zip(left, self._limits.units, strict=True)])
        if (number, left) in self._failed or not self._limits.are_kept(self._later[number], need):
            return None
        for party in self._parties(self._spaces[number], left):
            rest = self.seat(number + 1, tuple([before - count for before, count in zip(left, party, strict=True)]))
            if rest is not None:
                return (party, *rest)
        self._failed.add((number, left))
        return None

    def _parties(self, room: Space, left: Party, inside: Party = ()) -> Iterator[Party]:
        """Yield everybody who may sleep in this place together, the most people of the first sorts first.

        `room`: the rest of the place, beside the people who are `inside`.
        """
        if len(inside) == len(left):
            led = [sort.is_led for sort, count in zip(self._sorts, inside, strict=True) if count]
            if not led or not all(led):
                yield inside
            return
        sort = self._sorts[len(inside)]
        beds, people, adults, children, takes = room
        most = min(left[len(inside)], people) if takes[len(inside)] else 0
        most = most if sort.in_cot else min(most, beds)
        most = min(most, adults) if sort.is_adult else most
        most = min(most, children) if sort.is_child else most
        for count in range(most, -1, -1):
            self._step()
            less = Space(
                beds if sort.in_cot else beds - count,
                people - count,
                adults - count if sort.is_adult else adults,
                children - count if sort.is_child else children,
                takes,
            )
            yield from self._parties(less, left, (*inside, count))
