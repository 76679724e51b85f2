"""Whom to wake, on the devices on which they asked for it, when something has happened to a request."""

from collections.abc import Mapping, Sequence
from typing import Literal

from bedboard.actions.case_lock import LockedCase
from bedboard.store.cases import get_asker
from bedboard.store.database import Transaction
from bedboard.store.people import list_people_of_role, list_shelter_people

WHO: Mapping[str, Sequence[str]] = {
    "asked": ("shelter",),
    "yes": ("asker",),
    "discuss": ("asker",),
    "no": ("asker",),
    "reminder": ("shelter",),
    "second_line": ("managers",),
    "desk": ("desk_or_asker",),
    "chosen": ("shelter",),
    "chosen_for_desk": ("shelter", "desk"),
    "chosen_provisionally": ("shelter",),
    "confirmed": ("asker", "shelter"),
    "refused": ("asker", "shelter"),
    "arrived": ("asker",),
    "missed": ("asker",),
    "withdrawn": ("shelter",),
    "ended": (),
    "lapsed": ("asker",),
    "late": ("asker", "shelter"),
}
"""By what has happened, as the time line calls it. A silent shelter's second line are its managers; what stays silent comes to
the desk, and outside its hours back to who asked."""


Notice = tuple[str, Literal["asked", "news"]]
"""The id of a person, and of what: that a shelter is asked, or that there is news."""


async def list_notices(tx: Transaction, case: LockedCase, *, is_desk_open: bool) -> list[Notice]:
    """Whom to wake for what has happened to the case; each once, and not two times for one thing."""
    found: dict[Notice, None] = {}
    for what, shelter_ids in case.events:
        people = await list_people_to_notify(tx, case.request.id, what, shelter_ids, is_desk_open=is_desk_open)
        for person_id in sorted(people):
            found[person_id, "asked" if what in ("asked", "reminder", "second_line") else "news"] = None
    return list(found)


async def list_people_to_notify(
    tx: Transaction, case_id: str, what: str, shelter_ids: Sequence[str], *, is_desk_open: bool
) -> frozenset[str]:
    """Ids of people; those of a program that asked are none. `shelter_ids`: which shelters it happened to."""
    found: set[str] = set()
    for who in WHO[what]:
        is_asker = who == "asker" or (who == "desk_or_asker" and not is_desk_open)
        if is_asker:
            asker = await get_asker(tx, case_id)
            found |= {asker} if asker is not None else set()
        elif who in ("desk", "desk_or_asker"):
            found |= set(await list_people_of_role(tx, "desk"))
        else:
            roles = ("manager",) if who == "managers" else ("staff", "manager")
            for shelter_id in shelter_ids:
                found |= set(await list_shelter_people(tx, shelter_id, roles))
    return frozenset(found)
