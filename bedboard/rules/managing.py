"""Administration: the rights to manage people and places, and which changes of a person or a place are safe.

No field takes a text that could be about a victim: a place has a label of known words and a short code.
"""

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bedboard.rules.access import Actor
from bedboard.rules.places import PlaceStatus
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed

LABEL_WORDS = frozenset(
    # rooms and beds
    "appartement babykamer bed bedbank bovenbed chalet crisisbed crisiskamer crisisplek dubbel eenpersoons eenpersoonskamer "
    "familiekamer flat gezin gezinskamer groepskamer huis huisje kamer kinderkamer logeerbed logeerkamer moederkamer nood "
    "noodbed noodkamer noodplek onderbed plek room slaapbank slaapkamer slaapzaal stapelbed studio suite tijdelijk "
    "tweepersoons tweepersoonskamer driepersoonskamer vierpersoonskamer unit woning zaal zolderkamer "
    # where they are
    "achter achterhuis achterkant balkon begane beneden bij binnen boven buiten deur etage gang grond hal hoek keuken kelder "
    "links midden muur naast noord oost parterre raam rechts souterrain straatkant trap tuin tuinkant verdieping vleugel "
    "voor voorhuis voorkant west zolder zuid "
    # how they look
    "blauwe gele groene groot grote klein kleine lage hoge oranje paarse rode roze witte zwarte".split()
)
"""The words of a label. No surname is among them: colours are as they stand before a noun, because people are called De Wit."""
CODE = re.compile(r"[A-Za-z]{0,2}[0-9]{1,3}(?:[.-][0-9]{1,2})?[A-Za-z]?|[A-Za-z]")
MOST_WORDS = 4
MOST_CODES = 2
MOST_PLACES_AT_ONCE = 20
USUAL_TIMES = ("08:00", "16:00", "21:30")  # to confirm the board, of a shelter that names none
MOST_TIMES = 6  # to confirm the board, of one shelter
TEMPORARY_BEGINS = time(12)  # a night goes from noon to noon, as in a hotel
LONGEST_TEMPORARY = timedelta(days=120)
FURTHEST_BEGIN = timedelta(days=366)


def is_label(text: str) -> bool:
    """Return whether this can be the label of a place, like "2.04", "zolder", "bed 3 (raam)" or "kamer 2, bed 3".

    It has at most four words from a list, and two short codes that a word keeps apart: in a row they could be a number to call.
    """
    parts = [_unwrapped(part) for part in text.split(" ")]
    are_words = [part.lower() in LABEL_WORDS for part in parts]
    codes = [part for part, is_word in zip(parts, are_words, strict=True) if not is_word]
    is_kept_apart = all(one or other for one, other in pairwise(are_words))
    few = sum(are_words) <= MOST_WORDS and len(codes) <= MOST_CODES and is_kept_apart
    return few and text.count("(") == text.count(")") <= 1 and all(CODE.fullmatch(code) for code in codes)


def _unwrapped(part: str) -> str:
    """Return a word or code without the comma behind it and the brackets around it."""
    return part.removesuffix(",").removeprefix("(").removesuffix(")")


def same_name(name: str) -> str:
    """Return a name as people read it: with one space between words, and small and capital letters alike."""
    return " ".join(name.split()).casefold()


def check_label(text: str) -> None:
    """Refusal: Invalid `label`."""
    if not is_label(text):
        raise Invalid(FieldError("label", "not_a_label"))


def is_taken(name: str, taken: Iterable[str]) -> bool:
    """Return whether one of the others is called so."""
    return same_name(name) in map(same_name, taken)


def numbered(label: str, count: int, taken: Collection[str]) -> list[str]:
    """Return labels for so many places: the label itself for one, otherwise with the first free numbers behind it."""
    if count == 1:
        return [label]
    numbers = (f"{label} {number}" for number in range(1, 1000))
    free = [name for name in numbers if not is_taken(name, taken)]
    if len(free) < count:
        raise Invalid(FieldError("label", "label_taken"))
    return free[:count]


