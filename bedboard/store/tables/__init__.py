"""The tables. The migrations make them; a test holds both equal. Importing one imports all: the metadata is complete.

`table=True` models do not validate: the pure rules do, and the named CHECKs of the migrations are the last word.
"""

from bedboard.store.tables.board import ClaimRecord, Deployment, Journal, Kind, Organization, Place, Reminded, Shelter, Unit
from bedboard.store.tables.cases import Ask, CaseEvent, CaseRecord, TallyRecord
from bedboard.store.tables.people import (
    AlertRecord,
    Client,
    Disclosure,
    Membership,
    Person,
    PushSubscription,
    Session,
    StoredReply,
)

__all__ = [
    "AlertRecord",
    "Ask",
    "CaseEvent",
    "CaseRecord",
    "ClaimRecord",
    "Client",
    "Deployment",
    "Disclosure",
    "Journal",
    "Kind",
    "Membership",
    "Organization",
    "Person",
    "Place",
    "PushSubscription",
    "Reminded",
    "Session",
    "Shelter",
    "StoredReply",
    "TallyRecord",
    "Unit",
]
