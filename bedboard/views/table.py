"""The places of a whole board as columns of numbers, one row for each lot and for each set of terms."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bedboard.rules.fit import FRESHNESS_ORDER
from bedboard.views.cards import Card, Lot

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

ROW_BITS, MINUTES_BITS, SIZE_BITS = 24, 10, 8
"""Of the one number by which matches are ordered: fit, freshness, kind (meant, decides), travel band, beds, cots (50 at most),
minutes, row."""

BAND_SHIFT = ROW_BITS + MINUTES_BITS + 2 * SIZE_BITS
KIND_SHIFT = BAND_SHIFT + 2
FRESHNESS_SHIFT = KIND_SHIFT + 3
FIT_SHIFT = FRESHNESS_SHIFT + 2


class Block(NamedTuple):
    """The rows of all shelters with one name (nearly always one shelter), ready to be joined.

    `groups`: a row for each set of terms: criteria with yes and with no as masks, number of `rest`, number of unit, order of
    freshness. `free`: a row for each lot with a free place: beds, beds and cots, free places, group within the
    block, number of kind; by lot id. `every`: a row for each lot: beds, beds and cots, places that are not free, group, number
    of kind.
    """

    groups: Numbers
    free: Numbers
    every: Numbers
    lots: tuple[tuple[Card, Lot], ...]
    cards: tuple[Card, ...]


def as_rows(rows: list[tuple[int, ...]], width: int) -> Numbers:
    return np.array(rows, dtype=np.int64).reshape(len(rows), width)


class Table:
    """All blocks joined, in the order of the shelters' names."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        blocks = tuple(blocks)
        starts = np.cumsum([0, *(len(block.groups) for block in blocks)])
        self.yes, self.no, self.rest, self.unit, self.freshness = _joined([b.groups for b in blocks], 5)
        self.beds, self.people, self.count, of_block, self.free_kind = _joined([b.free for b in blocks], 5)
        self.group = of_block + np.repeat(starts[:-1], [len(block.free) for block in blocks])
        self.all_beds, self.all_room, self.taken, of_block, self.kind = _joined([b.every for b in blocks], 5)
        self.all_group = of_block + np.repeat(starts[:-1], [len(block.every) for block in blocks])
        self.lots = [one for block in blocks for one in block.lots]
        self.cards = [card for block in blocks for card in block.cards]
        self.stale = self.freshness[self.group] == FRESHNESS_ORDER["stale"]
        # What does not depend on the profile is put together once.
        sizes = self.beds << SIZE_BITS | (self.people - self.beds)
        self.order = sizes << (MINUTES_BITS + ROW_BITS) | np.arange(len(sizes))
        self.order |= self.freshness[self.group] << FRESHNESS_SHIFT

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Return the row of each lot with a free place, by its id."""
        return {lot.id: row for row, (_, lot) in enumerate(self.lots)}


def _joined(parts: list[Numbers], width: int) -> list[Numbers]:
    whole = np.concatenate(parts) if parts else as_rows([], width)
    return list(np.ascontiguousarray(whole.T))
