"""The difference that an act of the audit trail made, as far as an auditor reads it on the screen."""

from collections.abc import Mapping
from typing import Any, NamedTuple

SHOWN = ("role", "shelters", "topic")  # never a telephone number or an address


class Difference(NamedTuple):
    """One fact that was changed. `before`, `after`: codes of roles or topics, names of shelters; empty: nothing."""

    field: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def differences_of(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, shelters: Mapping[str, str]
) -> list[Difference]:
    """Return the facts that differ and may be shown. `shelters`: the name of each, by id."""
    was, becomes = before or {}, after or {}
    return [
        Difference(name, _values(was.get(name), shelters), _values(becomes.get(name), shelters))
        for name in SHOWN
        if was.get(name) != becomes.get(name) and (was.get(name) or becomes.get(name))
    ]


def _values(value: Any, shelters: Mapping[str, str]) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(sorted(shelters.get(one, one) for one in value))
    return (value,) if value else ()
