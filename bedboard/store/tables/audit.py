"""The tables of the audit trail's chain, and of what retention deleted."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Identity, LargeBinary
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from bedboard.store.tables.base import moment


class Chain(SQLModel, table=True):
    """A block of the chain: some rows of one table, and the mark that ties them to the block before. See `store/chain.py`.

    `ids` and `tags` (16 bytes each) go together. `until_id`: the highest id in this block and all before it, of that table.
    """

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = moment()
    source: str
    until_id: int = Field(sa_type=BigInteger)
    ids: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    tags: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    mark: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Cut(SQLModel, table=True):
    """Rows of one table that retention deleted: they were from before a moment. Only bedboard can make the tag."""

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    source: str
    before: datetime = moment()
    ids: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    tag: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
