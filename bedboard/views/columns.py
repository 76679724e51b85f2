"""The whole board as columns of numbers: a search over 20,000 places in a fraction of a millisecond.

`rules/fit.py` and `views/found.py` give the meaning of a search, place by place. This module finds the same with bit masks; a
test compares the two on random boards. Only a changed shelter is worked out again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np

from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.rules.fit import (
    FIT_ORDER,
    FRESHNESS_ORDER,
    Fit,
    Profile,
    Reason,
    Terms,
    judge_criteria,
    judge_place,
    judge_rest,
)
from bedboard.rules.order import DECIDES_ORDER, Rank, is_meant_for, travel_band
from bedboard.store.board import Catalogue
from bedboard.views.cards import Card, Lot
from bedboard.views.found import ALMOST_SHOWN, Deciders, Finder, Found, Match, largest_first, minutes_from, minutes_to_rank
from bedboard.views.recent import Recent
from bedboard.views.steps import Steps, finish
from bedboard.views.table import BAND_SHIFT, FIT_SHIFT, KIND_SHIFT, ROW_BITS, Block, Flags, Numbers, Table, as_rows

BITS: Mapping[str, int] = {name: 1 << place for place, name in enumerate(sorted(CRITERION_NAMES))}
MOST_RESTS = 1000


def mask_of(names: Iterable[str]) -> int:
    """Return the bits of these criteria. A criterion that only a newer version of bedboard knows has no bit."""
    return sum(BITS.get(name, 0) for name in names)


class Columns:
    """The cards of a board as columns. `recent`: the results since the last change."""

    def __init__(self) -> None:
        self.recent = Recent()
        self._cards: dict[str, Card] = {}
        self._blocks: dict[str, Block] = {}  # by the shelters' name
        self._names: dict[str, dict[str, None]] = {}  # name to the ids of its shelters
        self._rests: dict[object, int] = {}
        self._terms_of_rest: list[Terms] = []
        self._units: dict[str, int] = {}
        self._kinds: dict[str, int] = {}
        self._table: Table | None = None

    def take(self, card: Card) -> None:
        """Take a shelter as it now is."""
        self.drop(card.id)
        self._cards[card.id] = card
        self._names.setdefault(card.name, {})[card.id] = None
        self._forget(card.name)

    def drop(self, shelter_id: str) -> None:
        """Leave this shelter out from now on."""
        card = self._cards.pop(shelter_id, None)
        if card is None:
            return
        self._forget(card.name)
        del self._names[card.name][shelter_id]
        if not self._names[card.name]:
            del self._names[card.name]

    def _forget(self, name: str) -> None:
        self._table = None
        self._blocks.pop(name, None)
        self.recent.forget()

    @property
    def table(self) -> Table:
        """Return all cards in one table, put together when one has changed."""
        if self._table is None:
            if len(self._terms_of_rest) > MOST_RESTS + 2 * len(self._cards):  # most are of terms that no shelter has any more
                self._blocks, self._rests, self._terms_of_rest = {}, {}, []
            self._table = Table(self._block(name) for name in sorted(self._names))
        return self._table

    def found(self, profile: Profile, catalogue: Catalogue, most: int | None, deciders: Deciders | None = None) -> Found:
        """Return the result of a search, the same as that of a `Finder`. `most` None: with every match.

        Callers that search for the same get the same object until the next change. `catalogue`: the one of the cards.
        """
        return finish(self.steps(profile, catalogue, most, deciders))

    def steps(self, profile: Profile, catalogue: Catalogue, most: int | None, deciders: Deciders | None = None) -> Steps[Found]:
        """Return the same in steps. The result is of the moment of the first one, whatever changes between them."""
        key = (profile, most, frozenset((deciders or {}).items()))
        kept: Found | None = self.recent.get(key)
        if kept is not None:
            return kept
        table = self.table  # first: it numbers the units and kinds
        terms, units, kinds = self._terms_of_rest, list(self._units), list(self._kinds)
        found = yield from Search(table, profile, catalogue, terms, units, kinds, deciders or {}).found(most)
        if self._table is table:
            self.recent.keep(key, lambda: found)
        return found

    def _block(self, name: str) -> Block:
        block = self._blocks.get(name)
        if block is None:
            block = self._blocks[name] = self._make_block([self._cards[one] for one in self._names[name]])
        return block

    def _make_block(self, cards: list[Card]) -> Block:
        groups: list[tuple[int, ...]] = []
        free: list[tuple[str, tuple[int, ...], Card, Lot]] = []
        every: list[tuple[int, ...]] = []
        for card in cards:
            unit, freshness = self._number(self._units, card.unit), FRESHNESS_ORDER[card.freshness]
            by_terms: dict[Terms, list[Lot]] = {}
            for lot in card.lots:
                by_terms.setdefault(lot.terms, []).append(lot)
            for terms, lots_of_terms in by_terms.items():
                group = len(groups)
                groups.append((mask_of(terms.yes), mask_of(terms.no), self._rest(terms), unit, freshness))
                for lot in lots_of_terms:
                    people, count = lot.beds + lot.cots, len(lot.free)
                    kind = self._number(self._kinds, lot.kind)
                    every.append((lot.beds, people, len(lot.places) - count, group, kind))
                    if count:
                        free.append((lot.id, (lot.beds, people, count, group, kind), card, lot))
        free.sort(key=lambda one: one[0])
        rows = as_rows([numbers for _, numbers, _, _ in free], 5)
        lots = tuple((card, lot) for _, _, card, lot in free)
        return Block(as_rows(groups, 5), rows, as_rows(every, 5), lots, tuple(cards))

    def _rest(self, terms: Terms) -> int:
        number = self._number(self._rests, terms.rest)
        if number == len(self._terms_of_rest):
            self._terms_of_rest.append(terms)
        return number

    @staticmethod
    def _number(numbers: dict, thing: object) -> int:  # type: ignore[type-arg]
        return numbers.setdefault(thing, len(numbers))  # type: ignore[no-any-return]


class Search:
    """One search over a table."""

    def __init__(
        self,
        table: Table,
        profile: Profile,
        catalogue: Catalogue,
        terms_of_rest: list[Terms],
        units: list[str],
        kinds: list[str],
        deciders: Deciders,
    ) -> None:
        self._table = table
        self._catalogue = catalogue
        self._deciders = deciders
        self._kinds = kinds
        self._profile = profile
        self._finder = Finder(profile, catalogue, deciders)
        self._asked = asked = profile.asked()
        mask = mask_of(asked)
        self._left_open = self._finder.left_open
        self._rests = rests = [judge_rest(terms, profile) for terms in terms_of_rest]
        names = sorted({reason.criterion for rest in rests for reason in rest if reason.answer == "no"})
        rest_against = {
            name: np.array([any(one.criterion == name and one.answer == "no" for one in rest) for rest in rests], bool)
            for name in names
        }
        rest_fits = np.array([all(reason.answer == "yes" for reason in rest) for rest in rests], bool)
        far = [minutes_to_rank(profile.near, minutes_from(profile.near, unit, catalogue)) for unit in units]
        self._far: Numbers = np.array([travel_band(one) << BAND_SHIFT | one << ROW_BITS for one in far], np.int64)
        self._late: Numbers = np.array([self._late_of(kind) << KIND_SHIFT for kind in kinds], np.int64)
        avoided = np.array([unit in profile.avoid for unit in units], bool)
        # By group: each reason against it, whether there is any, and whether everything is yes.
        self.against: dict[str, Flags] = {name: (table.no & BITS[name]) != 0 for name in asked}
        self.against |= {name: found[table.rest] for name, found in rest_against.items()}
        if profile.avoid:
            self.against["avoid"] = avoided[table.unit]
        self.excluded: Flags = np.zeros(len(table.no), bool)
        for reason in self.against.values():
            self.excluded |= reason
        self.fits: Flags = ((mask & ~table.yes) == 0) & rest_fits[table.rest] if len(rests) else self.excluded

    def _late_of(self, kind: str) -> int:
        """Return the part of the order that the kind gives: is it meant for this household, and who decides?"""
        is_meant = is_meant_for(self._catalogue.kinds[kind].for_needs, self._profile)
        return (not is_meant) << 2 | DECIDES_ORDER[self._deciders.get(kind, "shelter")]

    @cached_property
    def large_enough(self) -> Flags:
        return (self._table.beds >= self._profile.beds) & (self._table.people >= self._profile.people)

    def found(self, most: int | None) -> Steps[Found]:
        table, profile = self._table, self._profile
        matches = self.large_enough & ~self.excluded[table.group]
        fits = matches & self.fits[table.group]
        splits, used = yield from self._splits(matches, fits)
        untried = self._finder.untried
        known, count = ~table.stale, table.count - used
        suits = (table.all_beds >= profile.beds) & (table.all_room >= profile.people) & ~self.excluded[table.all_group]
        kinds = {self._kinds[number] for number in np.flatnonzero(np.bincount(table.kind[suits])).tolist()}
        together = Counter[str]()
        for _, match in splits:
            kinds.update(place.kind for place in match.together)
            together["unsure" if match.card.freshness == "stale" else match.fit] += len(match.together)
        return Found(
            matches=self._merge(self._best(np.flatnonzero(matches), fits, most), splits, most),
            fits=int(count[fits & known].sum()) + together["fits"],
            discuss=int(count[matches & ~fits & known].sum()) + together["discuss"],
            unsure=int(count[matches & table.stale].sum()) + together["unsure"],
            excluded=int(count[~matches].sum()),
            excluded_by=self._excluded_by(count),
            taken=int(table.taken[suits].sum()),
            taken_fits=int(table.taken[suits & self.fits[table.all_group]].sum()),
            kinds=frozenset(kinds),
            is_open=not self._asked,
            almost=self._almost(count),
            too_large=0 if kinds else (yield from self._finder.too_large(table.cards)),
            is_split=profile.split,
            fits_later=(yield from self._finder.fits_later(table.cards, self._shelters_of(matches, splits))),
            untried=untried,
        )

    def _shelters_of(self, matches: Flags, splits: list[tuple[Rank, Match]]) -> set[str]:
        """Return the shelters with a match."""
        if not self._profile.split:
            return set()
        alone = {self._table.lots[row][0].id for row in np.flatnonzero(matches).tolist()}
        return alone | {match.card.id for _, match in splits}

    def _splits(self, matches: Flags, fits: Flags) -> Steps[tuple[list[tuple[Rank, Match]], Numbers]]:
        """Return the shelters that hold the group in several places, and how many free places of each row that takes."""
        table, used = self._table, np.zeros(len(self._table.count), np.int64)
        if not self._profile.split:
            return [], used
        whole: dict[str, Fit] = {table.lots[row][0].id: "discuss" for row in np.flatnonzero(matches).tolist()}
        whole |= {table.lots[row][0].id: "fits" for row in np.flatnonzero(fits).tolist()}
        splits: list[tuple[Rank, Match]] = []
        for card in table.cards:
            split = self._finder.split(card, whole.get(card.id, "excluded"))
            splits += [split] if split else []
            yield
        for _, match in splits:
            for place in match.together:
                lot = match.card.lot_of(place.id)
                used[table.rows[lot.id if lot else ""]] += 1
        return splits, used

    def _merge(self, best: tuple[Match, ...], splits: list[tuple[Rank, Match]], most: int | None) -> tuple[Match, ...]:
        if not splits:
            return best
        ranked = sorted([*((self._finder.rank(match), match) for match in best), *splits])  # no two have the same rank
        return tuple(match for _, match in ranked[:most])

    def _almost(self, count: Numbers) -> tuple[Match, ...]:
        weighed = [reason * (2 if name == "avoid" else 1) for name, reason in self.against.items()]
        against = sum(weighed, np.zeros(len(self._table.no), np.int64))[self._table.group] + ~self.large_enough
        return self._best(np.flatnonzero((against == 1) & (count > 0)), None, ALMOST_SHOWN)

    def _excluded_by(self, count: Numbers) -> Mapping[str, int]:
        counts = {name: int(count[reason[self._table.group]].sum()) for name, reason in self.against.items()}
        counts["size"] = int(count[~self.large_enough].sum())
        return largest_first(counts)

    def _best(self, rows: Numbers, fits: Flags | None, most: int | None) -> tuple[Match, ...]:
        """Return the best of these rows. `fits` None: they are excluded."""
        table, profile = self._table, self._profile
        order = table.order[rows] | self._far[table.unit[table.group[rows]]] | self._late[table.free_kind[rows]]
        if fits is not None:
            order |= np.where(fits[rows], FIT_ORDER["fits"], FIT_ORDER["discuss"]) << FIT_SHIFT
        if most is not None and len(rows) > most:
            order = np.partition(order, most)[:most]
        order.sort()
        best = order & ((1 << ROW_BITS) - 1)
        size = (Reason("size", "yes", profile.people),)  # a match is large enough, and not in a unit to avoid
        found, left = [], self._left_open
        are_fit = np.zeros(len(best), bool) if fits is None else fits[best]
        for row, is_fit, rest in zip(best.tolist(), are_fit.tolist(), table.rest[table.group[best]].tolist(), strict=True):
            card, lot = table.lots[row]
            fit: Fit = "excluded" if fits is None else "fits" if is_fit else "discuss"
            place = judge_place(lot.beds, lot.cots, card.unit, profile) if fits is None else size
            reasons = judge_criteria(lot.terms, self._asked) + self._rests[rest] + place
            minutes = minutes_from(profile.near, card.unit, self._catalogue)
            decides = self._deciders.get(lot.kind, "shelter")
            found.append(Match(card, lot, fit, left, reasons, not self._asked, decides, minutes))
        return tuple(found)
