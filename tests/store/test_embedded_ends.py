"""The events that end the embedded PostgreSQL, its restarts, and starts that are refused."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from bedboard import embedded
from bedboard.embedded.errors import EmbeddedError, InUseError
from bedboard.embedded.server import Embedded
from tests.build.embedded import ask, data_dir, end, lives, started, starter, wait_until

__all__ = ["data_dir"]  # fixtures

ROOT = os.geteuid() == 0


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
