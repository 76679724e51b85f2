"""From rows to what one audience may see of a case: who asked, who decides, and each shelter that was asked.

A case is read straight from the database: it is seldom looked at, and always by somebody who waits for it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

import structlog
from starlette.requests import Request

from bedboard.actions.case_lock import LockedCase
from bedboard.actions.disclosures import disclose_callbacks
from bedboard.actions.notify import list_notices
from bedboard.process import Process, actor_of, catalogue_of, process_of
from bedboard.routes.profiles import SearchProfile, open_profile, profile_of
from bedboard.rules.access import Actor
from bedboard.rules.cases import CaseState, may_see_address, shows_needs
from bedboard.rules.fit import PARTY, Profile
from bedboard.rules.refusals import NotFound, Refusal
from bedboard.rules.rights import is_of_same_group, may_see_case
from bedboard.store.board import Catalogue
from bedboard.store.cases import get_case, list_asks_of_all, list_claims_of_all
from bedboard.store.database import Transaction
from bedboard.store.tables import Ask, CaseRecord, ClaimRecord
from bedboard.views.cards import Card, ClaimView, PlaceView

log = structlog.get_logger()


class NeedsView(NamedTuple):
    """For whom a place is sought, in codes. `party`: who come along, code and number; `rest`: the other criteria that are
    asked; `languages` as ISO 639-1; `avoid`: codes of police units."""

    party: Sequence[tuple[str, int]] = ()
    rest: Sequence[str] = ()
    languages: Sequence[str] = ()
    avoid: Sequence[str] = ()


def needs_of(said: SearchProfile) -> NeedsView:
    numbers = said.adults.model_dump() | said.children.model_dump() | {"minor_alone": said.minor_alone, "group": said.group}
    party = [(code, int(numbers[code])) for code in (*PARTY, "minor_alone", "group") if numbers[code]]
    exploitation = "other_exploitation" if said.exploitation == "other" else said.exploitation
    rest = [code for code in (said.status, exploitation, *said.needs) if code and code != "unknown"]
    return NeedsView(party, rest, said.languages, said.avoid)


@dataclass(frozen=True, slots=True)
class AskView:
    """One shelter's part in a case. `says`: silent, yes, discuss, no, or lapsed (it said yes, and the place is no longer
    reserved). `place` None: no place was offered, or it is gone; `until`: until when it is reserved. `telephone` None: not
    shown. `settled` None: still open."""

    card: Card
    kind: str
    says: str
    asked_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    step: int
    place: PlaceView | None
    until: datetime | None
    reason: str | None
    criterion: str | None
    settled: str | None
    settled_at: datetime | None
    telephone: str | None = None

    @property
    def is_expected(self) -> bool:
        """Nothing was said, and somebody still waits for it."""
        return self.says == "silent" and self.settled is None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case for who asked it and for the desk. `asker`: as `Actor.key`. `needs` None: erased, or not to be opened. `chosen`
    None: nothing is chosen. `place_is_kept`: what is chosen is still reserved, and the shelter has not said anything else of
    it."""

    id: str
    version: int
    state: CaseState
    organization_id: str
    role: str
    asker: str
    needs: NeedsView | None
    profile: SearchProfile | None
    created_at: datetime
    arrives_at: datetime | None
    decided_at: datetime | None
    over_at: datetime | None
    refusal: str | None
    asks: tuple[AskView, ...]
    chosen: AskView | None
    shows_address: bool
    is_own: bool

    @property
    def place_is_kept(self) -> bool:
        chosen = self.chosen
        return (
            chosen is not None and chosen.until is not None and chosen.place is not None and chosen.place.status == "reserved"
        )

    @property
    def setback(self) -> AskView | None:
        """With which shelter it did not come about (nobody came, or the desk said no), as long as no other was asked since:
        somebody may be on their way to a door that is shut."""
        last: AskView | None = None
        for ask in self.asks if self.state == "asking" else ():
            if ask.settled in ("missed", "refused_by_desk") and ask.settled_at is not None:
                last = ask if last is None or last.settled_at is None or ask.settled_at > last.settled_at else last
        if last is None or last.settled_at is None:
            return None
        is_asked_since = any(ask.settled is None and ask.asked_at > last.settled_at for ask in self.asks)
        return None if is_asked_since else last

    def count(self, says: str) -> int:
        """How many of those that are not settled say this."""
        return sum(ask.says == says and ask.settled is None for ask in self.asks)


