"""A case of mark's, asked of linde, in values alone: no database, and every part of it may be replaced."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bedboard.rules.access import Actor, Role
from bedboard.rules.claims import Claim
from bedboard.rules.deciding import Deciding
from bedboard.rules.freshness import FreshnessLimits
from bedboard.schemas.profile import SearchProfile
from bedboard.store.board import Caller, Catalogue, KindRow, UnitRow
from bedboard.store.seal import SealedNeeds
from bedboard.store.tables.board import ClaimRecord
from bedboard.store.tables.cases import Ask, CaseRecord
from bedboard.views.cards import Card, make_card
from bedboard.views.cases import CaseView, case_view
from tests.views.shelters import place, shelter

NOW = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)  # a Wednesday, 14:00 in Amsterdam
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DECIDING = {"cosm": Deciding("desk", "mon-fri 09:00-17:00"), "women": Deciding("shelter"), "emergency": Deciding("police")}
CATALOGUE = Catalogue(
    name="Proef",
    zone=ZoneInfo("Europe/Amsterdam"),
    demo=True,
    units={"noord": UnitRow("noord", "Noord-Nederland", "NN", 1, 1)},
    kinds={code: KindRow(code, {"nl": code}, {"nl": code}, deciding, None) for code, deciding in DECIDING.items()},
    callers=(Caller("north", "Politie Noord", "police", "088 000 09 01"), Caller("zorg", "Zorg", "coordinator")),
)
WOMAN = SearchProfile.model_validate({"adults": {"woman": 1}, "needs": ["lvb"]})


def person(role: Role = "police", name: str = "mark", organization: str = "north") -> Actor:
    return Actor("person", name, role, name.title(), organization, frozenset())


def hold(holder_key: str | None, organization: str = "Politie Noord") -> Claim:
    return Claim("hold", NOW + 20 * MINUTE, "police", organization, holder_key=holder_key)


def card(*, confirmed: float | None = 1, **claims: Claim | None) -> Card:
    """Return linde with five free places of kinds on which the police, the shelter and the desk decide, but for the claims."""
    kinds = {"e1": "emergency", "e2": "emergency", "w1": "women", "w2": "women", "c1": "cosm"}
    places = [place(name, kind, claim=claims.get(name)) for name, kind in kinds.items()]
    criteria = {"woman": "yes", "lvb": "discuss"}
    row = shelter("linde", places, confirmed=confirmed, criteria=criteria)
    return make_card(row, CATALOGUE, FreshnessLimits(2 * HOUR, 8 * HOUR), NOW)


RESERVED = Claim("reservation", NOW + 40 * MINUTE, "police", "Politie Noord", case_id="r1")


def record(**given: Any) -> CaseRecord:
    requester = {"organization_id": "north", "role": "police", "person_id": "mark"}
    usual: dict[str, Any] = {"id": "r1", "version": 3, "state": "asking", "needs_sealed": b"woman", "created_at": NOW - HOUR}
    return CaseRecord(**requester | usual | given)


def ask(**given: Any) -> Ask:
    usual: dict[str, Any] = {"case_id": "r1", "shelter_id": "linde", "kind_code": "women", "asked_at": NOW - HOUR, "step": 0}
    return Ask(**usual | given)


def says_yes(place_id: str = "w1", **given: Any) -> Ask:
    usual: dict[str, Any] = {"answer": "yes", "answered_at": NOW - MINUTE, "answered_by": "shelter", "claim_id": "c"}
    return ask(place_id=place_id, **usual | given)


def kept(until: datetime = NOW + 40 * MINUTE) -> ClaimRecord:
    usual: dict[str, Any] = {"id": "c", "place_id": "w1", "type": "reservation", "organization_id": "north", "role": "police"}
    return ClaimRecord(**usual | {"case_id": "r1", "created_at": NOW - MINUTE, "expires_at": until})


def open_profile(sealed: SealedNeeds | None) -> SearchProfile | None:
    return None if sealed is None else WOMAN


def view(
    one: Ask, shown: Card | None = None, *, actor: Actor | None = None, claim: ClaimRecord | None = None, **given: Any
) -> CaseView:
    """Return the case with this one part, as the actor (mark, where none is given) sees it."""
    cards = {"linde": shown or card()}
    claims = {} if claim is None else {claim.id: claim}
    return case_view(record(**given), [one], claims, cards, open_profile, actor or person(), NOW)
