"""Tables of cases, and of the counts that are left of them."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import column_property
from sqlmodel import Field, SQLModel, col, select

from bedboard.rules.rights import Seeker, seeker_key
from bedboard.store.seal import SealedNeeds
from bedboard.store.tables.base import Marked, moment


class CaseRecord(SQLModel, table=True):
    """One case, under a reference that can be spoken (`id`). The row is the lock for everything about it.

    `needs_sealed`: the household and its needs, erased when the case is over, with everything else that describes them. They
    are sealed with a key of their own (`needs_key`), which is in a table of its own and destroyed then.
    `unit_code`: the police unit from which a place is sought. `refusal`: the desk's last reason to say no. `stays_until`: the
    last night in a place where the desk ended the stay, local. `handed_…`: the group to which the case is offered, and when.
    `over_at` None: a place is still sought. `trace_id`: a random number that stands for the case in the disclosures, which
    outlive it; the database makes it.
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
    stays_until: date | None = None
    handed_organization_id: str | None = Field(default=None, foreign_key="organization.id")
    handed_role: str | None = None
    handed_at: datetime | None = moment(nullable=True)
    needs_key: ClassVar[bytes | None]
    over_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True, index=True))
    trace_id: str | None = Field(
        default=None, sa_column=Column(Text, nullable=False, unique=True, server_default=text("gen_random_uuid()::text"))
    )

    @property
    def needs(self) -> SealedNeeds | None:
        """Return the needs with their key; None when they were erased."""
        return None if self.needs_sealed is None else SealedNeeds(self.needs_sealed, self.needs_key)

    @property
    def requester(self) -> Seeker:
        return Seeker(seeker_key(self.person_id, self.client_id), self.organization_id, self.role)

    @property
    def handed_to(self) -> Seeker | None:
        """Return the group to which the case is offered; None: to nobody, or it was taken over."""
        if self.handed_organization_id is None or self.handed_role is None:
            return None
        return Seeker(None, self.handed_organization_id, self.handed_role)


class HouseholdKey(SQLModel, table=True):
    """The key of the needs of one household, sealed by the deployment. `id`: of its case or alert.

    The table is unlogged: PostgreSQL writes no log of it, and empties it after a crash.
    """

    __tablename__ = "household_key"

    id: str = Field(primary_key=True)
    key_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


def key_of(household_id: Any) -> Any:
    """Make an attribute of a row, read together with it: the key of the household with this id, None when it is gone."""
    key = select(HouseholdKey.key_sealed).where(col(HouseholdKey.id) == household_id).scalar_subquery()
    return column_property(key, expire_on_flush=False)


CaseRecord.needs_key = key_of(CaseRecord.id)


class Ask(SQLModel, table=True):
    """One shelter's part in a case.

    `answer` None: silent; `step`: the number of steps of its silence that have been told. `settled` None: an answer is still
    expected, or counts. `kind_code`: the kind of place for which the shelter was asked. `more_place_ids`:
    those that are offered beside `place_id`, for a group that is split. `hold_id`: the hold that the requester
    had there when asking: the shelter may offer that place for this case; None: none. `was_free`: whether the board then showed
    a free place of this kind there.
    """

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
    hold_id: str | None = Field(default=None, foreign_key="claim.id", index=True)
    settled: str | None = None
    settled_at: datetime | None = moment(nullable=True)
    was_free: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default="false"))
    more_place_ids: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))

    @property
    def place_ids(self) -> list[str]:
        """Return all places that are offered together; empty: none."""
        return [] if self.place_id is None else [self.place_id, *self.more_place_ids]


class CaseEvent(Marked, table=True):
    """One line of a case's time line. It says nothing about the household. A trigger lets nobody change or delete a row."""

    __tablename__ = "case_event"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = moment()
    case_id: str = Field(foreign_key="case_record.id", index=True)
    what: str
    shelter_id: str | None = None
    actor_kind: str
    actor_id: str
    role: str


class TallyRecord(SQLModel, table=True):
    """How often something happened in a month at an hour of the day (0 to 23, local), without anybody in it.

    `unit_code` and `kind_code` are "" where they were not said. A finer time would let the rows of one
    night be put together again.
    """

    __tablename__ = "tally"

    month: date = Field(primary_key=True)
    hour: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    what: str = Field(primary_key=True)
    unit_code: str = Field(primary_key=True)
    kind_code: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    count: int = Field(sa_type=BigInteger)


class TallyBegan(SQLModel, table=True):
    """The month since which something is counted: before it, no row of the tallies does not mean that nothing happened."""

    __tablename__ = "tally_began"

    what: str = Field(primary_key=True)
    month: date


class Departure(SQLModel, table=True):
    """Where the people of a place went, until the stay is counted. The table is unlogged.

    `tapped_at`: when a tap said that the place is not occupied any more; `journal_id`: of that tap.
    """

    journal_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    tapped_at: datetime = moment()
    code: str


class WaitingTally(SQLModel, table=True):
    """An event to be counted soon, or several of one kind, with those of other cases.

    The table is unlogged, and its rows have no order.
    """

    __tablename__ = "tally_waiting"

    id: str | None = Field(
        default=None, sa_column=Column(Text, primary_key=True, server_default=text("gen_random_uuid()::text"))
    )
    month: date
    hour: int = Field(sa_type=SmallInteger)
    what: str
    unit_code: str
    kind_code: str
    code: str
    count: int = Field(default=1, sa_column=Column(BigInteger, nullable=False, server_default="1"))
