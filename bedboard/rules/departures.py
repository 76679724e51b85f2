"""How a place became free: one coded question, which its shelter may leave open."""

from datetime import datetime, timedelta
from typing import Literal, get_args

from bedboard.rules.refusals import Conflict, FieldError, Invalid

DepartureCode = Literal["moved_on", "home", "family", "unknown_destination", "other"]
DEPARTURES: tuple[DepartureCode, ...] = get_args(DepartureCode)
"""Where the people went."""

ASKED_FOR = timedelta(minutes=10)  # after the tap; its stay is counted later than that


def is_departure(before: str | None, after: str | None) -> bool:
    """Return whether these states of a place, one after the other, mean that its people have left."""
    return before == "occupied" and after not in (None, "occupied")


def check_departure(code: str, tapped_at: datetime, now: datetime) -> None:
    """Refuse an unknown answer, and one that comes too late to be counted. Refusals: Invalid, Conflict."""
    if code not in DEPARTURES:
        raise Invalid(FieldError("departure", "not_one_of", {"allowed": list(DEPARTURES)}))
    if now > tapped_at + ASKED_FOR:
        raise Conflict("too_late_to_tell")
