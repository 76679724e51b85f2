"""The chain of the audit trail through time: late rows, restarts, several processes, a clock set back, and the kept head."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from bedboard.actions import audit
from bedboard.actions.audit import Finding, Head, chain_rows, check_head, head_of
from bedboard.actions.disclosures import note_refused_telephone
from bedboard.clock import Clock
from bedboard.store.chain import Row, Settled, get_head, list_unchained
from bedboard.store.database import Database, Transaction
from bedboard.store.marks import Source
from bedboard.store.seal import Seal, new_key
from bedboard.trail import Trail, read_head
from tests.build import NOW, FixedClock
from tests.build.audit import chain, cut, forget_tags, look, moments, verify
from tests.build.cases import HANNEKE
from tests.build.rows import run


async def test_a_row_that_is_committed_late_is_chained_late(board_database: Database) -> None:
    async with board_database.transaction() as slow:
        await note_refused_telephone(slow, HANNEKE, "linde", next(moments))  # waits for no other look
        await look(board_database)  # a higher id, committed first
        await chain(board_database)
        assert (await verify(board_database))[1].waiting == 0
    head = await chain(board_database)
    findings, seen = await verify(board_database, head)
    assert (findings, seen.waiting) == ([], 0)
    async with board_database.transaction() as tx:
        block = await get_head(tx)
    assert block is not None and block.source == "disclosure" and block.until_id > block.ids[-1]


async def test_a_row_that_comes_hours_late_is_found_by_the_first_turn_of_a_process(
    board_database: Database, clock: FixedClock
) -> None:
    async with board_database.transaction() as slow:
        await note_refused_telephone(slow, HANNEKE, "linde", next(moments))  # waits for no other look
        for _ in range(2):
            await look(board_database)
            await chain(board_database, clock)
            clock.move(hours=1)
    await chain(board_database, clock)
    assert (await verify(board_database))[1].waiting == 1  # it is one of bedboard's own, and waits
    await Trail(board_database, clock, None).chain()
    findings, seen = await verify(board_database)
    assert (findings, seen.waiting) == ([], 0)


async def test_the_first_turn_of_a_process_does_not_look_through_all_years(
    board_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take longer than a statement may, again and again, and nothing would be chained any more."""
    await look(board_database)
    await chain(board_database, clock)
    async with board_database.transaction() as tx:
        first = await get_head(tx)
    clock.move(hours=24 * 365)
    await look(board_database)
    await chain(board_database, clock)
    looked: list[Settled] = []

    async def note(tx: Transaction, source: Source, since: Settled, most: int, until: int | None = None) -> list[Row]:
        looked.extend([since] if source == "disclosure" else [])
        return await list_unchained(tx, source, since, most, until)

    monkeypatch.setattr(audit, "list_unchained", note)
    await Trail(board_database, clock, None).chain()
    assert first is not None and [since.number for since in looked] == [first.number]


async def test_the_clock_may_be_set_back(board_database: Database, clock: FixedClock) -> None:
    await chain(board_database, clock)
    for hours in (-48, 1, -24, 24 * 400):
        clock.move(hours=hours)
        await look(board_database)
        head = await chain(board_database, clock)
        findings, seen = await verify(board_database, head)
        assert (findings, seen.waiting) == ([], 0)


async def test_two_processes_that_chain_at_once_make_one_chain(board_database: Database) -> None:
    second = Database(board_database.url, board_database.marks, pool_size=5)
    trails = [Trail(one, Clock(), None) for one in (board_database, second) for _ in range(3)]
    for _ in range(10):
        await asyncio.gather(look(board_database), *(one.chain() for one in trails), look(second))
    await trails[0].chain()
    await second.dispose()
    findings, seen = await verify(board_database)
    assert (findings, seen.waiting) == ([], 0)
    async with board_database.transaction() as first, board_database.transaction() as other:
        assert await chain_rows(first, NOW) is not None
        assert await chain_rows(other, NOW) is None


async def test_more_rows_than_fit_in_one_block_are_chained(board_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bedboard.actions.audit.BLOCK_ROWS", 3)
    for _ in range(7):
        await look(board_database)
    await chain(board_database)
    findings, seen = await verify(board_database)
    assert (findings, seen.waiting) == ([], 0)
    assert seen.blocks >= 5


async def test_many_rows_of_somebody_else_are_one_line_of_the_log(
    board_database: Database, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    async with board_database.transaction() as tx:
        assert len((await chain_rows(tx, NOW)).forged) == 0  # type: ignore[union-attr]
    stranger = Database(board_database.url, Seal(new_key()).marks, pool_size=1)
    for _ in range(7):
        await look(stranger)
    trail = Trail(board_database, clock, None)
    for _ in range(3):  # each turn finds them
        await trail.chain()
    await look(stranger)
    await trail.chain()
    await stranger.dispose()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "trail_broken" in line]
    assert [one["count"] for one in told] == [7, 1]
    assert told[0]["reason"].endswith("was not written by bedboard, and 6 more like it")


async def test_rows_from_before_there_were_tags_are_chained_once(board_database: Database) -> None:
    await forget_tags(board_database)
    assert (await verify(board_database))[0] == []
    head = await chain(board_database)
    assert (await verify(board_database, head))[0] == []
    await run(board_database, "update journal set action = 'x' where id = 1")
    assert (await verify(board_database, head))[0] == ["journal row 1 was changed"]


# --- the head outside the database ------------------------------------------------------------------------------------


async def test_the_head_is_kept_in_its_file_and_follows_the_chain(
    board_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    path = tmp_path / "head"
    one = Trail(board_database, clock, path)
    await one.keep_head()  # nothing is known yet
    assert read_head(path) is None
    for _ in range(2):
        await look(board_database)
        await one.chain()
        await one.keep_head()
        async with board_database.transaction() as tx:
            assert read_head(path) == head_of(await get_head(tx))
    assert sorted(os.listdir(tmp_path)) == ["head"]


async def test_a_process_does_not_go_on_from_a_chain_that_was_cut(
    board_database: Database, clock: FixedClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "head"
    one = Trail(board_database, clock, path)
    for _ in range(2):
        await look(board_database)
        await one.chain()
        await one.keep_head()
    kept = read_head(path)
    assert kept is not None
    await cut(board_database, kept.number - 1)
    await look(board_database)
    for trail in (one, Trail(board_database, clock, path)):  # this one, and one that starts afterwards
        await trail.chain()
        await trail.keep_head()
    assert read_head(path) == kept
    async with board_database.transaction() as tx:
        assert head_of(await get_head(tx)).number == kept.number - 1
        assert await check_head(tx, kept) == Finding(
            "chain", kept.number - 1, f"is the last block, and there were {kept.number}: the end of the chain was cut off"
        )


@pytest.mark.parametrize("said", ["", "null", "[]", '{"number": "1", "mark": ""}', '{"number": 1}'])
def test_a_file_that_holds_no_head_is_not_believed(tmp_path: Path, said: str) -> None:
    (tmp_path / "head").write_text(said)
    with pytest.raises(ValueError):
        read_head(tmp_path / "head")


def test_a_head_is_read_as_it_was_written() -> None:
    assert json.loads(json.dumps(Head(1, "ab")._asdict())) == {"number": 1, "mark": "ab"}
