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
from bedboard.rules.seats import Party, Sort, Space, TooManyWays
from bedboard.rules.ways import Ways

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

Likeness = tuple[Terms, int, int]
"""The terms, beds and cots of places that are alike."""

NO_LIMIT = 99
WORST: tuple[Fit, ...] = ("fits", "discuss")
"""The worst verdict on anybody: places that fit, then those worth a call."""


def split_group(profile: Profile, rooms: Iterable[Room]) -> Split | None:
    """Return how two or more of these places of one shelter hold the group: those that fit, else those worth a call.

    None: they cannot, or one place is as good, or the group may not be split.
    """
    return Splitter(profile).split(rooms)


class Splitter:
    """One group that may be split, for the places of many shelters: each set of terms is asked once.

    `untried`: the number of calls in which no way was found because there are too many to try all of them.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        names = [name for name in ("", *PARTY) if _count(profile, name)]
        self._ones = {name: _part_of(profile, {name: 1} if name else {}, 1) for name in names}
        self._asked = {name: frozenset(one.asked()) for name, one in self._ones.items()}
        self._rests: dict[Hashable, Levels] = {}
        self._levels: dict[Terms, Levels] = {}
        whole = tuple([_count(profile, name) for name in names])
        self._ways = {worst: Ways(whole, [_sort(name, worst) for name in names]) for worst in WORST}
        self._spaces: dict[Likeness, Mapping[Fit, Space]] = {}
        self._parts: dict[Party, Profile] = {}
        self._judged: dict[tuple[Likeness, Party], tuple[Reason, ...]] = {}
        self.untried = 0

    def may_hold(self, several: Iterable[Terms]) -> bool:
        """Return whether each of the group may sleep somewhere on one of these terms, if there is room."""
        every = [self._say(terms) for terms in several]
        return all(any(levels[name] != "excluded" for levels in every) for name in self._ones)

    def split(self, rooms: Iterable[Room]) -> Split | None:
        """Return how two or more of these places of one shelter hold the group, as `split_group`."""
        if not self._profile.split:
            return None
        alike: dict[Likeness, list[Room]] = {}
        for room in rooms:
            alike.setdefault((room.terms, room.beds, room.cots), []).append(room)
        # Stable, so that the order of the places decides the rest.
        largest_first = sorted(alike, key=lambda one: (-one[1], -one[2]))
        is_tried = True
        for worst in WORST:
            spaces: dict[Space, list[Room]] = {}
            for likeness in largest_first:
                space = self._space(likeness)[worst]
                if any(space.takes):
                    spaces.setdefault(space, []).extend(alike[likeness])
            several = list(spaces.values())
            try:
                way = self._ways[worst].best([(space, min(len(some), self._profile.people)) for space, some in spaces.items()])
            except TooManyWays:
                is_tried = False
                continue
            if way is not None and len(way) == 1:
                return None
            if way is not None:
                nexts = [iter(some) for some in several]
                return self._name([(next(nexts[number]), party) for number, party in way])
        self.untried += not is_tried
        return None

    def _space(self, likeness: Likeness) -> Mapping[Fit, Space]:
        """Return a place in numbers, for each level at which it may be asked."""
        if likeness not in self._spaces:
            terms, beds, cots = likeness
            adults, children = (terms.limits.get(name, NO_LIMIT) for name in ("max_adults", "max_children"))
            said = self._say(terms).values()
            self._spaces[likeness] = {
                worst: Space(
                    beds, beds + cots, adults, children, tuple([FIT_ORDER[level] <= FIT_ORDER[worst] for level in said])
                )
                for worst in WORST
            }
        return self._spaces[likeness]

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

    def _name(self, way: Iterable[tuple[Room, Party]]) -> Split:
        """Return the people of each party as a group of its own, and what the places say of all of them."""
        parts, judged = [], []
        for room, party in way:
            if party not in self._parts:
                named = {name: count for name, count in zip(self._ones, party, strict=True) if name}
                self._parts[party] = _part_of(self._profile, named, sum(party))
            part, key = self._parts[party], ((room.terms, room.beds, room.cots), party)
            if key not in self._judged:
                self._judged[key] = _judge_part(part, room)
            parts.append(Part(room, part))
            judged.append(self._judged[key])
        reasons = _merge(self._profile, dict.fromkeys(judged))
        return Split(tuple(parts), fit_of(reasons), reasons)


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
    splitter = Splitter(profile)
    if not whole and splitter.split(numbers) is None and not splitter.untried:
        beds = sum(room.beds for room in rooms)
        raise Invalid(FieldError("places", "too_small_for_them", {"people": profile.people, "beds": beds}))


def may_offer(profile: Profile, rooms: Sequence[Room]) -> Sequence[Room]:
    """Return the places of one shelter that `check_offer` accepts, each by itself or, for a group that may split, together."""

    def holds(some: Sequence[Room]) -> bool:
        try:
            check_offer(profile, some)
        except Invalid:
            return False
        return True

    alone = [room for room in rooms if holds([room])]
    if not profile.split or len(rooms) < 2:
        return alone
    largest_first = sorted(rooms, key=lambda room: (-room.beds, -room.cots))
    return rooms if alone or holds(largest_first[: profile.people]) or split_group(profile, rooms) else ()


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
