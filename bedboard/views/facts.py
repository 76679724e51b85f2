"""The facts about a shelter for choosing and deciding: its fit for the household of a case, and its terms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bedboard.rules.fit import FIT_ORDER, Fit, Profile, Reason, fit_of
from bedboard.rules.questions import to_ask
from bedboard.rules.split import split_group
from bedboard.store.board import Catalogue
from bedboard.views.cards import Card, Lot, PlaceView
from bedboard.views.cases import AskView, CaseView
from bedboard.views.found import Finder, minutes_from, rooms_of, sum_of


class Facts(NamedTuple):
    """The facts of one shelter's part in a case. `minutes`: as in `Match`. `stay_days` None: no limit is known.

    `is_together`: a group that is split needs every place of `lot`.
    """

    lot: Lot
    fit: Fit
    reasons: tuple[Reason, ...]
    to_ask: tuple[Reason, ...]
    stay_days: int | None
    minutes: int | None
    is_together: bool = False

    @property
    def is_full(self) -> bool:
        return not self.lot.free

    @property
    def free_at(self) -> datetime | None:
        """Return the moment at which a place (together: all of them) is expected to be free; None: free, or nobody has said."""
        return expected_together(self.lot.places) if self.is_together else expected_free(self.lot)


def expected_free(lot: Lot) -> datetime | None:
    """Return the soonest moment that the shelter has told for a place that is not free; None: it has told none, or one is free.

    A moment that has passed is no expectation any more.
    """
    told = [one.expected_free_at for one in lot.places if one.expected_free_at is not None and not one.is_overdue]
    return None if lot.free else min(told, default=None)


def expected_together(places: Sequence[PlaceView]) -> datetime | None:
    """Return the moment at which all these places are expected to be free; None: the shelter has not told it of each."""
    told = [None if place.is_overdue else place.expected_free_at for place in places if place.status != "free"]
    moments = [at for at in told if at is not None]
    return max(moments, default=None) if len(moments) == len(told) else None


def facts_of(case: CaseView, profile: Profile | None, catalogue: Catalogue) -> Mapping[str, Facts]:
    """Return the facts by shelter, of the place that it offers or otherwise of the best lot of the kind that was asked for.

    `profile` None: the needs are erased, so there is nothing to weigh.
    """
    if profile is None:
        return {}
    finder = Finder(profile, catalogue)
    found = {ask.card.id: _facts(ask, ask.card, finder, catalogue) for ask in case.asks}
    return {shelter_id: facts for shelter_id, facts in found.items() if facts is not None}


def _facts(ask: AskView, card: Card, finder: Finder, catalogue: Catalogue) -> Facts | None:
    held = ask.hold.place_ids[0] if ask.hold is not None else ""
    lots = [lot for place_id in (ask.place.id if ask.place else "", held) if (lot := card.lot_of(place_id))]
    lots = lots[:1] or [lot for lot in card.lots if lot.kind == ask.kind] or list(card.lots)
    weighed = [(finder.reasons(card, lot), lot) for lot in lots]
    offered = ask.places or (tuple(ask.hold.places) if ask.hold is not None else ())
    split = split_group(finder.profile, rooms_of(offered))
    together = None if offered else finder.together(card)
    if split is not None:
        weighed = [(split.reasons, sum_of(offered))]
    elif together is not None:
        weighed = [(together.reasons, together.lot)]
    if not weighed:
        return None
    reasons, lot = min(weighed, key=lambda one: (FIT_ORDER[fit_of(one[0])], not one[1].free))
    return Facts(
        lot=lot,
        fit=fit_of(reasons),
        reasons=reasons,
        to_ask=to_ask(lot.terms, finder.left_open),
        stay_days=lot.terms.limits.get("longest_stay_days"),
        minutes=minutes_from(finder.profile.near, card.unit, catalogue),
        is_together=together is not None,
    )
