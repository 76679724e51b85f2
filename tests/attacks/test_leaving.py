"""Callers that leave at the worst moment: nobody is hurt, and the log has no word of it. A bug is told with its stack."""

import asyncio
import json
import logging
import socket
import struct
import sys
from collections.abc import AsyncIterator

import pytest

from bedboard.clock import Clock
from bedboard.log import LibraryLine
from bedboard.routes import live
from bedboard.store.database import Database
from tests.attacks.stage import HANDSHAKE, tell
from tests.build import FixedClock, until
from tests.build.site import Site, served

RESET = struct.pack("ii", 1, 0)
CLOSE_FRAME = b"\x88\x80mask"
CALLERS = 300


@pytest.fixture
async def site(board_database: Database) -> AsyncIterator[Site]:
    async with served(board_database.url, FixedClock(Clock().now())) as site:
        yield site


async def leave_at(site: Site, turns: int, how: str) -> None:
    """Ask for a socket, let the server take so many turns, and leave: by a close frame, a reset, or without a word."""
    host = site.url.removeprefix("http://")
    name, port = host.split(":")
    with socket.create_connection((name, int(port))) as caller:
        caller.setblocking(False)
        goodbye = CLOSE_FRAME if how == "goodbye" else b""
        await asyncio.get_running_loop().sock_sendall(caller, HANDSHAKE.format(host=host).encode() + goodbye)
        for _ in range(turns):
            await asyncio.sleep(0)
        if how == "reset":
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        elif how == "end":
            caller.shutdown(socket.SHUT_WR)


async def test_viewers_that_leave_while_they_are_accepted_leave_nothing_behind(
    capsys: pytest.CaptureFixture[str], site: Site
) -> None:
    for number in range(CALLERS):
        await leave_at(site, number % 7, ("goodbye", "reset", "end")[number % 3])

    async def all_gone() -> bool:
        return not len(site.process.hub) and not site.process.admission._sockets

    await until(all_gone, "every seat is given back")
    out = capsys.readouterr()  # uvicorn's lines too
    assert "Traceback" not in out.out + out.err and '"bug"' not in out.out + out.err
    tell(capsys, f"leaving: {CALLERS} left during the handshake, 0 seats kept, 0 errors")


async def test_a_bug_of_a_socket_is_told_once_with_its_stack(
    capsys: pytest.CaptureFixture[str], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_actor: object) -> None:
        raise LookupError("what somebody typed")

    monkeypatch.setattr(live, "api_audience", fail)
    await leave_at(site, 3, "end")
    said = ""

    async def is_told() -> bool:
        nonlocal said
        out = capsys.readouterr()
        said += out.out + out.err
        return '"bug"' in said

    await until(is_told, "the bug is in the log")
    [line] = [json.loads(line) for line in said.splitlines() if '"bug"' in line]
    assert (line["route"], line["exception"][0]["exc_type"]) == ("api_live", "LookupError")
    assert line["exception"][0]["frames"] and "typed" not in said
    assert "ASGI" not in said


def test_an_error_of_a_library_is_written_with_its_stack_and_without_its_message() -> None:
    try:
        raise LookupError("what somebody typed")
    except LookupError:
        record = logging.LogRecord(
            "uvicorn.error", logging.ERROR, __file__, 1, "Exception in ASGI application\n", (), sys.exc_info()
        )
    line = json.loads(LibraryLine().format(record))
    assert (line["event"], line["code"]) == ("Exception in ASGI application", "LookupError")
    assert (
        line["exception"][0]["frames"][-1]["name"]
        == "test_an_error_of_a_library_is_written_with_its_stack_and_without_its_message"
    )
    assert "typed" not in json.dumps(line)
