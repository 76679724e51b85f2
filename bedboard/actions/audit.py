"""The chain of the audit trail: adding what is new, and looking for what somebody changed, deleted or put in between.

docs/security.md says what it finds, and what it cannot find.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bedboard.store.chain import (
    TABLES,
    Block,
    Settled,
    each_block,
    get_head,
    get_settled,
    get_until_id,
    list_copies,
    list_cuts,
    list_rows,
    list_unchained,
    lock_chain,
    read_at_one_moment,
    save_block,
)
from bedboard.store.database import Transaction, marks_of
from bedboard.store.marks import Marks

BLOCK_ROWS = 500
SETTLED_AFTER = timedelta(minutes=10)  # far longer than any transaction may last
LOOKS_BACK = timedelta(days=2)  # from the last block, by the first turn of a process: a machine may have stood still for hours


class Finding(NamedTuple):
    """Something wrong in the audit trail: the table ("chain" for the chain itself), the row or block, and what is wrong."""

    source: str
    number: int
    what: str

    def __str__(self) -> str:
        return f"{self.source} {'block' if self.source == 'chain' else 'row'} {self.number} {self.what}"


class Head(NamedTuple):
    """The end of the chain, as it is kept outside the database: the number of the last block, and its mark in hexadecimals."""

    number: int
    mark: str


def head_of(block: Block | None) -> Head:
    return Head(0, "") if block is None else Head(block.number, block.mark.hex())


class Chained(NamedTuple):
    """The result of one turn of the chain: rows that it chained, and rows that it left out as not bedboard's own."""

    rows: int
    forged: Sequence[Finding]


async def chain_rows(tx: Transaction, now: datetime, *, whole: bool = False) -> Chained | None:
    """Chain the rows that are not in the chain yet; None: another process is doing it.

    `whole`: look far back too, for rows that came late while no process was running. To look among all rows would take
    minutes after some years; `bedboard verify` does. Rows with an empty tag are older than the tags: they are chained by the
    turn that begins the chain, and never later.
    """
    if not await lock_chain(tx):
        return None
    marks, head = marks_of(tx), await get_head(tx)
    begin = min(now, head.at - LOOKS_BACK) if whole and head is not None else now
    begins, mark = head is None, b"" if head is None else head.mark
    number = last = 0 if head is None else head.number
    count = 0
    forged: list[Finding] = []
    for source in TABLES:
        since = await get_settled(tx, source, begin - SETTLED_AFTER)
        until_id = await get_until_id(tx, source)
        while rows := await list_unchained(tx, source, since, BLOCK_ROWS, last):
            right = [row for row in rows if (marks.fits(source, row, row["tag"]) if row["tag"] else begins)]
            if len(right) < len(rows):
                wrong = {row["id"] for row in rows} - {row["id"] for row in right}
                forged += [Finding(source, one, NOT_OURS) for one in sorted(wrong)]
            if right:
                number, ids = number + 1, [row["id"] for row in right]
                until_id = max(until_id, ids[-1])
                tags = b"".join(row["tag"] or marks.tag(source, row) for row in right)
                block = Block(number, now, source, until_id, ids, tags, b"")
                mark = marks.link(mark, block.content)
                await save_block(tx, block._replace(mark=mark))
                count += len(right)
            if len(rows) < BLOCK_ROWS:
                break
            since = Settled(since.number, rows[-1]["id"])
    return Chained(count, forged)


NOT_OURS = "was not written by bedboard"
CHANGED, DELETED, COPY = "was changed", "was deleted", "is a copy of row {}"
CUT = "is the last block, and there were {}: the end of the chain was cut off"
REPLACED = "is not the block that was there"


async def check_head(tx: Transaction, kept: Head) -> Finding | None:
    """Return what is wrong when the chain does not go on from the head that was kept outside the database; None: it does."""
    if kept.number == 0:
        return None
    block = await get_head(tx, kept.number)
    if block is None:
        return Finding("chain", head_of(await get_head(tx)).number, CUT.format(kept.number))
    return None if block.mark.hex() == kept.mark else Finding("chain", kept.number, REPLACED)


class Verified(NamedTuple):
    """The extent of a verification. `waiting`: rows of bedboard's own that are not in the chain yet."""

    rows: int
    blocks: int
    waiting: int
    head: Head


async def verify_trail(
    tx: Transaction, kept: Head | None, counted: Callable[[int], None] = lambda rows: None
) -> AsyncIterator[Finding | Verified]:
    """Yield everything that is wrong, in the order of the chain, and at last what was looked at.

    `kept`: the head from outside the database; None: there is none. `counted` hears how many rows have been read so far. The
    transaction is new.
    """
    await read_at_one_moment(tx)
    cuts = await list_cuts(tx)
    for cut_id in cuts.forged:
        yield Finding("cut", cut_id, NOT_OURS)
    last, count = Head(0, ""), 0
    async for block in each_block(tx):
        for finding in [*_wrong_links(marks_of(tx), last, block), *await _wrong_rows(tx, block, cuts.ids[block.source])]:
            yield finding
        last, count = head_of(block), count + len(block.ids)
        counted(count)
    if kept is not None and (wrong := await check_head(tx, kept)) is not None:
        yield wrong
    waiting = 0
    async for one in _outside(tx, begins=last.number == 0):
        if one is None:
            waiting += 1
        else:
            yield one
    yield Verified(count, last.number, waiting, last)


def _wrong_links(marks: Marks, last: Head, block: Block) -> Iterator[Finding]:
    """Yield what is wrong between the last block and this one."""
    for missing in range(last.number + 1, block.number):
        yield Finding("chain", missing, DELETED)
    if block.number == last.number + 1 and not marks.links(bytes.fromhex(last.mark), block.content, block.mark):
        yield Finding("chain", block.number, CHANGED)


async def _wrong_rows(tx: Transaction, block: Block, forgotten: Collection[int]) -> list[Finding]:
    """Return what is wrong with the rows of a block. `forgotten`: the rows of this table that retention deleted."""
    marks, rows = marks_of(tx), await list_rows(tx, block.source, block.ids)
    found = []
    for row_id, tag in block.tagged():
        if row_id not in rows:
            found += [] if row_id in forgotten else [Finding(block.source, row_id, DELETED)]
        elif not marks.fits(block.source, rows[row_id], tag):
            found.append(Finding(block.source, row_id, CHANGED))
    return found


async def _outside(tx: Transaction, *, begins: bool) -> AsyncIterator[Finding | None]:
    """Yield what is wrong with the rows that are in no block, and with copies; None for each row that only waits."""
    marks = marks_of(tx)
    for source in TABLES:
        since = Settled(0, 0)
        while rows := await list_unchained(tx, source, since, BLOCK_ROWS):
            for row in rows:
                is_ours = marks.fits(source, row, row["tag"]) if row["tag"] else begins
                yield None if is_ours else Finding(source, row["id"], NOT_OURS)
            since = Settled(0, rows[-1]["id"])
        for row_id, of_id in await list_copies(tx, source):
            yield Finding(source, row_id, COPY.format(of_id))
