"""Sessions: how long each kind lasts, and when one of them is locked. Both follow from times alone, so no job is needed."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

SessionKind = Literal["person", "shift", "wall"]
"""A person at a screen of their own; a shelter's device during a shift; a screen on a wall, which nobody works at."""

SessionState = Literal["open", "locked", "over"]

PICTURE_KEPT = timedelta(hours=8)
"""The longest for which a device keeps the picture of a shelter's own page, also in a longer session."""

MOST_SESSIONS = 20
"""The sessions of one person at once, on all devices and of all kinds; a new one ends the one that was used longest ago."""

EVERY_SESSION: frozenset[SessionKind] = frozenset({"person", "shift", "wall"})
WORKING: frozenset[SessionKind] = frozenset({"person", "shift"})
PERSONAL: frozenset[SessionKind] = frozenset({"person"})


class SessionLimits(NamedTuple):
    """A person's session is locked after `idle` without a touch, and over after `longest`; the other kinds after `shift`."""

    idle: timedelta
    longest: timedelta
    shift: timedelta


def session_state(kind: str, created_at: datetime, used_at: datetime, limits: SessionLimits, now: datetime) -> SessionState:
    """Return the state of a session that nobody has ended. Only a person's session is ever locked."""
    if now >= ends_at(kind, created_at, limits):
        return "over"
    return "locked" if kind == "person" and now - used_at >= limits.idle else "open"


def ends_at(kind: str, created_at: datetime, limits: SessionLimits) -> datetime:
    """Return when a session that nobody ends is over."""
    return created_at + (limits.longest if kind == "person" else limits.shift)


def kind_at_sign_in(role: str) -> SessionKind:
    """Return the kind of session with which a person in this role begins: a shelter's staff work on a device of the shift."""
    return "shift" if role == "staff" else "person"
