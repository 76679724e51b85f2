"""Start and stop the embedded PostgreSQL."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from bedboard.embedded import supervisor
from bedboard.embedded.errors import EmbeddedError
from bedboard.embedded.keeper import Keeper, Tell
from bedboard.embedded.places import (
    PORT,
    clear_stale_pid,
    lock_place,
    make_place,
    make_server_directory,
    make_socket_directory,
    remake_socket_directory,
)
from bedboard.embedded.programs import Programs, find_programs, has_name

USER = "bedboard"  # the owner inside PostgreSQL
WEB_USER = "bedboard_web"  # the role that serves; the first migration makes it
DATABASE = "postgres"  # the database that initdb makes; `Embedded.url` means this one
START_SECONDS = 60.0  # leaves time to replay the write-ahead log after a crash
ENV = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}

DEFAULTS = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "log_checkpoints": "off",
    # No ERROR and DETAIL lines: they quote values that people typed. The application is told of its errors anyway.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
}
FIXED = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",  # the server's own user, and root
}
WHY = {"No space left on device": "full", "Permission denied": "rights", "Input/output error": "disk"}
"""What the server's log says, and our word for it."""

INITDB = [
    *("--username", USER, "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
    # The directory is the key: a process that reaches the socket is let in. `peer` would look up the
    # caller's name, and root and `nobody` would need a map, and a container's nameless user could not be in it.
    *("--locale", "C", "--data-checksums", "--auth-local", "trust", "--auth-host", "reject", "--no-instructions"),
]


def start(data_dir: Path, *, settings: Mapping[str, str] | None = None) -> "Embedded":
    """Start the database in `data_dir`, which is made and initialised first where needed.

    `settings` are server settings by name, over DEFAULTS; those in FIXED cannot be changed (ValueError).
    Raises InUseError when another process uses this data, EmbeddedError when the server is not ready within START_SECONDS,
    OSError when a directory cannot be made. May be called from any thread.
    """
    if refused := FIXED.keys() & (settings or {}):
        raise ValueError(f"fixed settings of the embedded database: {', '.join(sorted(refused))}")
    return Embedded(data_dir, find_programs(), {**DEFAULTS, **(settings or {}), **FIXED})


class Embedded:
    """A running server; made by `start`. `pid` is its first process (the postmaster), `place` where its files are."""

    def __init__(self, data_dir: Path, programs: Programs, settings: Mapping[str, str]) -> None:
        self._programs = programs
        self._link = data_dir.resolve() / "embedded-postgresql"
        self.place = make_place(self._link, programs)
        self._log = self.place / "server.log"
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._keeper: Keeper | None = None
        self._is_stopping = False
        self._lock = lock_place(self.place)
        try:
            if self._log.exists():
                self._log.replace(self._log.with_suffix(".log.1"))
            self._log.touch(mode=0o600)
            pgdata = self.place / "pgdata"
            if not pgdata.exists():
                self._initialise(pgdata)
            self._sockets, self._temporary = make_socket_directory(self.place, programs)
            self._settings = settings
            self._start()
        except BaseException:
            self._end()
            raise

    def _start(self) -> None:
        pgdata = self.place / "pgdata"
        clear_stale_pid(pgdata)
        quoted = '"' + str(self._sockets).replace('"', '""') + '"'
        options = [f"-c{name}={value}" for name, value in {**self._settings, "unix_socket_directories": quoted}.items()]
        self._supervisor = self._launch("postgres", "-D", str(pgdata), *options, remove=self._temporary)
        self.pid = self._wait_until_ready(self._supervisor, pgdata / "postmaster.pid")

    def keep(self, tell: Tell) -> None:
        """Start the server again whenever it ends by itself, until `stop`. The URLs stay the same."""
        self._keeper = Keeper(self, tell)
        self._keeper.begin()

    def wait(self) -> None:
        """Wait until the server has ended, however that happened."""
        if (supervisor := self._supervisor) is not None:
            supervisor.wait()

    def restart(self) -> None:
        """Start the server again after it has ended by itself. Raises EmbeddedError, OSError.

        A killed supervisor leaves a server behind that still shuts down: then this fails, and may be tried again.
        """
        if (supervisor := self._supervisor) is not None and supervisor.stdin is not None:
            supervisor.stdin.close()
            supervisor.wait()
        remake_socket_directory(self._sockets, self._temporary, self._programs)
        self._start()

    def why_ended(self) -> str:
        """Return a word for what the log of the server says last."""
        last = self._last_lines()
        return next((word for words, word in WHY.items() if words in last), "unknown")

    @property
    def url(self) -> str:
        """The URL for SQLAlchemy: `postgresql+asyncpg://bedboard@/postgres?host=<socket directory>&port=5432`; no password."""
        return self._url(DATABASE)

    @property
    def web_url(self) -> str:
        """The URL as the role that serves, which may do less than the owner in `url`."""
        return self._url(DATABASE, WEB_USER)

    def _url(self, database: str, user: str = USER) -> str:
        # The port is spelled out because asyncpg would otherwise take PGPORT from the environment.
        return f"postgresql+asyncpg://{user}@/{quote(database, safe='')}?host={quote(str(self._sockets))}&port={PORT}"

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make the database `name`, a copy of `template` (nobody may be connected to that), and return its URL."""
        command = [str(self._programs.bin / "createdb"), "-h", str(self._sockets), "-p", PORT, "-U", USER]
        command += ["--no-password", "--maintenance-db", DATABASE, "--template", template, "--", name]
        made = subprocess.run(command, cwd="/", env=ENV, capture_output=True, text=True, check=False, **self._programs.dropped)
        if made.returncode:
            raise EmbeddedError(made.stderr.strip())
        return self._url(name)

    def stop(self) -> None:
        """Stop the server: cut connections, write everything, and return when all is over. May be called again.

        Raises EmbeddedError when the server did not end cleanly, or was gone before; committed changes are safe all
        the same, and the next start recovers them.
        """
        self._is_stopping = True
        if self._keeper is not None:
            self._keeper.stop()
        status = self._end_supervisor()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        if status := self._end() or status:
            raise EmbeddedError(f"the database server ended with status {status}\n{self._last_lines()}")

    def discard(self) -> None:
        """Stop, and remove the database with all its data: for throw-away ones. An empty `data_dir` stays behind."""
        try:
            self.stop()
        finally:
            lock = lock_place(self.place)  # again: after `stop` another process may have started it
            shutil.rmtree(self.place)
            if self._link.is_symlink():
                self._link.unlink()
            os.close(lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _initialise(self, pgdata: Path) -> None:
        new = pgdata.with_suffix(".new")  # so that one that was interrupted is never taken for a database
        if new.exists():
            shutil.rmtree(new)
        make_server_directory(new, self._programs)
        self._supervisor = self._launch("initdb", *INITDB, "-D", str(new))
        self._supervisor.wait()
        if self._end_supervisor():
            raise EmbeddedError(f"initdb failed\n{self._last_lines()}")
        new.rename(pgdata)
        os.sync()

    def _launch(self, program: str, *arguments: str, remove: Path | None = None) -> subprocess.Popen[bytes]:
        """Run one of PostgreSQL's programs under a supervisor.

        The supervisor is a process and not a thread of ours: the kernel's "signal when the parent dies" means the parent's
        *thread*, and a fork among threads may hang.
        """
        dropped = self._programs.dropped
        command = [str(self._programs.bin / program), *arguments]
        if program == "initdb" and not has_name(dropped.get("user", os.geteuid())):
            # initdb insists on a name, which a container's user may lack; in a user namespace it can be `nobody`.
            command = ["unshare", "--user", "--map-user=65534", "--map-group=65534", *command]
        mine = [dropped.get("user", -1), dropped.get("group", -1), self._lock, remove or ""]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", supervisor.__file__, *map(str, mine), *command],
                stdin=subprocess.PIPE,  # never written: it closes when this process ends, however it ends
                stdout=log,
                stderr=log,
                cwd="/",
                env=ENV,
                pass_fds=[self._lock],  # down to the last process of the server: it is free when all are gone
                start_new_session=True,  # the terminal's Ctrl-C is for the application, which stops the server last
                umask=0o077,
            )

    def _wait_until_ready(self, supervisor: subprocess.Popen[bytes], pid_file: Path) -> int:
        deadline = time.monotonic() + START_SECONDS
        while supervisor.poll() is None and not self._is_stopping and time.monotonic() < deadline:
            with suppress(FileNotFoundError):
                lines = pid_file.read_text().splitlines()
                if len(lines) > 7 and lines[7].strip() in ("ready", "standby"):  # the second follows another server
                    return int(lines[0])
            time.sleep(0.01)
        raise EmbeddedError(f"the database server did not start\n{self._last_lines()}")

    def _last_lines(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])

    def _end_supervisor(self) -> int:
        if self._supervisor is None:
            return 0
        supervisor, self._supervisor = self._supervisor, None
        if supervisor.stdin is not None:
            supervisor.stdin.close()
        return supervisor.wait()

    def _end(self) -> int:
        status = self._end_supervisor()
        if self._lock >= 0:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1
        return status
