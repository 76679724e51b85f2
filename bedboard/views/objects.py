"""A shelter as the API gives it out, by audience, and the way to JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel

from bedboard.schemas.answers import Counts, KnownShelterObject, ShelterObject
from bedboard.views.cards import Card


def shelter_object(card: Card) -> ShelterObject:
    """Return a shelter with its live occupancy. No telephone, no address."""
    return {
        "id": card.id,
        "name": card.name,
        "unit": card.unit,
        "version": card.stamp.version,
        "confirmed_at": card.confirmed_at,
        "freshness": card.freshness,
        "counts": {kind: counts_object(counts) for kind, counts in card.kinds.items()},
        "places": [
            {
                "id": place.id,
                "label": place.label,
                "kind": place.kind,
                "beds": place.beds,
                "cots": place.cots,
                "status": place.status,
                "expected_free_at": place.expected_free_at,
            }
            for place in card.places
        ],
    }


def counts_object(counts: Mapping[str, int]) -> Counts:
    """Return the numbers of places of one kind, by status."""
    return {
        "free": counts["free"],
        "held": counts["held"],
        "reserved": counts["reserved"],
        "occupied": counts["occupied"],
        "closed": counts["closed"],
        "total": counts["total"],
    }


def known_shelter_object(card: Card) -> KnownShelterObject:
    """Return a shelter for people who may know that it exists, and not what is free in it."""
    return {"id": card.id, "name": card.name, "unit": card.unit, "organization": card.organization}


def to_json(value: Any) -> bytes:
    """Return a value as JSON, with times as ISO 8601 with Z and models without their defaults."""
    return orjson.dumps(value, default=_fields_of, option=orjson.OPT_UTC_Z)


def _fields_of(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_defaults=True)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
