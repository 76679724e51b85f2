"""The shelters that may be asked for a case, the best first."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from bedboard.rules.cases import MOST_ASKED
from bedboard.rules.fit import Profile
from bedboard.store.board import Catalogue
from bedboard.views.cards import Card
from bedboard.views.cases import AskView
from bedboard.views.found import Deciders, Finder, Found, Match

TICKED = 5  # shelters that are chosen beforehand: most people need not look further
LISTED = 24  # shelters to choose from
LOTS = 1000  # matches that a search for candidates must give, to find the best one of each shelter


def best_matches(found: Found) -> dict[str, Match]:
    """Return the best match of each shelter, by its id, the best shelter first."""
    best: dict[str, Match] = {}
    for match in found.matches:
        best.setdefault(match.card.id, match)
    return best


def best_kind(card: Card, profile: Profile, catalogue: Catalogue, deciders: Deciders) -> str | None:
    """Return the kind of a shelter's best match; None when nothing there fits or is worth a call."""
    return next((match.lot.kind for match in Finder(profile, catalogue, deciders).found([card], 1).matches), None)


class Candidate(NamedTuple):
    """A shelter that may be asked, with its best match. `chosen`: its box is ticked. `earlier`: its part in this case so far;
    None: it was not asked."""

    match: Match
    chosen: bool
    earlier: AskView | None = None


def candidates(
    found: Found, ticked: Collection[str] | None, asked: Sequence[AskView] = (), still: int = MOST_ASKED
) -> list[Candidate]:
    """Return the shelters that may be asked, without those of `asked` whose answer still counts.

    `ticked` None: nobody has chosen yet. Then the best shelters are ticked that were not asked before, first those that are
    open at the arrival. `still`: the number of shelters that may still be asked.
    """
    earlier = {ask.card.id: ask for ask in asked}
    unsettled = {shelter_id for shelter_id, ask in earlier.items() if ask.settled is None}
    matches = [match for shelter_id, match in best_matches(found).items() if shelter_id not in unsettled][:LISTED]
    shut = {
        match.card.id
        for match in matches
        for one in match.reasons
        if one.criterion in ("intake", "intake_until") and one.answer != "yes"
    }
    new = [match.card.id for match in matches if match.card.id not in earlier]
    first = sorted(new, key=lambda shelter_id: shelter_id in shut)
    chosen = first[: min(TICKED, still)] if ticked is None else ticked
    return [Candidate(match, match.card.id in chosen, earlier.get(match.card.id)) for match in matches]
