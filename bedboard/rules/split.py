"""Groups that may be split: several places of one shelter that hold the group together, each within its own limits.

Nothing is put into a place that `rules/fit.py` would not put there by itself: each part is judged as a group of its own.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from operator import sub
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
    make_terms,
    may_be_son,
)
from bedboard.rules.refusals import FieldError, Invalid

CHILDREN = frozenset(CRITERIA["children"])
MOST_WAYS = 200  # that are kept while places are weighed: of rooms and people of very many sorts not every way is tried


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


Party = tuple[int, ...]
"""How many people of each sort."""
Sorts = Sequence[tuple[str, ...]]
"""The members of a group (of `PARTY`, or "" for the unnamed) by sort: every place answers one like another."""
Judging = Callable[[Room, Party], tuple[Reason, ...]]


class Way(NamedTuple):
    """Some places, each with the people in it. The least is the best: the fewest places, and of these the smallest."""

    places: int
    size: int
    numbers: tuple[int, ...]
    parties: tuple[Party, ...]


def split_group(profile: Profile, rooms: Iterable[Room]) -> Split | None:
    """Return how two or more of these places of one shelter hold the group: those that fit, else those worth a call.

    None: they cannot, or one place is as good, or the group may not be split.
    """
    if not profile.split:
        return None
    alike: dict[tuple[Terms, int, int], list[Room]] = {}
    for room in rooms:
        alike.setdefault((room.terms, room.beds, room.cots), []).append(room)
    few = [room for same in alike.values() for room in same[: profile.people]]
    if sum(room.beds for room in few) < profile.beds or sum(room.beds + room.cots for room in few) < profile.people:
        return None
    few.sort(key=lambda room: (-room.beds, -room.cots))  # stable, so that the order of the places decides the rest
    sorts = _sorts(profile, [terms for terms, _, _ in alike])
    judged: dict[tuple[Terms, int, int, Party], tuple[Reason, ...]] = {}

    def reasons_of(room: Room, party: Party) -> tuple[Reason, ...]:
        key = (*room[1:], party)
        if key not in judged:
            named = dict.fromkeys(PARTY, 0) | {names[0]: count for names, count in zip(sorts, party, strict=True) if names[0]}
            judged[key] = _judge_part(_part_of(profile, named, sum(party)), room)
        return judged[key]

    whole = tuple(sum(_count(profile, name) for name in names) for names in sorts)
    has_children = [names[0] in CHILDREN for names in sorts]
    worst: Fit
    for worst in ("fits", "discuss"):
        way = _best_way(whole, few, has_children, worst, reasons_of)
        if way is not None and way.places == 1:
            return None
        if way is not None:
            parts = _parts_of(profile, sorts, [few[number] for number in way.numbers], way.parties)
            reasons = _merge(profile, [_judge_part(part.profile, part.room) for part in parts])
            return Split(parts, fit_of(reasons), reasons)
    return None


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


def _sorts(profile: Profile, every: Sequence[Terms]) -> Sorts:
    sorts: dict[Hashable, list[str]] = {}
    are_sons_asked = profile.oldest_son is not None or any("oldest_son" in terms.limits for terms in every)
    for name in ("", *PARTY):
        if _count(profile, name):
            alone = not name or name == "child_0_3" or (name in CHILDREN and are_sons_asked)
            sort = name if alone else (name in CHILDREN, tuple(terms.criteria.get(name) for terms in every))
            sorts.setdefault(sort, []).append(name)
    return [tuple(names) for names in sorts.values()]


def _part_of(profile: Profile, named: Mapping[str, int], size: int) -> Profile:
    """Return a part of a group as a group of its own. The facts about the whole hold for each part of it."""
    part = replace(profile, group=size, split=False, **named)  # type: ignore[arg-type]
    if part.oldest_son is not None and not may_be_son(part, part.oldest_son):
        return replace(part, oldest_son=None)
    return part


def _judge_part(part: Profile, room: Room) -> tuple[Reason, ...]:
    """Return what the place says of this part. Children alone in a room have to be discussed."""
    reasons = judge(room.terms, part) + judge_place(room.beds, room.cots, "", part)
    is_only_children = part.children and not (part.adults or part.unnamed)
    return (*reasons, Reason("minor_alone", "unknown")) if is_only_children else reasons


def _parts_of(profile: Profile, sorts: Sorts, rooms: Sequence[Room], parties: Sequence[Party]) -> tuple[Part, ...]:
    """Name the people of each sort, in the order of the places."""
    left = {name: _count(profile, name) for names in sorts for name in names}
    parts = []
    for room, party in zip(rooms, parties, strict=True):
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


def _best_way(whole: Party, rooms: Sequence[Room], has_children: Sequence[bool], worst: Fit, reasons_of: Judging) -> Way | None:
    """Return the best way to put everybody into some of these places; None: there is none."""
    nobody = (0,) * len(whole)
    ways: dict[Party, Way] = {whole: Way(0, 0, (), ())}  # by those who have no place yet
    known: dict[tuple[Terms, int, int, Party], list[Party]] = {}
    for number, room in enumerate(rooms):
        for party, way in sorted(ways.items(), key=lambda one: (sum(one[0]), one[1]))[:MOST_WAYS]:
            if nobody in ways and way.places >= ways[nobody].places:
                continue
            key = (*room[1:], party)
            if key not in known:
                known[key] = _parts(room, party, has_children, worst, reasons_of)
            for part in known[key]:
                left = tuple(map(sub, party, part))
                size = way.size + room.beds + room.cots
                longer = Way(way.places + 1, size, (*way.numbers, number), (*way.parties, part))
                if left not in ways or longer < ways[left]:
                    ways[left] = longer
    return ways.get(nobody)


def _parts(room: Room, party: Party, has_children: Sequence[bool], worst: Fit, reasons_of: Judging) -> list[Party]:
    """Return the parts of this party that may sleep in this place, with no verdict worse than `worst`.

    Without children only the largest parts: a smaller one leaves nobody better off. A child may wait for its parents.
    """

    def suits(part: Party, *, but_alone: bool = False) -> bool:
        reasons = [one for one in reasons_of(room, part) if not (but_alone and one.criterion == "minor_alone")]
        return FIT_ORDER[fit_of(reasons)] <= FIT_ORDER[worst]

    most = room.beds + room.cots
    ones = [tuple(int(sort == other) for other in range(len(party))) for sort in range(len(party))]
    some = [min(count, most) if count and suits(one, but_alone=True) else 0 for count, one in zip(party, ones, strict=True)]
    found = [part for part in product(*(range(count + 1) for count in some)) if 0 < sum(part) <= most and suits(part)]
    if any(count and is_child for count, is_child in zip(party, has_children, strict=True)):
        return found
    larger = {tuple(map(sub, part, one)) for part in found for one in ones}
    return [part for part in found if part not in larger]


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
