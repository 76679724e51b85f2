"""Arrivals: the agreed hour of a placement while the household is on its way, and another hour that the requester says."""

from datetime import datetime, timedelta

from bedboard.rules.cases import TAKEN_AHEAD
from bedboard.rules.fit import DAY_MINUTES
from bedboard.rules.refusals import FieldError, Invalid

EARLY = timedelta(minutes=60)
CHANGED_AHEAD = timedelta(hours=24)  # the latest hour that may be said after the choice, counted from that moment


def is_early(arrives_at: datetime | None, now: datetime) -> bool:
    """Return whether the agreed hour is so far away that an arrival is asked about once more; None: nothing is agreed.

    It ends everything about a case at once, and its household is erased: nothing can bring that back after a slip.
    """
    return arrives_at is not None and arrives_at - now > EARLY


def check_changed_arrival(arrives_at: datetime | None, now: datetime, taken_at: datetime | None = None) -> datetime:
    """Return another hour of arrival, when it may be said after the choice. Refusal: Invalid.

    `taken_at`: when the police took the place without the yes of the shelter; None: the shelter said yes. Such a place is
    kept no longer by saying one hour after the other.
    """
    if arrives_at is None:
        raise Invalid(FieldError("arrives_at", "missing"))
    if arrives_at < now - timedelta(minutes=1):
        raise Invalid(FieldError("arrives_at", "in_the_past"))
    if arrives_at > now + CHANGED_AHEAD:
        raise Invalid(FieldError("arrives_at", "more_than_a_day"))
    if taken_at is not None and arrives_at > taken_at + TAKEN_AHEAD:
        raise Invalid(FieldError("arrives_at", "taken_too_long"))
    return arrives_at


def is_outside_intake(intake: tuple[int, int], local: datetime) -> bool:
    """Return whether a shelter takes nobody in at this local moment. `intake`: as in `fit.Terms`."""
    opens, closes = intake
    hours = (closes - opens - 1) % DAY_MINUTES + 1
    return (local.hour * 60 + local.minute - opens) % DAY_MINUTES >= hours
