"""Reading cases from the database for one audience, and what follows a change of one.

A case is read for each request: people look at it seldom, and always wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from bedboard.actions.case_lock import LockedCase, OpenNeeds
from bedboard.actions.disclosures import (
    disclose_address,
    disclose_callbacks,
    list_telephones_seen,
    note_refused_address,
)
from bedboard.actions.notify import list_notices
from bedboard.actions.outgoing import send_later
from bedboard.process import Process
from bedboard.routes.call import Call
from bedboard.routes.profiles import open_profile
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import NotAllowed, NotFound, ProofNeeded, TooMany
from bedboard.rules.rights import Seeker, is_of_same_group, may_see_case
from bedboard.schemas.cases import AskedObject, CaseObject
from bedboard.schemas.profile import SearchProfile
from bedboard.store.case_events import list_case_events
from bedboard.store.cases import get_case, list_asks_of_all, list_claims_of_all
from bedboard.store.claims import list_holds_of_cases
from bedboard.store.database import Transaction
from bedboard.store.seal import SealedNeeds
from bedboard.store.tables.board import ClaimRecord
from bedboard.store.tables.cases import CaseRecord
from bedboard.views.case_objects import asked_object, case_object
from bedboard.views.case_rows import HandedOn, callers_of, handed_on
from bedboard.views.cases import CaseView, case_view
from bedboard.views.needs import OpenProfile


def opener_of(process: Process) -> OpenProfile:
    """Return the function that opens sealed profiles; it gives None for what was erased or cannot be opened any more."""

    def open_needs(sealed: SealedNeeds | None) -> SearchProfile | None:
        try:
            return None if sealed is None else open_profile(process.seal, sealed)
        except ValueError:
            return None

    return open_needs


def needs_opener(call: Call) -> OpenNeeds:
    """Return the function that opens the household of a case for the rules; None for one that cannot be read."""

    def household(sealed: SealedNeeds | None) -> Profile | None:
        return call.process.open_household(sealed, call.now)

    return household


async def read_case(tx: Transaction, call: Call, case_id: str, *, with_telephones: bool = True) -> CaseView:
    """Read a case for its requester (or a colleague), for the group that is offered it, and for the desk.

    The requester also gets the telephones of the shelters that said "in overleg"; each is a disclosure, written down in this
    transaction. A telephone that a person has seen for this case stays while it is open. `with_telephones`: false where
    none is shown. Refusal: NotFound, also for everybody else.
    """
    process, actor, now = call.process, call.actor, call.now
    row = await get_case(tx, case_id)
    if row is None or not may_see_case(actor, row.requester, row.handed_to):
        raise NotFound("no_such_request")
    asks = (await list_asks_of_all(tx, [case_id])).get(case_id, [])
    to_call = [ask.shelter_id for ask in asks if ask.answer == "discuss" and ask.settled is None]
    telephones: dict[str, str] = {}
    if with_telephones and is_of_same_group(actor, row.requester):  # first: new looks are locked before any old one
        telephones = await disclose_callbacks(tx, actor, case_id, to_call, process.seal, now)
    if with_telephones and actor.kind == "person" and row.over_at is None:
        telephones |= await list_telephones_seen(tx, actor, case_id, row.created_at, process.seal, now)
    return case_view(
        row,
        asks,
        await _claims(tx, [case_id], now),
        process.board.cards,
        opener_of(process),
        actor,
        now,
        telephones,
    )


async def read_address(call: Call, case_id: str) -> str:
    """Disclose the address of the chosen shelter. A refusal is written down too.

    Refusals: NotFound, NotAllowed, ProofNeeded, TooMany.
    """
    try:
        async with call.transaction() as tx:
            return await disclose_address(tx, call.actor, case_id, call.process.seal, call.now)
    except (NotAllowed, ProofNeeded, TooMany):
        async with call.transaction() as tx:
            await note_refused_address(tx, call.actor, case_id, call.now)
        raise


async def _claims(tx: Transaction, case_ids: Sequence[str], now: datetime) -> dict[str, ClaimRecord]:
    """Return the reservations for these cases and the live holds that they use, by id."""
    return await list_claims_of_all(tx, case_ids) | await list_holds_of_cases(tx, case_ids, now)


def _keep_shut(_: SealedNeeds | None) -> None:
    """Open no needs: those who have handed a case over learn nothing of them."""


async def read_handed_on(tx: Transaction, call: Call, rows: Sequence[CaseRecord]) -> dict[str, tuple[CaseView, HandedOn]]:
    """Read by id the cases among these that the actor's organization and role have handed over; others have them now."""
    found = {}
    for case in await read_cases(tx, call, rows, with_needs=False):
        handed = handed_on(case, await list_case_events(tx, case.id), call.process.board.cards, call.actor)
        if handed is not None:
            found[case.id] = case, handed
    return found


