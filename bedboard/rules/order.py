"""The order of found places, and the side that decides on each at this moment."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from bedboard.rules.access import Role
from bedboard.rules.deciding import Deciding
from bedboard.rules.fit import FIT_ORDER, FRESHNESS_ORDER, Fit, Profile
from bedboard.rules.freshness import Freshness

Decides = Literal["requester", "shelter", "desk", "provisional", "desk_closed"]
"""The side that decides now. `desk`: it is open. `provisional`: a yes of the shelter counts until the desk looks at it.
`desk_closed`: the case waits until the desk opens."""

DECIDES_ORDER: Mapping[Decides, int] = {"requester": 0, "shelter": 1, "desk": 2, "provisional": 2, "desk_closed": 2}

SEVERAL_NEEDS = 2
NEAR_MINUTES, FAR_MINUTES = 45, 90
UNKNOWN_MINUTES = 999  # between two police units of which nobody has told the time


def decides_now(role: Role, kind: Deciding, local: datetime) -> Decides:
    """Return the side that decides on a place of this kind, for a requester in this role, at this local moment."""
    if role == kind.decides:
        return "requester"
    if kind.decides != "desk":
        return "shelter"
    if kind.is_desk_open(local):
        return "desk"
    return "provisional" if kind.counts_without_desk(local) else "desk_closed"


def is_meant_for(for_needs: Collection[str], profile: Profile) -> bool:
    """Return whether a kind of place is meant for this household: a scarce kind only for somebody with several of its needs.

    `for_needs` empty: the kind is for everybody.
    """
    return len(profile.needs.intersection(for_needs)) >= min(SEVERAL_NEEDS, len(for_needs))


def travel_band(minutes: int) -> int:
    """Return 0 for a journey under 45 minutes, 1 under 90, and 2 for a longer one."""
    return (minutes >= NEAR_MINUTES) + (minutes >= FAR_MINUTES)


Rank = tuple[int, int, bool, int, int, int, int, int, str, str]
"""Fits before discuss, fresh before older news, kinds meant for this household before scarce ones, the side that decides, the
travel band, the smallest that is large enough (beds, then cots), minutes; then the shelter's name and the place's id, so that
the order is total."""


def rank(
    fit: Fit,
    freshness: Freshness,
    is_meant: bool,
    decides: Decides,
    minutes: int,
    beds: int,
    cots: int,
    name: str,
    place_id: str,
) -> Rank:
    kind = (not is_meant, DECIDES_ORDER[decides])
    where = (travel_band(minutes), beds, cots, minutes)
    return FIT_ORDER[fit], FRESHNESS_ORDER[freshness], *kind, *where, name, place_id
