"""The result of a search for one profile: matches in their order, and why the other places are left out.

A search looks at lots (places of a shelter that are alike) and judges each distinct set of terms once. A whole board is
searched with the same result and faster by `views/columns.py`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bedboard.rules.fit import Fit, Profile, Rank, Reason, Terms, distance, fit_of, judge, judge_place, rank
from bedboard.store.board import Catalogue
from bedboard.views.cards import Card, Lot, PlaceView


class Match(NamedTuple):
    """A lot that fits or has to be discussed; it has at least one free place."""

    card: Card
    lot: Lot
    fit: Fit
    reasons: tuple[Reason, ...]
    is_open: bool
    """As `Found.is_open`."""

    @property
    def places(self) -> tuple[PlaceView, ...]:
        return self.lot.free


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search. `matches`: at most the number that was asked for. All counts are of places, shown or not.

    `unsure`: free places that fit or are worth a call, by news that is stale; `fits` and `discuss` are without them.
    `excluded_by`: reason to number of free places, the largest first; a place may be under several. `taken`: places that
    would fit or be worth a call, and are not free now.
    """

    matches: tuple[Match, ...]
    fits: int
    discuss: int
    unsure: int
    excluded: int
    excluded_by: Mapping[str, int]
    taken: int
    kinds: frozenset[str] = frozenset()
    """The kinds with a place that would fit or be worth a call, free or not."""
    is_open: bool = False
    """Nothing was asked about the household: the matches are free, and nobody knows whether they fit."""

    @property
    def count(self) -> int:
        return self.fits + self.discuss + self.unsure


class Finder:
    """One search, lot by lot, in the words of `rules/fit.py`. `catalogue` has the map for near and far."""

    def __init__(self, profile: Profile, catalogue: Catalogue) -> None:
        self.profile = profile
        self._is_open = not profile.asked()
        self._catalogue = catalogue
        self._judged: dict[Terms, tuple[Reason, ...]] = {}

    def found(self, cards: Iterable[Card], most: int | None) -> Found:
        """Return the result on these cards, the best match first. `most` None: with every match."""
        counts: Counter[str] = Counter()
        excluded_by: Counter[str] = Counter()
        kinds: set[str] = set()
        matches: list[tuple[Rank, Match]] = []
        for card in cards:
            for lot in card.lots:
                reasons, free = self._reasons(card, lot), len(lot.free)
                fit = fit_of(reasons)
                if fit == "excluded":
                    counts["excluded"] += free
                    excluded_by.update(dict.fromkeys((one.criterion for one in reasons if one.answer == "no"), free))
                    continue
                kinds.add(lot.kind)
                counts["taken"] += len(lot.places) - free
                counts["unsure" if card.freshness == "stale" else fit] += free
                if free:
                    matches.append((self._rank(card, lot, fit), Match(card, lot, fit, reasons, self._is_open)))
        return Found(
            matches=tuple(match for _, match in sorted(matches)[:most]),  # no two have the same rank
            fits=counts["fits"],
            discuss=counts["discuss"],
            unsure=counts["unsure"],
            excluded=counts["excluded"],
            excluded_by=largest_first(excluded_by),
            taken=counts["taken"],
            kinds=frozenset(kinds),
            is_open=self._is_open,
        )

    def _reasons(self, card: Card, lot: Lot) -> tuple[Reason, ...]:
        judged = self._judged.get(lot.terms)
        if judged is None:
            judged = self._judged[lot.terms] = judge(lot.terms, self.profile)
        return judged + judge_place(lot.beds, lot.cots, card.unit, self.profile)

    def _rank(self, card: Card, lot: Lot, fit: Fit) -> Rank:
        far = distance_from(self.profile.near, card.unit, self._catalogue)
        return rank(fit, card.freshness, lot.beds, lot.cots, far, card.name, lot.id)


def largest_first(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts that are not 0, the largest first and then by name."""
    return dict(sorted(((name, count) for name, count in counts.items() if count), key=lambda pair: (-pair[1], pair[0])))


def distance_from(near: str | None, unit: str, catalogue: Catalogue) -> int:
    """Return how far this police unit is from the one near which a place should be; 0 when that was left open."""
    units = catalogue.units
    if near is None or near not in units or unit not in units:
        return 0
    here, there = units[near], units[unit]
    return distance((here.map_column, here.map_row), (there.map_column, there.map_row))
