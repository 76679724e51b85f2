"""The tables. The migrations make them; a test holds both equal.

`table=True` models do not validate: the pure rules do, and the named CHECKs of the migrations are the last word.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def moment(*, nullable: bool = False) -> Any:
    """A point in time, aware in UTC."""
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=nullable)


class Deployment(SQLModel, table=True):
    """One row: what this database is for. `demo` tallies a database in which demo sign-in and demo tokens may exist."""

    id: int = Field(default=1, primary_key=True)
    name: str
    time_zone: str
    demo: bool
    created_at: datetime = moment()


class Unit(SQLModel, table=True):
    """A police unit; `map_column` and `map_row` are its tile on the small map, from 1."""

    code: str = Field(primary_key=True)
    name: str
    short: str
    map_column: int
    map_row: int


class Kind(SQLModel, table=True):
    """A kind of place. `fresh_minutes` and `ageing_minutes` None follow the settings."""

    code: str = Field(primary_key=True)
    position: int
    name_nl: str
    name_en: str
    long_nl: str
    long_en: str
    decides: str
    desk_hours: str | None = None
    outside_hours: str | None = None
    fresh_minutes: int | None = None
    ageing_minutes: int | None = None


class Organization(SQLModel, table=True):
    id: str = Field(primary_key=True)
    name: str


class Shelter(SQLModel, table=True):
    """`name` is a code name. The row is the lock for everything about its places; `version` counts its changes.

    `confirm_times` are local "HH:MM"; `intake_*_minutes` count from local midnight, 0 to 1440.
    """

    id: str = Field(primary_key=True)
    organization_id: str = Field(foreign_key="organization.id")
    unit_code: str = Field(foreign_key="unit.code")
    name: str
    version: int = Field(default=1, sa_type=BigInteger)
    confirmed_at: datetime | None = moment(nullable=True)
    created_at: datetime = moment()
    intake_from_minutes: int = 0
    intake_until_minutes: int = 1440
    confirm_times: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    criteria: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    limits: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    languages: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    telephone_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    address_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Place(SQLModel, table=True):
    """One household's place. `criteria` None follows the shelter's; a mapping overrides single ones."""

    id: str = Field(primary_key=True)
    shelter_id: str = Field(foreign_key="shelter.id", index=True)
    kind_code: str = Field(foreign_key="kind.code")
    position: int
    label: str
    beds: int
    cots: int = 0
    state: str
    since: datetime = moment()
    observed_at: datetime = moment()
    expected_free_at: datetime | None = moment(nullable=True)
    closed_reason: str | None = None
    criteria: dict[str, str] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))


class ClaimRecord(SQLModel, table=True):
    """A hold, or a reservation for one request, of one place. `ended_at` None: not ended by anybody; past `expires_at` it is
    over anyway.

    `organization_id` and `role` say for whom; `person_id` or `client_id` who has it, neither when the shelter made it for a
    caller. `extended_at` set: not to be extended again.
    """

    __tablename__ = "claim"

    id: str = Field(primary_key=True)
    place_id: str = Field(foreign_key="place.id")
    type: str
    organization_id: str = Field(foreign_key="organization.id")
    role: str
    person_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = moment()
    expires_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)
    client_id: str | None = Field(default=None, foreign_key="client.id")
    extended_at: datetime | None = moment(nullable=True)
    ending: str | None = None
    case_id: str | None = Field(default=None, foreign_key="case_record.id")


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
    """That a person works for a shelter."""

    person_id: str = Field(foreign_key="person.id", primary_key=True)
    shelter_id: str = Field(foreign_key="shelter.id", primary_key=True)


class Session(SQLModel, table=True):
    """A signed-in device. Only the hash of its token is kept."""

    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person_id: str = Field(foreign_key="person.id", index=True)
    created_at: datetime = moment()
    used_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class Client(SQLModel, table=True):
    """A program that uses the API, with the role it has. `shelter_id` is set for a machine, and for nobody else."""

    id: str = Field(primary_key=True)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    name: str
    role: str
    organization_id: str | None = Field(default=None, foreign_key="organization.id")
    shelter_id: str | None = Field(default=None, foreign_key="shelter.id")
    demo: bool = False
    created_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class Journal(SQLModel, table=True):
    """Append-only: who changed what from what to what, when it was seen and when we heard. A trigger refuses the rest."""

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    received_at: datetime = moment()
    observed_at: datetime = moment()
    actor_kind: str
    actor_id: str
    action: str
    shelter_id: str = Field(index=True)
    version: int = Field(sa_type=BigInteger)
    place_id: str | None = None
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))


class StoredReply(SQLModel, table=True):
    """What was answered to an idempotency key, so that a repeated call is answered again and not done again."""

    __tablename__ = "stored_reply"

    actor_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    status: int
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    version: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime = moment()


class Reminded(SQLModel, table=True):
    """That a reminder has gone out: the row is the slot that one of all processes gets."""

    shelter_id: str = Field(foreign_key="shelter.id", primary_key=True)
    due_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    step: str = Field(primary_key=True)
    created_at: datetime = moment()


class Disclosure(SQLModel, table=True):
    """Append-only: who saw a shelter's telephone (or address), when, and what allowed it. A trigger refuses the rest."""

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


