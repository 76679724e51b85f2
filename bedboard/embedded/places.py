"""Where the files of one embedded database lie, and which process has them."""

import fcntl
import os
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from bedboard.embedded.errors import EmbeddedError, InUseError
from bedboard.embedded.programs import ROOT_BASE, ROOT_GID, Programs, is_reachable

PORT = "5432"  # nothing listens on a network: only a part of the socket's file name
SOCKET_BYTES = 107  # the longest path the kernel takes
START_LOCK_SECONDS = 20.0  # how long a start waits while the server of a process that died is still closing


def make_place(link: Path, programs: Programs) -> Path:
    """Return the directory for all files of this database, made where needed; the package's docstring says where root's is."""
    data_dir = link.parent
    data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
    about = data_dir.stat()
    if programs.dropped and about.st_uid != 0:
        raise EmbeddedError(f"{data_dir} belongs to user {about.st_uid}: start the database as that user")
    if programs.dropped and not is_reachable(data_dir):
        if not os.path.lexists(link):
            place = Path(tempfile.mkdtemp(prefix="data-", dir=ROOT_BASE))
            try:
                link.symlink_to(place)
            except FileExistsError:  # another process was first
                place.rmdir()
        if not link.is_symlink():
            raise EmbeddedError(f"{link} cannot be reached by `nobody`; the database server runs as that user")
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
    let_in(place, programs)
    return place


def let_in(directory: Path, programs: Programs) -> None:
    """Let the server's group, and nobody else, pass through `directory`, which was made with mode 0700."""
    if programs.dropped:
        os.chown(directory, 0, ROOT_GID)
        directory.chmod(0o710)


def make_server_directory(path: Path, programs: Programs) -> None:
    """Make a directory for the server to write in; as root always inside one in which only root writes."""
    path.mkdir(mode=0o700, exist_ok=True)
    if programs.dropped:
        os.chown(path, programs.dropped["user"], ROOT_GID)


def make_socket_directory(place: Path, programs: Programs) -> tuple[Path, Path | None]:
    """Make the directory for the socket; also return the temporary one around it that goes when the server ends, if any."""
    inside, temporary = place / "socket", None
    # A comma would separate two directories for PostgreSQL, and two hosts for libpq and SQLAlchemy.
    if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) > SOCKET_BYTES or "," in str(inside):
        temporary = Path(tempfile.mkdtemp(prefix="bedboard-", dir=ROOT_BASE if programs.dropped else None))
        let_in(temporary, programs)
        inside = temporary / "s"
    make_server_directory(inside, programs)
    return inside, temporary


def remake_socket_directory(inside: Path, temporary: Path | None, programs: Programs) -> None:
    """Make the directory for the socket again, under the same name, if it went together with its server."""
    if temporary is not None:
        temporary.mkdir(mode=0o700, exist_ok=True)
        about = temporary.lstat()
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
            raise EmbeddedError(f"{temporary} is not a directory of user {os.geteuid()}")
        let_in(temporary, programs)
    make_server_directory(inside, programs)


def lock_place(place: Path) -> int:
    """Lock this database and return the open file. Raises InUseError.

    The file holds the number of the process that called `start`.
    """
    deadline = time.monotonic() + START_LOCK_SECONDS
    while True:
        lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_nlink:  # otherwise it was discarded just now
                os.ftruncate(lock, 0)
                os.pwrite(lock, str(os.getpid()).encode(), 0)
                return lock
        except BlockingIOError:
            pid = int(os.pread(lock, 20, 0) or 0)
            if lives(pid):
                os.close(lock)
                raise InUseError(place, pid) from None
        os.close(lock)
        if time.monotonic() > deadline:
            raise EmbeddedError(f"the server of a process that has ended still holds the database in {place}")
        time.sleep(0.01)


def lives(pid: int) -> bool:
    """Return whether a process has this number; one that ended and waits for its parent to notice does not count."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    return False


def clear_stale_pid(pgdata: Path) -> None:
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
