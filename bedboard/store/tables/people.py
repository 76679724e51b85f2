"""Tables of people and programs: their sessions, replies, disclosures, alerts and devices."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from bedboard.store.seal import SealedNeeds
from bedboard.store.tables.base import Marked, moment
from bedboard.store.tables.cases import key_of


class Person(SQLModel, table=True):
    """Somebody who works with the board; never a victim. `ended_at` set: may not sign in."""

    id: str = Field(primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    name: str
    role: str
    language: str | None = None
    demo: bool = False
    ended_at: datetime | None = moment(nullable=True)


class Membership(SQLModel, table=True):
    """A person's work for a shelter."""

    person_id: str = Field(foreign_key="person.id", primary_key=True)
    shelter_id: str = Field(foreign_key="shelter.id", primary_key=True)


class Appointment(SQLModel, table=True):
    """A further role of a person, besides the one in `Person` in which they act now."""

    person_id: str = Field(sa_column=Column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True))
    organization_id: str = Field(foreign_key="organization.id", primary_key=True)
    role: str = Field(primary_key=True)


class Session(SQLModel, table=True):
    """A signed-in device. Only the hash of its token is kept.

    Triggers end it when its person leaves or gets another role, and when its passkey ends; and delete its push subscription
    when it ends. `passkey_id`: with which it was made; `proven_by`: with which its person proved last who they are, at
    `proven_at`. Each is None where there was none, as in a demo. `account_id`: with which it was made or proven.
    """

    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person_id: str = Field(foreign_key="person.id", index=True)
    kind: str = Field(default="person", sa_column_kwargs={"server_default": "person"})
    created_at: datetime = moment()
    used_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)
    proven_at: datetime | None = moment(nullable=True)
    passkey_id: str | None = Field(default=None, foreign_key="passkey.id", ondelete="SET NULL", index=True)
    proven_by: str | None = Field(default=None, foreign_key="passkey.id", ondelete="SET NULL", index=True)
    account_id: str | None = Field(default=None, foreign_key="account.id", ondelete="SET NULL", index=True)


class Client(SQLModel, table=True):
    """A program that uses the API, in one role. `shelter_id` is set for a machine only.

    `expires_at` None: its token has no end. `rotated_at`: when its token was made again; until `previous_until` the one before,
    with the hash `previous_hash`, counts too. `used_at`: its last use, to the hour.
    """

    id: str = Field(primary_key=True)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    name: str
    role: str
    organization_id: str | None = Field(default=None, foreign_key="organization.id")
    shelter_id: str | None = Field(default=None, foreign_key="shelter.id")
    demo: bool = False
    created_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)
    scopes: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    expires_at: datetime | None = moment(nullable=True)
    used_at: datetime | None = moment(nullable=True)
    rotated_at: datetime | None = moment(nullable=True)
    previous_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True, unique=True))
    previous_until: datetime | None = moment(nullable=True)


class RosterDraft(SQLModel, table=True):
    """A file that an administrator looks at before it is saved, and what would become of its lines; sealed."""

    __tablename__ = "roster_draft"

    person_id: str = Field(sa_column=Column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime = moment()


class StoredReply(SQLModel, table=True):
    """The reply to a call with an idempotency key: a repeated call is answered again and not done again.

    The key is text from outside, so only its hash with the actor is kept. `epoch`: of the database when it was given; None: not
    known, because it was given before that was kept.
    """

    __tablename__ = "stored_reply"

    actor_id: str = Field(primary_key=True)
    key_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    status: int
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    version: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime = moment()
    epoch: int | None = Field(default=None, sa_type=BigInteger)


class Disclosure(Marked, table=True):
    """A look at a shelter's telephone or address, with its viewer and reason. A trigger lets nobody change or delete a row.

    `case_id`: the trace of the case (`CaseRecord.trace_id`), which leads nowhere once the case is forgotten.
    `result`: "shown", or "refused", and then `why` is "none".
    """

    __table_args__ = (Index("ix_disclosure_actor_id_at", "actor_id", "at"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = moment()
    actor_kind: str
    actor_id: str
    role: str
    shelter_id: str = Field(index=True)
    what: str
    why: str
    claim_id: str | None = None
    case_id: str | None = None
    result: str = Field(default="shown", sa_column=Column(Text, nullable=False, server_default="shown"))


class AlertRecord(SQLModel, table=True):
    """A search that reports when a place fits. The row is deleted when the alert ends, and so is the key of its profile.

    `seen`: ids of the places that fitted when its owner last looked. `found_at` None: nothing new has been found since.
    `outcome`: whether it has found something at all, and whether its owner has then held or asked for such a place.
    """

    __tablename__ = "alert"

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    profile_key: ClassVar[bytes | None]
    profile_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    seen: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime = moment()
    expires_at: datetime = moment()
    found_at: datetime | None = moment(nullable=True)
    outcome: str = "nothing"

    @property
    def profile(self) -> SealedNeeds:
        return SealedNeeds(self.profile_sealed, self.profile_key)


AlertRecord.profile_key = key_of(AlertRecord.id)


class PushSubscription(SQLModel, table=True):
    """A browser that its person allowed us to wake. Its address at the push service and its keys (RFC 8291) are sealed.

    It goes with the session in which it was added.
    """

    __tablename__ = "push_subscription"

    endpoint_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person_id: str = Field(foreign_key="person.id", index=True)
    token_hash: bytes = Field(
        sa_column=Column(LargeBinary, ForeignKey("session.token_hash", ondelete="CASCADE"), nullable=False, index=True)
    )
    device_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = moment()


class OutgoingRecord(SQLModel, table=True):
    """A message that waits for one device. It goes when it was delivered or is too old, and with its device."""

    __tablename__ = "outgoing"
    __table_args__ = (Index("ix_outgoing_due_at", "due_at"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    endpoint_hash: bytes = Field(
        sa_column=Column(
            LargeBinary, ForeignKey("push_subscription.endpoint_hash", ondelete="CASCADE"), nullable=False, index=True
        )
    )
    what: str
    made_at: datetime = moment()
    due_at: datetime = moment()
    expires_at: datetime = moment()
    tries: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
