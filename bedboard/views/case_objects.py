"""A case as the API gives it out, by audience: its requester and the desk, or one of its shelters."""

from collections.abc import Iterable

from bedboard.rules.cases import shows_needs
from bedboard.rules.places import PlaceStatus
from bedboard.schemas.cases import AskedObject, AskObject, CaseObject
from bedboard.views.cases import AskView, CaseView


def case_object(case: CaseView) -> CaseObject:
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
        "stays_until": case.stays_until,
        "handed_to": None
        if case.handed_to is None
        else {"organization": case.handed_to.organization, "role": case.handed_to.role},
        "needs": case.profile,
        "chosen": None if case.chosen is None else case.chosen.card.id,
        "shelters": [ask_object(ask) for ask in case.asks],
    }


def ask_object(ask: AskView) -> AskObject:
    """Return one shelter's part in a case."""
    return {
        "shelter": ask.card.id,
        "kind": ask.kind,
        "says": ask.says,
        "asked_at": ask.asked_at,
        "answered_at": ask.answered_at,
        "answered_by": ask.answered_by,
        "place": None if ask.place is None else ask.place.id,
        "places": [place.id for place in ask.places],
        "place_status": status_of_all(place.status for place in ask.places),
        "reserved_until": ask.until,
        "reason": ask.reason,
        "criterion": ask.criterion,
        "settled": ask.settled,
        "telephone": ask.telephone,
        "hold": None
        if ask.hold is None
        else {
            "id": ask.hold.id,
            "place": ask.hold.place_ids[0],
            "places": list(ask.hold.place_ids),
            "expires_at": ask.hold.until,
        },
    }


def status_of_all(statuses: Iterable[PlaceStatus]) -> PlaceStatus | None:
    """Return one status for places that are offered together: the first that is not reserved; None for no place."""
    every = list(statuses)
    return next((status for status in every if status != "reserved"), every[0] if every else None)


def asked_object(case: CaseView, shelter_id: str) -> AskedObject | None:
    """Return a case for one of its shelters; None: this shelter was not asked.

    It shows the shelter's own part, and the household as long as the shelter may see that.
    """
    ask = next((one for one in case.asks if one.card.id == shelter_id), None)
    if ask is None:
        return None
    shown: AskedObject = {
        "id": case.id,
        "version": case.version,
        "organization": case.organization_id,
        "role": case.role,
        "created_at": case.created_at,
        "needs": case.profile if shows_needs(case.state, ask.settled) else None,
        "shelters": [ask_object(ask)],
    }
    if ask.settled == "stay_ended":
        shown["stays_until"] = case.stays_until
    if ask.settled == "chosen":
        shown["state"] = case.state
        shown["arrives_at"], shown["decided_at"], shown["over_at"] = case.arrives_at, case.decided_at, case.over_at
    return shown
