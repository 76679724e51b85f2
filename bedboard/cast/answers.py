"""The answers of the cast for a shelter: a pure choice from the search's and the board's words about it."""

from collections.abc import Iterable, Mapping
from typing import Any

from bedboard.rules.criteria import CRITERION_NAMES

YES_TO_FIT = 0.8  # of the places that fit; about the others the shelter wants to talk first
YES_TO_DISCUSS = 0.4
TALK_ABOUT_DISCUSS = 0.85
FREE_SHARE = 0.2  # of the places of a shelter: with fewer free, one becomes free; with more, one becomes occupied

Json = Mapping[str, Any]


def choose_answer(ask: Json, found: Json, chance: float) -> dict[str, Any]:
    """Return the body of a shelter's answer. `found` is the answer to a search with the needs of the case.

    `chance` from 0 up to 1. A place that the requester holds there suits: they chose it themselves.
    """
    mine = sorted(_of_shelter(ask, found["matches"]), key=lambda one: one["kind"] != ask["kind"])
    fits = [one for one in mine if one["fit"] == "fits"]
    if ask["hold"] is not None:
        fits.insert(0, ask["hold"])
    if fits:
        return _offer(fits[0]) if chance < YES_TO_FIT else {"answer": "discuss"}
    if not mine:
        return _refuse(_of_shelter(ask, found["almost"]), "no", otherwise="no_place")
    if chance < YES_TO_DISCUSS:
        return _offer(mine[0])
    return {"answer": "discuss"} if chance < TALK_ABOUT_DISCUSS else _refuse(mine, "discuss", otherwise="no_staff")


def _offer(found: Json) -> dict[str, Any]:
    """Return a yes with the places of a match or a hold: several for a group that is split."""
    first, *more = found["places"]
    return {"answer": "yes", "place": first, **({"places": more} if more else {})}


def _of_shelter(ask: Json, matches: Iterable[Json]) -> list[Json]:
    return [one for one in matches if one["shelter"] == ask["shelter"]]


def _refuse(matches: Iterable[Json], verdict: str, *, otherwise: str) -> dict[str, str]:
    """Return a no with the first criterion that has this verdict, or with the reason `otherwise` where there is none."""
    reasons = [reason["criterion"] for one in matches for reason in one["reasons"] if reason["verdict"] == verdict]
    named = next((one for one in reasons if one in CRITERION_NAMES), None)
    if named is not None:
        return {"answer": "no", "reason": "contra_indication", "criterion": named}
    return {"answer": "no", "reason": "household" if reasons else otherwise}


def choose_change(shelter: Json, chance: float) -> tuple[str, str] | None:
    """Return a place of the shelter and its new status, so that about as many stay free; None when nothing can change."""
    free = [one["id"] for one in shelter["places"] if one["status"] == "free"]
    occupied = [one["id"] for one in shelter["places"] if one["status"] == "occupied"]
    becomes_free = len(free) < FREE_SHARE * len(shelter["places"]) and bool(occupied)
    places = occupied if becomes_free else free
    return (places[int(chance * len(places))], "free" if becomes_free else "occupied") if places else None
