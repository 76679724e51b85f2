"""What all changes of a case share: the locks, releasing places, saving, counting, and erasing the needs.

Locks in the order of docs/locking.md.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from bedboard.actions.reservations import end_reservation
from bedboard.actions.roles import check_role
from bedboard.rules.access import Actor
from bedboard.rules.cases import ENDS, OVER, CaseState, Event, next_state
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import NotFound
from bedboard.rules.rights import is_of_same_group
from bedboard.rules.tallies import bucket_of, household_of
from bedboard.store.bell import message
from bedboard.store.board import ShelterRow
from bedboard.store.case_events import write_case_event
from bedboard.store.cases import list_asks, list_claims_of, lock_case_record
from bedboard.store.database import Transaction, after_lock
from bedboard.store.keys import delete_keys
from bedboard.store.people import still_has_role
from bedboard.store.seal import SealedNeeds
from bedboard.store.shelters import list_kinds_of, list_units, lock_shelter
from bedboard.store.tables.board import ClaimRecord, Shelter
from bedboard.store.tables.cases import Ask, CaseRecord
from bedboard.store.tallies import Tally, count_tallies, count_tallies_at

SYSTEM = Actor("system", "clock", "machine", "bedboard", None, frozenset())
"""The actor of everything that only the passing of time does."""


OpenNeeds = Callable[[SealedNeeds | None], Profile | None]
"""Opens the household of a case; gives None for one that was erased, or that cannot be read."""


def keep_shut(needs: SealedNeeds | None) -> None:
    """Open no household, for a caller that does not have the key."""


@dataclass(slots=True)
class LockedCase:
    """A case under its lock.

    `asks` by shelter; `claims`: its reservations that nobody has ended, by id. `shelters`: those locked for it; `versions`:
    of the shelters that were changed, so that a route can wait until the board shows them. `events`: all that was done to
    it, in the words of its time line, with the shelters of each. `noted`: counts about its household, for the memory of
    the process. `found_version`: the version that it had when it was locked.
    """

    record: CaseRecord
    asks: dict[str, Ask]
    claims: dict[str, ClaimRecord]
    shelters: dict[str, Shelter] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    events: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    noted: list[tuple[datetime, Tally]] = field(default_factory=list)
    found_version: int = field(init=False)

    def __post_init__(self) -> None:
        self.found_version = self.record.version

    @property
    def state(self) -> CaseState:
        return cast(CaseState, self.record.state)

    @property
    def chosen(self) -> Ask | None:
        """Return the part of the chosen shelter; None before the choice."""
        return next((ask for ask in self.asks.values() if ask.settled == "chosen"), None)

    def claims_of(self, ask: Ask) -> list[ClaimRecord]:
        """Return the claims of the reservation with this shelter, one for each place; without those that were ended."""
        return [claim for _, claim in sorted(self.claims.items()) if claim.promise_id == ask.claim_id]

    def note(self, shelter: ShelterRow) -> None:
        self.versions[shelter.id] = shelter.version


async def lock_case(tx: Transaction, case_id: str) -> LockedCase:
    """Lock the case and read it with its asks and reservations. Refusal: NotFound."""
    record = await lock_case_record(tx, case_id)
    if record is None:
        raise NotFound("no_such_request")
    asks = {ask.shelter_id: ask for ask in await list_asks(tx, case_id)}
    return LockedCase(record, asks, await list_claims_of(tx, case_id))


async def lock_case_of_group(tx: Transaction, actor: Actor, case_id: str) -> LockedCase:
    """Lock a case of the actor's own or of a colleague. Refusal: NotFound, for strangers to it as well."""
    case = await lock_case(tx, case_id)
    if not is_of_same_group(actor, case.record.requester) or not await still_has_role(tx, actor):
        raise NotFound("no_such_request")
    return case


