"""Taking a place: where the police decide themselves, one press is both the answer for the shelter and the choice."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bedboard.actions.answers import answer_case
from bedboard.actions.case_lock import LockedCase, OpenNeeds, keep_shut, lock_case_of_group, lock_shelters
from bedboard.actions.cases import choose_offer
from bedboard.rules.access import Actor
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.refusals import NotFound
from bedboard.store.claims import lock_organization
from bedboard.store.database import Transaction


async def take_place(
    tx: Transaction,
    actor: Actor,
    case_id: str,
    shelter_id: str,
    said: ShelterAnswer,
    claim_id: str,
    now: datetime,
    zone: ZoneInfo,
    arrives_at: datetime | None = None,
    needs: OpenNeeds = keep_shut,
) -> LockedCase:
    """Take the places that `said` names for a case of the actor's own or of a colleague: both steps, or none of them.

    Refusals: those of `answer_case` and of `choose_offer`.
    """
    await lock_organization(tx, actor.organization_id or "")
    case = await lock_case_of_group(tx, actor, case_id)
    if shelter_id not in case.asks:
        raise NotFound("no_such_request")
    kept = [ask.shelter_id for ask in case.asks.values() if case.claims_of(ask)]
    await lock_shelters(tx, case, [*kept, shelter_id])  # all of them now, in their order: the second step needs the others
    answered = await answer_case(tx, actor, case_id, shelter_id, said, claim_id, now, needs)
    chosen = await choose_offer(tx, actor, case_id, shelter_id, now, zone, arrives_at, needs)
    chosen.events[:0] = answered.events
    chosen.versions = answered.versions | chosen.versions
    return chosen
