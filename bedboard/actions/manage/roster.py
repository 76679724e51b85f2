"""A list of shelters, places and people from a file: all of it or nothing, with the actions that the pages have for each.

A look at a file does the same and is rolled back. So it finds what saving would find, and no rule stands in two places.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from bedboard.actions.manage.common import check_admin, write_about
from bedboard.actions.manage.people import PersonFacts, appoint_person
from bedboard.actions.manage.places import PlaceFacts, facts_of, open_places, place_facts
from bedboard.actions.manage.shelters import ShelterFacts, found_shelter, shelter_facts
from bedboard.clock import Clock
from bedboard.rules.access import Actor
from bedboard.rules.managing import same_name
from bedboard.rules.refusals import FieldError, Invalid
from bedboard.rules.roster import DRAFT_LASTS, labels_of
from bedboard.store.board import get_shelter
from bedboard.store.database import Transaction
from bedboard.store.managing import PersonRow, get_locked_organization, list_managed_people, list_shelter_choices
from bedboard.store.roster import delete_draft, delete_drafts, get_draft, save_draft
from bedboard.store.seal import Seal
from bedboard.store.shelters import list_places, lock_shelter

State = Literal["new", "namesake", "there", "waits", "wrong"]
"""What becomes of a line; "namesake": a new person with the name of another one; "waits": for the line of its shelter."""
WAITS = "row_wrong"


class ShelterEntry(NamedTuple):
    """A shelter of a file."""

    line: int
    facts: ShelterFacts


class PlaceEntry(NamedTuple):
    """Places of a file that are alike, in the shelter with this name."""

    line: int
    facts: PlaceFacts
    shelter: str
    places: int = 1


class PersonEntry(NamedTuple):
    """A person of a file, with the names of their shelters."""

    line: int
    facts: PersonFacts
    shelters: Sequence[str] = ()


Entry = ShelterEntry | PlaceEntry | PersonEntry


class Outcome(NamedTuple):
    """What becomes of a line. `added`: how many things. `wrong`: each field that cannot be right, and why."""

    line: int
    state: State
    added: int = 0
    wrong: Sequence[FieldError] = ()


class Roster:
    """One run over the entries of a file, in one transaction. The locks are taken in the order of docs/locking.md."""

    def __init__(self, tx: Transaction, actor: Actor, seal: Seal, clock: Clock, zone: ZoneInfo, *, demo: bool) -> None:
        self._tx, self._actor, self._seal, self._clock, self._zone = tx, actor, seal, clock, zone
        self._now: datetime = clock.now()
        self._demo = demo
        self._shelters: dict[str, str] = {}  # by name in small letters
        self._people: Sequence[PersonRow] | None = None  # as they were before the first person of the file
        self._wrong: dict[str, int] = {}  # the lines of shelters that are wrong, by name in small letters
        self._met: set[tuple[str, ...]] = set()  # what earlier lines of the file are about
        self._names: set[str] = set()  # of people, also of those that the file has added

    async def run(self, entries: Sequence[Entry], unread: Mapping[str, int] = MappingProxyType({})) -> list[Outcome]:
        """Add what is not there yet, and say what becomes of each line. Refusal: NotAllowed.

        `unread`: the lines of shelters that are no entries because they are wrong, by name in small letters.
        A wrong line leaves nothing of its own; the caller rolls back the others.
        """
        self._wrong = dict(unread)
        await self._lock(entries)
        order = (ShelterEntry, PlaceEntry, PersonEntry)
        return [await self._try(one) for kind in order for one in entries if isinstance(one, kind)]

    async def _lock(self, entries: Sequence[Entry]) -> None:
        named = [one.facts.organization_id for one in entries if not isinstance(one, PlaceEntry)]
        for organization_id in sorted({one for one in named if one is not None}):
            await get_locked_organization(self._tx, organization_id)
        self._shelters = {one.name.casefold(): one.id for one in await list_shelter_choices(self._tx)}
        used = {self._shelters.get(one.shelter.casefold()) for one in entries if isinstance(one, PlaceEntry)}
        for shelter_id in sorted(one for one in used if one is not None):
            await lock_shelter(self._tx, shelter_id)
        await check_admin(self._tx, self._actor)

    async def _try(self, entry: Entry) -> Outcome:
        try:
            async with self._tx.begin_nested():
                count = await self._add(entry)
        except Invalid as refusal:
            if isinstance(entry, ShelterEntry):
                self._wrong[entry.facts.name.casefold()] = entry.line
            state: State = "waits" if all(one.code == WAITS for one in refusal.fields) else "wrong"
            return Outcome(entry.line, state, 0, refusal.fields)
        is_namesake = count and isinstance(entry, PersonEntry) and self._is_namesake(entry.facts.name)
        return Outcome(entry.line, "namesake" if is_namesake else "new" if count else "there", count)

    def _is_namesake(self, name: str) -> bool:
        """Return whether somebody has the name of a new person already, and note the name."""
        before = len(self._names)
        self._names.add(same_name(name))
        return len(self._names) == before

    async def _add(self, entry: Entry) -> int:
        if isinstance(entry, ShelterEntry):
            return await self._add_shelter(entry)
        if isinstance(entry, PlaceEntry):
            return await self._add_places(entry)
        return await self._add_person(entry)

    def _meet(self, field: str, *about: str) -> None:
        """Refuse what an earlier line of the file is about too. Refusal: Invalid."""
        key = tuple(one.casefold() for one in about)
        if key in self._met:
            raise Invalid(FieldError(field, "in_file_twice"))
        self._met.add(key)

    async def _add_shelter(self, entry: ShelterEntry) -> int:
        new = entry.facts
        self._meet("name", "shelter", new.name)
        present_id = self._shelters.get(new.name.casefold())
        present = None if present_id is None else await get_shelter(self._tx, present_id)
        if present is None:
            changed = await found_shelter(self._tx, self._actor, self._clock.new_id(), new, self._seal, self._now)
            self._shelters[new.name.casefold()] = changed.shelter.id
            return 1
        times = [one.strftime("%H:%M") for one in present.confirm_times]
        if shelter_facts(present.name, present.organization_id, present.unit, times) != shelter_facts(
            present.name, new.organization_id or "", new.unit or "", new.confirm_times
        ):
            raise Invalid(FieldError("name", "there_otherwise"))
        return 0

    def _shelter(self, name: str, field: str) -> str:
        found = self._shelters.get(name.casefold())
        if found is None and name.casefold() in self._wrong:
            raise Invalid(FieldError(field, WAITS, {"line": self._wrong[name.casefold()]}))
        if found is None:
            raise Invalid(FieldError(field, "unknown_location"))
        return found

    async def _add_places(self, entry: PlaceEntry) -> int:
        shelter_id, new = self._shelter(entry.shelter, "shelter"), entry.facts
        labels = labels_of(new.label, entry.places)
        for label in labels:
            self._meet("label", "place", shelter_id, label)
        present = {place.label: facts_of(place) for place in await list_places(self._tx, shelter_id)}
        wanted = {label: place_facts(label, new.kind, new.beds, new.cots, None, None) for label in labels}
        if any(present[label] != facts for label, facts in wanted.items() if label in present):
            raise Invalid(FieldError("label", "there_otherwise"))
        missing = [label for label in labels if label not in present]
        alike = len(missing) == entry.places and entry.places > 1
        for label in [new.label] if alike else missing:
            ids = [self._clock.new_id() for _ in range(entry.places if alike else 1)]
            facts = PlaceFacts(label, new.kind, new.beds, new.cots)
            await open_places(self._tx, self._actor, shelter_id, facts, ids, self._now, self._zone)
        return len(missing)

    async def _add_person(self, entry: PersonEntry) -> int:
        new = entry.facts
        shelter_ids = frozenset(self._shelter(name, "shelter") for name in entry.shelters)
        self._meet("name", "person", new.name, new.organization_id, new.role)
        same = (new.name.casefold(), new.organization_id, new.role)
        if self._people is None:
            every = await list_managed_people(self._tx)
            self._people = [one for one in every if one.ended_at is None]
            self._names = {same_name(one.name) for one in every}
        present = [one for one in self._people if (one.name.casefold(), one.organization_id, one.role) == same]
        if not present:
            person = PersonFacts(new.name, new.organization_id, new.role, shelter_ids)
            new_id = self._clock.new_id()
            await appoint_person(self._tx, self._actor, new_id, person, self._now, demo=self._demo, is_another=True)
            return 1
        if not any(frozenset(one.shelter_ids) == shelter_ids for one in present):
            raise Invalid(FieldError("name", "there_otherwise"))
        return 0


async def keep_draft(tx: Transaction, actor: Actor, content: str, seal: Seal, now: datetime) -> None:
    """Keep a file of the actor's for the page that shows it, sealed, for `DRAFT_LASTS`. Refusal: NotAllowed."""
    await check_admin(tx, actor)
    await save_draft(tx, actor.id, seal.close_packed(content), now)


async def read_draft(tx: Transaction, actor: Actor, seal: Seal, now: datetime) -> str | None:
    """Return the file that the actor looks at; None: there is none, or it is too old."""
    sealed = await get_draft(tx, actor.id, now - DRAFT_LASTS)
    return None if sealed is None else seal.open_packed(sealed)


async def drop_draft(tx: Transaction, actor: Actor) -> None:
    await delete_draft(tx, actor.id)


async def note_import(tx: Transaction, actor: Actor, import_id: str, added: Mapping[str, int], now: datetime) -> None:
    """Write down that what was just added came from a file. `added`: how many by the kind of row."""
    counts = {f"{kind}_count": count for kind, count in added.items()}
    await write_about(tx, actor, "import", f"import {import_id}", None, counts, now)


async def forget_drafts(tx: Transaction, now: datetime) -> int:
    """Delete a batch of the files that nobody has saved in time; return how many."""
    return await delete_drafts(tx, now - DRAFT_LASTS)
