"""Tables of the board: the deployment, shelters with their places and claims, and the journal of every change."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Identity, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from bedboard.rules.rights import Seeker, seeker_key
from bedboard.store.tables.base import Marked, moment


class Deployment(SQLModel, table=True):
    """One row: the purpose of this database. `demo` marks a database in which demo sign-in and demo tokens may exist.

    `country`: in the two letters of ISO 3166; on its public holidays a desk is closed.
    """

    id: int = Field(default=1, primary_key=True)
    name: str
    time_zone: str
    country: str = "NL"
    demo: bool
    created_at: datetime = moment()


class Holiday(SQLModel, table=True):
    """A day on which the desks of this deployment are closed, besides the public holidays of its country."""

    day: date = Field(primary_key=True)


class Unit(SQLModel, table=True):
    """A police unit; `map_column` and `map_row` are its tile on the small map. `ended_at` set: no shelter is in it."""

    code: str = Field(primary_key=True)
    name: str
    short: str
    map_column: int
    map_row: int
    ended_at: datetime | None = moment(nullable=True)


class Travel(SQLModel, table=True):
    """The journey between two police units, once for each pair: `from_code` is the first of the two by name."""

    from_code: str = Field(primary_key=True, foreign_key="unit.code")
    to_code: str = Field(primary_key=True, foreign_key="unit.code")
    minutes: int


class Kind(SQLModel, table=True):
    """A kind of place. `fresh_minutes` and `ageing_minutes` None follow the settings. `for_needs`: it is scarce, and meant for
    people with several of these needs; empty: for everybody. `ended_at` set: no place may be of it."""

    code: str = Field(primary_key=True)
    position: int
    name_nl: str
    name_en: str
    long_nl: str
    long_en: str
    decides: str
    desk_hours: str | None = None
    outside_hours: str | None = None
    for_needs: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    fresh_minutes: int | None = None
    ageing_minutes: int | None = None
    ended_at: datetime | None = moment(nullable=True)


class Language(SQLModel, table=True):
    """A language that may be spoken at a shelter, by its code (ISO 639). Its name is in the libraries."""

    code: str = Field(primary_key=True)


class ContactRecord(SQLModel, table=True):
    """A number on "Wie bel ik". `unit_code` None: for the whole country. `hours` None: it is always answered."""

    __tablename__ = "contact"

    id: str = Field(primary_key=True)
    position: int
    topic: str
    unit_code: str | None = Field(default=None, foreign_key="unit.code")
    name_nl: str
    name_en: str
    telephone: str
    hours: str | None = None


class Organization(SQLModel, table=True):
    """`telephones`: role to the number under which its people in that role are called back. `ended_at` set: nothing new
    may be of it. `merged_into_id`: the organization in which it went up."""

    id: str = Field(primary_key=True)
    name: str
    telephones: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    ended_at: datetime | None = moment(nullable=True)
    merged_into_id: str | None = Field(default=None, foreign_key="organization.id")


class Shelter(SQLModel, table=True):
    """`name` is a code name. The row is the lock for everything about its places; `version` counts its changes.

    `confirmed_at`: when all of it was confirmed; `kinds_confirmed_at`: later moments of single kinds, as ISO 8601;
    `confirmed_by`: the kind of the actor that confirmed last. `confirm_times` are local "HH:MM"; `intake_*_minutes` count
    from local midnight, 0 to 1440. `ended_at` set: closed for good, and on no board.
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
    kinds_confirmed_at: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    confirmed_by: str = Field(default="person", sa_column=Column(Text, nullable=False, server_default="person"))
    ended_at: datetime | None = moment(nullable=True)


class ShelterContact(SQLModel, table=True):
    """The secrets of a shelter. The role that serves may add a row and read none: see `store/disclosures.py`."""

    __tablename__ = "shelter_contact"

    shelter_id: str = Field(foreign_key="shelter.id", primary_key=True)
    telephone_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    address_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Place(SQLModel, table=True):
    """One household's place. `criteria` None follows the shelter's; a mapping overrides single ones.

    `exists_from` and `exists_until` set: a place for some nights. `ended_at` set: closed for good.
    """

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
    exists_from: datetime | None = moment(nullable=True)
    exists_until: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)


class ClaimRecord(SQLModel, table=True):
    """A hold, or a reservation for one case, of one place.

    `ended_at` None: nobody has ended it; past `expires_at` it is over anyway, and None there is a placement, which only a
    person ends. `expected_at`: the agreed arrival of a placement. `person_id` or `client_id` is the holder's;
    both are None when the shelter made the hold for a caller, known by `organization_id` and `role` only.
    `extended_at` set: the hold was extended, and may not be extended again. `first_id`: the first of the claims of one promise,
    a hold or a reservation of several places of one shelter; None: this is the first of them, or the only one.
    """

    __tablename__ = "claim"

    id: str = Field(primary_key=True)
    place_id: str = Field(foreign_key="place.id")
    type: str
    organization_id: str = Field(foreign_key="organization.id")
    role: str
    person_id: str | None = Field(default=None, foreign_key="person.id")
    created_at: datetime = moment()
    expires_at: datetime | None = moment(nullable=True)
    expected_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    client_id: str | None = Field(default=None, foreign_key="client.id")
    extended_at: datetime | None = moment(nullable=True)
    ending: str | None = None
    case_id: str | None = Field(default=None, foreign_key="case_record.id")
    first_id: str | None = Field(default=None, foreign_key="claim.id", index=True)

    @property
    def promise_id(self) -> str:
        """Return what the claims of one promise have in common: the id of the first of them."""
        return self.first_id or self.id

    @property
    def holder(self) -> Seeker:
        return Seeker(seeker_key(self.person_id, self.client_id), self.organization_id, self.role)


class Journal(Marked, table=True):
    """Every change, with its actor, when it was seen and when the server heard of it.

    `subject`: the thing that was changed, as "person sanne", where it is no shelter; `version` is then 0.
    A trigger lets nobody change or delete a row.
    """

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    received_at: datetime = moment()
    observed_at: datetime = moment()
    actor_kind: str
    actor_id: str
    role: str | None = None
    action: str
    shelter_id: str | None = None
    version: int = Field(sa_type=BigInteger)
    place_id: str | None = None
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    subject: str | None = None


class PictureRecord(SQLModel, table=True):
    """A shelter as it stood at a version (`rules/past.py`). `at`: when it was taken; the version is not younger."""

    __tablename__ = "picture"

    shelter_id: str = Field(foreign_key="shelter.id", primary_key=True)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    version: int = Field(sa_type=BigInteger)
    shows: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class JobSlot(SQLModel, table=True):
    """The last turn of a job that runs once in so long, whichever process does it."""

    __tablename__ = "job_slot"

    name: str = Field(primary_key=True)
    taken_at: datetime = moment()


class Reminded(SQLModel, table=True):
    """A reminder that has gone out: the row is the slot that one of all processes gets."""

    shelter_id: str = Field(foreign_key="shelter.id", primary_key=True)
    due_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    step: str = Field(primary_key=True)
    created_at: datetime = moment()


class EpochRecord(SQLModel, table=True):
    """The history that this database goes on with (`store/epoch.py`): one row."""

    __tablename__ = "epoch"

    id: int = Field(default=1, primary_key=True)
    number: int = Field(sa_type=BigInteger)
    server: str
