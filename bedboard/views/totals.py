"""The free places of all shelters together, per kind of place and per police unit."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bedboard.store.board import Catalogue
from bedboard.views.cards import Card


class Total(NamedTuple):
    """Numbers of places. `free`: in shelters whose news is fresh or ageing; `unsure`: free by news that is stale, so call."""

    free: int
    unsure: int
    total: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The free places per kind, per police unit, and per kind and unit (`cells`)."""

    kinds: Mapping[str, Total]
    units: Mapping[str, Total]
    cells: Mapping[tuple[str, str], Total]
    whole: Total


def add_totals(cards: Iterable[Card], catalogue: Catalogue) -> Totals:
    """Return the totals of these cards; every kind and unit is among them, even with no place."""
    free: Counter[tuple[str, str]] = Counter()
    unsure: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    for card in cards:
        for kind, counts in card.kinds.items():
            cell = (kind, card.unit)
            total[cell] += counts["total"]
            (unsure if card.freshness == "stale" else free)[cell] += counts["free"]

    def over(cells: Iterable[tuple[str, str]]) -> Total:
        chosen = list(cells)
        return Total(*(sum(counted[cell] for cell in chosen) for counted in (free, unsure, total)))

    return Totals(
        kinds={kind: over((kind, unit) for unit in catalogue.units) for kind in catalogue.kinds},
        units={unit: over((kind, unit) for kind in catalogue.kinds) for unit in catalogue.units},
        cells={(kind, unit): over([(kind, unit)]) for kind in catalogue.kinds for unit in catalogue.units},
        whole=over((kind, unit) for kind in catalogue.kinds for unit in catalogue.units),
    )