async def lock_shelters(tx: Transaction, case: LockedCase, shelter_ids: Iterable[str]) -> bool:
    """Lock these shelters in the order of their ids; those that are locked already stay so. False: all were.

    The caller has not locked any that comes after them. The reservations are then read again: during the wait, somebody may
    have taken a place whose time had run out. Refusal: NotFound, when one was closed for good after the case.
    """
    wanted = sorted(set(shelter_ids) - case.shelters.keys())
    for shelter_id in wanted:
        shelter = await lock_shelter(tx, shelter_id)
        if shelter is None:
            raise NotFound("no_such_request")
        case.shelters[shelter_id] = shelter
    if wanted:
        case.claims = await list_claims_of(tx, case.record.id)
    return bool(wanted)


async def let_go(tx: Transaction, actor: Actor, case: LockedCase, asks: Sequence[Ask], now: datetime) -> None:
    """End the reservations with these shelters, so that the places are free again."""
    has_waited = await lock_shelters(tx, case, [ask.shelter_id for ask in asks if case.claims_of(ask)])
    if has_waited and actor.kind != "system":
        await check_role(tx, actor)  # once more: the role may be lost while this waits
    ended_at = after_lock(tx, now)
    for ask in sorted(asks, key=lambda ask: ask.shelter_id):
        claims = case.claims_of(ask)
        if claims:
            case.claims = {claim_id: claim for claim_id, claim in case.claims.items() if claim not in claims}
            case.note(await end_reservation(tx, actor, case.shelters[ask.shelter_id], claims, ended_at))


async def settle(tx: Transaction, actor: Actor, case: LockedCase, asks: Sequence[Ask], settled: str, now: datetime) -> None:
    """Settle the asks of these shelters: nothing more is expected of them, and their places are free again at once."""
    await let_go(tx, actor, case, asks, now)
    for ask in asks:
        ask.settled, ask.settled_at = settled, now
        tx.add(ask)


def move(case: LockedCase, event: Event, now: datetime) -> None:
    """Move the case to its next state; when it is over, its needs are erased with it.

    The police unit of the search is erased only at the very end: it is counted with the answer to where the person sleeps.
    Refusal: Conflict, as `rules.cases.TABLE` says.
    """
    record = case.record
    record.state = next_state(case.state, event)
    if record.state in OVER and record.over_at is None:
        record.needs_sealed = record.refusal = record.stays_until = None
        record.handed_organization_id = record.handed_role = record.handed_at = None
        record.over_at = now
    if record.state in ENDS:
        record.unit_code = None


async def save_case(
    tx: Transaction,
    actor: Actor,
    case: LockedCase,
    what: str,
    now: datetime,
    shelter_ids: Sequence[str | None] = (None,),
    told: Sequence[str] = (),
) -> LockedCase:
    """Save the case with its next version, a line in the time line and a bell.

    `what`: as the time line calls it; `told`: shelters that have to know of it and are not named in the line.
    """
    case.record.version += 1
    tx.add(case.record)
    await tx.flush()
    if case.record.over_at == now:
        await delete_keys(tx, [case.record.id])  # with it, every copy of the needs is useless
    bell = message("case", case.record.id, case.record.version)
    await write_case_event(tx, actor, case.record.id, what, now, shelter_ids, bell)
    case.events.append((what, [one for one in (*shelter_ids, *told) if one is not None]))
    return case


async def look_further(
    tx: Transaction,
    actor: Actor,
    case: LockedCase,
    chosen: Ask | None,
    settled: str,
    what: str,
    reason: str | None,
    now: datetime,
) -> LockedCase:
    """Undo the choice: its place is free again, and other shelters may be asked. The caller has moved the case.

    `reason`: of the desk; None: the desk did not end it.
    """
    if chosen is None:
        raise AssertionError(f"case {case.record.id} was past choosing and nothing was chosen")
    await settle(tx, actor, case, [chosen], settled, now)
    case.record.refusal = reason
    case.record.arrives_at = case.record.decided_at = case.record.reminded_at = None
    return await save_case(tx, actor, case, what, now, [chosen.shelter_id])


