"""Fit: does this place suit this household tonight, and why (not)?

A profile describes a household, and may leave anything open; the terms of a shelter answer it, criterion by criterion. Nothing
here knows a name, and nothing here is kept.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from bedboard.rules.criteria import CRITERIA
from bedboard.rules.freshness import Freshness
from bedboard.rules.refusals import FieldError, Invalid

Fit = Literal["fits", "discuss", "excluded"]
ReasonVerdict = Literal["yes", "discuss", "no", "unknown"]

PARTY = (*CRITERIA["adults"], *CRITERIA["children"])
"""The members of a household, each a number; boys of 12 and older are `boy_12_17` and not `child_12_17`."""

PERSON_STATUSES = CRITERIA["status"]
EXPLOITATIONS = CRITERIA["exploitation"]
NEEDS = CRITERIA["needs"]

MOST_OF_EACH = 20
SMALLEST_GROUP = 2
ARRIVAL_WINDOW_MINUTES = 120  # a journey from one end of the country to the other
DAY_MINUTES = 1440

FIT_ORDER: Mapping[Fit, int] = {"fits": 0, "discuss": 1, "excluded": 2}
FRESHNESS_ORDER: Mapping[Freshness, int] = {"fresh": 0, "ageing": 1, "stale": 2}


Ages = tuple[int, int]
"""From and to, both included."""

SMALL, CHILD, TEEN, ADULT = (0, 3), (4, 11), (12, 17), (18, 120)
ADULT_AGES: Mapping[str, Ages] = {"18_20": (18, 20), "21_64": (21, 64), "65_plus": (65, 120)}
"""The age bands of adults, the youngest first."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A household that looks for a place; a field that is 0, None, False or empty has been left open.

    `minor_alone`: a minor without parents; the children are then that minor and any others. `group`: the number of people in
    a group that is more than one household; where nobody said it, that of the named people of a group that may be split.
    `split`: it may sleep in several places of one shelter. `avoid`: codes of police units that are not safe. `near`: the
    police unit near which the place should be. `adult_ages`: the age bands in which the adults are, of `ADULT_AGES`.
    `oldest_son`: the age of the eldest son who comes along. `statuses`: all that are known to hold, such as a Dublin claimant
    in the reflection period. `arrives_after` and `arrives_before`: local minutes since midnight.
    """

    woman: int = 0
    man: int = 0
    other_gender: int = 0
    child_0_3: int = 0
    child_4_11: int = 0
    child_12_17: int = 0
    boy_12_17: int = 0
    minor_alone: bool = False
    group: int = 0
    split: bool = False
    statuses: frozenset[str] = frozenset()
    exploitation: str | None = None
    adult_ages: frozenset[str] = frozenset()
    oldest_son: int | None = None
    needs: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    near: str | None = None
    languages: frozenset[str] = frozenset()
    arrives_after: int | None = None
    arrives_before: int | None = None

    def __post_init__(self) -> None:
        named = self.adults + self.children
        if self.split and not self.group and named >= SMALLEST_GROUP:
            object.__setattr__(self, "group", named)

    @property
    def adults(self) -> int:
        return self.woman + self.man + self.other_gender

    @property
    def children(self) -> int:
        return self.child_0_3 + self.child_4_11 + self.child_12_17 + self.boy_12_17

    @property
    def unnamed(self) -> int:
        """Return the number of people in a group about whose age nothing was said."""
        return max(0, self.group - self.adults - self.children)

    @property
    def people(self) -> int:
        """Return the number of people who need a bed or a cot: 1 at least, even if nothing was said."""
        return max(1, self.group, self.adults + self.children)

    @property
    def beds(self) -> int:
        """Return the number of people who cannot sleep in a cot."""
        return self.people - self.child_0_3

    def asked(self) -> list[str]:
        """Return the criteria that this profile asks about, in the order in which people name them."""
        names = [name for name in PARTY if getattr(self, name)]
        names += [name for name in ("minor_alone", "group") if getattr(self, name)]
        names += [name for name in PERSON_STATUSES if name in self.statuses]
        names += [self.exploitation] if self.exploitation else []
        return names + [name for name in NEEDS if name in self.needs]

    def ages(self) -> tuple[Ages, Ages] | None:
        """Return the age bands of the youngest and the oldest person who leads the party; None when nothing was said.

        Adults lead a party that has any. Minors alone lead it themselves, but not the small ones: these may be their children.
        """
        if not self.minor_alone:
            adults = [band for name, band in ADULT_AGES.items() if name in self.adult_ages] or [ADULT] * (self.adults > 0)
            return (adults[0], adults[-1]) if adults else None
        bands = [band for band, number in ((CHILD, self.child_4_11), (TEEN, self.child_12_17 + self.boy_12_17)) if number]
        return (bands[0], bands[-1]) if bands else ((0, 17), (0, 17))


def check_profile(profile: Profile) -> None:
    """Refuse a party that cannot be: Invalid with the field."""
    if profile.minor_alone and (profile.adults or profile.adult_ages):
        raise Invalid(FieldError("minor_alone", "not_with_adults"))
    if profile.minor_alone and profile.group:
        raise Invalid(FieldError("minor_alone", "not_with_group"))
    if 0 < profile.group < SMALLEST_GROUP:
        raise Invalid(FieldError("group", "too_small", {"least": SMALLEST_GROUP}))
    if profile.split and not profile.group:
        raise Invalid(FieldError("split", "only_with_group"))
    if profile.split and profile.people > MOST_OF_EACH:
        raise Invalid(FieldError("group", "too_large_to_split", {"most": MOST_OF_EACH}))
    if len(profile.adult_ages) > (profile.adults + profile.unnamed or len(ADULT_AGES)):
        raise Invalid(FieldError("adult_ages", "more_than_adults"))
    if profile.oldest_son is not None and not may_be_son(profile, profile.oldest_son):
        raise Invalid(FieldError("oldest_son", "no_such_son"))


def may_be_son(profile: Profile, age: int) -> bool:
    """Return whether somebody in this household can be the eldest son, at this age."""
    if profile.boy_12_17:
        return TEEN[0] <= age <= TEEN[1]
    bands = [band for band, number in ((SMALL, profile.child_0_3), (CHILD, profile.child_4_11)) if number]
    return any(least <= age <= most for least, most in bands)


@dataclass(frozen=True, eq=False, slots=True)
class Terms:
    """The terms on which a shelter takes people; `make_terms` gives the same object for the same words.

    `criteria`: name to yes, discuss or no; absent is unknown. `limits`: absent is no limit. `intake`: local minutes since
    midnight, from and until; until may be lower than from (over midnight); (0, 1440) is day and night.
    """

    criteria: Mapping[str, str]
    limits: Mapping[str, int] = field(default_factory=dict)
    intake: tuple[int, int] = (0, DAY_MINUTES)
    languages: frozenset[str] = frozenset()
    yes: frozenset[str] = field(init=False, repr=False)
    no: frozenset[str] = field(init=False, repr=False)
    rest: Hashable = field(init=False, repr=False)
    """Everything but the criteria, as one thing to compare."""

    def __post_init__(self) -> None:
        for name in ("yes", "no"):
            said = frozenset(criterion for criterion, answer in self.criteria.items() if answer == name)
            object.__setattr__(self, name, said)
        object.__setattr__(self, "rest", (frozenset(self.limits.items()), self.intake, self.languages))


@lru_cache(maxsize=4096)
def _kept(
    criteria: frozenset[tuple[str, str]],
    limits: frozenset[tuple[str, int]],
    intake: tuple[int, int],
    languages: frozenset[str],
) -> Terms:
    return Terms(dict(criteria), dict(limits), intake, languages)


def make_terms(
    criteria: Mapping[str, str], limits: Mapping[str, int], intake: tuple[int, int], languages: Iterable[str]
) -> Terms:
    """Return the same object for equal words, so that a search judges shelters with equal terms only once."""
    return _kept(frozenset(criteria.items()), frozenset(limits.items()), intake, frozenset(languages))


class Reason(NamedTuple):
    """The answer to one criterion or limit. `detail`: the limit's number, beds, or the minute of intake; None: none."""

    criterion: str
    answer: ReasonVerdict
    detail: int | None = None