async def read_sought(tx: Transaction, call: Call, case_id: str) -> CaseObject | AskedObject:
    """Read a case as the API gives it to those who look for places; refusals as for `read_case`.

    Those who handed it over and still bring its household get the shelter to which they drive, as the page shows it to them.
    """
    row = await get_case(tx, case_id)
    if row is not None and not may_see_case(call.actor, row.requester, row.handed_to):
        for case, handed in (await read_handed_on(tx, call, [row])).values():
            brought = None if handed.brings_to is None else asked_object(case, handed.brings_to.card.id)
            if brought is not None:
                return brought
    return case_object(await read_case(tx, call, case_id))


async def read_number(tx: Transaction, call: Call, row: CaseRecord, handed: HandedOn) -> str | None:
    """Return the number of the shelter to which the actor's group still brings the household, once they have asked for it."""
    if handed.brings_to is None or call.actor.kind != "person":
        return None
    seen = await list_telephones_seen(tx, call.actor, row.id, row.created_at, call.process.seal, call.now)
    return seen.get(handed.brings_to.card.id)


async def read_cases(tx: Transaction, call: Call, rows: Sequence[CaseRecord], *, with_needs: bool = True) -> list[CaseView]:
    """Read what belongs to these cases, without telephones. The caller knows that the actor may see them."""
    process, actor, now = call.process, call.actor, call.now
    asks = await list_asks_of_all(tx, [row.id for row in rows])
    claims = await _claims(tx, [row.id for row in rows], now)
    cards, open_needs = process.board.cards, opener_of(process) if with_needs else _keep_shut
    return [case_view(row, asks.get(row.id, []), claims, cards, open_needs, actor, now) for row in rows]


CaseWork = Callable[[Transaction], Awaitable[LockedCase]]


def seeker_of(call: Call) -> Seeker:
    """Return the actor as a seeker, with the name of its organization, as on the board."""
    actor = call.actor
    return Seeker(actor.key, callers_of(call.catalogue).get((actor.organization_id or "", actor.role), ""), actor.role)


def is_desk_open(call: Call) -> bool:
    """Return whether somebody at the placement desk answers at this moment."""
    return call.catalogue.is_desk_open(call.now)


def telling(call: Call, work: CaseWork) -> CaseWork:
    """Return work that also saves the messages for the people whom the change concerns, except the actor."""

    async def work_and_tell(tx: Transaction) -> LockedCase:
        case, actor = await work(tx), call.actor
        call.process.sought.extend(case.noted)
        notices = await list_notices(tx, case, is_desk_open=is_desk_open(call))
        await send_later(tx, [notice for notice in notices if actor.kind != "person" or notice[0] != actor.id], call.now)
        return case

    return work_and_tell


async def show_done(call: Call, case: LockedCase) -> None:
    """Wait until this process shows a change of the case."""
    process = call.process
    shown = [process.board.reached(shelter_id, version) for shelter_id, version in case.versions.items()]
    await asyncio.gather(process.cases.reached(case.record.id, case.record.version), *shown)
