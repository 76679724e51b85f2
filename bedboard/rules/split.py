"""Groups that may be split: several places of one shelter that hold the group together, each within its own limits.

Nothing is put into a place that `rules/fit.py` would not put there by itself: each part is judged as a group of its own.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from bedboard.rules.claims import check_together
from bedboard.rules.criteria import CRITERIA
from bedboard.rules.fit import (
    DAY_MINUTES,
    FIT_ORDER,
    PARTY,
    Fit,
    Profile,
    Reason,
    Terms,
    fit_of,
    judge,
    judge_place,
    judge_rest,
    make_terms,
    may_be_son,
)
from bedboard.rules.refusals import FieldError, Invalid
from bedboard.rules.ways import Party, Sort, Space, best_way

CHILDREN = frozenset(CRITERIA["children"])


class Room(NamedTuple):
    """A free place, as far as a group has to know it."""

    id: str
    terms: Terms
    beds: int
    cots: int


class Part(NamedTuple):
    """The part of a group that sleeps in one place."""

    room: Room
    profile: Profile


class Split(NamedTuple):
    """A group that is split: nobody is left out, and no place is taken twice."""

    parts: tuple[Part, ...]
    fit: Fit
    reasons: tuple[Reason, ...]


Levels = Mapping[str, Fit]
"""What terms say of somebody of each name of `PARTY`, or "" for the unnamed, in a place that is large enough."""
NO_LIMIT = 99


def split_group(profile: Profile, rooms: Iterable[Room]) -> Split | None:
    """Return how two or more of these places of one shelter hold the group: those that fit, else those worth a call.

    None: they cannot, or one place is as good, or the group may not be split.
    """
    return Splitter(profile).split(rooms)


class Splitter:
    """One group that may be split, for the places of many shelters: each set of terms is asked once."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        names = [name for name in ("", *PARTY) if _count(profile, name)]
        self._ones = {name: _part_of(profile, {name: 1} if name else {}, 1) for name in names}
        self._asked = {name: frozenset(one.asked()) for name, one in self._ones.items()}
        self._rests: dict[Hashable, Levels] = {}
        self._levels: dict[Terms, Levels] = {}

    def split(self, rooms: Iterable[Room]) -> Split | None:
        """Return how two or more of these places of one shelter hold the group, as `split_group`."""
        profile = self._profile
        if not profile.split:
            return None
        alike: dict[tuple[Terms, int, int], list[Room]] = {}
        for room in rooms:
            alike.setdefault((room.terms, room.beds, room.cots), []).append(room)
        few = [room for same in alike.values() for room in same[: profile.people]]
        few.sort(key=lambda room: (-room.beds, -room.cots))  # stable, so that the order of the places decides the rest
        worst: Fit
        for worst in ("fits", "discuss"):
            bad = {"excluded", "discuss"} if worst == "fits" else {"excluded"}
            usable = [room for room in few if not bad.issuperset(self._say(room.terms).values())]
            beds = sum([room.beds for room in usable])
            if beds < profile.beds or beds + sum([room.cots for room in usable]) < profile.people:
                continue
            parts = self._parts(usable, worst)
            if parts is not None and len(parts) == 1:
                return None
            if parts is not None:
                reasons = _merge(profile, [_judge_part(part.profile, part.room) for part in parts])
                return Split(parts, fit_of(reasons), reasons)
        return None

    def _say(self, terms: Terms) -> Levels:
        """Return what these terms say of each of the group by themselves; a child may wait for its parents."""
        levels = self._levels.get(terms)
        if levels is None:
            rest = self._rests.get(terms.rest)
            if rest is None:
                rest = self._rests[terms.rest] = {name: fit_of(judge_rest(terms, one)) for name, one in self._ones.items()}
            levels = self._levels[terms] = {
                name: "excluded"
                if asked & terms.no
                else rest[name]
                if asked <= terms.yes
                else max(rest[name], "discuss", key=FIT_ORDER.__getitem__)
                for name, asked in self._asked.items()
            }
        return levels

    def _parts(self, rooms: Sequence[Room], worst: Fit) -> tuple[Part, ...] | None:
        """Return the parts of the group that these places hold best, with no verdict worse than `worst`; None: they cannot."""
        every = {room.terms: self._say(room.terms) for room in rooms}
        alike: dict[tuple[Sort, tuple[bool, ...]], list[str]] = {}
        for name in self._ones:
            takes = tuple([FIT_ORDER[levels[name]] <= FIT_ORDER[worst] for levels in every.values()])
            alike.setdefault((_sort(name, worst), takes), []).append(name)
        number = {terms: place for place, terms in enumerate(every)}
        spaces = [
            Space(
                room.beds,
                room.beds + room.cots,
                room.terms.limits.get("max_adults", NO_LIMIT),
                room.terms.limits.get("max_children", NO_LIMIT),
                tuple([takes[number[room.terms]] for _, takes in alike]),
            )
            for room in rooms
        ]
        whole = tuple([sum(_count(self._profile, name) for name in names) for names in alike.values()])
        way = best_way(whole, tuple([sort for sort, _ in alike]), spaces)
        if way is None:
            return None
        return _parts_of(self._profile, list(alike.values()), [(rooms[number], party) for number, party in way])


