"""The difference that an act of the audit trail made, as far as an auditor reads it on the screen."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

Means = Literal[
    "text", "name", "role", "topic", "state", "reason", "moment", "day", "scope", "decides", "outside", "need", "verdict",
    "language", "hours", "hidden",
]  # fmt: skip
Value = str | datetime | date

MEANS: Mapping[str, Means] = {
    "state": "state",
    "closed_reason": "reason",
    "expected_free_at": "moment",
    "expires_at": "moment",
    "expected_at": "moment",
    "day": "day",
    "label": "text",
    "kind": "name",
    "kinds": "name",
    "beds": "text",
    "cots": "text",
    "exists": "moment",
    "intake": "text",
    "languages": "language",
    "name": "text",
    "role": "role",
    "organization": "name",
    "organization_name": "text",
    "shelter": "name",
    "shelters": "name",
    "unit": "name",
    "confirm_times": "text",
    "topic": "topic",
    "name_nl": "text",
    "name_en": "text",
    "long_nl": "text",
    "long_en": "text",
    "short": "text",
    "hours": "hours",
    "desk_hours": "hours",
    "decides": "decides",
    "outside_hours": "outside",
    "for_needs": "need",
    "fresh_minutes": "text",
    "ageing_minutes": "text",
    "position": "text",
    "map_column": "text",
    "map_row": "text",
    "scopes": "scope",
    "shelter_count": "text",
    "place_count": "text",
    "person_count": "text",
    "telephone": "hidden",
    "telephones": "hidden",
    "address": "hidden",
}
"""What the values of a fact are, in the order in which facts are shown; facts that are not here are not shown.

"hidden": only that it was changed, because the numbers and addresses themselves are shown nowhere.
"""
OF_EACH: Mapping[str, Means] = {"criteria": "verdict", "limits": "text", "minutes": "text"}
"""Facts that are a mapping: each of its entries is a fact of its own."""
OF_CLAIM = ("expires_at", "expected_at")
CALLED = {
    "state": "status",
    "closed_reason": "reason",
    "for_needs": "needs",
    "organization_name": "organization",
    "telephones": "telephone",
    "shelter_count": "shelters",
    "place_count": "places",
    "person_count": "people",
}
"""The names that the forms have for facts with another name in the journal."""


class Difference(NamedTuple):
    """One fact that was changed. `before`, `after`: its values; empty: nothing. `is_plain`: only one side says anything."""

    field: str
    means: Means
    before: tuple[Value, ...]
    after: tuple[Value, ...]
    is_plain: bool


class Names(NamedTuple):
    """The names of things by their ids or codes, for one language."""

    of: Mapping[str, str]
    units: Mapping[str, str]


def differences_of(
    subject: str | None, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, names: Names
) -> list[Difference]:
    """Return the facts that differ and may be shown. `subject`: the thing, as the journal names it; None: a shelter."""
    noun, _, thing = (subject or "").partition(" ")
    if noun == "day":
        return [Difference("day", "day", (), (date.fromisoformat(thing),), is_plain=True)]
    if noun == "language":
        return [Difference("language", "language", (), (thing,), is_plain=True)]
    was, becomes = before or {}, after or {}
    is_plain = before is None
    found = [
        _difference(name, means, was.get(name), becomes.get(name), names, is_plain) for name, means in _shown(was, becomes)
    ]
    if noun == "person":  # the names of people are not told twice
        found = [one._replace(means="hidden") if one.field == "name" else one for one in found if before or one.field != "name"]
    found += [Difference(name, "hidden", (), (), is_plain) for name in becomes.get("replaced", ())]
    return [one for one in found if one.before != one.after or one.means == "hidden"] + [
        one for name, means in OF_EACH.items() for one in _each(name, means, was, becomes, names)
    ]


def _shown(was: Mapping[str, Any], becomes: Mapping[str, Any]) -> Iterator[tuple[str, Means]]:
    """Yield the facts that differ, and what their values are."""
    is_claim = "ending" in {*was, *becomes}
    for name, means in MEANS.items():
        if was.get(name) != becomes.get(name) and (not is_claim or name in OF_CLAIM):
            yield name, means


def _difference(name: str, means: Means, was: Any, becomes: Any, names: Names, is_plain: bool) -> Difference:
    if name == "intake":
        was, becomes = _intake(was), _intake(becomes)
    before, after = _values(means, was, names), _values(means, becomes, names)
    return Difference(CALLED.get(name, name), means, before, after, is_plain)


def _each(name: str, means: Means, was: Mapping[str, Any], becomes: Mapping[str, Any], names: Names) -> Iterator[Difference]:
    old, new = was.get(name) or {}, becomes.get(name) or {}
    for code in sorted({*old, *new}):
        if old.get(code) != new.get(code):
            called = names.units.get(code, code) if name == "minutes" else code
            before, after = (_values(means, each.get(code), names) for each in (old, new))
            yield Difference(f"{name}.{called}", means, before, after, is_plain=False)


def _intake(minutes: list[int] | None) -> str | None:
    """Return the hours of intake as 08:00–22:00; `minutes` from midnight."""
    return None if minutes is None else "–".join(f"{one // 60:02}:{one % 60:02}" for one in minutes)


def _values(means: Means, value: Any, names: Names) -> tuple[Value, ...]:
    if means == "hidden":
        return ()
    every = [one for one in (value if isinstance(value, list) else [value]) if one is not None and one != ""]
    if means == "moment":
        return tuple(datetime.fromisoformat(one) for one in every)
    if means == "name":
        return tuple(sorted(names.units.get(one) or names.of.get(one, one) for one in every))
    return tuple(str(one) for one in every)
