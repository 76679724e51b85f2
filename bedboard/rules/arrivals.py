"""Arrivals: the agreed hour of a placement while the household is on its way."""

from datetime import datetime, timedelta

EARLY = timedelta(minutes=60)


def is_early(arrives_at: datetime | None, now: datetime) -> bool:
    """Return whether the agreed hour is so far away that an arrival is asked about once more; None: nothing is agreed.

    It ends everything about a case at once, and its household is erased: nothing can bring that back after a slip.
    """
    return arrives_at is not None and arrives_at - now > EARLY
