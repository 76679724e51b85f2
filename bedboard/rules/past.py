"""The past of a shelter: its picture at a moment, made from an earlier picture and the lines of the journal since.

A picture has the names of the journal, so that a line is put into it as it stands. Moments are ISO 8601, as there. It has
no person in it: of a claim only the organization and the role.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bedboard.rules.freshness import Confirmation, confirmed_partly, confirmed_whole

Picture = dict[str, Any]
"""A shelter: name, organization, unit, confirm_times, intake, criteria, limits, languages, `confirmed` (at, by, kinds) and its
`places` in their order. A place: id, label, kind, beds, cots, exists, state, since, expected_free_at, closed_reason, criteria,
and `claim` (claim, type, organization, role, expires_at, expected_at) where there is one, even past its hour."""

CHANGES_BETWEEN = 8  # versions of a shelter after which the next picture is kept: so many lines are read at most
KEPT_AGAIN = timedelta(days=28)  # or after so long, so that retention never takes the last picture on which lines build
TAKEN = timedelta(hours=1)


QUARTER = timedelta(minutes=15)
QUARTERS_OF_DAY = 25 * 4  # of the day in autumn that has an hour more


def day_around(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the noon before this moment and the one after it, so that a night is one piece."""
    local = at.astimezone(zone)
    first = local.date() if local.hour >= 12 else local.date() - timedelta(days=1)
    begins, ends = (datetime.combine(day, time(12), zone).astimezone(UTC) for day in (first, first + timedelta(days=1)))
    return begins, ends


class Line(NamedTuple):
    """A line of the journal about a shelter."""

    version: int
    received_at: datetime
    observed_at: datetime
    actor_kind: str
    action: str
    place_id: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


class Past(NamedTuple):
    """What there is to know how a shelter stood: a picture from before the moment, and the lines since, up to the moment.

    `shows` None: there is no picture from before it. `until`: the version up to which there should be lines. `is_whole`: the
    lines begin right behind the picture, so none of them was deleted meanwhile.
    """

    shelter_id: str
    created_at: datetime
    version: int
    shows: Picture | None
    lines: Sequence[Line]
    is_whole: bool


class Words(NamedTuple):
    """The names of organizations by id as they are now, and the changes of words since a moment, the newest first.

    `changes`: by the subject of the journal, as "kind cosm"; of each change the values before it.
    """

    organizations: Mapping[str, str]
    changes: Mapping[str, Sequence[Mapping[str, Any]]]


class Unknown(Exception):
    """The journal does not say enough to know how the shelter stood: it is older than the rows that are kept, or than this."""


def replay(picture: Picture | None, version: int, lines: Sequence[Line]) -> Picture:
    """Return the picture after these lines of one shelter, in the order of its versions; `confirmed` is a Confirmation in it.
    The picture that is given changes.

    `picture`, `version`: where the lines begin; None, 0: with the line that adds the shelter. Raises Unknown when lines are
    missing in between.
    """
    for line in lines:
        if line.version not in (version, version + 1):
            raise Unknown(f"version {line.version} after {version}")
        version = line.version
        picture = _added(line) if picture is None else picture
        _put(picture, line)
    if picture is None:
        raise Unknown("nothing tells how it began")
    return picture | {"confirmed": _confirmation(picture["confirmed"])}


def _added(line: Line) -> Picture:
    if line.action != "add_shelter" or not line.after or "confirmed" not in line.after:
        raise Unknown("nothing tells how it began")
    return {**line.after, "places": []}


def _put(picture: Picture, line: Line) -> None:
    """Put one line into the picture."""
    change = STEPS.get(line.action)
    if change is None:
        raise Unknown(f"nothing tells what {line.action} does")
    change(picture, line)


def _place_of(picture: Picture, line: Line) -> Picture:
    found: Picture | None = next((place for place in picture["places"] if place["id"] == line.place_id), None)
    if found is not None:
        return found
    raise Unknown(f"no place {line.place_id}")


FACTS = ("name", "organization", "unit", "confirm_times")
OCCUPANCY = ("state", "since", "expected_free_at", "closed_reason")
SIZES = ("label", "kind", "beds", "cots", "exists")


def _take(target: Picture, line: Line, names: Iterable[str]) -> None:
    """Take the values that the line has under these names."""
    target.update({name: line.after[name] for name in names if line.after and name in line.after})


def _begin(picture: Picture, line: Line) -> None:
    """Nothing is left to do: the line was the picture."""


def _change_shelter(picture: Picture, line: Line) -> None:
    _take(picture, line, FACTS)


