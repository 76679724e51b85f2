"""The board's filter, and its facets: every number on a filter is what choosing it would give."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bedboard.rules.criteria import CRITERIA, TAKES
from bedboard.store.board import Catalogue
from bedboard.views.cards import Card

FACETS = ("kind", "unit", "takes", "exploitation")


class Filter(NamedTuple):
    """The chosen code of each facet, as in the address of the board; None: not chosen."""

    kind: str | None = None
    unit: str | None = None
    takes: str | None = None
    exploitation: str | None = None

    def shows(self, card: Card) -> bool:
        return not self.misses(card)

    def misses(self, card: Card) -> list[str]:
        """Return the facets whose chosen code keeps the card from the board."""
        return [name for name, code in zip(FACETS, self, strict=True) if code is not None and code not in codes_of(card, name)]


EVERYTHING = Filter()


def codes_of(card: Card, facet: str) -> Iterable[str]:
    """Return the codes of a facet under which the card is found."""
    if facet == "kind":
        return card.kinds
    if facet == "unit":
        return (card.unit,)
    return card.takes if facet == "takes" else card.exploitation


def codes_of_facets(catalogue: Catalogue) -> Mapping[str, Collection[str]]:
    """Return the codes of every facet, in the order of the screen."""
    every: tuple[Collection[str], ...] = (catalogue.kinds, catalogue.units, TAKES, CRITERIA["exploitation"])
    return dict(zip(FACETS, every, strict=True))


def read_filter(asked: Mapping[str, str], catalogue: Catalogue) -> Filter:
    """Return the filter of an address; an unknown code chooses nothing."""
    every = codes_of_facets(catalogue)
    return Filter(*(code if (code := asked.get(name)) in every[name] else None for name in FACETS))


class Figure(NamedTuple):
    """Numbers of places. `free`: in shelters whose news is fresh or ageing; `unsure`: free by news that is stale, so call."""

    free: int
    unsure: int


@dataclass(frozen=True, slots=True)
class Facets:
    """The free places under a filter: of what it shows, and per facet and code what choosing that code instead would show."""

    whole: Figure
    figures: Mapping[tuple[str, str], Figure]


def add_facets(cards: Iterable[Card], chosen: Filter, catalogue: Catalogue) -> Facets:
    """Return the numbers of these cards under a filter; every code is among them, even with no place."""
    free: Counter[tuple[str, str]] = Counter()
    unsure: Counter[tuple[str, str]] = Counter()
    whole = ("", "")
    for card in cards:
        misses = chosen.misses(card)
        if len(misses) > 1:
            continue
        count = unsure if card.freshness == "stale" else free
        counts = card.kinds.get(chosen.kind or "", card.counts)
        if not misses:
            count[whole] += counts["free"]
        for facet in misses or FACETS:
            for code in codes_of(card, facet):
                count[facet, code] += (card.kinds[code] if facet == "kind" else counts)["free"]
    keys = [(facet, code) for facet, codes in codes_of_facets(catalogue).items() for code in codes]
    return Facets(Figure(free[whole], unsure[whole]), {key: Figure(free[key], unsure[key]) for key in keys})
