"""Disclosures of a shelter's telephone or address: only with a reason, and only after they have been written down."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bedboard.actions.bringing import is_bringing
from bedboard.actions.case_lock import lock_case
from bedboard.actions.roles import check_role
from bedboard.rules.access import Actor
from bedboard.rules.cases import may_see_address
from bedboard.rules.devices import is_fresh
from bedboard.rules.handing import called_off_at, left_at, still_brings
from bedboard.rules.looks import LOOKS_COUNTED, MOST_SEEN, UNUSUAL, What
from bedboard.rules.refusals import NotAllowed, NotFound, ProofNeeded, TooMany
from bedboard.rules.rights import SAME_LOOK, may_see_case
from bedboard.store.access import get_proven_at
from bedboard.store.bell import ring
from bedboard.store.case_events import list_case_events
from bedboard.store.cases import get_case, get_case_id_to, list_asks
from bedboard.store.claims import HoldRow, list_holds
from bedboard.store.database import Transaction
from bedboard.store.disclosures import (
    get_other_seen_at,
    list_shelters_seen,
    lock_looks,
    save_refused_look,
    see_contact,
    was_seen,
)
from bedboard.store.people import still_has_role
from bedboard.store.seal import Seal


class Look(NamedTuple):
    """A look at the telephone of a shelter, and its reason: a hold or a case."""

    shelter_id: str
    why: str
    claim_id: str | None = None
    case_id: str | None = None


async def _again_at(tx: Transaction, actor: Actor, what: What, shelter_id: str, now: datetime) -> datetime | None:
    """Return when the actor may see one more of these again; None: at once. The caller holds the lock of the looks."""
    seen_at = await get_other_seen_at(tx, actor, what, shelter_id, MOST_SEEN[what], now - LOOKS_COUNTED)
    return None if seen_at is None else seen_at + LOOKS_COUNTED


async def _check_number(tx: Transaction, actor: Actor, what: What, shelter_id: str, now: datetime) -> None:
    """Count a new look with those of the last hour. The caller holds the lock of the looks. Refusals: TooMany, ProofNeeded.

    The look that alarms the desk, and each one after it, takes a fresh proof of a person. A program has nobody to ask.
    """
    again_at = await _again_at(tx, actor, what, shelter_id, now)
    if again_at is not None:
        code = "too_many_telephones" if what == "telephone" else "too_many_addresses"
        raise TooMany(code, now, again_at, most=MOST_SEEN[what])
    if actor.kind != "person":
        return
    others = UNUSUAL[what] - 1
    if await get_other_seen_at(tx, actor, what, shelter_id, others, now - LOOKS_COUNTED) is None:
        return
    proven_at = None if actor.session_hash is None else await get_proven_at(tx, actor.session_hash)
    if not is_fresh(proven_at, now):
        raise ProofNeeded("step_up_needed", many=what)


async def _see_kept(
    tx: Transaction, actor: Actor, looks: Sequence[Look], seal: Seal, now: datetime
) -> list[str | TooMany | ProofNeeded]:
    """Return the telephones that stay on a page, in this order; the refusal of a new look in place of its number.

    A page that is drawn again is the same look: it is written down once and counted once.
    """
    since = now - SAME_LOOK
    known = [
        await was_seen(tx, actor, one.shelter_id, one.why, since, claim_id=one.claim_id, case_id=one.case_id) for one in looks
    ]
    if not all(known):
        await lock_looks(tx, actor)
    found: list[str | TooMany | ProofNeeded] = []
    for one, is_known in zip(looks, known, strict=True):
        try:
            if not is_known:
                await _check_number(tx, actor, "telephone", one.shelter_id, now)
        except (TooMany, ProofNeeded) as refusal:
            found.append(refusal)
            continue
        claim_id, case_id = one.claim_id, one.case_id
        sealed = await see_contact(
            tx, actor, one.shelter_id, "telephone", one.why, now, claim_id=claim_id, case_id=case_id, since=since
        )
        if sealed is None:
            raise AssertionError(f"shelter {one.shelter_id} has no contact")
        found.append(seal.open(sealed))
    return found


async def disclose_telephone(
    tx: Transaction, actor: Actor, shelter_id: str, seal: Seal, now: datetime, *, is_stale: bool
) -> str:
    """Disclose a shelter's telephone to the desk, to a holder of a place there, to a requester of one, or on a stale board.

    `is_stale`: the board itself says "call". Refusals: NotFound, NotAllowed `hold_first`, TooMany, ProofNeeded.
    """
    why, claim_id, case_id = "desk", None, None
    if actor.role != "desk":
        hold = next((hold for hold in await list_holds(tx, actor, now) if hold.shelter_id == shelter_id), None)
        if hold is not None:
            why, claim_id = "hold", hold.id
        elif (case_id := await get_case_id_to(tx, actor, shelter_id)) is not None:
            why = "request"
        elif is_stale:
            why = "stale"
        else:
            raise NotAllowed("hold_first")
    await lock_looks(tx, actor)
    await _check_number(tx, actor, "telephone", shelter_id, now)
    await check_role(tx, actor)  # after the lock: the role may be lost while this waits
    sealed = await see_contact(tx, actor, shelter_id, "telephone", why, now, claim_id=claim_id, case_id=case_id)
    if sealed is None:
        raise NotFound("no_such_shelter")
    return seal.open(sealed)


async def disclose_callbacks(
    tx: Transaction, actor: Actor, case_id: str, shelter_ids: Sequence[str], seal: Seal, now: datetime
) -> dict[str, str]:
    """Disclose the telephones of shelters that said "discuss" to a case of the actor's, by shelter.

    Those above the limit, or that take a proof first, are left out. The caller knows that the case is the actor's and what the
    shelters said.
    """
    shown = await _see_kept(tx, actor, [Look(shelter_id, "request", None, case_id) for shelter_id in shelter_ids], seal, now)
    return {shelter_id: number for shelter_id, number in zip(shelter_ids, shown, strict=True) if isinstance(number, str)}


async def disclose_asked(tx: Transaction, actor: Actor, case_id: str, shelter_id: str, now: datetime) -> None:
    """Write down that the actor sees the telephone of a shelter of this case; from then on `list_telephones_seen` has it.

    For the requester and colleagues, and the desk, while the case is open, and of the chosen shelter for those who handed the
    case over and still bring the household. A group that is offered the case takes it over first.
    Refusals: NotFound, for strangers to the case as well; NotAllowed; TooMany; ProofNeeded.
    """
    await check_role(tx, actor)
    row = await get_case(tx, case_id)
    if row is None:
        raise NotFound("no_such_request")
    asks = await list_asks(tx, case_id)
    asked = [ask.shelter_id for ask in asks if ask.settled in (None, "chosen")]
    if not may_see_case(actor, row.requester):
        chosen = next((ask for ask in asks if ask.settled == "chosen"), None)
        if chosen is None or not await is_bringing(tx, actor, row, chosen, now):
            raise NotFound("no_such_request")
        asked = [chosen.shelter_id]
    if row.over_at is not None or shelter_id not in asked:
        raise NotFound("no_such_shelter")
    if shelter_id not in await list_shelters_seen(tx, actor, case_id):
        await lock_looks(tx, actor)
        await _check_number(tx, actor, "telephone", shelter_id, now)
        await check_role(tx, actor)  # once more: the role may be lost while this waits for the lock
        why = "desk" if actor.role == "desk" else "request"
        await see_contact(tx, actor, shelter_id, "telephone", why, now, case_id=case_id, since=row.created_at - SAME_LOOK)


async def list_telephones_seen(
    tx: Transaction, actor: Actor, case_id: str, created_at: datetime, seal: Seal, now: datetime
) -> dict[str, str]:
    """Return the telephones that the actor has already seen for this case, by shelter. It is still the same look."""
    found, since = {}, created_at - SAME_LOOK  # before any look for this case
    for shelter_id, why in sorted((await list_shelters_seen(tx, actor, case_id)).items()):
        sealed = await see_contact(tx, actor, shelter_id, "telephone", why, now, case_id=case_id, since=since)
        if sealed is not None:
            found[shelter_id] = seal.open(sealed)
    return found


async def disclose_address(tx: Transaction, actor: Actor, case_id: str, seal: Seal, now: datetime) -> str:
    """Disclose the address of the chosen shelter to the requester, a colleague or the desk, when `may_see_address`.

    Those who chose the place and handed the case over then may be on the road with the household, so they see it as well.
    The shelter, the requester and the desk read on their pages that it was seen.
    Refusals: NotFound, for strangers to the case as well; NotAllowed `place_off` after a place that came to nothing, or
    `no_address_now`; TooMany; ProofNeeded.
    """
    case = await lock_case(tx, case_id)
    is_party, left = may_see_case(actor, case.record.requester), None
    events = await list_case_events(tx, case_id)
    if not is_party:
        left = left_at(events, actor.organization_id, actor.role)
    if not (is_party or left is not None) or not await still_has_role(tx, actor):
        raise NotFound("no_such_request")
    if called_off_at(events, None if is_party else (actor.organization_id, actor.role)) is not None:
        raise NotAllowed("place_off")
    chosen = case.chosen
    if chosen is None or not (is_party or still_brings(left, chosen.settled_at)):
        raise NotAllowed("no_address_now")
    if not may_see_address(case.state, case.record.decided_at, case.record.arrives_at, now):
        raise NotAllowed("no_address_now")
    await lock_looks(tx, actor)
    await _check_number(tx, actor, "address", chosen.shelter_id, now)
    if not await still_has_role(tx, actor):  # once more: the role may be lost while this waits for the lock
        raise NotFound("no_such_request")
    sealed = await see_contact(
        tx, actor, chosen.shelter_id, "address", "request", now, claim_id=chosen.claim_id, case_id=case_id
    )
    if sealed is None:
        raise NotFound("no_such_shelter")
    case.record.version += 1
    tx.add(case.record)
    await tx.flush()
    await ring(tx, "case", case_id, case.record.version)
    return seal.open(sealed)


async def note_refused_telephone(tx: Transaction, actor: Actor, shelter_id: str, now: datetime) -> None:
    """Write down that the actor asked for a telephone and did not see it. The transaction of the look itself is lost."""
    await save_refused_look(tx, actor, shelter_id, "telephone", now)


async def note_refused_address(tx: Transaction, actor: Actor, case_id: str, now: datetime) -> None:
    """Write down that a party to the case asked for the address of the chosen shelter and did not see it, as above."""
    chosen = next((ask for ask in await list_asks(tx, case_id) if ask.settled == "chosen"), None)
    if chosen is not None:
        await save_refused_look(tx, actor, chosen.shelter_id, "address", now, case_id)


async def disclose_holds(
    tx: Transaction, actor: Actor, seal: Seal, now: datetime
) -> Sequence[tuple[HoldRow, str | TooMany | ProofNeeded]]:
    """Disclose the telephones of the actor's own live holds, each with its hold, or with the refusal of that look.

    All showings of one hold are one look.
    """
    holds = await list_holds(tx, actor, now)
    shown = await _see_kept(tx, actor, [Look(hold.shelter_id, "hold", hold.id) for hold in holds], seal, now)
    return list(zip(holds, shown, strict=True))
