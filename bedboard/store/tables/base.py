"""What all tables share: the names of their constraints, and points in time."""

from typing import Any

from sqlalchemy import DateTime, LargeBinary
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def moment(*, nullable: bool = False) -> Any:
    """Make a column for a point in time, aware in UTC."""
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=nullable)


class Marked(SQLModel):
    """The columns of a row of the audit trail that say where its actor came from, and the tag that only bedboard can make.

    `session`: the kind of session or device; `network`: the class of the address; None: not known. `tag` empty: the row is
    older than the tags. See `store/marks.py`.
    """

    organization_id: str | None = None
    session: str | None = None
    network: str | None = None
    tag: bytes = Field(sa_type=LargeBinary)