async def count_answers(
    tx: Transaction, case: LockedCase, asks: Iterable[Ask], household: Profile | None, now: datetime, zone: ZoneInfo
) -> None:
    """Count the answers of these shelters, and the reasons of each no, in the hour of the answer.

    Call this once each time that they are settled: after that an answer cannot change. `household`: the one for which they
    were asked; None: nobody can read it any more. Counts about the household are only noted in the case, for the
    memory of the process: a row of this transaction could be joined with the case.
    """
    asks = list(asks)
    units = await list_units(tx, [ask.shelter_id for ask in asks])
    tallies: list[tuple[datetime, Tally]] = []
    for ask in asks:
        at = (ask.answered_at or now).astimezone(zone)
        tallies.append((at, Tally("answer", "", "", ask.answer or "silent")))
        if ask.answer == "no":
            tallies += [(at, tally) for tally in _tallies_of_no(ask, units[ask.shelter_id])]
            case.noted += [(at, tally) for tally in _tallies_of_refused(household)]
        at = at.replace(hour=0)  # what names a shelter has no hour: it could be put beside the rest
        tallies += [(at, Tally(what, "", "", ask.shelter_id)) for what in _counts_of_shelter(ask)]
    await count_tallies_at(tx, now.astimezone(zone), tallies)


def _tallies_of_refused(household: Profile | None) -> list[Tally]:
    return [
        Tally("refused_household", "", "", "unknown" if household is None else household_of(household)),
        Tally("refused_exploitation", "", "", (household and household.exploitation) or "unknown"),
    ]


def _tallies_of_no(ask: Ask, unit: str) -> list[Tally]:
    tallies = [
        Tally("refused", "", "", ask.reason or ""),
        Tally("refused_kind", "", ask.kind_code, ""),
        Tally("refused_unit", unit, "", ""),
    ]
    if ask.criterion is not None:
        tallies.append(Tally("contra_indication", "", "", ask.criterion))
    return tallies


def _counts_of_shelter(ask: Ask) -> list[str]:
    """Return the counts for the shelter itself: it was asked, also with a free place on the board, and said no, also then."""
    counted = ["asked_of"] + ["shown_free"] * ask.was_free + ["refused_by"] * (ask.answer == "no")
    return counted + ["free_no_place"] * (ask.was_free and ask.reason == "no_place")


async def count_first_answer(tx: Transaction, case: LockedCase, now: datetime, zone: ZoneInfo) -> None:
    """Count how long the first answer to a case took, at a choice or without one at its end; nothing when nobody answered."""
    answered = [ask.answered_at for ask in case.asks.values() if ask.answered_at is not None]
    if answered:
        took = bucket_of(min(answered) - case.record.created_at)
        await count_tallies(tx, now.astimezone(zone), [Tally("first_answer", "", "", took)])


async def count_placed(tx: Transaction, case: LockedCase, chosen: Ask, now: datetime, zone: ZoneInfo) -> None:
    """Count a case that ended with a place: its unit, the kind of its places, and how long its steps took.

    Places of several kinds are counted once, as no single kind: otherwise the kinds together are more than the cases, and
    the difference tells how many had several.
    """
    unit = (await list_units(tx, [chosen.shelter_id]))[chosen.shelter_id]
    kinds = await list_kinds_of(tx, chosen.place_ids) or {chosen.kind_code}
    kind = kinds.pop() if len(kinds) == 1 else ""
    tallies = [Tally("request", "", "", "arrived"), Tally("placed_unit", unit, "", ""), Tally("placed_kind", "", kind, "")]
    for what, at in (("first_yes", chosen.answered_at), ("decided", case.record.decided_at)):
        if at is not None:
            tallies.append(Tally(what, "", "", bucket_of(at - case.record.created_at)))
    await count_tallies(tx, now.astimezone(zone), tallies)


async def count_arrival(tx: Transaction, case: LockedCase, now: datetime, zone: ZoneInfo) -> None:
    """Count how long it took from the first request until the people were there."""
    took = bucket_of(now - case.record.created_at)
    await count_tallies(tx, now.astimezone(zone), [Tally("arrival", "", "", took)])


def erase_answers(tx: Transaction, case: LockedCase) -> None:
    """Erase why shelters said no when the case is over: like the needs, these reasons say something about a person.

    The caller has moved the case to a state that is over, and settled and counted its shelters.
    """
    if case.state not in OVER or case.claims:
        raise AssertionError(f"a case that is {case.state} with {len(case.claims)} reservations is not over")
    for ask in case.asks.values():
        ask.reason = ask.criterion = None
        tx.add(ask)
