"""How long from a publication to the last viewer, and at what CPU, for several ways side by side in one run.

    python bench/fanout.py                          1,000 viewers of each way
    python bench/fanout.py --viewers 1000 10000 --ways hub c

Each way is one server process on the first core; its viewers are one process on the last core, the same program for all
(`viewers.py`). The ways take turns, so that a busy moment of the machine hits all of them. A way whose tools are not here is
left out: `c` needs a C compiler; `node` needs node and npm, which fetches `ws`; `socketio` needs `pip install python-socketio`.
No figure is a test. Figures last printed: at the end of this file.
"""

import argparse
import asyncio
import importlib.util
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
FRAME_HEAD = 4  # bytes, of a message between 126 and 65,535 bytes
MOST_ROUNDS = 300
WARM_UP_ROUNDS = 5
NAMES = {
    "hub": "the hub over the wire",
    "c": "a bare loop in C",
    "node": "node `ws`",
    "broadcast": "websockets.broadcast()",
    "naive": "await send_text for each",
    "socketio": "python-socketio",
}


def serve_python(way: str, size: int, _folder: Path) -> list[str] | None:
    return [sys.executable, str(HERE / "ways.py"), way, str(size)]


def serve_c(_way: str, size: int, folder: Path) -> list[str] | None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    program = folder / "fanout"
    subprocess.run([compiler, "-O2", "-o", str(program), str(HERE / "fanout.c")], check=True)
    return [str(program), str(size + FRAME_HEAD)]


def serve_node(_way: str, size: int, folder: Path) -> list[str] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    shutil.copy(HERE / "fanout.mjs", folder)
    subprocess.run([npm, "install", "--silent", "--no-save", "--no-audit", "ws@8"], cwd=folder, check=True)
    return [node, str(folder / "fanout.mjs"), str(size)]


def serve_socketio(way: str, size: int, folder: Path) -> list[str] | None:
    return serve_python(way, size, folder) if importlib.util.find_spec("socketio") else None


SERVE: dict[str, Callable[[str, int, Path], list[str] | None]] = {
    "hub": serve_python,
    "c": serve_c,
    "node": serve_node,
    "broadcast": serve_python,
    "naive": serve_python,
    "socketio": serve_socketio,
}


@dataclass
class Way:
    """One way, its server and its viewers, and what was measured."""

    name: str
    server: asyncio.subprocess.Process
    viewers: asyncio.subprocess.Process
    kilobytes: float
    last_ms: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    """CPU of the server so far, at the beginning of each round."""

    def cpu_per_million(self, viewers: int) -> float:
        """Return the seconds of CPU of a million messages, with all that a message costs after it was written."""
        return (self.cpu_seconds[-1] - self.cpu_seconds[0]) / (len(self.cpu_seconds) - 1) / viewers * 1e6

    async def stop(self) -> None:
        for process in (self.viewers, self.server):
            process.kill()
            await process.wait()


async def begin(command: list[str], core: int) -> asyncio.subprocess.Process:
    pipe = subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    os.sched_setaffinity(process.pid, {core})
    return process


async def line_of(process: asyncio.subprocess.Process) -> str:
    line = await asyncio.wait_for(process.stdout.readline(), 60) if process.stdout else b""
    if not line:
        raise SystemExit("a process of the bench stopped")
    return line.decode().strip()


