"""The viewers of `fanout.py`: one process that counts whole frames, and prints the moment at which a round reached the last.

    python bench/viewers.py PORT VIEWERS [--socketio]

Prints "ready" when all are connected, then one line for each round: the moment of the last viewer, in monotonic seconds.
"""

import resource
import select
import socket
import sys
import time

HELLO = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SOCKETIO_CONNECT = b"\x81\x82\0\0\0\x0040"  # the text "40", masked with zeros
SOCKETIO_GREETINGS = 2  # its own "open", and the answer to "40"


def frame_end(data: bytes) -> int:
    """Return how long the first frame is; more than there is when it is not whole."""
    if len(data) < 2:
        return 2
    size = data[1]
    if size < 126:
        return 2 + size
    if len(data) < 10:
        return 10
    if size == 126:
        return 4 + int.from_bytes(data[2:4], "big")
    return 10 + int.from_bytes(data[2:10], "big")


def connect(port: int, *, socketio: bool) -> tuple[socket.socket, bytes]:
    """Return a connected viewer, and what has come after the handshake and the greetings."""
    viewer = socket.create_connection(("127.0.0.1", port), timeout=20)
    path = "/socket.io/?EIO=4&transport=websocket" if socketio else "/"
    viewer.sendall(HELLO.format(path=path).encode())
    data = b""
    while b"\r\n\r\n" not in data:
        data += viewer.recv(4096)
    data = data.partition(b"\r\n\r\n")[2]
    if socketio:
        viewer.sendall(SOCKETIO_CONNECT)
        for _ in range(SOCKETIO_GREETINGS):
            while (end := frame_end(data)) > len(data):
                data += viewer.recv(4096)
            data = data[end:]
    viewer.setblocking(False)
    return viewer, data


def main() -> None:
    port, count, socketio = int(sys.argv[1]), int(sys.argv[2]), "--socketio" in sys.argv
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    poll = select.epoll()
    viewers: dict[int, socket.socket] = {}
    begun: dict[int, bytes] = {}  # frames that are not whole yet
    for _ in range(count):
        viewer, data = connect(port, socketio=socketio)
        if data:
            begun[viewer.fileno()] = data
        viewers[viewer.fileno()] = viewer
        poll.register(viewer, select.EPOLLIN)
    print("ready", flush=True)
    left = count
    while True:
        for fileno, _ in poll.poll(maxevents=1000):
            data = viewers[fileno].recv(65536)
            if not data:
                return
            if fileno in begun:
                data = begun.pop(fileno) + data
            while data and (end := frame_end(data)) <= len(data):
                data = data[end:]
                left -= 1
            if data:
                begun[fileno] = data
        if left == 0:
            print(time.monotonic(), flush=True)
            left = count


if __name__ == "__main__":
    main()
