"""The forms and lists of the administration: fields with what is saved and what was typed, and rows that lead on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from bedboard.rules.refusals import FieldError

FieldKind = Literal[
    "text", "tel", "number", "date", "choice", "role", "topic", "days", "lasts", "decides", "outside", "long", "ticks"
]


class FieldView(NamedTuple):
    """A field of a form. `options`: code and words of a choice or of ticks. `value`: as typed; of ticks all that are set.

    `saved`: as it is now; None where that is never shown. `is_needed`: it may not be left empty.
    """

    name: str
    kind: FieldKind
    value: str | tuple[str, ...] = ""
    saved: str | tuple[str, ...] | None = ""
    options: tuple[tuple[str, str], ...] = ()
    is_needed: bool = True
    label: str = ""

    @property
    def is_changed(self) -> bool:
        """Return whether saving replaces it. A field whose saved value is not shown is replaced when something was typed."""
        return bool(self.value) if self.saved is None else self.value != self.saved

    def words(self, value: str | tuple[str, ...] | None) -> str:
        """Return a value as people read it."""
        known = dict(self.options)
        codes = (value,) if isinstance(value, str) else value or ()
        return ", ".join(known.get(code, code) for code in codes)


class FieldSpec(NamedTuple):
    """A field before it is filled in. `is_secret`: its saved value is not shown. `label`: where its name says too little."""

    name: str
    kind: FieldKind = "text"
    options: tuple[tuple[str, str], ...] = ()
    is_needed: bool = True
    is_secret: bool = False
    label: str = ""


def fill_in(specs: Iterable[FieldSpec], saved: Mapping[str, str], typed: Mapping[str, str] | None) -> list[FieldView]:
    """Return the fields with what is saved, and with what was typed; `typed` None: nothing was."""
    return [_fill(spec, saved, saved if typed is None else typed) for spec in specs]


def _fill(spec: FieldSpec, saved: Mapping[str, str], typed: Mapping[str, str]) -> FieldView:
    if spec.kind == "ticks":
        ticked, was = (tuple(c for c, _ in spec.options if f"{spec.name}.{c}" in given) for given in (typed, saved))
        return FieldView(spec.name, spec.kind, ticked, was, spec.options, spec.is_needed)
    known = None if spec.is_secret else saved.get(spec.name, "")
    return FieldView(spec.name, spec.kind, typed.get(spec.name, ""), known, spec.options, spec.is_needed, spec.label)


def own_changes(typed: Mapping[str, str], was: Mapping[str, str], saved: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a form: those that its author changed as typed, and the others as they are saved now.

    `was`: the fields as its page showed them. A field that is missing is empty, or not ticked.
    """
    names = {*typed, *was, *saved}
    merged = {name: (saved if typed.get(name, "") == was.get(name, "") else typed).get(name, "") for name in sorted(names)}
    return {name: value for name, value in merged.items() if value}


class ListRowView(NamedTuple):
    """A row of a list. `path` None: there is nothing to open. `parts`: what stands beside the name.

    `nights`: from when until when a temporary place is there.
    """

    path: str | None
    name: str
    parts: Sequence[str] = ()
    role: str | None = None
    topic: str | None = None
    has_ended: bool = False
    decides: str | None = None
    day: date | None = None
    nights: Sequence[datetime] = ()


class RosterRowView(NamedTuple):
    """A line of a file. `kind` None: no known word. `wrong`: each field that cannot be right, and why."""

    line: int
    kind: str | None
    name: str
    state: str
    added: int
    wrong: Sequence[FieldError]

    def written(self) -> list[Any]:
        """Return the line as JSON keeps it."""
        return [*self[:-1], [[one.field, one.code, one.detail] for one in self.wrong]]

    @classmethod
    def read(cls, written: Sequence[Any]) -> "RosterRowView":
        """Return the line that `written` gave."""
        return cls._make((*written[:-1], [FieldError(*one) for one in written[-1]]))


class DraftView(NamedTuple):
    """A file that was looked at: its name, when that was, and the stamp that its presses bring back.

    One that an older version kept has none of them, and is chosen once more.
    """

    name: str
    at: datetime | None
    stamp: str

    @classmethod
    def read(cls, draft: Mapping[str, Any]) -> "DraftView":
        at = draft.get("at")
        return cls(draft.get("name", ""), None if at is None else datetime.fromisoformat(at), draft.get("stamp", ""))


def options_of(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(pairs)


def ticks(name: str, codes: Iterable[str]) -> dict[str, str]:
    """Return codes as the fields of a form with one tick for each."""
    return {f"{name}.{code}": "on" for code in codes}
