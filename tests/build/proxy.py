"""A way to the database over TCP that can be slow, shut or cut, or lose the answers."""

import asyncio
from contextlib import suppress
from typing import Self

from sqlalchemy.engine import make_url


class Proxy:
    """A way to the database at this address; `url` is its own. Open unless told otherwise.

    `delay`: seconds that each piece is under way to the server, so that it is the time of a trip to the server and back.
    `loses_replies`: answers of the server are dropped, and everything that we send still arrives.
    """

    def __init__(self, url: str, *, is_open: bool = True) -> None:
        self._way = make_url(url)
        self._is_open = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends: list[asyncio.StreamWriter] = []  # closed only by a cut or at the end: nobody must hear one before
        self._server: asyncio.Server | None = None
        self.url = ""
        self.delay = 0.0
        self.loses_replies = False
        if is_open:
            self.open()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = self._way.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        ends = list(self._ends)
        await asyncio.gather(*self._forget_all(), return_exceptions=True)
        await asyncio.gather(*(end.wait_closed() for end in ends), return_exceptions=True)

    def open(self) -> None:
        self._is_open.set()

    def shut(self) -> None:
        """Swallow everything from now on, and tell nobody; connections that were open stay dead for ever."""
        self._is_open.clear()
        for task in self._tasks:
            task.cancel()

    def cut(self) -> None:
        """End all connections at once, as a restart of what stands between does."""
        self._forget_all()

    def _forget_all(self) -> list[asyncio.Task[None]]:
        ended = list(self._tasks)
        for task in ended:
            task.cancel()
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()
        return ended

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.append(writer)
        await self._is_open.wait()
        inner_reader, inner_writer = await self._reach()
        self._ends.append(inner_writer)
        self._pump(reader, inner_writer, is_reply=False)
        self._pump(inner_reader, writer, is_reply=True)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        folder = self._way.query.get("host")
        if folder is not None:
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{self._way.port or 5432}")
        return await asyncio.open_connection(self._way.host, self._way.port or 5432)

    def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_reply: bool) -> None:
        async def pump() -> None:
            with suppress(ConnectionError):  # an end that was cut
                while data := await source.read(65536):
                    if is_reply and self.loses_replies:
                        continue
                    if not is_reply and self.delay:
                        await asyncio.sleep(self.delay)
                    target.write(data)
            target.close()

        task = asyncio.create_task(pump())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
