"""A shelter as the API gives it out, by audience, and the way to JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from pydantic import BaseModel

from bedboard.rules.fit import Reason
from bedboard.schemas.answers import (
    Counts,
    FoundObject,
    HoldObject,
    KnownShelterObject,
    MatchObject,
    OwnHoldObject,
    ReasonObject,
    ShelterObject,
)
from bedboard.store.claims import HoldRow
from bedboard.views.cards import Card
from bedboard.views.found import Found, Match


def shelter_object(card: Card) -> ShelterObject:
    """Return a shelter with its live occupancy. No telephone, no address."""
    return {
        "id": card.id,
        "name": card.name,
        "unit": card.unit,
        "version": card.stamp.version,
        "confirmed_at": card.confirmed_at,
        "freshness": card.freshness,
        "unconfirmed": card.freshness == "stale",
        "reported_by_system": card.confirmed_by_system,
        "counts": {kind: counts_object(counts, card.unplaced.get(kind, 0)) for kind, counts in card.kinds.items()},
        "places": [
            {
                "id": place.id,
                "label": place.label,
                "kind": place.kind,
                "beds": place.beds,
                "cots": place.cots,
                "status": place.status,
                "expected_free_at": None if place.is_overdue else place.expected_free_at,
                "exists_from": place.exists_from,
                "exists_until": place.exists_until,
            }
            for place in card.places
        ],
        "coming": [
            {
                "id": place.id,
                "label": place.label,
                "kind": place.kind,
                "beds": place.beds,
                "cots": place.cots,
                "exists_from": place.exists_from,
                "exists_until": place.exists_until,
            }
            for place in card.coming
        ],
    }


def counts_object(counts: Mapping[str, int], unplaced: int) -> Counts:
    """Return the numbers of places of one kind, by status, and of its promises without a place."""
    return {
        "free": counts["free"],
        "held": counts["held"],
        "reserved": counts["reserved"],
        "occupied": counts["occupied"],
        "closed": counts["closed"],
        "total": counts["total"],
        "unplaced": unplaced,
    }


def known_shelter_object(card: Card) -> KnownShelterObject:
    """Return a shelter for an audience that may know that it exists, and not which places are free."""
    return {"id": card.id, "name": card.name, "unit": card.unit, "organization": card.organization}


def found_object(found: Found, as_of: datetime, limit: int) -> FoundObject:
    """Return what was found, with at most `limit` places, the best first."""
    matches: list[MatchObject] = []
    for match in found.matches:
        matches += match_objects(match)
        if len(matches) >= limit:
            break
    return {
        "as_of": as_of,
        "matches": matches[:limit],
        "counts": {
            "fits": found.fits,
            "discuss": found.discuss,
            "unsure": found.unsure,
            "excluded": found.excluded,
            "taken": found.taken,
        },
        "excluded": dict(found.excluded_by),
        "almost": [one for match in found.almost for one in match_objects(match)][:limit],
        "untried": found.untried,
    }


def match_objects(match: Match) -> list[MatchObject]:
    """Return the free places of a match, each by itself; those of a group that is split are one."""
    needed = [match.together] if match.together else [(place,) for place in match.places]
    reasons, questions = reason_objects(match.reasons), reason_objects(match.to_ask)
    return [
        {
            "place": places[0].id,
            "places": [place.id for place in places],
            "label": " + ".join(place.label for place in places),
            "shelter": match.card.id,
            "name": match.card.name,
            "unit": match.card.unit,
            "kind": match.lot.kind,
            "beds": match.lot.beds,
            "cots": match.lot.cots,
            "exists_from": match.lot.exists_from,
            "exists_until": match.lot.exists_until,
            "fit": match.fit,
            "decides": match.decides,
            "travel_minutes": match.minutes,
            "reasons": reasons,
            "to_ask": questions,
            "freshness": match.card.freshness,
            "confirmed_at": match.card.confirmed_at,
        }
        for places in needed
    ]


@lru_cache(maxsize=1024)  # the same few again and again
def reason_objects(reasons: tuple[Reason, ...]) -> list[ReasonObject]:
    return [{"criterion": one.criterion, "verdict": one.answer, "detail": one.detail} for one in reasons]


def hold_object(
    claim_id: str, place_ids: Sequence[str], shelter_id: str, expires_at: datetime, *, extended: bool
) -> HoldObject:
    return {
        "id": claim_id,
        "place": place_ids[0],
        "places": list(place_ids),
        "shelter": shelter_id,
        "expires_at": expires_at,
        "extended": extended,
    }


def own_hold_object(hold: HoldRow, telephone: str | None) -> OwnHoldObject:
    """Return a hold for its holder, with the telephone to call; None: the caller may see no more of them for now.

    The disclosure has been written down.
    """
    common = hold_object(hold.id, hold.place_ids, hold.shelter_id, hold.expires_at, extended=hold.extended)
    return {**common, "telephone": telephone}


def to_json(value: Any) -> bytes:
    """Return a value as JSON, with times as ISO 8601 with Z and models without their defaults."""
    return orjson.dumps(value, default=_fields_of, option=orjson.OPT_UTC_Z)


def _fields_of(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_defaults=True)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
