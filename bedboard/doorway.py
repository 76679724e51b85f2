"""The doorway: uvicorn's own HTTP protocol with an end to every wait, and not more connections than there are open files.

It parses nothing itself: it only measures time and counts bytes while httptools reads.
"""

import asyncio
import resource
from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger()

MOST_FILES = 65_536
FILES_KEPT = 300
"""Open files that no caller gets: the database, the log, the templates, and what a library opens for a moment."""
NEAR = 0.8
"""From this part of all connections on, the log says that they become scarce."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the doorway waits, in seconds, and for how much.

    `head_seconds`: from the first byte of a request, or from the connection, to the end of its headers. `body_seconds`: from
    there to its last byte. `answer_seconds`: for a caller that reads nothing of its answer. `head_bytes`: of headers.

    `of_address`: connections of one address that is no proxy of ours; live sockets do not count. `connections`: of everybody,
    sockets too; None: as many as there are open files for.
    """

    head_seconds: float = 15.0
    body_seconds: float = 30.0
    answer_seconds: float = 60.0
    head_bytes: float = 64 * 1024
    of_address: float = 1000
    connections: float | None = None


def raise_open_files() -> int:
    """Let this process open as many files as the system lets it raise by itself; return how many these are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MOST_FILES if soft == resource.RLIM_INFINITY else soft


class Door:
    """The connections of one server, counted."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self.most = patience.connections or max(1, raise_open_files() - FILES_KEPT)
        self._of: Counter[str] = Counter()
        self._is_near = False

    def has_room(self, connections: int, address: str | None) -> bool:
        """Return whether one more may come in; `address` None: it is a proxy's, or not known. Say in the log when few may."""
        if connections >= NEAR * self.most:
            if not self._is_near:
                log.warning("connections_near_limit", count=connections, most=self.most)
            self._is_near = True
        elif connections < 0.9 * NEAR * self.most:  # not at each caller that comes and goes
            self._is_near = False
        return connections <= self.most and (address is None or self._of[address] < self.patience.of_address)

    def come(self, address: str) -> None:
        self._of[address] += 1

    def go(self, address: str) -> None:
        self._of[address] -= 1
        if not self._of[address]:
            del self._of[address]


class Doorway(HttpToolsProtocol):
    """One connection, until it ends or becomes a WebSocket. `make_doorway` gives it its door."""

    door: Door

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._address: str | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        proxies = self.config.forwarded_allow_ips or ""
        address = self.client[0] if self.client else None
        is_proxy = address is None or address in (proxies if isinstance(proxies, list) else proxies.split(","))
        if not self.door.has_room(len(self.connections), None if is_proxy else address):
            transport.abort()
            return
        if address is not None and not is_proxy:
            self._address = address
            self.door.come(address)
        self._wait(self.door.patience.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._let_go()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._deadline is None:  # a further request begins on this connection
                self._wait(self.door.patience.head_seconds)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.door.patience.head_bytes and not self.transport.is_closing():
            self.transport.abort()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._wait(self.door.patience.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._stop_waiting()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._let_go()
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self.door.patience.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _wait(self, seconds: float) -> None:
        """Give the caller so much time for the next part; it replaces the time for the last part."""
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        self.transport.close()

    def _let_go(self) -> None:
        self._stop_waiting()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        if self._address is not None:
            self.door.go(self._address)
            self._address = None


def make_doorway(patience: Patience | None = None) -> type[asyncio.Protocol]:
    """Return the HTTP protocol for one server (`uvicorn.Config(http=…)`)."""
    return cast("type[asyncio.Protocol]", type("Doorway", (Doorway,), {"door": Door(patience or Patience())}))