def judge(terms: Terms, profile: Profile) -> tuple[Reason, ...]:
    """Return the answers of these terms to the profile, for any place; empty when nothing was asked."""
    return judge_criteria(terms, profile.asked()) + judge_rest(terms, profile)


def judge_criteria(terms: Terms, asked: Iterable[str]) -> tuple[Reason, ...]:
    """Return the part of `judge` that follows from the asked criteria alone."""
    return tuple([_criterion(name, terms.criteria.get(name)) for name in asked])


def judge_rest(terms: Terms, profile: Profile) -> tuple[Reason, ...]:
    """Return the part of `judge` that does not follow from the asked criteria: limits, hours of intake, languages."""
    reasons = _limits(terms.limits, profile) if terms.limits else []
    if profile.children and not (profile.adults or profile.minor_alone or profile.group):
        reasons.append(Reason("minor_alone", "unknown"))  # nobody has said which adults come with the children
    arrival = _arrival(terms.intake, profile)
    if arrival is not None:
        reasons.append(arrival)
    if profile.languages:  # never a "no": interpreters work by telephone
        if terms.languages & profile.languages:
            reasons.append(Reason("language", "yes"))
        else:
            reasons.append(Reason("language", "discuss" if terms.languages else "unknown"))
    return tuple(reasons)


