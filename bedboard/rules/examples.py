"""Examples: invented households that a shelter's terms take or refuse, so that its manager sees what the terms do."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bedboard.rules.fit import FIT_ORDER, Fit, Profile, Reason, Terms, fit_of, judge, judge_place

EXAMPLES: Mapping[str, Profile] = {
    "woman": Profile(woman=1),
    "man": Profile(man=1),
    "reflection": Profile(woman=1, statuses=frozenset({"reflection"}), exploitation="sexual"),
    "dublin_labour": Profile(man=1, statuses=frozenset({"dublin"}), exploitation="labour"),
    "baby": Profile(woman=1, child_0_3=1),
    "children": Profile(woman=1, child_4_11=2),
    "teenage_son": Profile(woman=1, boy_12_17=1),
    "couple": Profile(woman=1, man=1),
    "family": Profile(woman=1, man=1, child_4_11=2, child_12_17=1),
    "group_of_men": Profile(man=4, group=4),
    "minor": Profile(minor_alone=True, child_12_17=1),
    "teenage_mother": Profile(minor_alone=True, child_12_17=1, child_0_3=1),
    "pregnant": Profile(woman=1, needs=frozenset({"pregnant"})),
    "wheelchair": Profile(woman=1, needs=frozenset({"wheelchair"})),
    "lvb": Profile(woman=1, needs=frozenset({"lvb"})),
    "several_needs": Profile(woman=1, needs=frozenset({"lvb", "psychiatric", "addiction"})),
    "night": Profile(woman=1, arrives_after=120),
}
"""Profiles by code, in the order in which they are shown; "at night" is 02:00."""


class House(NamedTuple):
    """The terms and the size of a place."""

    terms: Terms
    beds: int
    cots: int


class ExampleOutcome(NamedTuple):
    """The result for one example.

    `fit` and `reasons` are those of the place that suits best; a shelter without places is judged by its terms alone. `fits`
    and `discuss` count places, of `total`.
    """

    example: str
    fit: Fit
    reasons: tuple[Reason, ...]
    fits: int
    discuss: int
    total: int

    @property
    def telling(self) -> tuple[Reason, ...]:
        """Return the decisive reasons: every "no", or without any the criteria that are unknown or have to be discussed."""
        no = tuple(reason for reason in self.reasons if reason.answer == "no")
        return no or tuple(reason for reason in self.reasons if reason.answer != "yes")


def try_examples(terms: Terms, houses: Iterable[House]) -> list[ExampleOutcome]:
    """Judge each of `EXAMPLES` for these places. `terms`: the shelter's own, for when it has no places."""
    alike = Counter(houses)
    return [_try(code, profile, terms, alike) for code, profile in EXAMPLES.items()]


def _try(code: str, profile: Profile, terms: Terms, houses: Mapping[House, int]) -> ExampleOutcome:
    judged: list[tuple[Sequence[Reason], int]] = [
        (judge(house.terms, profile) + judge_place(house.beds, house.cots, "", profile), count)
        for house, count in houses.items()
    ]
    counts: Counter[Fit] = Counter()
    for reasons, count in judged:
        counts[fit_of(reasons)] += count
    every = [reasons for reasons, _ in judged] or [judge(terms, profile)]
    best = min(every, key=lambda one: (FIT_ORDER[fit_of(one)], sum(reason.answer != "yes" for reason in one)))
    return ExampleOutcome(code, fit_of(best), tuple(best), counts["fits"], counts["discuss"], sum(houses.values()))
