"""Real processes of bedboard, each on a free port, with its log in a file."""

import asyncio
import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import httpx
from websockets.asyncio.client import connect

from tests.build import PATIENCE
from tests.build.forks import Fork
from tests.build.site import TRUST

ROOT = Path(__file__).parents[2]
START_SECONDS = (
    120.0  # an installed program compiles everything at its first start, on a machine that does other things as well
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """Ours without any setting of bedboard, and with these."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("BEDBOARD_") and name != "DATABASE_URL"}
    return plain | more


def bedboard(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself, with these settings and no others."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = Fork(command, environment(**settings), ROOT, out, err)
        try:
            status = process.wait(120)
        finally:
            process.kill()
        return subprocess.CompletedProcess(command, status, out.read_text(), err.read_text())


def said(run: subprocess.CompletedProcess[str]) -> str:
    """The one line on standard error of a command that did nothing."""
    assert run.returncode != 0
    assert run.stdout == ""
    lines = run.stderr.splitlines()
    assert len(lines) == 1, run.stderr
    return lines[0]


class Process:
    """One `bedboard serve` (or demo): `async with` starts it and ends it, by its own pid.

    `program` is an installed `bedboard`, run in `cwd`; None: the one of this checkout.
    """

    def __init__(
        self,
        log: Path,
        *command: str,
        port: int | None = None,
        program: Path | None = None,
        cwd: Path = ROOT,
        **settings: str,
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._program = program
        self._command = [*(command or ("serve",)), "--port", str(self.port)]
        self._cwd = cwd
        patient = {"BEDBOARD_TOKEN_CALLS": "1000"}  # programs of tests call without a pause
        self._environment = environment(BEDBOARD_PUBLIC_URL=self.url, **(patient | settings))
        self._running: Fork | subprocess.Popen[bytes] | None = None

    @classmethod
    def serve(cls, log: Path, database_url: str, port: int | None = None) -> "Process":
        return cls(log, "serve", port=port, DATABASE_URL=database_url, BEDBOARD_DEMO="true")

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    async def start(self) -> Self:
        self.log.touch()
        self._running = self._begin()
        async with asyncio.timeout(START_SECONDS), self.api("demo-police") as api:
            while True:
                assert self._running.poll() is None, self.log.read_text()
                try:
                    if (await api.get("/board")).status_code == 200:
                        return self
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    def _begin(self) -> "Fork | subprocess.Popen[bytes]":
        if self._program is None:
            return Fork(self._command, self._environment, self._cwd, self.log, self.log)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [str(self._program), *self._command],
                env=self._environment,
                cwd=self._cwd,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    async def __aenter__(self) -> Self:
        try:
            return await self.start()
        except BaseException:
            await self.__aexit__()
            raise

    async def __aexit__(self, *_: object) -> None:
        if self._running is not None and self._running.poll() is None:
            self.kill()

    def kill(self) -> None:
        """As the kernel does it: no goodbye."""
        assert self._running is not None
        self._running.kill()
        self._running.wait()

    async def ask_to_end(self, seconds: float) -> int:
        """SIGTERM; gives the status. Raises TimeoutError when it takes longer."""
        assert self._running is not None
        self._running.send_signal(signal.SIGTERM)
        async with asyncio.timeout(seconds):
            while (status := self._running.poll()) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return status

    def api(self, token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE, verify=TRUST
        )

    def line(self, token: str = "demo-police") -> connect:  # noqa: S107
        url = f"{self.url.replace('http', 'ws', 1)}/api/v1/live"
        return connect(url, additional_headers={"Authorization": f"Bearer {token}"})
