"""The need of a case: which of somebody's cases comes first, because a person can or must do something about it."""

from datetime import datetime, timedelta
from typing import NamedTuple

from bedboard.rules.cases import CaseState

LAPSES_SOON = timedelta(minutes=20)
"""An offer that ends within this time goes before those that are not in such a hurry."""


class Situation(NamedTuple):
    """A case as far as its need goes.

    `is_lost`: the chosen place is not to be had any more, and no other shelter was asked since. `is_late`: the agreed hour has
    passed. `offers_until`: the ends of the offers that wait for a choice. `is_offered`: others ask to take the case over.
    `is_discussed`: a shelter wants to be called.
    """

    state: CaseState
    is_lost: bool
    is_late: bool
    offers_until: tuple[datetime, ...]
    is_offered: bool
    is_discussed: bool


class Need(NamedTuple):
    """The need of a case, to sort by: the smallest comes first. `until`: the end of its first offer, in seconds."""

    step: int
    until: float = 0.0


LOST, LATE, LAPSING, WAITING, TO_CALL, ASKING, UNTOLD, REST = range(8)


def need_of(case: Situation, now: datetime) -> Need:
    """Return how much a case needs its requester.

    In this order: a place that is lost, people who are late, an offer that ends soon, an answer or an offer of a case that
    waits, a call, the silence of shelters, the question where they sleep, and the rest.
    """
    ends = min(case.offers_until, default=None)
    if case.is_lost:
        return Need(LOST)
    if case.is_late:
        return Need(LATE)
    if ends is not None:
        return Need(LAPSING if ends - now <= LAPSES_SOON else WAITING, ends.timestamp())
    if case.is_offered:
        return Need(WAITING)
    if case.state == "asking":
        return Need(TO_CALL if case.is_discussed else ASKING)
    return Need(UNTOLD if case.state == "withdrawn" else REST)
