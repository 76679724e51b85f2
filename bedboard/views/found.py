"""The result of a search for one profile: matches in their order, and why the other places are left out.

A search looks at lots (places of a shelter that are alike) and judges each distinct set of terms once. A whole board is
searched with the same result and faster by `views/columns.py`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bedboard.rules.access import Role
from bedboard.rules.fit import FIT_ORDER, Fit, Profile, Reason, Terms, fit_of, judge, judge_place
from bedboard.rules.order import DECIDES_ORDER, UNKNOWN_MINUTES, Decides, Rank, decides_now, is_meant_for, rank
from bedboard.rules.questions import LeftOpen, left_open, to_ask
from bedboard.rules.split import Room, Split, Splitter
from bedboard.store.board import Catalogue
from bedboard.views.cards import Card, Lot, PlaceView
from bedboard.views.steps import Steps, any_of, finish

ALMOST_SHOWN = 10  # lots that fail on one reason only

Deciders = Mapping[str, Decides]
"""The side that decides now, by the kind of place; a kind without one is decided on by the shelter."""


def deciders_of(catalogue: Catalogue, role: Role, now: datetime) -> Deciders:
    local = now.astimezone(catalogue.zone)
    return {code: decides_now(role, kind.deciding, local) for code, kind in catalogue.kinds.items()}


class Match(NamedTuple):
    """A lot that fits or has to be discussed, or that only one reason excludes; it has at least one free place.

    `together`: the places that hold a group which is split, each of them needed; `lot` is then their sum, of the kind of the
    first. Empty: any place of the lot will do. `minutes`: the journey from the unit that the profile names; None: no unit was
    named, or nobody has told the time.
    """

    card: Card
    lot: Lot
    fit: Fit
    left_open: LeftOpen
    reasons: tuple[Reason, ...]
    is_open: bool
    """As `Found.is_open`."""
    decides: Decides = "shelter"
    minutes: int | None = None
    together: tuple[PlaceView, ...] = ()

    @property
    def id(self) -> str:
        """Return the id of the lot, or those of all places that are needed."""
        return "+".join(place.id for place in self.together) if self.together else self.lot.id

    @property
    def to_ask(self) -> tuple[Reason, ...]:
        """Work out what the asker left open and the shelter restricts; only for matches that are shown."""
        if not self.together:
            return to_ask(self.lot.terms, self.left_open)
        every = dict.fromkeys(place.terms for place in self.together)
        return tuple(dict.fromkeys(reason for terms in every for reason in to_ask(terms, self.left_open)))

    @property
    def places(self) -> tuple[PlaceView, ...]:
        return self.lot.free


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search. `matches`: at most the number that was asked for. All counts are of places, shown or not.

    `unsure`: free places that fit or are worth a call, by news that is stale; `fits` and `discuss` are without them.
    `excluded_by`: reason to number of free places, the largest first; a place may be under several. `taken`: places that
    would fit or be worth a call, and are not free now; `taken_fits` of them fit.
    """

    matches: tuple[Match, ...]
    fits: int
    discuss: int
    unsure: int
    excluded: int
    excluded_by: Mapping[str, int]
    taken: int
    taken_fits: int = 0
    kinds: frozenset[str] = frozenset()
    """The kinds with a place that would fit or be worth a call, free or not."""
    is_open: bool = False
    """Nothing was asked about the household: the matches are free, and nobody knows whether they fit."""
    almost: tuple[Match, ...] = ()
    """The free lots that one reason alone excludes, the best first: those about which one may negotiate. Never in a unit to
    avoid. At most `ALMOST_SHOWN`."""
    too_large: int = 0
    """The number of people of a group for which there is no place at all, free or not; 0 for everybody else."""
    is_split: bool = False
    """The group may be split."""
    fits_later: bool = False
    """A shelter without a match holds a group that is split, once more of its places are free."""
    untried: int = 0
    """The number of shelters that may hold it in several places: there are too many ways to try all of them, and none of those
    that were tried does."""

    @property
    def count(self) -> int:
        return self.fits + self.discuss + self.unsure


