"""What all tables share: the names of their constraints, and points in time."""

from typing import Any

from sqlalchemy import DateTime
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