def resident_kilobytes(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1024


async def open_way(name: str, command: list[str], viewers: int, cores: list[int]) -> Way:
    server = await begin(command, cores[0])
    port = await line_of(server)
    before = resident_kilobytes(server.pid)
    options = ["--socketio"] if name == "socketio" else []
    clients = await begin([sys.executable, str(HERE / "viewers.py"), port, str(viewers), *options], cores[-1])
    await line_of(clients)  # all connected
    await asyncio.sleep(0.5)  # and seated
    return Way(name, server, clients, (resident_kilobytes(server.pid) - before) / viewers)


async def publish(way: Way) -> None:
    """One round: from the moment before the first write to the last viewer's whole frame."""
    if way.server.stdin is None:
        raise SystemExit("a server without standard input")
    way.server.stdin.write(b"go\n")
    begun, cpu = map(float, (await line_of(way.server)).split())
    way.last_ms.append((float(await line_of(way.viewers)) - begun) * 1000)
    way.cpu_seconds.append(cpu)
    await asyncio.sleep(0.003)


async def measure(commands: dict[str, list[str]], viewers: int, seconds: float) -> list[Way]:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    ways: list[Way] = []
    try:
        for name, command in commands.items():
            ways.append(await open_way(name, command, viewers, cores))
        end = time.monotonic() + seconds * len(ways)
        for round_number in range(MOST_ROUNDS):
            if time.monotonic() > end and round_number > 2 * WARM_UP_ROUNDS:
                break
            for way in ways:
                await publish(way)
        for way in ways:
            way.last_ms, way.cpu_seconds = way.last_ms[WARM_UP_ROUNDS:], way.cpu_seconds[WARM_UP_ROUNDS:]
    finally:
        for way in ways:
            await way.stop()
    return ways


def report(viewers: int, ways: list[Way]) -> None:
    base = ways[0]
    print(
        f"\n{viewers} viewers, {len(base.last_ms)} rounds; p50 and p99 to the last viewer in ms, CPU in s per million messages"
    )
    print(f"{'':26}{'p50':>9}{'p99':>9}{'× p50':>8}{'CPU':>8}{'× CPU':>8}{'KB each':>9}")
    for way in ways:
        times = sorted(way.last_ms)
        p50, p99, cpu = statistics.median(times), times[int(len(times) * 0.99)], way.cpu_per_million(viewers)
        print(
            f"{NAMES[way.name]:26}{p50:9.2f}{p99:9.2f}{p50 / statistics.median(base.last_ms):8.2f}"
            f"{cpu:8.2f}{cpu / base.cpu_per_million(viewers):8.2f}{way.kilobytes:9.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, nargs="+", default=[1000])
    parser.add_argument("--ways", nargs="+", choices=list(NAMES), default=list(NAMES))
    parser.add_argument("--bytes", type=int, default=600, help="length of the message (default 600)")
    parser.add_argument("--seconds", type=float, default=6.0, help="for each way (default 6)")
    given = parser.parse_args()
    if max(given.viewers) > 10_000:
        raise SystemExit("at most 10000 viewers: beyond, one loopback address runs out of ports")
    if not 126 <= given.bytes <= 60_000:
        raise SystemExit("a message has 126 to 60000 bytes")
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, one process serves")
    with tempfile.TemporaryDirectory(prefix="bedboard-fanout-") as folder:
        commands: dict[str, list[str]] = {}
        for name in given.ways:
            if (command := SERVE[name](name, given.bytes, Path(folder))) is not None:
                commands[name] = command
            else:
                print(f"left out, its tools are not here: {NAMES[name]}")
        for viewers in given.viewers:
            report(viewers, asyncio.run(measure(commands, viewers, given.seconds)))


if __name__ == "__main__":
    main()


# Last printed, 30 November 2026, two cores, nothing beside it (Python 3.11.7, uvicorn 0.54.0, uvloop 0.23.0, node 20.20.2):
#
# 1000 viewers, 295 rounds; p50 and p99 to the last viewer in ms, CPU in s per million messages
#                                 p50      p99   × p50     CPU   × CPU  KB each
# the hub over the wire          6.20    11.17    1.00    6.55    1.00      1.6
# a bare loop in C               4.84     9.71    0.78    5.05    0.77      0.0
# node `ws`                      8.80    15.60    1.42    9.53    1.45     10.1
# websockets.broadcast()         9.27    16.63    1.50    9.88    1.51      9.7
#
# 10000 viewers, 40 rounds
# the hub over the wire        121.31   135.32    1.00    7.45    1.00      2.3
# a bare loop in C             107.03   112.29    0.88    6.30    0.85      0.0
# node `ws`                    143.27   154.35    1.18    9.10    1.22      5.8
# websockets.broadcast()       156.94   164.32    1.29    9.76    1.31     11.9
#
# The day before, beside other work, 1000 viewers:
# await send_text for each      31.17    68.81    1.94   24.29    2.16     19.9
# python-socketio               96.70   361.36    6.02  108.95    9.67     38.8
# 78 % of the CPU of ours is the kernel's.
