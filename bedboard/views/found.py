"""What was found for one profile: which places, in which order, and why the others are left out.

A search looks at lots (places of a shelter that are alike) and judges each distinct set of terms once. When a shelter changes,
only that shelter is looked at again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from bedboard.rules.fit import Fit, Profile, Rank, Reason, Terms, distance, fit_of, judge, judge_place, rank
from bedboard.store.board import Reference
from bedboard.views.cards import Card, Lot, PlaceView


class Judged(NamedTuple):
    """What one set of terms answers, whatever place it is about. `against`: the criteria that were answered with no."""

    reasons: tuple[Reason, ...]
    fit: Fit
    against: tuple[str, ...]


class Match(NamedTuple):
    """A lot that fits or has to be discussed, with its free places; it has at least one."""

    rank: Rank
    card: Card
    lot: Lot
    fit: Fit
    judged: Judged
    profile: Profile

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.judged.reasons + judge_place(self.lot.beds, self.lot.cots, self.card.unit, self.profile)

    @property
    def places(self) -> tuple[PlaceView, ...]:
        return self.lot.free


class Weighed(NamedTuple):
    """One shelter in the eyes of one profile, in numbers of places. `excluded_by` counts a place under each reason."""

    matches: tuple[Match, ...]
    excluded_by: Mapping[str, int]
    excluded: int
    taken: int


@dataclass(frozen=True, slots=True)
class Found:
    """`matches`: at most as many as were asked for. The counts are of places, and of everything that was found.

    `excluded_by`: reason to number of free places, the largest first; a place may be under several. `taken`: would fit or be
    worth a call, but are not free now.
    """

    matches: tuple[Match, ...]
    fits: int
    discuss: int
    excluded: int
    excluded_by: Mapping[str, int]
    taken: int

    @property
    def count(self) -> int:
        return self.fits + self.discuss


class Finder:
    """One search, kept as long as somebody looks at it. `reference` gives the map for near and far."""

    def __init__(self, profile: Profile, reference: Reference) -> None:
        self.profile = profile
        self._reference = reference
        self._beds, self._people, self._asked = profile.beds, profile.people, profile.asked()
        self._judged: dict[Terms, Judged] = {}
        self._distances: dict[str, int] = {}
        self._weighed: dict[str, Weighed] = {}

    def take(self, cards: Iterable[Card]) -> None:
        """Looks at these shelters (again)."""
        for card in cards:
            self._weighed[card.id] = self._weigh(card)

    def keep_only(self, ids: Iterable[str]) -> None:
        """Forgets shelters that are no longer there."""
        for id in self._weighed.keys() - set(ids):
            del self._weighed[id]

    def found(self, most: int) -> Found:
        """`most`: matches at most, the best first; a match is a lot of one or more places."""
        every = [match for one in self._weighed.values() for match in one.matches]
        every.sort(key=attrgetter("rank"))
        fits = sum(len(match.lot.free) for match in every if match.fit == "fits")
        discuss = sum(len(match.lot.free) for match in every) - fits
        excluded_by: dict[str, int] = {}
        for one in self._weighed.values():
            for name, count in one.excluded_by.items():
                excluded_by[name] = excluded_by.get(name, 0) + count
        return Found(
            matches=tuple(every[:most]),
            fits=fits,
            discuss=discuss,
            excluded=sum(one.excluded for one in self._weighed.values()),
            excluded_by=dict(sorted(excluded_by.items(), key=lambda pair: (-pair[1], pair[0]))),
            taken=sum(one.taken for one in self._weighed.values()),
        )

    def matching_places(self) -> frozenset[str]:
        """Ids of every free place that fits or is worth a call, however many."""
        return frozenset(place.id for one in self._weighed.values() for match in one.matches for place in match.places)

    def suitable_kinds(self, cards: Iterable[Card]) -> frozenset[str]:
        """Of which kinds there are places that would fit or be worth a call, free or not."""
        return frozenset(
            lot.kind
            for card in cards
            if card.unit not in self.profile.avoid
            for offer in card.offers
            if self._judge(offer.terms).fit != "excluded"
            for lot in offer.lots
            if self._is_large_enough(lot)
        )

    def _judge(self, terms: Terms) -> Judged:
        judged = self._judged.get(terms)
        if judged is None:
            reasons = judge(terms, self.profile, self._asked)
            fit = fit_of(reasons)
            against = tuple(reason.criterion for reason in reasons if reason.answer == "no") if fit == "excluded" else ()
            judged = self._judged[terms] = Judged(reasons, fit, against)
        return judged

    def _is_large_enough(self, lot: Lot) -> bool:
        return lot.beds >= self._beds and lot.beds + lot.cots >= self._people

    def _weigh(self, card: Card) -> Weighed:
        beds, people = self._beds, self._people
        matches: list[Match] = []
        excluded_by: dict[str, int] = {}
        excluded = taken = 0
        avoided = card.unit in self.profile.avoid
        for offer in card.offers:
            judged = self._judge(offer.terms)
            too_small = 0
            if judged.fit == "excluded" or avoided:
                excluded += offer.free_count
                if offer.free_count:
                    for name in (*judged.against, "avoid") if avoided else judged.against:
                        excluded_by[name] = excluded_by.get(name, 0) + offer.free_count
                    too_small = sum(len(lot.free) for lot in offer.free if not self._is_large_enough(lot))
            else:
                for size, room, count in offer.sizes:
                    if size >= beds and room >= people:
                        taken += count
                for lot in offer.free:
                    if self._is_large_enough(lot):
                        matches.append(self._match(card, lot, judged))
                    else:
                        too_small += len(lot.free)
                excluded += too_small
            if too_small:
                excluded_by["size"] = excluded_by.get("size", 0) + too_small
        return Weighed(tuple(matches), excluded_by, excluded, taken)

    def _match(self, card: Card, lot: Lot, judged: Judged) -> Match:
        order = rank(judged.fit, card.freshness, lot.beds, lot.cots, self._distance(card.unit), card.name, lot.id)
        return Match(order, card, lot, judged.fit, judged, self.profile)

    def _distance(self, unit: str) -> int:
        known = self._distances.get(unit)
        if known is None:
            units, near = self._reference.units, self.profile.near
            known = 0
            if near is not None and near in units and unit in units:
                here, there = units[near], units[unit]
                known = distance((here.map_column, here.map_row), (there.map_column, there.map_row))
            self._distances[unit] = known
        return known
