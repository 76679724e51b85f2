"""Tables of signing in: passkeys and accounts, the challenges and codes with which they are made, and the journal of it all."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary
from sqlmodel import Field, SQLModel

from bedboard.store.tables.base import Marked, moment


class Passkey(SQLModel, table=True):
    """A passkey of a person: a public key, whose private half never leaves the device. `label`: a code (`rules/devices.py`).

    A trigger ends the sessions that were made or proven with it when it ends. `seen_at`: when its person last looked, in a
    session made with it, at what was added; None: never since `added_at`.
    """

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    credential_id: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sign_count: int = Field(sa_type=BigInteger)
    label: str
    added_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    seen_at: datetime | None = moment(nullable=True)


class Account(SQLModel, table=True):
    """An account of a person at the provider of OpenID Connect: the hash of issuer and subject, which it never changes.

    A person has one that counts at most, and so has a subject. Otherwise as a passkey.
    """

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    subject_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    added_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)
    seen_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)


class Challenge(SQLModel, table=True):
    """A challenge that was given and not yet used, as a hash. `bound_hash`: the hash of a secret of the browser."""

    hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    purpose: str
    bound_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = moment()


class EnrolCode(SQLModel, table=True):
    """A code with which a person makes a passkey, once. Both hashes need the key of the deployment."""

    __tablename__ = "enrol_code"

    finding_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    code_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    person_id: str = Field(foreign_key="person.id", index=True)
    made_at: datetime = moment()
    wrong_count: int = 0
    ended_at: datetime | None = moment(nullable=True)


class SignIn(Marked, table=True):
    """A line of the journal of signing in. A trigger lets nobody change or delete a row.

    `person_id`: whose access it is about; None: nobody knows, because a code was wrong. `device`: the label of the passkey.
    `result`: "done", or the code of the refusal.
    """

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_person_id_at", "person_id", "at"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = moment()
    actor_kind: str
    actor_id: str
    role: str | None = None
    person_id: str | None = None
    what: str
    method: str | None = None
    device: str | None = None
    result: str
