"""Wie bel ik: the numbers of others than shelters, by topic and police unit, and the one that is answered now."""

from collections.abc import Container, Iterable, Mapping
from datetime import date, datetime
from typing import Literal, NamedTuple, get_args

from bedboard.rules.deciding import is_within

Topic = Literal["desk", "minors", "unaccompanied", "interpreters", "report", "labour", "legal", "complaint", "bedboard"]

TOPICS: tuple[Topic, ...] = get_args(Topic)
"""In the order of the page. `desk`: the placement desk and its stand-in. `unaccompanied`: children from abroad without parents.
`bedboard`: the people who keep this deployment running."""

MOST_CONTACTS = 200
"""The list is for people in a hurry: ten units with twenty numbers are more than anybody reads."""


class Contact(NamedTuple):
    """A number. `unit` None: for the whole country. `hours` None: always; otherwise as in `deciding.HOURS`, not on days off."""

    id: str
    topic: Topic
    unit: str | None
    names: Mapping[str, str]
    telephone: str
    hours: str | None


def is_answered(contact: Contact, local: datetime, days_off: Container[date] = frozenset()) -> bool:
    """Return whether somebody answers this number at this local moment."""
    return contact.hours is None or is_within(contact.hours, local, days_off)


def answered_now(
    contacts: Iterable[Contact], topic: Topic, unit: str | None, local: datetime, days_off: Container[date] = frozenset()
) -> Contact | None:
    """Return the number to call about a topic at this local moment; None: nobody answers.

    A number of the police unit comes before one for the whole country, then the order of the list counts. `unit` None: only
    the numbers for the whole country.
    """
    about = [one for one in contacts if one.topic == topic and one.unit in (unit, None)]
    open_now = [one for one in about if is_answered(one, local, days_off)]
    return min(open_now, key=lambda one: one.unit is None, default=None)  # min keeps the first of equals
