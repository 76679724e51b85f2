"""PostgreSQL's own programs for a backup: where they are, whether they are new enough, and how they reach the database."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from bedboard.commands.failures import Failure
from bedboard.embedded import bundled_programs
from bedboard.settings import environment_with
from bedboard.store.address import asyncpg_url

TIMEOUTS = 17  # the first version with transaction_timeout
VERSION = re.compile(r"\(PostgreSQL\) ([0-9]+)")


def find_program(name: str, server: int) -> Path:
    """Return the program of this name that suits this major version of a server. Raises Failure when there is none."""
    found = {path: version for path in _candidates(name) if (version := _version(path)) is not None}
    return choose_program(name, found, server)


def choose_program(name: str, found: Mapping[Path, int], server: int) -> Path:
    """Return the oldest of these programs, each with its major version, that suits the server. Raises Failure.

    An older one does not know the server. One of 17 or newer sets an option that older servers refuse, so they cannot read
    its file back.
    """
    fit = [path for path, version in found.items() if version >= server and (server >= TIMEOUTS or version < TIMEOUTS)]
    if fit:
        return min(fit, key=lambda path: found[path])
    install = f"install the client programs of PostgreSQL {server} (on Debian: postgresql-client-{server})"
    if not found:
        raise Failure(f"{name} is missing: {install}")
    seen = ", ".join(f"{path} is of PostgreSQL {version}" for path, version in found.items())
    raise Failure(f"no {name} suits a server of PostgreSQL {server}: {seen}; {install}")


def _candidates(name: str) -> Iterator[Path]:
    on_path = shutil.which(name)
    if on_path is not None:
        yield Path(on_path)
    bundled = bundled_programs()
    if bundled is not None and (bundled / name).exists():
        yield bundled / name


def _version(program: Path) -> int | None:
    """Return the major version of a program; None: it does not run. Debian installs a name for versions that are not there."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = VERSION.search(said.stdout)
    return int(found[1]) if found and said.returncode == 0 else None


def run_program(program: Path, *arguments: str, url: str | None = None) -> str:
    """Run one of these programs, and return what it printed. `url`: the database; None: it reads only a file. Raises Failure.

    The password is in its environment and not among its arguments, which every user of the machine may read.
    """
    more = {"LC_ALL": "C"}
    if url is not None:
        parts = make_url(asyncpg_url(url))
        more |= {"PGPASSWORD": str(parts.password)} if parts.password is not None else {}
        plain = URL.create(parts.drivername, parts.username, None, parts.host, parts.port, parts.database, parts.query)
        arguments = ("--no-password", "--dbname", plain.render_as_string(hide_password=False), *arguments)
    ran = subprocess.run(  # noqa: S603
        [program, *arguments], env=environment_with(**more), capture_output=True, text=True, check=False
    )
    if ran.returncode:
        said = (ran.stderr.strip().splitlines() or [f"status {ran.returncode}"])[0]
        raise Failure(f"{program.name} failed: {said.removeprefix(f'{program.name}: error: ')}")
    return ran.stdout