class Finder:
    """One search, lot by lot, in the words of `rules/fit.py`. `catalogue` has the travel times and the kinds."""

    def __init__(self, profile: Profile, catalogue: Catalogue, deciders: Deciders | None = None) -> None:
        self._deciders = deciders or {}
        self.profile = profile
        self.is_open = not profile.asked()
        self.left_open = left_open(profile)
        self._catalogue = catalogue
        self._judged: dict[Terms, tuple[Reason, ...]] = {}
        self._splitter = Splitter(profile)

    def found(self, cards: Iterable[Card], most: int | None) -> Found:
        """Return the result on these cards, the best match first. `most` None: with every match."""
        counts: Counter[str] = Counter()
        excluded_by: Counter[str] = Counter()
        kinds: set[str] = set()
        matches: list[tuple[Rank, Match]] = []
        almost: list[tuple[Rank, Match]] = []
        cards = tuple(cards)
        for card in cards:
            split = self._split(card)
            used: Counter[str] = Counter()
            if split is not None:
                matches.append(split)
                together = split[1].together
                used.update(lot.id for place in together if (lot := card.lot_of(place.id)))
                kinds.update(place.kind for place in together)
                counts["unsure" if card.freshness == "stale" else split[1].fit] += len(together)
            for lot in card.lots:
                reasons, free = self.reasons(card, lot), len(lot.free) - used[lot.id]
                fit = fit_of(reasons)
                if fit == "excluded":
                    counts["excluded"] += free
                    against = [one.criterion for one in reasons if one.answer == "no"]
                    excluded_by.update(dict.fromkeys(against, free))
                    if free and len(against) == 1 and against != ["avoid"]:
                        almost.append(self._match(card, lot, fit, reasons))
                    continue
                kinds.add(lot.kind)
                counts["taken"] += len(lot.places) - len(lot.free)
                counts["taken_fits"] += len(lot.places) - len(lot.free) if fit == "fits" else 0
                counts["unsure" if card.freshness == "stale" else fit] += free
                if lot.free:
                    matches.append(self._match(card, lot, fit, reasons))
        untried = self.untried
        return Found(
            matches=tuple(match for _, match in sorted(matches)[:most]),  # no two have the same rank
            fits=counts["fits"],
            discuss=counts["discuss"],
            unsure=counts["unsure"],
            excluded=counts["excluded"],
            excluded_by=largest_first(excluded_by),
            taken=counts["taken"],
            taken_fits=counts["taken_fits"],
            kinds=frozenset(kinds),
            is_open=self.is_open,
            almost=tuple(match for _, match in sorted(almost)[:ALMOST_SHOWN]),
            too_large=0 if kinds else finish(self.too_large(cards)),
            is_split=self.profile.split,
            fits_later=finish(self.fits_later(cards, {match.card.id for _, match in matches})),
            untried=untried,
        )

    def reasons(self, card: Card, lot: Lot) -> tuple[Reason, ...]:
        """Return why this lot fits or does not."""
        judged = self._judged.get(lot.terms)
        if judged is None:
            judged = self._judged[lot.terms] = judge(lot.terms, self.profile)
        return judged + judge_place(lot.beds, lot.cots, card.unit, self.profile)

    def _split(self, card: Card) -> tuple[Rank, Match] | None:
        if not self.profile.split:
            return None
        fits = [fit_of(self.reasons(card, lot)) for lot in card.lots if lot.free]
        return self.split(card, min(fits, key=FIT_ORDER.__getitem__, default="excluded"))

    def split(self, card: Card, whole: Fit) -> tuple[Rank, Match] | None:
        """Return how a group that may be split fits this shelter; None when it does not, or when one place is as good.

        `whole`: the verdict of its best free place on all of them.
        """
        if whole == "fits" or card.unit in self.profile.avoid:
            return None
        split = self._together([lot.free for lot in card.lots if lot.free])
        if split is None or FIT_ORDER[whole] <= FIT_ORDER[split.fit]:
            return None
        places = {place.id: place for place in card.places}
        together = tuple(places[part.room.id] for part in split.parts)
        return self._match(card, sum_of(together), split.fit, split.reasons, together)

    def together(self, card: Card) -> Match | None:
        """Return how a group that is split fits this shelter in several places, now or `later`; None: one place is as good."""
        split = self._split(card)
        return self.later(card) if split is None else split[1]

    def later(self, card: Card) -> Match | None:
        """Return how a group that may be split will fit this shelter once all its places are free; None: not in several places.

        The match has no free place: `lot` is the sum of those that are needed.
        """
        if card.unit in self.profile.avoid:
            return None
        split = self._together([lot.places for lot in card.lots])
        if split is None:
            return None
        by_id = {place.id: place for place in card.places}
        together = tuple(by_id[part.room.id] for part in split.parts)
        return self._match(card, sum_of(together)._replace(free=()), split.fit, split.reasons, together)[1]

    def fits_later(self, cards: Iterable[Card], free: Collection[str]) -> Steps[bool]:
        """Return whether any shelter holds a group that is split `later`. `free`: the shelters that have a match now."""
        if not self.profile.split:
            return False
        return (yield from any_of((card for card in cards if card.id not in free), self.later))

    def _together(self, lots: Sequence[tuple[PlaceView, ...]]) -> Split | None:
        """Return how these places of one shelter hold the group. `lots`: those that are alike stand together."""
        profile = self.profile
        if not self._splitter.may_hold({places[0].terms for places in lots}):
            return None
        if sum([places[0].beds * len(places) for places in lots]) < profile.beds:
            return None
        few = [place for places in lots for place in places[: profile.people]]
        return self._splitter.split(rooms_of(sorted(few, key=lambda place: place.position)))

    @property
    def untried(self) -> int:
        """As `Found.untried`, of the shelters that were asked so far."""
        return self._splitter.untried

    def too_large(self, cards: Iterable[Card]) -> Steps[int]:
        """Return the number of people of a group that no shelter would hold, if all its places were free; 0: one would.

        Only for a group that no single place holds.
        """
        if not self.profile.split:
            return self.profile.group
        safe = (card for card in cards if card.unit not in self.profile.avoid)
        untried = self.untried
        is_held = yield from any_of(safe, lambda card: self._together([lot.places for lot in card.lots]))
        return 0 if is_held or self.untried > untried else self.profile.group

    def _match(
        self, card: Card, lot: Lot, fit: Fit, reasons: tuple[Reason, ...], together: tuple[PlaceView, ...] = ()
    ) -> tuple[Rank, Match]:
        kinds = sorted({lot.kind, *(place.kind for place in together)})
        minutes = minutes_from(self.profile.near, card.unit, self._catalogue)
        decides = max((self._deciders.get(kind, "shelter") for kind in kinds), key=DECIDES_ORDER.__getitem__)
        match = Match(card, lot, fit, self.left_open, reasons, self.is_open, decides, minutes, together)
        return self.rank(match), match

    def rank(self, match: Match) -> Rank:
        """Return the place of a match in the order."""
        kinds = {match.lot.kind, *(place.kind for place in match.together)}
        is_meant = all(is_meant_for(self._catalogue.kinds[kind].for_needs, self.profile) for kind in kinds)
        far, lot, card = minutes_to_rank(self.profile.near, match.minutes), match.lot, match.card
        return rank(match.fit, card.freshness, is_meant, match.decides, far, lot.beds, lot.cots, card.name, match.id)