def asker_key(row: CaseRecord) -> str:
    """Who asked, as `Actor.key`."""
    return f"person:{row.person_id}" if row.person_id is not None else f"client:{row.client_id}"


def is_held_for(claim: ClaimView, asker: str, organization: str | None, role: str) -> bool:
    """Whether a place that is held may be offered to who asks: as `actions.reservations.is_askers`, on the board."""
    return claim.holder == asker if claim.holder is not None else (claim.organization, claim.role) == (organization, role)


def said_of(process: Process, row: CaseRecord) -> SearchProfile | None:
    """None when it was erased, or cannot be opened any more."""
    if row.needs_sealed is None:
        return None
    try:
        return open_profile(process.seal, row.needs_sealed)
    except ValueError:
        return None


def asked_profile(process: Process, row: CaseRecord, catalogue: Catalogue, now: datetime) -> Profile | None:
    """For whom a place is sought, to be weighed against a shelter's terms; None as in `said_of`. Refusal: Invalid."""
    said = said_of(process, row)
    return None if said is None else profile_of(said, catalogue, now)


def ask_view(
    process: Process, ask: Ask, claim: ClaimRecord | None, now: datetime, telephone: str | None = None
) -> AskView | None:
    """`claim`: what is reserved there and nobody has ended. None: the shelter is not on the board any more."""
    card = process.feed.cards.get(ask.shelter_id)
    if card is None:
        return None
    is_kept = claim is not None and claim.expires_at > now
    says = "silent" if ask.answer is None else ask.answer
    if says == "yes" and not is_kept and ask.settled is None:
        says = "lapsed"
    return AskView(
        card=card,
        kind=ask.kind_code,
        says=says,
        asked_at=ask.asked_at,
        answered_at=ask.answered_at,
        answered_by=ask.answered_by,
        step=ask.step,
        place=next((place for place in card.places if place.id == ask.place_id), None),
        until=claim.expires_at if claim is not None and is_kept else None,
        reason=ask.reason,
        criterion=ask.criterion,
        settled=ask.settled,
        settled_at=ask.settled_at,
        telephone=telephone,
    )


def case_view(
    process: Process,
    actor: Actor,
    row: CaseRecord,
    asks: Sequence[Ask],
    claims: Mapping[str, ClaimRecord],
    now: datetime,
    telephones: Mapping[str, str] | None = None,
) -> CaseView:
    said = said_of(process, row)
    views = {
        ask.shelter_id: view
        for ask in asks
        if (view := ask_view(process, ask, claims.get(ask.claim_id or ""), now, (telephones or {}).get(ask.shelter_id)))
    }
    state = cast(CaseState, row.state)
    return CaseView(
        id=row.id,
        version=row.version,
        state=state,
        organization_id=row.organization_id,
        role=row.role,
        asker=asker_key(row),
        needs=None if said is None else needs_of(said),
        profile=said,
        created_at=row.created_at,
        arrives_at=row.arrives_at,
        decided_at=row.decided_at,
        over_at=row.over_at,
        refusal=row.refusal,
        asks=tuple(views.values()),
        chosen=next((view for view in views.values() if view.settled == "chosen"), None),
        shows_address=may_see_address(state, row.decided_at, row.arrives_at, now),
        is_own=is_of_same_group(actor, row.requester),
    )


