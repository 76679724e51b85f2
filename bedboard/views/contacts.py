"""Wie bel ik: the numbers by topic, with the one that is answered now, and the same for the API."""

from datetime import datetime
from typing import NamedTuple

from bedboard.rules.contacts import TOPICS, Contact, Topic, answered_now, is_answered
from bedboard.schemas.answers import ContactObject
from bedboard.store.board import Catalogue


class ContactView(NamedTuple):
    """A number at a moment. `unit_name` None: for the whole country. `hours` None: always answered."""

    contact: Contact
    unit_name: str | None
    is_answered: bool


def contacts_by_topic(catalogue: Catalogue, now: datetime) -> dict[Topic, list[ContactView]]:
    """Return the numbers of each topic that has any, in the order of the page."""
    local = now.astimezone(catalogue.zone)
    views = [
        ContactView(one, catalogue.units[one.unit].name if one.unit else None, is_answered(one, local, catalogue.days_off))
        for one in catalogue.contacts
    ]
    by_topic = {topic: [view for view in views if view.contact.topic == topic] for topic in TOPICS}
    return {topic: found for topic, found in by_topic.items() if found}


def answered_contact(catalogue: Catalogue, topic: Topic, unit: str | None, now: datetime) -> Contact | None:
    """Return the number to call about a topic at this moment; None: nobody answers."""
    return answered_now(catalogue.contacts, topic, unit, now.astimezone(catalogue.zone), catalogue.days_off)


def contact_object(view: ContactView) -> ContactObject:
    one = view.contact
    return {
        "id": one.id,
        "topic": one.topic,
        "unit": one.unit,
        "names": dict(one.names),
        "telephone": one.telephone,
        "hours": one.hours,
        "answered_now": view.is_answered,
    }
