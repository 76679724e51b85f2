"""Handing over: a case goes on with another group, and those who had it may still be on the road with the household.

A group is an organization and a role.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol


class Line(Protocol):
    """A line of the time line of a case, as far as handing over goes: the event, and the group that caused it."""

    @property
    def what(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def organization_id(self) -> str | None: ...
    @property
    def role(self) -> str: ...


def left_at(lines: Iterable[Line], organization_id: str | None, role: str) -> datetime | None:
    """Return when others last took over a case that this group had handed over; None: they never did.

    `lines`: of the whole time line, in its order. The caller knows that the case is not this group's now.
    """
    left, is_offered = None, False
    for line in lines:
        if line.what == "handed_over":
            is_offered = organization_id is not None and (line.organization_id, line.role) == (organization_id, role)
        elif line.what in ("kept", "declined"):
            is_offered = False
        elif line.what == "taken_over" and is_offered:
            left, is_offered = line.at, False
    return left


def still_brings(left: datetime | None, chosen_at: datetime | None) -> bool:
    """Return whether those who left a case to others at this moment may be on the road to its place: they chose it before.

    None: they did not leave it to others, or nothing is chosen. Whether the address may be seen at all is asked of
    `rules.cases.may_see_address`.
    """
    return left is not None and chosen_at is not None and chosen_at <= left
