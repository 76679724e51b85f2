"""Ways to put a group into several places, in numbers only: the fewest places, and of these the smallest.

`rules/split.py` gives the numbers their meaning: which people may be taken for one another, and what a place holds.

The places of a shelter are few kinds of space. So a way is weighed in two steps. First so many spaces of each kind are
chosen. A choice is left out at once when the spaces cannot hold all people of some set of sorts, because these limits only have
to be added up. Then the people are seated in the chosen spaces, sort by sort. Both steps try everything that they have to.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import accumulate
from math import inf
from typing import NamedTuple

from bedboard.rules.seats import Limits, Party, Seats, Sort, Space, TooManyWays

ROUNDING = 1e-9
MOST_STEPS = 20_000  # for one shelter: a household of all sorts in a shelter of many kinds of space needs a tenth
MOST_STEPS_OF_ALL = 200_000  # for all shelters of one search: about a quarter of a second
LEAST_STEPS = 500  # that a shelter may always use, so that plain ones are answered whatever the others took


class Choice(NamedTuple):
    """Some places: the kind of space of each, and all their beds and cots."""

    kinds: tuple[int, ...]
    size: int


class Choices:
    """The choices of places of one shelter, within all limits.

    `spaces`: each with its number of places, those that hold the most people first. `step` is called before each try, and may
    raise.
    """

    def __init__(self, spaces: Sequence[tuple[Space, int]], limits: Limits, step: Callable[[], None]) -> None:
        self._spaces, self._limits, self._step = spaces, limits, step
        self._held = [limits.of(space) for space, _ in spaces]
        self._most, self._least = [0], [0]  # of one place, from each kind of space on
        self._each = [inf]  # the size of a place for each of its people, likewise
        for (space, _), held in zip(reversed(spaces), reversed(self._held), strict=True):
            self._most.insert(0, limits.larger(self._most[0], held))
            self._least.insert(0, min(self._least[0] or space.people, space.people))
            people = limits.everybody(held)
            self._each.insert(0, min(self._each[0], space.people / people if people else inf))
        each = [limits.everybody(held) for (_, count), held in zip(spaces, self._held, strict=True) for _ in range(count)]
        self._people = [0, *accumulate(each)]  # held by all places before each one
        self._first = [0, *accumulate(count for _, count in spaces)]  # place of each kind
        self._best: Choice | None = None

    def smallest(self, places: int, without: Collection[Choice]) -> Choice | None:
        """Return the smallest choice of so many places, of equal ones that with the first spaces; None: there is none."""
        self._best = None
        self._go_on(0, Choice((), 0), 0, places, without)
        return self._best

    def _go_on(self, kind: int, chosen: Choice, held: int, left: int, without: Collection[Choice]) -> None:
        self._step()
        limits, first, people = self._limits, self._first[kind], self._people
        if first + left >= len(people):
            return
        to_go = limits.people - limits.everybody(held)
        if people[first + left] - people[first] < to_go:
            return
        if self._best is not None:
            least = max(left * self._least[kind], to_go * self._each[kind] - ROUNDING if to_go > 0 else 0)
            if chosen.size + least > self._best.size - 1:
                return
        if not limits.are_kept(held + left * self._most[kind], limits.need):
            return
        if not left:
            self._best = self._best if chosen in without else chosen
            return
        space, count = self._spaces[kind]
        for number in range(min(left, count), -1, -1):
            more = Choice((*chosen.kinds, *[kind] * number), chosen.size + number * space.people)
            self._go_on(kind + 1, more, held + number * self._held[kind], left - number, without)


class Ways:
    """The ways of one group, for many shelters. `sorts` has a sort for each number of `whole`."""

    def __init__(self, whole: Party, sorts: Sequence[Sort]) -> None:
        self._whole, self._sorts, self._people = whole, sorts, sum(whole)
        self._limits = Limits(whole, sorts)
        self._found: dict[tuple[tuple[Space, int], ...], tuple[tuple[int, Party], ...] | None] = {}
        self._seated: dict[tuple[Space, ...], tuple[Party, ...] | None] = {}
        self._steps_of_all = MOST_STEPS_OF_ALL
        self._steps = 0  # that are left for this shelter

    def best(self, spaces: Sequence[tuple[Space, int]]) -> tuple[tuple[int, Party], ...] | None:
        """Return the best way into these spaces, each with its number of places: the space of each place, and the people in it.

        The first spaces are preferred among ways that are as good. None: there is no way. Raises TooManyWays.
        """
        limits = self._limits
        numbers = sorted(range(len(spaces)), key=lambda number: -limits.everybody(limits.of(spaces[number][0])))
        key = tuple([spaces[number] for number in numbers])
        if key not in self._found:
            held = sum([limits.of(space) * count for space, count in spaces])
            self._found[key] = self._choose(key) if limits.are_kept(held, limits.need) else None
        way = self._found[key]
        return None if way is None else tuple([(numbers[number], party) for number, party in way])

    def _choose(self, spaces: tuple[tuple[Space, int], ...]) -> tuple[tuple[int, Party], ...] | None:
        self._steps = given = min(MOST_STEPS, max(LEAST_STEPS, self._steps_of_all))
        choices = Choices(spaces, self._limits, self._step)
        try:
            for places in range(1, self._most_places(spaces) + 1):
                in_vain: set[Choice] = set()
                while (choice := choices.smallest(places, in_vain)) is not None:
                    parties = self._seat(tuple([spaces[kind][0] for kind in choice.kinds]))
                    if parties is not None:
                        return tuple(zip(choice.kinds, parties, strict=True))
                    in_vain.add(choice)
            return None
        finally:
            self._steps_of_all -= given - self._steps

    def _most_places(self, spaces: Sequence[tuple[Space, int]]) -> int:
        """Return the largest number of places that may be needed: in each of them somebody is not led."""
        leaders = sum(count for count, sort in zip(self._whole, self._sorts, strict=True) if not sort.is_led)
        return min(leaders, sum(count for _, count in spaces))

    def _step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise TooManyWays

    def _seat(self, spaces: tuple[Space, ...]) -> tuple[Party, ...] | None:
        """Return everybody in these spaces, as a party for each; None: that cannot be. Raises TooManyWays."""
        if spaces not in self._seated:
            self._seated[spaces] = self._try_seats(spaces)
        return self._seated[spaces]

    def _try_seats(self, spaces: tuple[Space, ...]) -> tuple[Party, ...] | None:
        alike: dict[tuple[Sort, tuple[bool, ...]], list[int]] = {}  # people who get the same answers here are one sort
        for number, sort in enumerate(self._sorts):
            alike.setdefault((sort, tuple([space.takes[number] for space in spaces])), []).append(number)
        # Those who are led come first, so that few lead them; then those with the fewest spaces.
        order = sorted(alike, key=lambda one: (not one[0].is_led, sum(one[1])))
        whole = tuple([sum(self._whole[number] for number in alike[one]) for one in order])
        places = [
            space._replace(takes=takes)
            for space, takes in zip(spaces, zip(*(one[1] for one in order), strict=True), strict=True)
        ]
        parties = Seats(whole, [sort for sort, _ in order], places, self._step).seat(0, whole)
        return None if parties is None else self._name(parties, [alike[one] for one in order])

    def _name(self, parties: Sequence[Party], numbers: Sequence[Sequence[int]]) -> tuple[Party, ...]:
        """Say of each party how many of the first sorts are in it. `numbers`: those that were taken for one."""
        left, named = list(self._whole), []
        for party in parties:
            inside = [0] * len(left)
            for count, several in zip(party, numbers, strict=True):
                for number in several:
                    inside[number] = min(count, left[number])
                    left[number] -= inside[number]
                    count -= inside[number]  # noqa: PLW2901
            named.append(tuple(inside))
        return tuple(named)
