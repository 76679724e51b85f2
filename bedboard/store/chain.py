"""The chain of the audit trail: blocks of rows that have been committed, each tied to the block before.

A block is written some seconds after its rows, by one process at a time, so a change of a shelter never waits for the chain.
Rows are chained in the order in which they became visible; that is nearly the order of their ids.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, text
from sqlmodel import SQLModel, col

from bedboard.store.database import Transaction, marks_of
from bedboard.store.marks import FIELDS, TAG_BYTES, Source
from bedboard.store.tables.audit import Chain, Cut
from bedboard.store.tables.board import Journal
from bedboard.store.tables.cases import CaseEvent
from bedboard.store.tables.passkeys import SignIn
from bedboard.store.tables.people import Disclosure

TABLES: Mapping[Source, type[SQLModel]] = {
    "journal": Journal,
    "disclosure": Disclosure,
    "case_event": CaseEvent,
    "sign_in": SignIn,
}
LOCK = 7_262_317  # any number, as long as it is always the same
TRY_LOCK = text("select pg_try_advisory_xact_lock(:number)")


class Block(NamedTuple):
    """A block as it is stored; `content` is what its mark covers, with the mark of the block before."""

    number: int
    at: datetime
    source: Source
    until_id: int
    ids: Sequence[int]
    tags: bytes
    mark: bytes

    @property
    def content(self) -> bytes:
        head = f"{self.number} {self.at.astimezone(UTC).isoformat()} {self.source} {self.until_id} "
        return head.encode() + ",".join(map(str, self.ids)).encode() + b" " + self.tags

    def tagged(self) -> list[tuple[int, bytes]]:
        """Return the rows of this block: the id and the tag of each."""
        tags = (self.tags[n * TAG_BYTES : (n + 1) * TAG_BYTES] for n in range(len(self.ids)))
        return list(zip(self.ids, tags, strict=True))


Row = Mapping[str, Any]
"""A row of the audit trail by column: its id, its tag, and the fields under the tag."""


def _columns(source: Source) -> list[Any]:
    columns = SQLModel.metadata.tables[source].c
    return [columns.id, columns.tag, *(columns[name] for name in FIELDS[source])]


async def lock_chain(tx: Transaction) -> bool:
    """Take the lock of the chain until the end of the transaction; False: another process is at work on it."""
    return bool((await (await tx.connection()).execute(TRY_LOCK, {"number": LOCK})).scalar_one())


async def get_head(tx: Transaction, number: int | None = None) -> Block | None:
    """Return the last block, or the one with this number; None when there is none."""
    wanted = select(Chain.__table__).order_by(col(Chain.number).desc()).limit(1)  # type: ignore[attr-defined]
    if number is not None:
        wanted = wanted.where(col(Chain.number) == number)
    found = (await (await tx.connection()).execute(wanted)).one_or_none()
    return None if found is None else Block(*found)


class Settled(NamedTuple):
    """The last block of a table that is so old that no row with a lower id can still be on its way."""

    number: int
    until_id: int


async def get_settled(tx: Transaction, source: Source, before: datetime) -> Settled:
    """Return the last block of this table from before this moment; zeros when there is none."""
    wanted = (
        select(col(Chain.number), col(Chain.until_id))
        .where(col(Chain.source) == source, col(Chain.at) < before)
        .order_by(col(Chain.number).desc())
        .limit(1)
    )
    found = (await (await tx.connection()).execute(wanted)).one_or_none()
    return Settled(0, 0) if found is None else Settled(*found)


async def list_unchained(tx: Transaction, source: Source, since: Settled, most: int, until: int | None = None) -> list[Row]:
    """Return the rows of this table after `since` that are in no block, in the order of their ids; `most` of them at once.

    `until`: no block after this one can have such a row; None: any may.
    """
    columns = _columns(source)
    chained = select(func.unnest(Chain.ids).label("id")).where(col(Chain.source) == source, col(Chain.number) > since.number)
    inside = (chained if until is None else chained.where(col(Chain.number) <= until)).subquery()
    wanted = (
        select(*columns)
        .outerjoin_from(columns[0].table, inside, inside.c.id == columns[0])
        .where(columns[0] > since.until_id, inside.c.id.is_(None))
        .order_by(columns[0])
        .limit(most)
    )
    return [row._asdict() for row in await (await tx.connection()).execute(wanted)]


async def list_rows(tx: Transaction, source: Source, ids: Sequence[int]) -> dict[int, Row]:
    """Return these rows by id; those that are gone are left out."""
    columns = _columns(source)
    found = await (await tx.connection()).execute(select(*columns).where(columns[0] == func.any(ids)))
    return {row.id: row._asdict() for row in found}


async def get_until_id(tx: Transaction, source: Source) -> int:
    """Return the highest id of this table in the chain; 0 when there is none."""
    wanted = select(col(Chain.until_id)).where(col(Chain.source) == source).order_by(col(Chain.number).desc()).limit(1)
    return (await (await tx.connection()).execute(wanted)).scalar_one_or_none() or 0


async def save_block(tx: Transaction, block: Block) -> None:
    """Add a block. The caller has the lock of the chain, and made the block after its last one."""
    await (await tx.connection()).execute(insert(Chain), [block._asdict()])


async def each_block(tx: Transaction, at_once: int = 50) -> AsyncIterator[Block]:
    """Yield all blocks in their order."""
    connection, last = await tx.connection(), 0
    while True:
        wanted = select(Chain.__table__).where(col(Chain.number) > last).order_by(col(Chain.number)).limit(at_once)  # type: ignore[attr-defined]
        blocks = [Block(*row) for row in await connection.execute(wanted)]
        if not blocks:
            return
        for block in blocks:
            yield block
        last = blocks[-1].number


CUT = b"cut "  # before the content of a cut; a mark of a block, which is 32 bytes long, or none stands before that of a block


def _cut_content(source: Source, before: datetime, ids: Sequence[int]) -> bytes:
    return f"{source} {before.astimezone(UTC).isoformat()} {','.join(map(str, ids))}".encode()


async def save_cut(tx: Transaction, source: Source, before: datetime, ids: Sequence[int]) -> None:
    """Sign that these rows were deleted in this transaction because they were past their term; nothing for no rows."""
    if ids:
        tag = marks_of(tx).link(CUT, _cut_content(source, before, ids))
        row = {"source": source, "before": before, "ids": list(ids), "tag": tag}
        await (await tx.connection()).execute(insert(Cut), [row])


class Cuts(NamedTuple):
    """The rows that retention deleted, by table, and the cuts that bedboard did not sign."""

    ids: Mapping[Source, set[int]]
    forged: Sequence[int]


async def list_cuts(tx: Transaction) -> Cuts:
    ids: dict[Source, set[int]] = {source: set() for source in TABLES}
    forged = []
    for cut in await (await tx.connection()).execute(select(Cut.__table__).order_by(col(Cut.id))):  # type: ignore[attr-defined]
        if marks_of(tx).links(CUT, _cut_content(cut.source, cut.before, cut.ids), cut.tag):
            ids[cut.source].update(cut.ids)
        else:
            forged.append(cut.id)
    return Cuts(ids, forged)


COPIES = "select max(id) as id, min(id) as of_id from {source} where tag <> '' group by tag having count(*) > 1 order by 1"


async def list_copies(tx: Transaction, source: Source) -> list[tuple[int, int]]:
    """Return the rows whose tag another row has too, each with the row that it was copied from."""
    found = await (await tx.connection()).execute(text(COPIES.format(source=source)))
    return [(row.id, row.of_id) for row in found]


async def read_at_one_moment(tx: Transaction) -> None:
    """Let all that this transaction reads be of one moment. The first statement of a transaction."""
    await (await tx.connection()).execute(text("set transaction isolation level repeatable read, read only"))
