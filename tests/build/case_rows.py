"""Rows of cases, written without any action: cases, their parts and their reservations."""

from datetime import datetime
from typing import Any

from bedboard.store.database import Transaction
from bedboard.store.tables.board import ClaimRecord
from bedboard.store.tables.cases import Ask, CaseRecord
from tests.build import NOW
from tests.build.cases import HOUR

OVER: dict[str, Any] = {"needs_sealed": None, "over_at": NOW}


async def add(tx: Transaction, case_id: str, begun: datetime = NOW, **rest: Any) -> CaseRecord:
    given: dict[str, Any] = {
        "organization_id": "oever",
        "role": "police",
        "person_id": "mark",
        "needs_sealed": b"?",
        "created_at": begun,
    }
    request = CaseRecord(id=case_id, **given | rest)
    tx.add(request)
    await tx.flush()
    return request


async def add_ask(tx: Transaction, case_id: str, shelter: str = "linde", asked_at: datetime = NOW, **rest: Any) -> Ask:
    ask = Ask(case_id=case_id, shelter_id=shelter, kind_code="men", asked_at=asked_at, **rest)
    tx.add(ask)
    await tx.flush()
    return ask


def said(answer: str) -> dict[str, Any]:
    return {"answer": answer, "answered_at": NOW, "answered_by": "shelter"}


def settled(how: str, at: datetime = NOW) -> dict[str, Any]:
    return {"settled": how, "settled_at": at}


async def add_offer(tx: Transaction, case_id: str, place: str = "ceder-1", **rest: Any) -> ClaimRecord:
    claim = ClaimRecord(
        id=f"{case_id}-{place}",
        place_id=place,
        type="reservation",
        organization_id="oever",
        role="police",
        person_id="mark",
        case_id=case_id,
        created_at=NOW,
        expires_at=NOW + HOUR,
        **rest,
    )
    tx.add(claim)
    await tx.flush()
    return claim
