"""A case as the API gives it out, by audience: its requester and the desk, or one of its shelters."""

from typing import Any

from bedboard.rules.cases import shows_needs
from bedboard.views.cases import AskView, CaseView


def case_object(case: CaseView) -> dict[str, Any]:
    """Return a case for its requester and the desk. No address; a telephone only where the view has one."""
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
    """Return one shelter's part in a case."""
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
    """Return a case for one of its shelters: its own part, and the household as long as it may see that.

    None: this shelter was not asked.
    """
    ask = next((one for one in case.asks if one.card.id == shelter_id), None)
    if ask is None:
        return None
    whole = case_object(case)
    shown = ("id", "version", "organization", "role", "created_at")
    is_theirs = ask.settled == "chosen"
    more = ("state", "arrives_at", "decided_at", "over_at") if is_theirs else ()
    needs = whole["needs"] if shows_needs(case.state, ask.settled) else None
    return {name: whole[name] for name in (*shown, *more)} | {"needs": needs, "shelters": [ask_object(ask)]}
