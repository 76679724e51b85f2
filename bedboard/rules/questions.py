"""Questions about everything that the asker left open and a shelter restricts; they change no verdict."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bedboard.rules.criteria import CRITERIA
from bedboard.rules.fit import DAY_MINUTES, EXPLOITATIONS, NEEDS, PERSON_STATUSES, Profile, Reason, Terms

RULED_OUT: Mapping[str, frozenset[str]] = {
    "dutch": frozenset(PERSON_STATUSES) - {"dutch"},
    "eu": frozenset({"dutch", "third_country", "undocumented", "dublin"}),
    "third_country": frozenset({"dutch", "eu"}),
    "undocumented": frozenset({"dutch", "eu", "b8"}),
    "dublin": frozenset({"dutch", "eu", "b8"}),
    "reflection": frozenset({"dutch", "b8"}),
    "b8": frozenset({"dutch", "undocumented", "dublin", "reflection"}),
}
"""A status to those that cannot hold beside it, so that nobody has to ask."""

WISHES = frozenset({"women_only"})
"""Needs that are a wish of the person: a house without it restricts nobody."""


def open_criteria(profile: Profile) -> Iterator[str]:
    """Yield the criteria that the asker has left open, in the order in which people name them.

    The people that were named are the whole household, except in a group of which not everybody was named. The needs are open
    as long as none was named.
    """
    is_nobody_named = not (profile.adults or profile.children)
    if not profile.minor_alone and (not profile.adults or profile.unnamed):
        yield from (name for name in CRITERIA["adults"] if not getattr(profile, name))
    if is_nobody_named or profile.unnamed:
        yield from (name for name in CRITERIA["children"] if not getattr(profile, name))
    if is_nobody_named and not profile.minor_alone and not profile.group:
        yield "minor_alone"
    ruled_out = profile.statuses.union(*(RULED_OUT[status] for status in profile.statuses))
    yield from (status for status in PERSON_STATUSES if status not in ruled_out)
    if profile.exploitation is None:
        yield from EXPLOITATIONS
    if not profile.needs:
        yield from (need for need in NEEDS if need not in WISHES)


def open_limits(profile: Profile) -> Iterator[str]:
    """Yield the limits about which the asker has said nothing, so that `judge` gives no answer to them."""
    if profile.ages() is None:
        yield from ("min_age", "max_age")
    if not (profile.adults or profile.minor_alone or profile.group):
        yield "max_adults"
        if not profile.children:
            yield "max_children"


class LeftOpen(NamedTuple):
    """Everything that a profile leaves open, worked out once for all places of a search.

    `refusals`: for each open criterion the question that follows when a shelter says no to it. `limits`: the names of the open
    limits. `is_hour_open`: nothing was said about the hour of arrival.
    """

    refusals: tuple[Reason, ...]
    limits: tuple[str, ...]
    is_hour_open: bool


def left_open(profile: Profile) -> LeftOpen:
    """Work out what the asker has left open."""
    refusals = tuple(Reason(name, "no") for name in open_criteria(profile))
    return LeftOpen(refusals, tuple(open_limits(profile)), (profile.arrives_after, profile.arrives_before) == (None, None))


def to_ask(terms: Terms, left: LeftOpen) -> tuple[Reason, ...]:
    """Return what the shelter refuses ("no") or limits ("discuss") among everything that the asker left open."""
    refused = [reason for reason in left.refusals if reason.criterion in terms.no]
    limited = [Reason(name, "discuss", terms.limits[name]) for name in left.limits if name in terms.limits]
    opens, closes = terms.intake
    if left.is_hour_open and (closes - opens) % DAY_MINUTES:
        limited.append(Reason("intake", "discuss", opens))
    return (*refused, *limited)
