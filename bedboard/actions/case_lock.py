"""What every change of a case has in common: whose it is, letting places go, saving, counting, and erasing what was asked.

Locks in this order, everywhere: an organization, the request, then shelters by their ids.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from bedboard.actions.reservations import end_reservation
from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.cases import ENDS, OVER, CaseState, Event, next_state
from bedboard.rules.refusals import NotFound
from bedboard.store.bell import ring
from bedboard.store.board import ShelterRow
from bedboard.store.cases import list_asks, list_claims_of, lock_case_record, write_case_event
from bedboard.store.database import Transaction
from bedboard.store.people import still_has_role
from bedboard.store.shelters import get_kind_of, list_units, lock_shelter
from bedboard.store.tables import Ask, CaseRecord, ClaimRecord, Shelter
from bedboard.store.tallies import Tally, count_tallies, count_tallies_at

SYSTEM = Actor("system", "clock", "machine", "bedboard", None, frozenset())
"""Who does what only time does."""


@dataclass(slots=True)
class LockedCase:
    """A request under its lock. `asks` by shelter; `claims`: its reservations that nobody has ended, by id. `shelters`: those
    that were locked for it; `versions`: of the shelters that were changed, for who wants to see that on the board. `events`:
    what has happened to it, as its time line calls that, and to which shelters."""

    request: CaseRecord
    asks: dict[str, Ask]
    claims: dict[str, ClaimRecord]
    shelters: dict[str, Shelter] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    events: list[tuple[str, Sequence[str]]] = field(default_factory=list)

    @property
    def state(self) -> CaseState:
        return cast(CaseState, self.request.state)

    @property
    def chosen(self) -> Ask | None:
        """The part of the shelter that was chosen; None before that."""
        return next((ask for ask in self.asks.values() if ask.settled == "chosen"), None)

    def claim_of(self, ask: Ask) -> ClaimRecord | None:
        """What is reserved there for this request; None when it was ended."""
        return self.claims.get(ask.claim_id or "")

    def note(self, shelter: ShelterRow) -> None:
        self.versions[shelter.id] = shelter.version


async def lock_case(tx: Transaction, case_id: str) -> LockedCase:
    """Refusal: NotFound."""
    request = await lock_case_record(tx, case_id)
    if request is None:
        raise NotFound("no_such_request")
    asks = {ask.shelter_id: ask for ask in await list_asks(tx, case_id)}
    return LockedCase(request, asks, await list_claims_of(tx, case_id))


def is_askers_own(actor: Actor, request: CaseRecord) -> bool:
    """Whether the actor asked it, or a colleague in the same organization and role: one person alone has no stand-in."""
    return actor.role in SEEKERS and (actor.organization_id, actor.role) == (request.organization_id, request.role)


async def lock_own_case(tx: Transaction, actor: Actor, case_id: str) -> LockedCase:
    """For who asked. Refusal: NotFound, also for strangers to it."""
    case = await lock_case(tx, case_id)
    if not is_askers_own(actor, case.request) or not await still_has_role(tx, actor):
        raise NotFound("no_such_request")
    return case


async def lock_shelters(tx: Transaction, case: LockedCase, shelter_ids: Iterable[str]) -> None:
    """In the order of their ids; those that are locked already stay so. The caller has not locked any that comes after them.

    What is reserved is then read again: while this waited, somebody else may have taken a place whose time had run out.
    """
    wanted = sorted(set(shelter_ids) - case.shelters.keys())
    for id in wanted:
        shelter = await lock_shelter(tx, id)
        if shelter is None:
            raise AssertionError(f"shelter {id} was asked and is gone")
        case.shelters[id] = shelter
    if wanted:
        case.claims = await list_claims_of(tx, case.request.id)


async def let_go(tx: Transaction, actor: Actor, case: LockedCase, asks: Sequence[Ask], now: datetime) -> None:
    """What is reserved with these shelters for this request is free again."""
    await lock_shelters(tx, case, [ask.shelter_id for ask in asks if case.claim_of(ask) is not None])
    for ask in sorted(asks, key=lambda ask: ask.shelter_id):
        claim = case.claims.pop(ask.claim_id or "", None)
        if claim is not None:
            case.note(await end_reservation(tx, actor, case.shelters[ask.shelter_id], claim, now))


async def settle(tx: Transaction, actor: Actor, case: LockedCase, asks: Sequence[Ask], settled: str, now: datetime) -> None:
    """Nothing more is expected of these shelters, and what is reserved with them is free again in the same moment."""
    await let_go(tx, actor, case, asks, now)
    for ask in asks:
        ask.settled, ask.settled_at = settled, now
        tx.add(ask)


def move(case: LockedCase, event: Event, now: datetime) -> None:
    """To the next state; where nothing is sought any more, for whom it was is erased with it, and at its end from where it was
    sought as well (that is counted with where somebody sleeps).

    Refusal: Conflict, as `rules.requests.TABLE` says.
    """
    request = case.request
    request.state = next_state(case.state, event)
    if request.state in OVER and request.over_at is None:
        request.needs_sealed = request.refusal = None
        request.over_at = now
    if request.state in ENDS:
        request.unit_code = None


async def save_case(
    tx: Transaction,
    actor: Actor,
    case: LockedCase,
    what: str,
    now: datetime,
    shelter_ids: Sequence[str | None] = (None,),
    told: Sequence[str] = (),
) -> LockedCase:
    """Raises the version, writes the time line and rings. `what`: as the time line calls it; `told`: shelters that have to know
    of it and are not named in it."""
    case.request.version += 1
    tx.add(case.request)
    await tx.flush()
    await write_case_event(tx, actor, case.request.id, what, now, shelter_ids)
    case.events.append((what, [id for id in (*shelter_ids, *told) if id is not None]))
    await ring(tx, "case", case.request.id, case.request.version)
    return case


async def count_refusals(tx: Transaction, asks: Iterable[Ask], zone: ZoneInfo) -> None:
    """Why these shelters said no. To be called once for each time that they are settled, after which a no cannot change."""
    refused = [ask for ask in asks if ask.reason is not None and ask.answered_at is not None]
    units = await list_units(tx, [ask.shelter_id for ask in refused])
    tallies: list[tuple[datetime, Tally]] = []
    for ask in refused:
        at = cast(datetime, ask.answered_at).astimezone(zone)
        tallies.append((at, Tally("refused", "", "", ask.reason or "")))
        tallies.append((at, Tally("refused_kind", "", ask.kind_code, "")))
        tallies.append((at, Tally("refused_unit", units[ask.shelter_id], "", "")))
        if ask.criterion is not None:
            tallies.append((at, Tally("contra_indication", "", "", ask.criterion)))
    await count_tallies_at(tx, tallies)


async def count_placed(tx: Transaction, chosen: Ask, now: datetime, zone: ZoneInfo) -> None:
    """That a case ended with a place: of which kind the place is, and in which unit."""
    unit = (await list_units(tx, [chosen.shelter_id]))[chosen.shelter_id]
    kind = (await get_kind_of(tx, chosen.place_id)).code if chosen.place_id is not None else chosen.kind_code
    tallies = [Tally("request", "", "", "arrived"), Tally("placed_kind", "", kind, ""), Tally("placed_unit", unit, "", "")]
    await count_tallies(tx, now.astimezone(zone), tallies)


def erase_answers(tx: Transaction, case: LockedCase) -> None:
    """Why shelters said no says something about the person, so it goes when the case is over, as what was asked does.

    The caller has moved the case to a state that is over, and settled and counted its shelters.
    """
    if case.state not in OVER or case.claims:
        raise AssertionError(f"a case that is {case.state} with {len(case.claims)} reservations is not over")
    for ask in case.asks.values():
        ask.reason = ask.criterion = None
        tx.add(ask)
