"""Handing over: a case goes on with another group, and those who had it may still be on the road with the household.

A group is an organization and a role.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

CHOSEN = ("chosen", "chosen_for_desk", "chosen_provisionally")
CALLED_OFF = ("refused", "missed", "resumed", "withdrawn", "cancelled")


class Line(Protocol):
    """A line of the time line of a case, as far as handing over goes: the event, and the group that caused it."""

    @property
    def what(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def shelter_id(self) -> str | None: ...
    @property
    def organization_id(self) -> str | None: ...
    @property
    def role(self) -> str: ...


def left_at(lines: Iterable[Line], organization_id: str | None, role: str) -> datetime | None:
    """Return when others last took over a case that this group had handed over; None: they never did.

    `lines`: of the whole time line, in its order. The caller knows that the case is not this group's now.
    """
    every = list(lines)
    number = _left_number(every, organization_id, role)
    return None if number is None else every[number].at


def _left_number(lines: Iterable[Line], organization_id: str | None, role: str) -> int | None:
    """Return the number of the line with which others last took over from this group; None: there is none."""
    left, is_offered = None, False
    for number, line in enumerate(lines):
        if line.what == "handed_over":
            is_offered = organization_id is not None and (line.organization_id, line.role) == (organization_id, role)
        elif line.what in ("kept", "declined"):
            is_offered = False
        elif line.what == "taken_over" and is_offered:
            left, is_offered = number, False
    return left


def called_off_at(lines: Sequence[Line], group: tuple[str | None, str] | None) -> str | None:
    """Return the id of the shelter to which somebody may be on the road for nothing; None: to none.

    Its place was chosen and came to nothing, and no other place was chosen since. `lines`: as for `left_at`. `group`: an
    organization and a role that left the case to others in between; None: all who had it.
    """
    left = None if group is None else _left_number(lines, *group)
    expected: str | None = None  # the shelter that is chosen
    called_off: str | None = None
    is_on_the_road = False
    for number, line in enumerate(lines):
        if line.what in CHOSEN:
            expected, called_off, is_on_the_road = line.shelter_id, None, group is None
        elif number == left:
            is_on_the_road = expected is not None
        elif line.what == "arrived":
            expected = called_off = None
        elif line.what in CALLED_OFF and expected is not None:
            called_off, expected = expected if is_on_the_road else None, None
    return called_off


def brought_at(lines: Sequence[Line], group: tuple[str | None, str]) -> datetime | None:
    """Return when the household arrived that this group was bringing when it left the case to others; None: it did not.

    `lines` and `group`: as for `called_off_at`.
    """
    left = _left_number(lines, *group)
    is_chosen = is_on_the_road = False
    for number, line in enumerate(lines):
        if line.what in CHOSEN:
            is_chosen, is_on_the_road = True, False
        elif number == left:
            is_on_the_road = is_chosen
        elif line.what in CALLED_OFF:
            is_chosen = is_on_the_road = False
        elif line.what == "arrived" and is_on_the_road:
            return line.at
    return None


def still_brings(left: datetime | None, chosen_at: datetime | None) -> bool:
    """Return whether those who left a case to others at this moment may be on the road to its place: they chose it before.

    None: they did not leave it to others, or nothing is chosen. Whether the address may be seen at all is asked of
    `rules.cases.may_see_address`.
    """
    return left is not None and chosen_at is not None and chosen_at <= left
