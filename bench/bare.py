"""A client that costs next to nothing: requests as ready bytes over kept connections, one loop around `epoll`.

httpx takes a millisecond for each call, which is more than many an answer takes.
"""

import json
import select
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from websockets.frames import Frame, Opcode


def request(url: str, method: str, path: str, body: bytes = b"", /, **headers: str) -> bytes:
    """Return a request as bytes; in the names of headers `_` stands for `-`."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def connect(url: str) -> socket.socket:
    address = urlsplit(url)
    line = socket.create_connection((address.hostname, address.port), timeout=60)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def missing_bytes(heard: bytearray) -> int:
    """Return how many bytes of the answer are still to come; 0 when it is whole. Raises AssertionError if it is no 200."""
    head = heard.find(b"\r\n\r\n")
    if head < 0:
        return 1
    if not heard.startswith(b"HTTP/1.1 200"):
        raise AssertionError(bytes(heard[:2000]))
    length = bytes(heard[:head]).lower().partition(b"content-length:")[2].partition(b"\r")[0]
    return head + 4 + int(length) - len(heard)


def ask(line: socket.socket, wanted: bytes) -> bytes:
    """Return the whole answer to one request, with its head."""
    line.sendall(wanted)
    heard = bytearray()
    while missing_bytes(heard) > 0:
        heard += line.recv(1 << 18)
    return bytes(heard)


def hear(line: socket.socket, sign: bytes) -> bytes:
    """Read until this sign has come."""
    heard = bytearray()
    while sign not in heard:
        piece = line.recv(1 << 18)
        if not piece:
            raise AssertionError(bytes(heard[:2000]))
        heard += piece
    return bytes(heard)


def empty(line: socket.socket) -> None:
    """Throw away what has come meanwhile."""
    while select.select([line], [], [], 0)[0]:
        line.recv(1 << 18)


def sign_in(url: str, person: str) -> str:
    """Return the cookie of a new session of a demo's person."""
    with connect(url) as line:
        form = {"Content_Type": "application/x-www-form-urlencoded", "Origin": url}
        line.sendall(request(url, "POST", "/sign-in/demo", f"person={person}".encode(), **form))
        head = hear(line, b"\r\n\r\n").decode()
    return head.partition("set-cookie: ")[2].partition(";")[0]


def open_page(url: str, path: str, cookie: str, hello: dict[str, object]) -> socket.socket:
    """Open the live line of a page and say hello."""
    line = connect(url)
    key = {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec_WebSocket_Version": "13"}
    line.sendall(request(url, "GET", path, Origin=url, Cookie=cookie, Upgrade="websocket", Connection="Upgrade", **key))
    hear(line, b"\r\n\r\n")
    line.sendall(Frame(Opcode.TEXT, json.dumps({"type": "hello", "known": {}} | hello).encode()).serialize(mask=True))
    return line


def ask_at_once(url: str, requests: Sequence[bytes], times: int, lines: int) -> list[float]:
    """Return the milliseconds of each answer; every one of `lines` connections asks again as soon as it has its answer."""
    poll, turn, took = select.epoll(), 0, list[float]()
    sockets = [connect(url) for _ in range(lines)]
    heard, begun = {line.fileno(): bytearray() for line in sockets}, dict[int, float]()
    by_number = {line.fileno(): line for line in sockets}

    def send(line: socket.socket) -> None:
        nonlocal turn
        begun[line.fileno()] = time.perf_counter()
        line.sendall(requests[turn % len(requests)])
        turn += 1

    for line in sockets:
        poll.register(line.fileno(), select.EPOLLIN)
        send(line)
    while len(took) < times:
        for number, _ in poll.poll(60):
            buffer, line = heard[number], by_number[number]
            piece = line.recv(1 << 18)
            if not piece:
                raise AssertionError("the server closed a connection")
            buffer += piece
            if missing_bytes(buffer) <= 0:
                took.append((time.perf_counter() - begun[number]) * 1000)
                buffer.clear()
                if turn < times:
                    send(line)
    for line in sockets:
        line.close()
    return took


def cpu_ms(pids: Sequence[int]) -> float:
    """Return the milliseconds of CPU that these processes and all their threads have used so far."""
    threads = [one for pid in pids for one in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(one.read_text().split()[0]) for one in threads) / 1_000_000
