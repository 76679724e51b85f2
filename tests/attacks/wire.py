"""A TCP way that an attack can make slow, cut, interrupt, leave half open, or rob of its replies."""

import asyncio
from contextlib import suppress
from typing import Self


class Wire:
    """A way to `host:port` by way of `port` here. Each setting holds for all connections from then on.

    `host`: a folder when the other side is a PostgreSQL that listens there. `delay_seconds`: before each piece in either
    direction. `loses_replies`: words of the other side are swallowed, and ours arrive. `is_shut`: nobody is let in.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0
        self.delay_seconds = 0.0
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
        self._flows.set()
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

    def hole(self) -> None:
        """Let nothing through, no word and no end, until `heal`: then it arrives, as TCP sends again what was lost."""
        self._flows.clear()

    def heal(self) -> None:
        self._flows.set()

    def half_open(self) -> None:
        """Forget all connections: both ends stay open, and nothing arrives there any more. New ones are as before."""
        for task in self._tasks:
            task.cancel()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        await self._flows.wait()
        if self.is_shut:
            writer.transport.abort()
            return
        try:
            await self._greet(reader, writer)
            inner_reader, inner_writer = await self._reach()
        except (OSError, EOFError):
            writer.transport.abort()
            return
        self._writers.add(inner_writer)
        for source, target, is_reply in ((reader, inner_writer, False), (inner_reader, writer, True)):
            task = asyncio.create_task(self._pump(source, target, is_reply=is_reply))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Do what comes before the words of the two ends: nothing."""

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self._target
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_reply: bool) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                await self._flows.wait()
                if not (is_reply and self.loses_replies):
                    target.write(data)
                    await target.drain()
        await self._flows.wait()
        target.transport.abort()
        self._writers.discard(target)


class BrowserWire(Wire):
    """The same as the proxy of a browser (SOCKS 5): whatever address the browser names, it comes to `host:port`."""

    @property
    def url(self) -> str:
        return f"socks5://127.0.0.1:{self.port}"

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\5\0")
        *_, kind = await reader.readexactly(4)
        length = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]  # of an address, or of a name
        await reader.readexactly(length + 2)
        writer.write(b"\5\0\0\1" + bytes(6))
