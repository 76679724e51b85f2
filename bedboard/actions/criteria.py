"""Criteria: the terms of a whole shelter, as its manager sets them, and the exceptions of single places."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from bedboard.actions.manage.common import differences
from bedboard.actions.occupancy import Changed
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import Actor
from bedboard.rules.criteria import check_overrides, check_terms, in_order
from bedboard.rules.fit import Terms
from bedboard.rules.refusals import NotAllowed, NotFound, VersionMismatch
from bedboard.store.board import get_shelter
from bedboard.store.catalogue import list_known_languages
from bedboard.store.database import Transaction, after_lock
from bedboard.store.journal import get_criteria_version
from bedboard.store.people import may_act
from bedboard.store.shelters import get_place, get_shelter_id, lock_shelter
from bedboard.store.tables.board import Shelter


async def _lock_managed(tx: Transaction, actor: Actor, shelter_id: str, place_id: str | None, version: int | None) -> Shelter:
    """Lock the shelter and check, under the lock, that the actor is its manager and has seen its present criteria.

    Taps on places raise the shelter's version as well, and do not matter here.
    Refusals: NotAllowed, NotFound, VersionMismatch.
    """
    if actor.role != "manager":
        raise NotAllowed("not_your_role")
    shelter = await lock_shelter(tx, shelter_id)
    if shelter is None or not await may_act(tx, actor, shelter_id):
        raise NotFound("no_such_shelter")
    if version is not None and not await get_criteria_version(tx, shelter_id, place_id) <= version <= shelter.version:
        raise VersionMismatch("criteria_changed", present=shelter.version)
    return shelter


async def _save(
    tx: Transaction, actor: Actor, shelter: Shelter, place_id: str | None, before: Any, after: Any, now: datetime
) -> Changed:
    """Save the shelter with a row in the journal; do nothing when nothing has changed. The caller holds its lock.

    A change of terms does not say that the places are as the board shows them: `confirmed_at` stays.
    """
    if not after:
        present = await get_shelter(tx, shelter.id)
        if present is None:
            raise AssertionError(f"shelter {shelter.id} is locked and yet gone")
        return Changed(present)
    present, [journal_id] = await save_shelter(tx, shelter, [journal_row(actor, "criteria", place_id, before, after, now)])
    return Changed(present, journal_id)


def _words(
    criteria: Mapping[str, str], limits: Mapping[str, int], intake: tuple[int, int], languages: Collection[str]
) -> dict[str, Any]:
    """Return terms as the journal keeps them."""
    return {"criteria": dict(criteria), "limits": dict(limits), "intake": list(intake), "languages": list(in_order(languages))}


async def set_terms(
    tx: Transaction, actor: Actor, shelter_id: str, terms: Terms, now: datetime, version: int | None = None
) -> Changed:
    """Replace all terms of a shelter. Places keep their own exceptions.

    `version`: the shelter's when the manager looked at it; None is not checked.
    Refusals: NotAllowed, NotFound, VersionMismatch, Invalid.
    """
    shelter = await _lock_managed(tx, actor, shelter_id, None, version)
    now = after_lock(tx, now)
    check_terms(terms.criteria, terms.limits, terms.intake, terms.languages, await list_known_languages(tx))
    old = _words(
        shelter.criteria, shelter.limits, (shelter.intake_from_minutes, shelter.intake_until_minutes), shelter.languages
    )
    new = _words(terms.criteria, terms.limits, terms.intake, terms.languages)
    before, after = differences(old, new)
    for name in {"criteria", "limits"} & after.keys():
        before[name], after[name] = differences(old[name], new[name])
    if after:
        shelter.criteria, shelter.limits, shelter.languages = new["criteria"], new["limits"], new["languages"]
        shelter.intake_from_minutes, shelter.intake_until_minutes = terms.intake
    return await _save(tx, actor, shelter, None, before, after, now)


async def set_place_criteria(
    tx: Transaction, actor: Actor, place_id: str, criteria: Mapping[str, str], now: datetime, version: int | None = None
) -> Changed:
    """Replace the exceptions of one place. An answer that equals its shelter's is not kept: there the place follows it.

    `version`: the shelter's when the manager looked at it; None is not checked.
    Refusals: NotAllowed, NotFound, VersionMismatch, Invalid.
    """
    shelter_id = await get_shelter_id(tx, place_id)
    if shelter_id is None:
        raise NotFound("no_such_place")
    try:
        shelter = await _lock_managed(tx, actor, shelter_id, place_id, version)
        now = after_lock(tx, now)
    except NotFound:
        raise NotFound("no_such_place") from None
    check_overrides(criteria)
    place = await get_place(tx, place_id)
    if place.ended_at is not None:
        raise NotFound("no_such_place")
    own = {name: answer for name, answer in criteria.items() if answer != shelter.criteria.get(name)}
    before, after = differences(place.criteria or {}, own)
    if after:
        place.criteria = own or None
        tx.add(place)
    changes = ({"criteria": before}, {"criteria": after}) if after else ({}, {})
    return await _save(tx, actor, shelter, place_id, *changes, now)