class AlertRecord(SQLModel, table=True):
    """Somebody waits until a place fits. The row goes when the waiting ends; the profile is sealed while it is there.

    `seen`: ids of the places that fitted when their owner last knew. `found_at` None: nothing new has been found since.
    """

    __tablename__ = "alert"

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    profile_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    seen: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime = moment()
    expires_at: datetime = moment()
    found_at: datetime | None = moment(nullable=True)


class TallyRecord(SQLModel, table=True):
    """How often something happened in a month at an hour of the day (0 to 23, local), without anybody in it.

    `unit_code` and `kind_code` "" where not said. A finer time would let the rows of one night be put together again.
    """

    __tablename__ = "tally"

    month: date = Field(primary_key=True)
    hour: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    what: str = Field(primary_key=True)
    unit_code: str = Field(primary_key=True)
    kind_code: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    count: int = Field(sa_type=BigInteger)


class PushSubscription(SQLModel, table=True):
    """A browser that its person allowed us to wake: where to, and its keys (RFC 8291)."""

    __tablename__ = "push_subscription"

    endpoint: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    p256dh: str
    auth: str
    created_at: datetime = moment()


class CaseRecord(SQLModel, table=True):
    """One case, under a reference that can be spoken (`id`). The row is the lock for everything about it.

    `needs_sealed`: for whom a place is sought, erased when it is over, with everything else that says something about them.
    `unit_code`: from where it is sought. `refusal`: why the desk said no, last. `over_at` None: something is still sought.
    """

    __tablename__ = "case_record"

    __table_args__ = (Index("ix_case_record_person_id_created_at", "person_id", "created_at"),)

    id: str = Field(primary_key=True)
    version: int = Field(default=1, sa_type=BigInteger)
    state: str = "asking"
    organization_id: str = Field(foreign_key="organization.id")
    role: str
    person_id: str | None = Field(default=None, foreign_key="person.id")
    client_id: str | None = Field(default=None, foreign_key="client.id")
    unit_code: str | None = Field(default=None, foreign_key="unit.code")
    needs_sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    created_at: datetime = moment()
    arrives_at: datetime | None = moment(nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    reminded_at: datetime | None = moment(nullable=True)
    refusal: str | None = None
    over_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True, index=True))


class Ask(SQLModel, table=True):
    """One shelter's part in a request. `answer` None: silent; `step`: how many steps of its silence have been told. `settled`
    None: an answer is still expected or counts. `kind_code`: the kind of place for which it was asked."""

    __table_args__ = (Index("ix_ask_shelter_id_settled_at", "shelter_id", "settled_at"),)

    case_id: str = Field(foreign_key="case_record.id", primary_key=True)
    shelter_id: str = Field(foreign_key="shelter.id", primary_key=True)
    kind_code: str = Field(foreign_key="kind.code")
    asked_at: datetime = moment()
    step: int = Field(default=0, sa_type=SmallInteger)
    answer: str | None = None
    answered_at: datetime | None = moment(nullable=True)
    answered_by: str | None = None
    place_id: str | None = Field(default=None, foreign_key="place.id")
    claim_id: str | None = Field(default=None, foreign_key="claim.id")
    reason: str | None = None
    criterion: str | None = None
    settled: str | None = None
    settled_at: datetime | None = moment(nullable=True)


class CaseEvent(SQLModel, table=True):
    """Append-only: one line of a case's time line. What is said in it, and not about whom. A trigger refuses the rest."""

    __tablename__ = "case_event"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = moment()
    case_id: str = Field(foreign_key="case_record.id", index=True)
    what: str
    shelter_id: str | None = None
    actor_kind: str
    actor_id: str
    role: str
