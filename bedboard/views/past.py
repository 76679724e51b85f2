"""The board as it stood: cards of a moment that has passed, drawn as they were then."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from bedboard.rules.claims import Claim
from bedboard.rules.freshness import FreshnessLimits, oldest_confirmation
from bedboard.rules.past import Past, Picture, Unknown, Words, replay, words_before
from bedboard.store.board import Catalogue, KindRow, PlaceRow, ShelterRow
from bedboard.views.cards import Card, make_card
from bedboard.views.steps import Steps, finish


class Stood(NamedTuple):
    """The board at a moment that has passed. `unknown`: the ids of the shelters about which the journal does not say enough."""

    at: datetime
    catalogue: Catalogue
    cards: tuple[Card, ...]
    unknown: tuple[str, ...]


def catalogue_at(catalogue: Catalogue, words: Words) -> Catalogue:
    """Return the catalogue with the names and limits that kinds and units had before these changes."""
    kinds = {code: _kind_at(row, words.changes.get(f"kind {code}", ())) for code, row in catalogue.kinds.items()}
    units = {
        code: row._replace(**words_before({"name": row.name, "short": row.short}, words.changes.get(f"unit {code}", ())))
        for code, row in catalogue.units.items()
    }
    return replace(catalogue, kinds=kinds, units=units)


def _kind_at(row: KindRow, changes: Iterable[Mapping[str, Any]]) -> KindRow:
    limits = row.limits
    minutes = (None, None) if limits is None else (limits.fresh // MINUTE, limits.ageing // MINUTE)
    facts = {f"name_{language}": name for language, name in row.names.items()}
    facts |= {f"long_{language}": name for language, name in row.long_names.items()}
    then = words_before(facts | {"fresh_minutes": minutes[0], "ageing_minutes": minutes[1]}, changes)
    fresh, ageing = then["fresh_minutes"], then["ageing_minutes"]
    return row._replace(
        names={language: then[f"name_{language}"] for language in row.names},
        long_names={language: then[f"long_{language}"] for language in row.long_names},
        limits=None if None in (fresh, ageing) else FreshnessLimits(fresh * MINUTE, ageing * MINUTE),
    )


MINUTE = timedelta(minutes=1)


def past_steps(
    every: Iterable[Past], words: Words, catalogue: Catalogue, limits: FreshnessLimits, at: datetime
) -> Steps[Stood]:
    """Return the board as it stood at this moment, one step for each shelter, so that the present board goes before it.

    `catalogue`: the present one. `limits`: those of the settings.
    """
    then = catalogue_at(catalogue, words)
    names = {
        one: words_before({"name": name}, words.changes.get(f"organization {one}", ()))["name"]
        for one, name in words.organizations.items()
    }
    cards: list[Card] = []
    unknown: list[str] = []
    for past in every:
        try:
            cards.append(make_card(past_row(past, names.__getitem__), then, limits, at))
        except (Unknown, KeyError):  # a word that no line explains is no reason to show nothing of the others
            unknown.append(past.shelter_id)
        yield
    return Stood(at, then, tuple(sorted(cards, key=lambda card: card.name)), tuple(unknown))


def show_past(every: Iterable[Past], words: Words, catalogue: Catalogue, limits: FreshnessLimits, at: datetime) -> Stood:
    """Return the same without a pause."""
    return finish(past_steps(every, words, catalogue, limits, at))


def past_row(past: Past, name_of: Callable[[str], str]) -> ShelterRow:
    """Return the row of a shelter after the lines of `past`. `name_of`: the name of an organization. Raises Unknown."""
    if not past.is_whole:
        raise Unknown("lines are missing")
    picture = replay(past.shows, past.version, past.lines)
    version = past.lines[-1].version if past.lines else past.version
    confirmation = picture["confirmed"]
    places = tuple(_place(place, name_of) for place in picture["places"])
    begins, ends = picture["intake"]
    return ShelterRow(
        id=past.shelter_id,
        name=picture["name"],
        unit=picture["unit"],
        organization_id=picture["organization"],
        organization=name_of(picture["organization"]),
        version=version,
        confirmed_at=oldest_confirmation(confirmation.at, confirmation.kinds, {place.kind for place in places}),
        created_at=past.created_at,
        intake_from_minutes=begins,
        intake_until_minutes=ends,
        confirm_times=tuple(map(time.fromisoformat, picture["confirm_times"])),
        criteria=picture["criteria"],
        limits=picture["limits"],
        languages=tuple(picture["languages"]),
        places=places,
        confirmed_by_system=confirmation.by == "client",
    )


def _moment(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)


def _place(place: Picture, name_of: Callable[[str], str]) -> PlaceRow:
    get = place.get
    since, free_at, claim = datetime.fromisoformat(place["since"]), get("expected_free_at"), get("claim")
    begins, ends = get("exists") or (None, None)
    return PlaceRow(  # by position: with names it takes half as long again, and there are 20,000 of them
        place["id"],
        place["label"],
        place["kind"],
        place["beds"],
        place["cots"],
        place["state"],
        since,
        since,  # seen then: the journal does not keep when an unchanged place was seen again
        free_at and datetime.fromisoformat(free_at),
        get("closed_reason"),
        get("criteria") or None,
        _claim(claim, name_of) if claim else None,
        begins and datetime.fromisoformat(begins),
        ends and datetime.fromisoformat(ends),
    )


def _claim(words: Mapping[str, Any], name_of: Callable[[str], str]) -> Claim:
    expires_at, expected_at = _moment(words.get("expires_at")), _moment(words.get("expected_at"))
    return Claim(words["type"], expires_at, words["role"], name_of(words["organization"]), expected_at=expected_at)
