"""Alerts: a person leaves a search with the board, and hears of it when a place that fits becomes free."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from bedboard.rules.refusals import Conflict

ALERT_LASTS = timedelta(hours=24)
MOST_PER_PERSON = 5
MOST_DEVICES = 10  # of one person that may be woken; the oldest goes first


class SeenChange(NamedTuple):
    """A difference that one picture of a shelter makes to an alert.

    `found`: free places that fit and that its owner does not know; `gone`: known places that no longer do. `version`: the
    shelter's, of that picture.
    """

    shelter_id: str
    version: int
    found: frozenset[str]
    gone: frozenset[str]


def check_alert_count(count: int) -> None:
    """Refuse another alert to a person who has so many. Refusal: Conflict."""
    if count >= MOST_PER_PERSON:
        raise Conflict("waitings_of_person", most=MOST_PER_PERSON)


def look_again(seen: Iterable[str], changes: Iterable[SeenChange]) -> tuple[frozenset[str], bool]:
    """Return the places that are known after these changes, and whether one of them is news.

    A place that has gone is forgotten, so that it is news when it comes back.
    """
    known, is_news = set(seen), False
    for change in changes:
        known -= change.gone
        is_news = is_news or not change.found <= known
        known |= change.found
    return frozenset(known), is_news
