"""The hub over real sockets: uvicorn in a thread of its own, on both event loops, and real `websockets` clients.

The server's clock is turned by hand, so nothing here waits for patience to run out.
"""

import asyncio
import itertools
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from bedboard.live.wire import WEBSOCKET_OPTIONS
from tests.build.wire import DEADLINE_SECONDS, FILL, LOOPS, Server, all_read, read_until, self_signed, until, viewers


@pytest.fixture(params=LOOPS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(LOOPS[request.param], **WEBSOCKET_OPTIONS).running() as running:
        yield running


async def test_frames_of_the_hub_and_answers_to_one_viewer_interleave_whole(server: Server) -> None:
    async with viewers(server, 1) as [client]:
        got: list[str] = []
        for number in range(200):
            await client.send(f"question {number}")
            await server.publish(f"news {number} é", FILL)
            got += await read_until(client, f"question {number}")
        await server.publish("end")
        got += await read_until(client, "end")
    assert server.members != [None]
    assert [text for text in got if text.startswith("news")] == [f"news {number} é" for number in range(200)]
    assert [text for text in got if text.startswith("question")] == [f"question {number}" for number in range(200)]


async def test_writing_does_not_pause_a_viewer_that_reads(server: Server) -> None:
    """The rule the lagging set stands on: at a high-water mark of 0, both loops pause only for a full kernel."""

    def publish_small() -> int:
        server.hub.publish("board", "key", "small")
        return server.hub.lagging

    async with viewers(server, 1) as [client]:
        for number in range(300):
            assert await server.do(publish_small) == 0, number
        await server.publish("end")
        assert await read_until(client, "end") == ["small"] * 300 + ["end"]


async def test_a_viewer_that_stops_reading_delays_nobody_queues_nothing_and_is_closed(server: Server) -> None:
    async with viewers(server, 1, "stuck") as [stuck], viewers(server, 50) as others:
        stuck.transport.pause_reading()
        await server.fill()
        await server.publish(*itertools.repeat(FILL, 20), "end")
        await all_read(others, "end")
        await until(lambda: server.hub.lagging == 1)
        assert await server.do(server.waiting_bytes) <= len(FILL) + 4, "no more than the one frame it stopped at"
        assert await server.drop_stuck(9.9) == 0
        assert await server.drop_stuck(10.0) == 1
        assert len(server.hub) == 50
        await until(lambda: server.ended == ["stuck"])
        await server.drop_stuck(11.0)
        await until(lambda: len(server.connections()) == 50)
        await server.publish("still here")
        await all_read(others, "still here")


async def test_the_naive_way_fails_the_same_check(server: Server) -> None:
    """The control: awaiting each viewer in turn, one that does not read stops everybody behind it."""
    async with viewers(server, 1, "naive") as [stuck], viewers(server, 5, "naive") as others:
        stuck.transport.pause_reading()

        async def naive() -> None:
            for text in [*itertools.repeat(FILL, 100), "end"]:
                for send in server.naive:
                    await send({"type": "websocket.send", "text": text})

        future = asyncio.run_coroutine_threadsafe(naive(), server.loop)
        with pytest.raises(TimeoutError):
            await all_read(others, "end", seconds=1.0)
        assert not future.done()
        stuck.transport.resume_reading()
        await all_read([stuck, *others], "end")
        await asyncio.wait_for(asyncio.wrap_future(future), DEADLINE_SECONDS)


async def test_a_viewer_that_reads_again_in_time_gets_one_snapshot_and_lives_on(server: Server) -> None:
    async with viewers(server, 1) as [client]:
        client.transport.pause_reading()
        await server.fill()
        await server.publish("missed", "missed too")
        client.transport.resume_reading()
        await until(lambda: server.hub.lagging == 0)
        await server.publish("end")
        got = [text for text in await read_until(client, "end") if text != FILL]
        assert got == ["snapshot with missed too", "end"]
        assert await server.drop_stuck(1000.0) == 0


async def test_a_closed_viewer_gets_the_code_and_its_handler_ends(server: Server) -> None:
    async with viewers(server, 2, "an") as clients, viewers(server, 1, "bo") as [other]:
        assert await server.do(lambda: server.hub.close_where(lambda viewer: viewer == "an", 4401)) == 2
        for client in clients:
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(client.recv(), DEADLINE_SECONDS)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401
        await until(lambda: server.ended == ["an", "an"])
        await server.publish("end")
        assert await read_until(other, "end") == ["end"]


async def test_a_stuck_viewer_that_reads_within_the_grace_still_learns_why(server: Server) -> None:
    async with viewers(server, 1) as [client]:
        client.transport.pause_reading()
        await server.fill()
        assert await server.drop_stuck(10.0) == 1
        client.transport.resume_reading()
        with pytest.raises(ConnectionClosed) as closed:
            await read_until(client, "nothing more")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013


async def test_publishing_to_a_viewer_that_vanished_harms_nobody(server: Server) -> None:
    async with viewers(server, 2) as [gone, cut], viewers(server, 1) as [stays]:
        gone.transport.abort()

        def cut_and_publish() -> None:
            assert server.members[1]
            server.members[1].abort()
            server.hub.publish("board", "key", "in the same step")

        await server.do(cut_and_publish)
        await server.publish(*itertools.repeat(FILL, 20), "end")
        await read_until(stays, "end")
        await until(lambda: len(server.hub) == 1)
        with pytest.raises(ConnectionClosed):
            await read_until(cut, "end")
        for member in server.members[:2]:
            assert member
            for act in (lambda member=member: member.close(4401), member.check_alive, member.abort):
                await server.do(act)


@pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)
async def test_another_protocol_class_falls_back_to_mailboxes(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with Server(new_loop, ws="websockets-sansio", ws_per_message_deflate=False).running() as server:
        async with viewers(server, 1, "stuck") as [stuck]:
            stuck.transport.pause_reading()
            await server.fill(FILL * 64)  # without our send buffer, megabytes go before anybody notices
            async with viewers(server, 5) as others:
                await server.publish("end")
                await all_read(others, "end")
                assert server.members == [None] * 6
                assert await server.drop_stuck(10.0) == 1
                await until(lambda: len(server.hub) == 5)


async def test_over_tls_a_mailbox_is_used(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    trust = ssl.create_default_context(cafile=certificate)
    options = {**WEBSOCKET_OPTIONS, "ssl_certfile": certificate, "ssl_keyfile": key}
    with Server(LOOPS["uvloop"], **options).running() as server:
        async with viewers(server, 1, ssl=trust) as [client]:
            await server.publish("one")
            assert await read_until(client, "one") == ["one"]
            assert server.members == [None]