def check_manages(actor: Actor, shelter_ids: Collection[str], role: str) -> None:
    """Refuse an actor that may not make somebody with this role work for these shelters. Refusal: NotAllowed.

    An administrator may. A manager may for the staff of its own shelters only.
    """
    if actor.role == "admin":
        return
    if actor.role != "manager" or role != "staff" or not set(shelter_ids) <= actor.shelter_ids:
        raise NotAllowed("not_your_role")


def check_manages_token(actor: Actor, shelter_id: str | None) -> None:
    """Refuse an actor that may not manage tokens of this shelter, or for None those of an organization. Refusal: NotAllowed.

    An administrator may. A manager may for its own shelters.
    """
    if actor.role != "admin" and (actor.role != "manager" or shelter_id not in actor.shelter_ids):
        raise NotAllowed("not_your_role")


Group = tuple[str, str]
"""An organization, by its id, and a role."""


def split_roles(acts_as: Group, further: Collection[Group], from_id: str, into_id: str) -> tuple[set[Group], set[Group]]:
    """Return the further roles that move to another organization, and those that would be there twice then.

    `acts_as`: the organization and the role in which the person acts; where it moves, a further role may be the same.
    """
    organization, role = acts_as
    acts_as = (into_id if organization == from_id else organization, role)
    leaving = {one for one in further if one[0] == from_id}
    there = {one for one in further if one[0] == into_id} | {acts_as}
    twice = {(from_id, role) for _, role in leaving if (into_id, role) in there}
    return leaving - twice, twice | ({acts_as} & set(further))


class Capacity(NamedTuple):
    """The size and the kind of a place, as far as people on it depend on them."""

    kind: str
    beds: int
    cots: int


def check_capacity(before: Capacity, after: Capacity, status: PlaceStatus) -> None:
    """Refuse a change that harms somebody who has the place or was promised it. A larger place does no harm.

    `status`: of the place now; a claim on a place that the shelter calls occupied or closed counts as a promise.
    Refusals: Conflict `place_held`, `place_reserved`, `place_occupied`.
    """
    is_smaller = after.beds < before.beds or after.cots < before.cots
    is_other_kind = after.kind != before.kind and status in ("held", "reserved")  # another side would decide on the promise
    if is_smaller or is_other_kind:
        check_unused(status)


def check_unused(status: PlaceStatus) -> None:
    """Refuse while people have the place or were promised it. Refusals: as above."""
    if status in ("held", "reserved", "occupied"):
        raise Conflict(f"place_{status}")


def check_kind(
    decides: str, desk_hours: str | None, outside_hours: str | None, fresh_minutes: int | None, ageing_minutes: int | None
) -> None:
    """Refuse what cannot be of a kind of place; Invalid names each wrong field.

    Only a desk has hours. Only outside them a yes may count provisionally. News ages after it was fresh.
    """
    wrong = []
    if desk_hours is not None and decides != "desk":
        wrong.append(FieldError("opens", "only_for_desk"))
    if outside_hours is not None and (decides != "desk" or desk_hours is None):
        wrong.append(FieldError("outside_hours", "only_with_desk_hours"))
    if (fresh_minutes is None) != (ageing_minutes is None):
        wrong.append(FieldError("fresh_minutes" if fresh_minutes is None else "ageing_minutes", "missing"))
    elif fresh_minutes is not None and ageing_minutes is not None and ageing_minutes <= fresh_minutes:
        wrong.append(FieldError("ageing_minutes", "ages_after_fresh"))
    if wrong:
        raise Invalid(*wrong)


class Nights(NamedTuple):
    """The days of a temporary place: it exists from the first one to the one on which it is left."""

    first: date
    last: date


def check_nights(nights: Nights | None, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime] | None:
    """Return from when and until when a place exists; None: always. Refusal: Invalid `last`, `first`."""
    if nights is None:
        return None
    first, last = nights
    if last <= first:
        raise Invalid(FieldError("last", "ends_before_it_begins"))
    if last - first > LONGEST_TEMPORARY:
        raise Invalid(FieldError("last", "too_many_nights", {"most": LONGEST_TEMPORARY.days}))
    begins, ends = (datetime.combine(day, TEMPORARY_BEGINS, zone) for day in (first, last))
    if ends <= now:
        raise Invalid(FieldError("last", "in_the_past"))
    if begins > now + FURTHEST_BEGIN:
        raise Invalid(FieldError("first", "too_far_away"))
    return begins, ends
