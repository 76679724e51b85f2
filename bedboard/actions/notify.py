"""Notices: the people to wake, on the devices that they registered, when something has happened to a case."""

from collections.abc import Mapping, Sequence

from bedboard.actions.case_lock import LockedCase
from bedboard.actions.outgoing import Notice
from bedboard.rules.handing import brought_at
from bedboard.store.case_events import list_case_events
from bedboard.store.cases import get_case, get_requester
from bedboard.store.database import Transaction
from bedboard.store.people import get_handed_over_by, list_people_of_group, list_people_of_role, list_shelter_people

WHO: Mapping[str, Sequence[str]] = {
    "asked": ("shelter",),
    "yes": ("requester",),
    "discuss": ("requester",),
    "no": ("requester",),
    "reminder": ("shelter",),
    "second_line": ("managers",),
    "desk": ("desk_or_requester",),
    "chosen": ("shelter",),
    "chosen_for_desk": ("shelter", "desk"),
    "chosen_provisionally": ("shelter",),
    "desk_closed": ("requester", "shelter", "desk"),
    "arrival_changed": ("requester", "shelter"),
    "confirmed": ("requester", "shelter"),
    "refused": ("requester", "shelter"),
    "stay_ended": ("requester", "shelter"),
    "arrived": ("requester", "bringing"),
    "missed": ("requester",),
    "released": (),
    "handed_over": ("receivers",),
    "kept": (),
    "declined": ("former", "requester"),
    "taken_over": ("former", "requester", "shelter"),
    "resumed": ("shelter",),
    "withdrawn": ("shelter",),
    "cancelled": ("shelter",),
    "ended": (),
    "lapsed": ("requester",),
    "late": ("requester", "shelter", "desk"),
    "merged": (),
}
"""By event, as the time line calls it. A silent shelter's second line are its managers; lasting silence is told the desk,
and outside its hours the requester. Receivers: the people of the group that is offered the case; former: the person that
offered it; bringing: the same person, if the household that has arrived was on the road with them."""


async def list_notices(tx: Transaction, case: LockedCase, *, is_desk_open: bool) -> list[Notice]:
    """Return the notices for the case's events, each once."""
    found: dict[Notice, None] = {}
    for what, shelter_ids in case.events:
        people = await list_people_to_notify(tx, case.record.id, what, shelter_ids, is_desk_open=is_desk_open)
        for person_id in sorted(people):
            found[person_id, "asked" if what in ("asked", "reminder", "second_line") else "news"] = None
    return list(found)


async def list_people_to_notify(
    tx: Transaction, case_id: str, what: str, shelter_ids: Sequence[str], *, is_desk_open: bool
) -> frozenset[str]:
    """Return the ids of the people to notify of an event; a program that asked has none. `shelter_ids`: of the event."""
    found: set[str] = set()
    for who in WHO[what]:
        is_requester = who == "requester" or (who == "desk_or_requester" and not is_desk_open)
        if is_requester:
            requester = await get_requester(tx, case_id)
            found |= {requester} if requester is not None else set()
        elif who == "receivers":
            found |= await _list_receivers(tx, case_id)
        elif who == "former":
            former = await get_handed_over_by(tx, case_id)
            found |= {former} if former is not None else set()
        elif who == "bringing":
            found |= await _list_bringing(tx, case_id)
        elif who in ("desk", "desk_or_requester"):
            found |= set(await list_people_of_role(tx, "desk"))
        else:
            roles = ("manager",) if who == "managers" else ("staff", "manager")
            for shelter_id in shelter_ids:
                found |= set(await list_shelter_people(tx, shelter_id, roles))
    return frozenset(found)


async def _list_receivers(tx: Transaction, case_id: str) -> set[str]:
    """Return the ids of the people that are offered the case; none when nobody is."""
    row = await get_case(tx, case_id)
    to = None if row is None else row.handed_to
    return set() if to is None else set(await list_people_of_group(tx, to.organization, to.role))


async def _list_bringing(tx: Transaction, case_id: str) -> set[str]:
    """Return the ids of the people that handed the case over while they were bringing the household that has now arrived."""
    events = await list_case_events(tx, case_id)
    handed = [event for event in events if event.what == "handed_over" and event.actor_kind == "person"]
    return {event.actor_id for event in handed if brought_at(events, (event.organization_id, event.role)) is not None}
