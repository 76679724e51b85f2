"""A TCP way that an attack can make slow, cut, swallow, leave half open, or rob of its replies."""

import asyncio
from contextlib import suppress
from typing import Self


class Wire:
    """A way to `host:port` by way of `port` here. Each setting holds for all connections from then on.

    `delay_seconds`: before each piece in either direction. `is_hole`: everything is swallowed, and nobody hears an end.
    `loses_replies`: words of the other side are swallowed, and ours arrive. `is_shut`: nobody is let in.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.delay_seconds = 0.0
        self.is_hole = False
        self.loses_replies = False
        self.is_shut = False
        self.cuts = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """Cut all connections without a goodbye."""
        for writer in self._writers:
            self.cuts += 1
            writer.transport.abort()
        self._writers.clear()

    def half_open(self) -> None:
        """Cut the far ends only: those on this side hear nothing more, and no end."""
        self.is_hole = True
        for task in self._tasks:
            task.cancel()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_shut:
            writer.transport.abort()
            return
        try:
            inner_reader, inner_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, inner_writer}
        for source, target, is_reply in ((reader, inner_writer, False), (inner_reader, writer, True)):
            task = asyncio.create_task(self._pump(source, target, is_reply=is_reply))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_reply: bool) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                if not self.is_hole and not (is_reply and self.loses_replies):
                    target.write(data)
                    await target.drain()
        if not self.is_hole:
            target.transport.abort()
            self._writers.discard(target)
