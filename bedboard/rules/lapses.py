"""Lapses: the moments at which a case that nobody ends is over by itself, and what may still follow."""

from datetime import datetime

from bedboard.rules.cases import LONGEST_CASE, OUTCOME_FORGOTTEN

BEGUN_AGAIN = ("missed", "refused", "resumed", "stay_ended")
"""The events, as the time line calls them, after which a household is looked for a place once more."""


def lapses_at(created_at: datetime, arrives_at: datetime | None, begun_again_at: datetime | None = None) -> datetime:
    """Return when a case that is not over lapses: `LONGEST_CASE` after it began, began again, or was to arrive.

    `arrives_at` None: nothing is chosen. `begun_again_at`: the last of the events `BEGUN_AGAIN`; None: there was none.
    """
    return max(at for at in (created_at, arrives_at, begun_again_at) if at is not None) + LONGEST_CASE


def forgotten_at(created_at: datetime, over_at: datetime) -> datetime:
    """Return from when on nobody will say any more where the person of a withdrawn case slept."""
    return max(created_at + OUTCOME_FORGOTTEN, over_at + (OUTCOME_FORGOTTEN - LONGEST_CASE))


def has_lapsed(state: str, created_at: datetime, arrives_at: datetime | None, over_at: datetime | None) -> bool:
    """Return whether a placement ended by time alone. Its people may still come, so their shelter may still say so."""
    if state != "withdrawn" or arrives_at is None or over_at is None:
        return False
    return over_at >= lapses_at(created_at, arrives_at)