def _add_place(picture: Picture, line: Line) -> None:
    if not line.after or "label" not in line.after:
        raise Unknown(f"nothing tells how {line.place_id} began")
    new = {"id": line.place_id, "state": "closed", "since": line.received_at.isoformat(), "closed_reason": "to_check"}
    picture["places"].append(new | dict(line.after))


def _change_place(picture: Picture, line: Line) -> None:
    _take(_place_of(picture, line), line, SIZES)


def _end_shelter(picture: Picture, line: Line) -> None:
    picture["places"] = []


def _end_place(picture: Picture, line: Line) -> None:
    picture["places"] = [place for place in picture["places"] if place["id"] != line.place_id]


def _change_criteria(picture: Picture, line: Line) -> None:
    """The line has the answers that differ; None: not said any more."""
    after = line.after or {}
    if line.place_id is not None:
        place = _place_of(picture, line)
        place["criteria"] = _merged(place.get("criteria") or {}, after.get("criteria") or {})
        return
    _take(picture, line, ("intake", "languages"))
    for name in ("criteria", "limits"):
        picture[name] = _merged(picture.get(name) or {}, after.get(name) or {})


def _merged(present: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**present, **after}.items() if value is not None}


def _claim(kind: str | None) -> Callable[[Picture, Line], None]:
    """Return what a line about a claim does. `kind` None: as it was; a claim that has ended leaves the picture."""

    def change(picture: Picture, line: Line) -> None:
        place, words = _place_of(picture, line), dict(line.after or {})
        present = place.pop("claim", None) or {}
        if words.pop("ending", None) is None:
            place["claim"] = words | {"type": kind or present.get("type", "hold")}
        elif present.get("claim", words.get("claim")) != words.get("claim"):
            place["claim"] = present  # another one had ended before

    return change


def _occupy(picture: Picture, line: Line) -> None:
    """A report about a place, and what it confirms besides."""
    before, after = line.before or {}, line.after or {}
    if line.place_id is not None:
        place = _place_of(picture, line)
        _take(place, line, OCCUPANCY)
        if before.get("claim") == (place.get("claim") or {}).get("claim"):
            place.pop("claim", None)
        if "held" in after:
            place["claim"] = {name: value for name, value in after["held"].items() if name != "ending"} | {"type": "hold"}
    if line.action == "undo":
        picture["confirmed"] = after.get("confirmed", picture["confirmed"])
    elif line.action == "count":
        _confirm(picture, line, after.get("kinds", ()))
    elif "confirmed" in before:
        _confirm(picture, line, None)


def _confirm_named(picture: Picture, line: Line) -> None:
    _confirm(picture, line, (line.after or {}).get("kinds"))


def _confirm(picture: Picture, line: Line, kinds: Iterable[str] | None) -> None:
    """Confirm these kinds as of when the line was seen; None: the whole shelter."""
    present = _confirmation(picture["confirmed"])
    if kinds is None:
        picture["confirmed"] = confirmed_whole(present, line.actor_kind, line.observed_at)
    elif kinds := list(kinds):
        picture["confirmed"] = confirmed_partly(present, line.actor_kind, line.observed_at, kinds)


def _confirmation(said: Confirmation | Mapping[str, Any]) -> Confirmation:
    """Return how far a shelter is confirmed, from the words of the journal unless they were read before."""
    if isinstance(said, Confirmation):
        return said
    at = None if said.get("at") is None else datetime.fromisoformat(said["at"])
    kinds = {kind: datetime.fromisoformat(moment) for kind, moment in (said.get("kinds") or {}).items()}
    return Confirmation(at, said["by"], kinds)


STEPS: Mapping[str, Callable[[Picture, Line], None]] = {
    "add_shelter": _begin,
    "change_shelter": _change_shelter,
    "add_place": _add_place,
    "change_place": _change_place,
    "end_place": _end_place,
    "end_shelter": _end_shelter,
    "criteria": _change_criteria,
    "hold": _claim("hold"),
    "reserve": _claim("reservation"),
    "extend": _claim(None),
    "release": _claim(None),
    "unreserve": _claim(None),
    "place": _occupy,
    "count": _occupy,
    "arrive": _occupy,
    "undo": _occupy,
    "confirm": _confirm_named,
}
"""What each act of the journal does to a picture. An act that is not here makes the shelter unknown, never wrong."""


def words_before(present: Mapping[str, Any], changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return facts as they were before these changes. `changes`: the values before each, the newest first."""
    facts = dict(present)
    for before in changes:
        facts.update({name: value for name, value in before.items() if name in facts})
    return facts
