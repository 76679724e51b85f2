"""Mailboxes, for viewers that the hub cannot reach directly: bounded, the newest per key, and how they end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedboard.live.seats import MailboxSeat
from tests.build import PATIENCE
from tests.build.stage import Stage, Step, Versions, after


class OtherSide:
    """The other side of a mailbox: takes messages only while its gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.got: list[str] = []

    async def send_text(self, text: str) -> None:
        await self.gate.wait()
        self.got.append(text)


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def pumping(seat: MailboxSeat[str], send: Callable[[str], Awaitable[None]]) -> AsyncIterator[asyncio.Task[int]]:
    task = asyncio.create_task(seat.pump(send))
    await turns()
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_mailbox_keeps_the_newest_per_key_in_order_of_last_publication() -> None:
    stage, reader = Stage(), OtherSide()
    seat = stage.mailbox()
    stage.hub.join(seat, "requests", lambda: "unused")
    async with pumping(seat, reader.send_text):
        stage.hub.publish("board", "amber", "held up at the door")
        await turns()
        for number in range(1000):  # returns at once each time, though nobody reads
            stage.hub.publish("board", "amber", f"amber {number}")
            stage.hub.publish("board", "birch", f"birch {number}".encode())
            stage.hub.publish_everywhere("pulse", f"pulse {number}")
        stage.hub.publish("requests", "amber", "another amber")
        stage.hub.publish("board", "amber", "amber last")
        assert len(seat) == 4, "bounded by the number of keys"
        reader.gate.set()
        await turns()
    assert reader.got == ["held up at the door", "birch 999", "pulse 999", "another amber", "amber last"]


async def test_a_key_that_changes_all_the_time_does_not_keep_a_mailbox_from_sending_it() -> None:
    stage = Stage()
    seat = stage.mailbox()
    got: list[str] = []

    async def send(text: str) -> None:
        got.append(text)
        if len(got) < 20:
            stage.hub.publish("board", "busy", "busy")
            stage.hub.publish("board", f"other {len(got)}", "other")

    async with pumping(seat, send):
        stage.hub.publish("board", "first", "first")
        await turns(50)
    assert got.count("busy") >= 5


@given(st.lists(Step, max_size=60))
@settings(deadline=None)
async def test_mailbox_viewer_has_the_whole_board_whatever_it_missed(steps: list[tuple[str, str]]) -> None:
    board: Versions = {"amber": 0, "birch": 0, "cedar": 0}
    stage, reader = Stage(), OtherSide()
    seat = stage.mailbox()
    before = dict(board)
    async with pumping(seat, reader.send_text):
        for act, shelter in steps:
            if act == "publish":
                board[shelter] += 1
                stage.hub.publish("board", shelter, f"{shelter}={board[shelter]}")
            else:
                reader.gate.set()
                await turns(3)
                reader.gate.clear()
            assert len(seat) <= len(board)
        reader.gate.set()
        await turns()
        assert after(before, reader.got) == board


async def test_a_pump_that_cannot_send_ends_with_1013() -> None:
    stage, reader = Stage(), OtherSide()
    seat = stage.mailbox("stuck")
    async with pumping(seat, reader.send_text) as pump:
        assert stage.drop_stuck(1000.0) == 0, "an idle mailbox is not a stuck one"
        stage.hub.publish("board", "amber", "one")
        await turns()
        assert stage.hub.lagging == 1
        assert stage.drop_stuck(1009.9) == 0
        assert stage.drop_stuck(1010.0) == 1
        assert await asyncio.wait_for(pump, PATIENCE) == 1013
    stage.drop_stuck(1012.0)
    assert (len(stage.hub), stage.hub.lagging, reader.got) == (0, 0, [])


@pytest.mark.parametrize("already_pumping", [True, False])
async def test_a_closed_mailbox_sends_nothing_more(already_pumping: bool) -> None:
    stage, reader = Stage(), OtherSide()
    reader.gate.set()
    seat = stage.mailbox()
    pump = asyncio.create_task(seat.pump(reader.send_text))
    if already_pumping:
        await turns()
    stage.hub.publish("board", "amber", "too late")
    stage.hub.close_where(lambda viewer: True, 4401)
    assert await asyncio.wait_for(pump, PATIENCE) == 4401
    assert reader.got == []


async def test_a_time_out_of_the_socket_itself_is_not_taken_for_a_close() -> None:
    stage = Stage()
    seat = stage.mailbox()

    async def send(text: str) -> None:
        raise TimeoutError("the network")

    stage.hub.publish("board", "amber", "one")
    with pytest.raises(TimeoutError, match="the network"):
        await seat.pump(send)