def sum_of(places: tuple[PlaceView, ...]) -> Lot:
    """Return several places that one group takes as one lot, of the kind and with the terms of the first.

    It is there as long as all of them are.
    """
    begins = max((place.exists_from for place in places if place.exists_from is not None), default=None)
    ends = min((place.exists_until for place in places if place.exists_until is not None), default=None)
    beds, cots = sum(place.beds for place in places), sum(place.cots for place in places)
    return Lot(places[0].kind, places[0].terms, beds, cots, places, places, begins, ends)


def rooms_of(places: Iterable[PlaceView]) -> list[Room]:
    return [Room(place.id, place.terms, place.beds, place.cots) for place in places]


def largest_first(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts that are not 0, the largest first and then by name."""
    return dict(sorted(((name, count) for name, count in counts.items() if count), key=lambda pair: (-pair[1], pair[0])))


def minutes_from(near: str | None, unit: str, catalogue: Catalogue) -> int | None:
    """Return the minutes to this police unit from the one near which a place should be; None: left open, or not known."""
    return None if near is None else catalogue.minutes_between(near, unit)


def minutes_to_rank(near: str | None, minutes: int | None) -> int:
    """Return the minutes that count for the order: 0 when nobody said where, and a great many when the time is not known."""
    return 0 if near is None else UNKNOWN_MINUTES if minutes is None else minutes