def _sort(name: str, worst: Fit) -> Sort:
    """Return for which numbers this person counts. Nobody knows the unnamed: a yes holds for adults as well as for children."""
    if not name:
        return Sort(is_adult=worst == "fits", is_child=worst == "fits")
    if name not in CHILDREN:
        return Sort(is_adult=True)
    return Sort(in_cot=name == "child_0_3", is_child=True, is_led=worst == "fits")


def check_offer(profile: Profile, rooms: Sequence[Room]) -> None:
    """Refuse places of one shelter that do not hold these people. Refusal: Invalid `place`, or `places` for several.

    The people of the shelter may set their own criteria aside, but not how many a place holds.
    """
    if len(rooms) == 1:
        [size, *_] = judge_place(rooms[0].beds, rooms[0].cots, "", profile)
        if size.answer == "no":
            raise Invalid(FieldError("place", "too_small_for_them", {"people": profile.people, "beds": rooms[0].beds}))
        return
    if not profile.split:
        raise Invalid(FieldError("places", "stays_together"))
    check_together([room.id for room in rooms], profile.people)
    numbers = [room._replace(terms=_numbers_of(room.terms, profile)) for room in rooms]
    whole = any(judge_place(room.beds, room.cots, "", profile)[0].answer == "yes" for room in rooms)
    if not whole and split_group(profile, numbers) is None:
        beds = sum(room.beds for room in rooms)
        raise Invalid(FieldError("places", "too_small_for_them", {"people": profile.people, "beds": beds}))


def _numbers_of(terms: Terms, profile: Profile) -> Terms:
    limits = {name: terms.limits[name] for name in ("max_adults", "max_children") if name in terms.limits}
    return make_terms(dict.fromkeys(profile.asked(), "yes"), limits, (0, DAY_MINUTES), ())


def _count(profile: Profile, name: str) -> int:
    return int(getattr(profile, name)) if name else profile.unnamed


def _part_of(profile: Profile, named: Mapping[str, int], size: int) -> Profile:
    """Return a part of a group as a group of its own. The facts about the whole hold for each part of it."""
    everybody = dict.fromkeys(PARTY, 0) | dict(named)
    part = replace(profile, group=size, split=False, **everybody)  # type: ignore[arg-type]
    if part.oldest_son is not None and not may_be_son(part, part.oldest_son):
        return replace(part, oldest_son=None)
    return part


def _judge_part(part: Profile, room: Room) -> tuple[Reason, ...]:
    """Return what the place says of this part. Children alone in a room have to be discussed."""
    reasons = judge(room.terms, part) + judge_place(room.beds, room.cots, "", part)
    is_only_children = part.children and not (part.adults or part.unnamed)
    return (*reasons, Reason("minor_alone", "unknown")) if is_only_children else reasons


def _parts_of(profile: Profile, sorts: Sequence[Sequence[str]], parties: Iterable[tuple[Room, Party]]) -> tuple[Part, ...]:
    """Name the people of each sort, in the order of the places."""
    left = {name: _count(profile, name) for names in sorts for name in names}
    parts = []
    for room, party in parties:
        named = dict.fromkeys(PARTY, 0)
        for names, count in zip(sorts, party, strict=True):
            wanted = count
            for name in names:
                taken = min(wanted, left[name])
                left[name] -= taken
                wanted -= taken
                if name:
                    named[name] = taken
        parts.append(Part(room, _part_of(profile, named, sum(party))))
    return tuple(parts)


def _merge(profile: Profile, every: Iterable[tuple[Reason, ...]]) -> tuple[Reason, ...]:
    """Return the reasons of all parts as those of the group: of each criterion the answer that is furthest from yes."""
    merged: dict[str, Reason] = {}
    for reason in (reason for reasons in every for reason in reasons):
        before = merged.get(reason.criterion)
        if reason.criterion != "size" and (before is None or before.answer == "yes"):
            merged[reason.criterion] = reason
    asked = profile.asked()
    named = sorted(merged.values(), key=lambda reason: asked.index(reason.criterion) if reason.criterion in asked else 99)
    return (*named, Reason("size", "yes", profile.people))
