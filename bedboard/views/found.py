"""The result of a search for one profile: matches in their order, and why the other places are left out.

A search looks at lots (places of a shelter that are alike) and judges each distinct set of terms once. When a shelter changes,
only that shelter is weighed again.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

from bedboard.rules.fit import Fit, Profile, Rank, Reason, Terms, distance, fit_of, judge, judge_place, judge_rest, rank
from bedboard.store.board import Catalogue
from bedboard.views.cards import Card, Lot, PlaceView, TermsGroup


class Judged(NamedTuple):
    """The verdict of one set of terms on a profile, without the reasons. `against`: the criteria with the verdict no."""

    fit: Fit
    against: tuple[str, ...]


class Match(NamedTuple):
    """A lot that fits or has to be discussed; it has at least one free place."""

    rank: Rank
    card: Card
    lot: Lot
    fit: Fit
    profile: Profile

    @property
    def is_open(self) -> bool:
        """Return whether nothing was asked about the household, as `Found.is_open`."""
        return not self.profile.asked()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Work out why the lot fits or has to be discussed; only for matches that are shown."""
        place = judge_place(self.lot.beds, self.lot.cots, self.card.unit, self.profile)
        return judge(self.lot.terms, self.profile) + place

    @property
    def places(self) -> tuple[PlaceView, ...]:
        return self.lot.free


Ranked = tuple[Rank, Card, Lot, Fit]
"""A match before it is known whether it is shown: of a thousand, forty are."""


class Weighed(NamedTuple):
    """One shelter weighed for one profile, in numbers of places. `excluded_by` counts a place under each of its reasons."""

    matches: tuple[Ranked, ...]
    fits: int
    discuss: int
    excluded_by: Mapping[str, int]
    excluded: int
    taken: int


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
    is_open: bool = False
    """Nothing was asked about the household: the matches are free, and nobody knows whether they fit."""

    @property
    def count(self) -> int:
        return self.fits + self.discuss + self.unsure


class Finder:
    """One search, kept as long as its page is open. `catalogue` has the map for near and far."""

    def __init__(self, profile: Profile, catalogue: Catalogue) -> None:
        self.profile = profile
        self._catalogue = catalogue
        self._beds, self._people, self._asked = profile.beds, profile.people, frozenset(profile.asked())
        self._judged: dict[Terms, Judged] = {}
        self._rests: dict[Hashable, Judged] = {}
        self._distances: dict[str, int] = {}
        self._weighed: dict[str, Weighed] = {}

    def take(self, cards: Iterable[Card]) -> None:
        """Weigh these shelters, also those that were weighed before."""
        for card in cards:
            self._weighed[card.id] = self._weigh(card)

    def keep_only(self, ids: Iterable[str]) -> None:
        """Forget the other shelters: they are no longer on the board."""
        for shelter_id in self._weighed.keys() - set(ids):
            del self._weighed[shelter_id]

    def found(self, most: int) -> Found:
        """Return the result with at most `most` matches, the best first; a match is a lot of one or more places."""
        every = [match for one in self._weighed.values() for match in one.matches]
        fits = discuss = unsure = 0
        for one in self._weighed.values():
            if one.matches and one.matches[0][1].freshness == "stale":
                unsure += one.fits + one.discuss
            else:
                fits, discuss = fits + one.fits, discuss + one.discuss
        excluded_by: dict[str, int] = {}
        for one in self._weighed.values():
            for name, count in one.excluded_by.items():
                excluded_by[name] = excluded_by.get(name, 0) + count
        return Found(
            matches=tuple(Match(*match, self.profile) for match in nsmallest(most, every)),  # no two have the same rank
            fits=fits,
            discuss=discuss,
            unsure=unsure,
            excluded=sum(one.excluded for one in self._weighed.values()),
            excluded_by=dict(sorted(excluded_by.items(), key=lambda pair: (-pair[1], pair[0]))),
            taken=sum(one.taken for one in self._weighed.values()),
            is_open=not self._asked,
        )

    def matching_places(self) -> frozenset[str]:
        """Return the ids of all free places that fit or are worth a call."""
        return frozenset(place.id for one in self._weighed.values() for _, _, lot, _ in one.matches for place in lot.free)

    def suitable_kinds(self, cards: Iterable[Card]) -> frozenset[str]:
        """Return the kinds with a place that would fit or be worth a call, free or not."""
        return frozenset(
            lot.kind
            for card in cards
            if card.unit not in self.profile.avoid
            for offer in card.offers
            if not self._judge(offer.terms).against
            for lot in offer.lots
            if lot.beds >= self._beds and lot.beds + lot.cots >= self._people
        )

    def _judge(self, terms: Terms) -> Judged:
        """Return the same as `fit_of(judge(terms, profile))`, with sets for speed: most terms are judged and never shown."""
        rest = self._rests.get(terms.rest)
        if rest is None:
            reasons = judge_rest(terms, self.profile)
            against = tuple(reason.criterion for reason in reasons if reason.answer == "no")
            rest = self._rests[terms.rest] = Judged(fit_of(reasons), against)
        against = (*(self._asked & terms.no), *rest.against)
        fits = rest.fit == "fits" and self._asked <= terms.yes
        judged = self._judged[terms] = Judged("excluded" if against else "fits" if fits else "discuss", against)
        return judged

    def _weigh(self, card: Card) -> Weighed:
        beds, people = self._beds, self._people
        matches: list[Ranked] = []
        excluded_by: dict[str, int] = {}
        excluded = taken = 0
        counts = {"fits": 0, "discuss": 0}
        freshness, name, far = card.freshness, card.name, self._distance(card.unit)
        avoided = ("avoid",) if card.unit in self.profile.avoid else ()
        for offer in card.offers:
            judged = self._judged.get(offer.terms) or self._judge(offer.terms)
            against = judged.against + avoided
            if against:
                excluded += offer.free_count
                self._count_excluded(offer, against, excluded_by)
                continue
            for size, room, count in offer.taken:
                if size >= beds and room >= people:
                    taken += count
            fit, too_small = judged.fit, 0
            for size, room, count, place_id, lot in offer.free:
                if size >= beds and room >= people:
                    matches.append((rank(fit, freshness, size, room - size, far, name, place_id), card, lot, fit))
                    counts[fit] += count
                else:
                    too_small += count
            if too_small:
                excluded += too_small
                excluded_by["size"] = excluded_by.get("size", 0) + too_small
        return Weighed(tuple(matches), counts["fits"], counts["discuss"], excluded_by, excluded, taken)

    def _count_excluded(self, offer: TermsGroup, against: Iterable[str], excluded_by: dict[str, int]) -> None:
        """Count the free places under each reason `against` them, and those that are too small under "size" as well."""
        if not offer.free_count:
            return
        for reason in against:
            excluded_by[reason] = excluded_by.get(reason, 0) + offer.free_count
        too_small = sum(count for size, room, count, _, _ in offer.free if size < self._beds or room < self._people)
        if too_small:
            excluded_by["size"] = excluded_by.get("size", 0) + too_small

    def _distance(self, unit: str) -> int:
        known = self._distances.get(unit)
        if known is None:
            units, near = self._catalogue.units, self.profile.near
            known = 0
            if near is not None and near in units and unit in units:
                here, there = units[near], units[unit]
                known = distance((here.map_column, here.map_row), (there.map_column, there.map_row))
            self._distances[unit] = known
        return known
