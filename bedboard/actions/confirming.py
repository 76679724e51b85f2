"""Confirmation: the age of a shelter's news after a report about it. The caller holds the shelter's lock, and saves."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from bedboard.rules.access import Actor
from bedboard.rules.freshness import (
    Confirmation,
    Confirming,
    FreshnessLimits,
    confirmation_left,
    confirmed_last,
    confirmed_partly,
    confirmed_whole,
    freshness_of,
    limits_for,
    oldest_confirmation,
)
from bedboard.rules.places import CLOCK_SKEW
from bedboard.rules.refusals import Conflict
from bedboard.store.shelters import confirmed_kinds
from bedboard.store.tables.board import Journal, Shelter

CONFIRMED = "confirmed"
"""In the journal, before a change: how far the shelter was confirmed until the change confirmed all of it; after an undoing:
how far it is confirmed since."""
UNDOES = "undoes"
"""In the journal, before an undoing: the number of the row that it takes back."""
HELD = "held"
"""In the journal, after an undoing: the hold that is live again."""


def check_newest(shelter: Shelter, seen_at: datetime, now: datetime, kinds: Collection[str]) -> None:
    """Refuse to confirm these kinds as of a moment before they were confirmed last. Refusal: Conflict `overtaken`."""
    known_at = confirmed_last(_confirmation_of(shelter), kinds)
    if known_at is not None and seen_at < known_at <= now + CLOCK_SKEW:  # one that lies ahead was made by a wrong clock
        raise Conflict("overtaken", known_at=known_at)


def confirm_all(shelter: Shelter, actor: Actor, seen_at: datetime) -> None:
    """Confirm every kind of the shelter as of `seen_at`, unless something newer is known."""
    _keep(shelter, confirmed_whole(_confirmation_of(shelter), actor.kind, seen_at))


def confirm_by_change(
    shelter: Shelter,
    kinds: Mapping[str, FreshnessLimits | None],
    actor: Actor,
    seen_at: datetime,
    usual: FreshnessLimits,
) -> dict[str, Any]:
    """Confirm the whole shelter because one of its places changed, unless its news was stale at `seen_at`.

    In a stale shelter nobody has looked at the other places for hours. A system looks at nothing but the one place: it
    confirms the kinds that it names, in calls of their own. But what was said last is then said by a program. `kinds`: those
    of its places, with their own limits. `usual`: the limits of the deployment. Return the words for the journal with which
    undoing takes the confirmation back; none where nothing was confirmed.
    """
    if actor.kind == "client":
        shelter.confirmed_by = actor.kind  # so that the board says that a program was the last to report
        return {}
    oldest = oldest_confirmation(shelter.confirmed_at, confirmed_kinds(shelter.kinds_confirmed_at), kinds)
    if freshness_of(oldest, limits_for(kinds.values(), usual), seen_at) == "stale":
        return {}
    words = confirmation_words(shelter)
    confirm_all(shelter, actor, seen_at)
    return {CONFIRMED: words}


def confirm_kinds(shelter: Shelter, actor: Actor, seen_at: datetime, kinds: Collection[str]) -> None:
    """Confirm these kinds only as of `seen_at`, unless something newer is known."""
    _keep(shelter, confirmed_partly(_confirmation_of(shelter), actor.kind, seen_at, kinds))


def take_back_confirmation(shelter: Shelter, undone_id: int, rows: Sequence[Journal]) -> None:
    """Confirm the shelter no further than it would be without a tap that is being undone, nor without those undone before.

    `rows`: of the journal of this shelter, oldest first, with the tap and everything that may have confirmed it shortly before
    and since: on another phone somebody may have looked at it too, and may have taken that back as well.
    """
    gone = {undone_id, *(row.before[UNDOES] for row in rows if row.before and UNDOES in row.before)}
    reports = [
        Confirming(row.observed_at, row.actor_kind, row.id in gone, _from_words((row.before or {}).get(CONFIRMED)))
        for row in rows
        if _confirms_all(row)
    ]
    first = next((number for number, one in enumerate(reports) if one.before is not None), None)
    if first is None or undone_id not in {row.id for row in rows if row.before and CONFIRMED in row.before}:
        return  # the tap has confirmed nothing
    _keep(shelter, confirmation_left(reports[first:], _confirmation_of(shelter)))


def _confirms_all(row: Journal) -> bool:
    """Return whether what this row tells has confirmed the whole shelter."""
    return (row.action == "confirm" and row.after is None) or CONFIRMED in (row.before or {})


def _confirmation_of(shelter: Shelter) -> Confirmation:
    return Confirmation(shelter.confirmed_at, shelter.confirmed_by, confirmed_kinds(shelter.kinds_confirmed_at))


def confirmation_words(shelter: Shelter) -> dict[str, Any]:
    """Return how far the shelter is confirmed, as the journal keeps it."""
    confirmation = _confirmation_of(shelter)
    at, kinds = confirmation.at, {kind: moment.isoformat() for kind, moment in confirmation.kinds.items()}
    return {"at": at and at.isoformat(), "by": confirmation.by, "kinds": kinds}


def _from_words(words: dict[str, Any] | None) -> Confirmation | None:
    if words is None:
        return None
    at = None if words["at"] is None else datetime.fromisoformat(words["at"])
    return Confirmation(at, words["by"], confirmed_kinds(words["kinds"]))


def _keep(shelter: Shelter, confirmation: Confirmation) -> None:
    shelter.confirmed_at, shelter.confirmed_by = confirmation.at, confirmation.by
    shelter.kinds_confirmed_at = {kind: at.isoformat() for kind, at in sorted(confirmation.kinds.items())}
