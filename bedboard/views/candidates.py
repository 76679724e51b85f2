"""The shelters that may be asked for a case, the best first."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from bedboard.rules.fit import FIT_ORDER, Fit, Profile, fit_of
from bedboard.rules.rights import Seeker
from bedboard.store.board import Catalogue
from bedboard.views.cards import Card, PlaceView
from bedboard.views.cases import AskView, can_offer
from bedboard.views.facts import expected_free, expected_together
from bedboard.views.found import Deciders, Finder, Found, Match

TICKED = 5  # shelters that are chosen beforehand: most people need not look further
LISTED = 24  # shelters to choose from
FULL_LISTED = 12  # after those: shelters that suit and have nothing free now
LOTS = 1000  # matches that a search for candidates must give, to find the best one of each shelter
NO_MOMENT = datetime.max.replace(tzinfo=UTC)


def best_matches(found: Found) -> dict[str, Match]:
    """Return the best match of each shelter, by its id, the best shelter first."""
    best: dict[str, Match] = {}
    for match in found.matches:
        best.setdefault(match.card.id, match)
    return best


def best_kind(
    card: Card,
    profile: Profile,
    catalogue: Catalogue,
    deciders: Deciders,
    me: Seeker | None = None,
    shown: str | None = None,
) -> str | None:
    """Return the kind of a shelter's best match; None when nothing there fits or is worth a call.

    A place that is held for `me` goes before, then the kind that the page has `shown`, as long as one of it is there.
    """
    held = [] if me is None else held_matches([card], me, profile, catalogue, deciders)
    matches = held or Finder(profile, catalogue, deciders).found([card], None).matches
    kinds = [match.lot.kind for match in matches]
    return shown if shown in kinds else next(iter(kinds), None)


def held_matches(
    cards: Iterable[Card],
    me: Seeker,
    profile: Profile,
    catalogue: Catalogue,
    deciders: Deciders,
    wanted: str | None = None,
) -> list[Match]:
    """Return the matches with a place that is held for `me`, as if it were free; the best first.

    `me`: with the name of the organization, as on the board. `wanted`: a place that is shown even if it is excluded, and then
    comes first.
    """
    finder = Finder(profile, catalogue, deciders)
    own = [card for card in cards if any(place.id == wanted or is_held_by(place, me) for place in card.places)]
    matches: list[Match] = []
    for card in own:
        ours = {place.id for place in card.places if is_held_by(place, me)} | {wanted}
        places = [place._replace(status="free") if is_held_by(place, me) else place for place in card.places]
        shown = replace(card, places=tuple(places))
        found = _of_ours(finder, replace(card, places=tuple(place for place in places if place.id in ours)), ours)
        if not profile.split or not found:
            found = _of_ours(finder, shown, ours)
        lot = shown.lot_of(wanted or "")
        is_found = any(wanted in [place.id for place in match.places] for match in found)
        if lot is not None and not is_found and lot.free:
            decides = deciders.get(lot.kind, "shelter")
            found.append(Match(shown, lot, "excluded", finder.left_open, finder.reasons(shown, lot), finder.is_open, decides))
        matches += found
    return sorted(matches, key=lambda match: wanted not in [place.id for place in match.lot.places])


def _of_ours(finder: Finder, card: Card, ours: Collection[str | None]) -> list[Match]:
    return [match for match in finder.found([card], None).matches if any(place.id in ours for place in match.places)]


def full_matches(
    cards: Iterable[Card], found: Found, profile: Profile, catalogue: Catalogue, deciders: Deciders
) -> list[Match]:
    """Return the best lot of each shelter that suits and has no free place that does; the soonest to be free come first.

    `found`: the search for the same profile, with the shelters that have such a place.
    """
    finder, free = Finder(profile, catalogue, deciders), {match.card.id for match in found.matches}
    ranked: list[tuple[tuple[bool, datetime, int, str, str], Match]] = []
    for card in cards:
        if profile.split and card.id not in free and (match := finder.later(card)) is not None:
            at = expected_together(match.together)
            ranked.append(((at is None, at or NO_MOMENT, FIT_ORDER[match.fit], card.name, match.id), match))
        for lot in card.lots if card.id not in free else ():
            reasons = finder.reasons(card, lot)
            if lot.free or (fit := fit_of(reasons)) == "excluded":
                continue
            at, decides = expected_free(lot), deciders.get(lot.kind, "shelter")
            match = Match(card, lot, fit, finder.left_open, reasons, finder.is_open, decides)
            ranked.append(((at is None, at or NO_MOMENT, FIT_ORDER[fit], card.name, lot.id), match))
    best: dict[str, Match] = {}
    for _, match in sorted(ranked, key=lambda one: one[0]):
        best.setdefault(match.card.id, match)
    return list(best.values())


def fits_of(card: Card, profile: Profile, catalogue: Catalogue, deciders: Deciders) -> list[Fit]:
    """Return how each lot of a shelter suits, whether free or not, and how several places together suit a group."""
    finder = Finder(profile, catalogue, deciders)
    together = finder.later(card) if profile.split else None
    return [fit_of(finder.reasons(card, lot)) for lot in card.lots] + ([] if together is None else [together.fit])


def is_held_by(place: PlaceView, me: Seeker) -> bool:
    """Return whether a place is held for this seeker at this moment."""
    return place.status == "held" and can_offer(place, me)


class Candidate(NamedTuple):
    """A shelter that may be asked, with its best match. `chosen`: its box is ticked. `earlier`: its part in this case so far;
    None: it was not asked. `held`: a place of the match is held for the requester."""

    match: Match
    chosen: bool
    earlier: AskView | None = None
    held: bool = False

    @property
    def is_full(self) -> bool:
        return not self.match.places

    @property
    def free_at(self) -> datetime | None:
        """Return when a place of a full shelter is expected to be free; None: nobody has said."""
        together = self.match.together
        return expected_together(together) if together else expected_free(self.match.lot)


def is_sure(match: Match) -> bool:
    """Return whether a match has a free place that fits, by news that is fresh."""
    return bool(match.places) and match.fit == "fits" and match.card.freshness == "fresh"


def candidates(
    found: Found,
    ticked: Collection[str] | None,
    asked: Sequence[AskView] = (),
    held: Sequence[Match] = (),
    full: Sequence[Match] = (),
) -> list[Candidate]:
    """Return the shelters that may be asked, without those of `asked` whose answer still counts.

    `ticked` None: nobody has chosen yet. Then the best shelters are ticked: those with a place that the requester holds, and
    those with a place that fits by news that is fresh. Anything else is for the requester to choose. `held`: as `held_matches`
    gives them; they come first. `full`: as `full_matches` gives them; they come last, and are never ticked beforehand.
    """
    best: dict[str, Match] = {}
    for match in held:
        best.setdefault(match.card.id, match)
    ours = frozenset(best)
    best |= {shelter_id: match for shelter_id, match in best_matches(found).items() if shelter_id not in ours}
    earlier = {ask.card.id: ask for ask in asked}
    unsettled = {shelter_id for shelter_id, ask in earlier.items() if ask.settled is None}
    matches = [match for shelter_id, match in best.items() if shelter_id not in unsettled][:LISTED]
    shown = unsettled | {match.card.id for match in matches}
    matches += [match for match in full if match.card.id not in shown][:FULL_LISTED]
    sure = [match.card.id for match in matches if match.card.id in ours or is_sure(match)]
    chosen = sure[:TICKED] if ticked is None else ticked
    return [
        Candidate(
            match,
            match.card.id in chosen,
            earlier.get(match.card.id),
            any(place.claim is not None for place in match.places),  # free for nobody else
        )
        for match in matches
    ]
