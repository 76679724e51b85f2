"""The words of a shelter about its places, and the rows that they leave."""

from datetime import datetime, timedelta
from typing import Any

from bedboard.rules.access import Actor
from bedboard.rules.places import PlaceChange
from tests.build import NOW
from tests.build.cases import HOUR

LINDE = ("shelter", "linde")
BELL = ("shelter", "linde", 2)
BEFORE = NOW - HOUR  # when everything on the board was seen and confirmed
WITHIN = timedelta(seconds=10)
OCCUPIED = PlaceChange("occupied")
SYSTEM = Actor("system", "import", "machine", "Import", None, frozenset())


CONFIRMED: dict[str, Any] = {"confirmed": {"at": BEFORE.isoformat(), "by": "person", "kinds": {}}}
"""In the journal, before a tap: the confirmation of the whole board, with which undoing takes that of the tap back."""


def words(state: str, since: datetime, expected_free_at: datetime | None = None, reason: str | None = None) -> dict[str, Any]:
    return {
        "state": state,
        "since": since.isoformat(),
        "expected_free_at": expected_free_at and expected_free_at.isoformat(),
        "closed_reason": reason,
    }


def written(action: str, place_id: str | None = None, before: Any = None, after: Any = None, **rest: Any) -> dict[str, Any]:
    """A row of the journal as sanne writes it about linde."""
    return {
        "received_at": NOW,
        "observed_at": NOW,
        "actor_kind": "person",
        "actor_id": "sanne",
        "action": action,
        "shelter_id": "linde",
        "version": 2,
        "place_id": place_id,
        "before": before,
        "after": after,
    } | rest