def judge_place(beds: int, cots: int, unit: str, profile: Profile) -> tuple[Reason, ...]:
    """Return the reasons of this very place: is it large enough, and in a police unit that need not be avoided?"""
    large_enough = beds >= profile.beds and beds + cots >= profile.people
    size = Reason("size", "yes" if large_enough else "no", profile.people)
    return (size, Reason("avoid", "no")) if unit in profile.avoid else (size,)


def fit_of(reasons: Iterable[Reason]) -> Fit:
    """Return "fits" for nothing but yes, "excluded" for any no, and otherwise "discuss", which unknown has to be as well."""
    answers = {reason.answer for reason in reasons}
    if "no" in answers:
        return "excluded"
    return "discuss" if answers & {"discuss", "unknown"} else "fits"


@lru_cache(maxsize=1024)  # the same few reasons again and again
def _criterion(name: str, answer: str | None) -> Reason:
    return Reason(name, answer if answer in ("yes", "discuss", "no") else "unknown")  # type: ignore[arg-type]


def _limits(limits: Mapping[str, int], profile: Profile) -> list[Reason]:
    """Return yes for a number within its limit and no beyond it. A limit that cuts through what is known has to be discussed:
    through an age band, or through a group of which not everybody was named."""
    reasons: list[Reason] = []

    def add(name: str, holds: bool | None) -> None:
        answer: ReasonVerdict = "discuss" if holds is None else "yes" if holds else "no"
        reasons.append(Reason(name, answer, limits[name]))

    ages = profile.ages()
    if ages is not None and "min_age" in limits:
        youngest, least = ages[0], limits["min_age"]
        add("min_age", True if youngest[0] >= least else False if youngest[1] < least else None)
    if ages is not None and "max_age" in limits:
        oldest, most = ages[1], limits["max_age"]
        add("max_age", True if oldest[1] <= most else False if oldest[0] > most else None)
    children = max(0, profile.children - profile.minor_alone)  # one of them leads the party
    for name, least in (("max_adults", profile.adults), ("max_children", children)):
        most = least + profile.unnamed
        if most and name in limits:
            add(name, True if most <= limits[name] else False if least > limits[name] else None)
    if profile.children and not profile.minor_alone and "oldest_son" in limits:
        limit = limits["oldest_son"]
        if profile.oldest_son is not None:
            add("oldest_son", profile.oldest_son <= limit)
        elif profile.boy_12_17:
            add("oldest_son", True if limit >= TEEN[1] else False if limit < TEEN[0] else None)
        elif (profile.child_4_11 and limit < CHILD[1]) or (profile.child_0_3 and limit < SMALL[1]):
            add("oldest_son", None)  # these may be sons
    return reasons


def _arrival(intake: tuple[int, int], profile: Profile) -> Reason | None:
    """Return the answer of the hours of intake to the hours of arrival; None when nothing was said about those.

    With one hour only, people arrive within `ARRIVAL_WINDOW_MINUTES` after `arrives_after`, or before `arrives_before`. Where
    intake is not open all that time it has to be discussed: `intake` has the minute at which it opens, `intake_until` the one
    at which it closes on them. It is never a no: a call may open the door.
    """
    begin, until = profile.arrives_after, profile.arrives_before
    if begin is None and until is None:
        return None
    if begin is None:
        begin = (until or 0) - ARRIVAL_WINDOW_MINUTES
    if until is None:
        until = begin + ARRIVAL_WINDOW_MINUTES
    opens, closes = intake
    # Both lengths are at most a day, and `waited` is how long intake has been open when the first minute comes.
    window, hours = ((end - start - 1) % DAY_MINUTES + 1 for start, end in ((begin, until), (opens, closes)))
    waited = (begin - opens) % DAY_MINUTES
    if hours == DAY_MINUTES or waited + window <= hours:
        return Reason("intake", "yes", opens)
    return Reason("intake_until", "discuss", closes) if waited < hours else Reason("intake", "discuss", opens)
