"""Confirmation: the age of a shelter's news after a report about it. The caller holds the shelter's lock, and saves."""

from collections.abc import Collection, Mapping
from datetime import datetime

from bedboard.rules.access import Actor
from bedboard.rules.freshness import FreshnessLimits, freshness_of, limits_for, oldest_confirmation
from bedboard.store.shelters import confirmed_kinds
from bedboard.store.tables.board import Shelter


def confirm_all(shelter: Shelter, actor: Actor, seen_at: datetime) -> None:
    """Confirm every kind of the shelter as of `seen_at`, unless something newer is known."""
    shelter.confirmed_at = max(shelter.confirmed_at or seen_at, seen_at)
    shelter.confirmed_by = actor.kind
    newer = confirmed_kinds(shelter.kinds_confirmed_at)
    _keep(shelter, {kind: at for kind, at in newer.items() if at > shelter.confirmed_at})


def confirm_by_change(
    shelter: Shelter,
    kinds: Mapping[str, FreshnessLimits | None],
    actor: Actor,
    seen_at: datetime,
    usual: FreshnessLimits,
) -> None:
    """Confirm the whole shelter because somebody changed one of its places, unless its news was stale at `seen_at`.

    In a stale shelter nobody has looked at the other places for hours. A system looks at nothing but the one place: it
    confirms the kinds that it names, in calls of their own. `kinds`: those of its places, with their own limits. `usual`: the
    limits of the deployment.
    """
    if actor.kind == "client":
        return
    oldest = oldest_confirmation(shelter.confirmed_at, confirmed_kinds(shelter.kinds_confirmed_at), kinds)
    if freshness_of(oldest, limits_for(kinds.values(), usual), seen_at) != "stale":
        confirm_all(shelter, actor, seen_at)


def confirm_kinds(shelter: Shelter, actor: Actor, seen_at: datetime, kinds: Collection[str]) -> None:
    """Confirm these kinds only as of `seen_at`, unless something newer is known."""
    known = confirmed_kinds(shelter.kinds_confirmed_at)
    shelter.confirmed_by = actor.kind
    _keep(shelter, known | {kind: max(known.get(kind, seen_at), seen_at) for kind in kinds})


def _keep(shelter: Shelter, kinds: dict[str, datetime]) -> None:
    shelter.kinds_confirmed_at = {kind: at.isoformat() for kind, at in sorted(kinds.items())}