async def read_case(tx: Transaction, request: Request, case_id: str, *, with_telephones: bool = True) -> CaseView:
    """For who asked (or a colleague) and for the desk. The telephone of a shelter that said "in overleg" comes along for who
    asked; showing it is a look, written down in this transaction. `with_telephones`: false where none is shown.

    Refusal: NotFound, also for strangers to it.
    """
    process, actor, now = process_of(request), actor_of(request), process_of(request).clock.now()
    row = await get_case(tx, case_id)
    if row is None or not may_see_case(actor, row.requester):
        raise NotFound("no_such_request")
    asks = (await list_asks_of_all(tx, [case_id])).get(case_id, [])
    to_call = [ask.shelter_id for ask in asks if ask.answer == "discuss" and ask.settled is None]
    telephones: Mapping[str, str] = {}
    if with_telephones and is_of_same_group(actor, row.requester):
        telephones = await disclose_callbacks(tx, actor, case_id, to_call, process.seal, now)
    return case_view(process, actor, row, asks, await list_claims_of_all(tx, [case_id]), now, telephones)


async def read_cases(tx: Transaction, request: Request, rows: Sequence[CaseRecord]) -> list[CaseView]:
    """These requests, without telephones, for whom they are the actor's own or the desk's to see."""
    process, actor, now = process_of(request), actor_of(request), process_of(request).clock.now()
    asks = await list_asks_of_all(tx, [row.id for row in rows])
    claims = await list_claims_of_all(tx, [row.id for row in rows])
    return [case_view(process, actor, row, asks.get(row.id, []), claims, now) for row in rows]


def is_desk_open(request: Request) -> bool:
    """Whether somebody at the placement desk answers at this moment."""
    return catalogue_of(request).is_desk_open(process_of(request).clock.now())


async def show_done(request: Request, case: LockedCase) -> None:
    """Wakes whom it concerns what has been done to the case, but for who did it, and waits until this process shows it."""
    process, actor = process_of(request), actor_of(request)
    if process.push is not None:
        try:
            async with process.database.transaction() as tx:
                notices = await list_notices(tx, case, is_desk_open=is_desk_open(request))
        except Refusal as refusal:  # it is saved all the same
            log.warning("push_failed", code=refusal.code)
            notices = []
        process.push.notify_all(notice for notice in notices if actor.kind != "person" or notice[0] != actor.id)
    shown = [process.feed.reached(shelter_id, version) for shelter_id, version in case.versions.items()]
    await asyncio.gather(process.cases.reached(case.record.id, case.record.version), *shown)


def case_object(case: CaseView) -> dict[str, Any]:
    """For the API, as who asked and the desk see it. No address; a telephone only where it is shown."""
    return {
        "id": case.id,
        "version": case.version,
        "state": case.state,
        "organization": case.organization_id,
        "role": case.role,
        "created_at": case.created_at,
        "arrives_at": case.arrives_at,
        "decided_at": case.decided_at,
        "over_at": case.over_at,
        "refusal": case.refusal,
        "needs": None if case.profile is None else case.profile.model_dump(exclude_defaults=True),
        "chosen": None if case.chosen is None else case.chosen.card.id,
        "shelters": [ask_object(ask) for ask in case.asks],
    }


def ask_object(ask: AskView) -> dict[str, Any]:
    return {
        "shelter": ask.card.id,
        "kind": ask.kind,
        "says": ask.says,
        "asked_at": ask.asked_at,
        "answered_at": ask.answered_at,
        "answered_by": ask.answered_by,
        "place": None if ask.place is None else ask.place.id,
        "place_status": None if ask.place is None else ask.place.status,
        "reserved_until": ask.until,
        "reason": ask.reason,
        "criterion": ask.criterion,
        "settled": ask.settled,
        "telephone": ask.telephone,
    }


def asked_object(case: CaseView, shelter_id: str) -> dict[str, Any] | None:
    """For the API, as one of the shelters sees it: its own part, and for whom, until it is let go. None: it was not asked."""
    ask = next((one for one in case.asks if one.card.id == shelter_id), None)
    if ask is None:
        return None
    whole = case_object(case)
    shown = ("id", "version", "organization", "role", "created_at")
    is_theirs = ask.settled == "chosen"
    more = ("state", "arrives_at", "decided_at", "over_at") if is_theirs else ()
    needs = whole["needs"] if shows_needs(case.state, ask.settled) else None
    return {name: whole[name] for name in (*shown, *more)} | {"needs": needs, "shelters": [ask_object(ask)]}
