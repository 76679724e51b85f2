"""The disk of the database: full, its log too, or closed to its own server. It is named, nothing is lost, all comes back."""

import os
from pathlib import Path

import pytest

from tests.attacks.stage import Server, folder, is_long, lines_of, says, server_in, small_disk, tell
from tests.build import until
from tests.build.processes import Process

FILL_THE_LOG = "select count(pg_logical_emit_message(false, 'x', repeat('y', 1000000))) from generate_series(1, 60)"


class Presses:
    """Presses one after the other; `acknowledged` is the newest version that was said to be saved."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.acknowledged = 1
        self.codes: set[str] = set()
        self._count = 0

    async def press(self) -> int:
        self._count += 1
        status = "occupied" if self._count % 2 else "free"
        async with self._process.api("demo-shelter-linde") as api:
            reply = await api.patch("/places/linde-1", json={"status": status})
        if reply.status_code == 200:
            self.acknowledged = reply.json()["version"]
        else:
            self.codes.add(reply.json()["code"])
        return reply.status_code

    async def until_saved(self) -> None:
        async def is_saved() -> bool:
            return await self.press() == 200

        await until(is_saved, "a press is saved again", 120)


def fill(disk: Path, leave: int) -> Path:
    """Take all room of the disk but so many bytes."""
    ballast, room = disk / "ballast", os.statvfs(disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - leave)
    return ballast


async def version(server: Server) -> int:
    return int((await server.rows("select version from shelter where id = 'linde'"))[0][0])


async def test_a_full_disk_is_named_and_when_there_is_room_all_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(160) as disk:
        async with server_in(disk) as server, server.serve(tmp_path / "log") as process:
            presses = Presses(process)
            await presses.until_saved()
            ballast = fill(disk, 8192)

            async def is_refused() -> bool:
                return await presses.press() == 503

            await until(is_refused, "a press is refused")
            assert presses.codes <= {"database_full", "too_many_calls"}
            await says(process, "database", "full")
            before = presses.acknowledged
            assert await version(server) == before, "what was refused is not there, and what was acknowledged is"
            with pytest.raises(Exception, match=r"No space left|closed|terminat|away|lost"):
                await server.rows(FILL_THE_LOG)  # now the write-ahead log has no room either, and the server ends

            async def is_down() -> bool:
                return ("ended", "full") in server.told

            await until(is_down, "the server ends because of its disk")
            assert await presses.press() == 503
            await says(process, "database", "full")
            ballast.unlink()
            await presses.until_saved()
            await says(process, "database", "ok")
            assert presses.acknowledged > before and await version(server) == presses.acknowledged
        said = [(line["event"], line.get("reason")) for line in lines_of(process.log)]
        assert ("database_failed", "full") in said and ("health", "full") in said
        assert "bug" not in {event for event, _ in said}
    tell(capsys, f"disk: full and its log full; named {sorted(presses.codes)}, 0 acknowledged presses lost")


async def test_a_folder_that_is_closed_to_its_server_is_named_and_comes_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    if not is_long(request):
        pytest.skip("scripts/attack closes the folder of a server")
    with folder() as place:
        async with server_in(place) as server, server.serve(tmp_path / "log") as process:
            presses = Presses(process)
            await presses.until_saved()
            mode = server.data.stat().st_mode
            server.data.chmod(0o000)
            try:
                server.kill()

                async def is_down() -> bool:
                    return ("not_started", "rights") in server.told

                await until(is_down, "the keeper says why the server does not start")
                assert await presses.press() == 503
                await says(process, "database", "away")
            finally:
                server.data.chmod(mode)
            before = presses.acknowledged
            await presses.until_saved()
            await says(process, "database", "ok")
            assert presses.acknowledged == before + 1, "nothing was lost, and nothing that was refused is there"
        assert '"bug"' not in process.log.read_text()
    tell(capsys, f"folder: closed to its server; named, back by itself, {presses.acknowledged} versions kept")


async def test_a_server_that_comes_back_without_fsync_is_unsafe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with folder() as place:
        async with server_in(place) as server, server.serve(tmp_path / "log") as process:
            await says(process, "safety", "ok")
            server.embedded._settings = {**server.embedded._settings, "fsync": "off"}
            server.kill()
            await says(process, "safety", "unsafe")
            server.embedded._settings = {**server.embedded._settings, "fsync": "on"}
            server.kill()
            await says(process, "safety", "ok")
        reasons = {line.get("reason") for line in lines_of(process.log) if line["event"] == "database_unfit"}
        assert reasons == {"DATABASE_URL: this database may lose an acknowledged change: fsync=off"}
    tell(capsys, "fsync: off after a restart; the running process is not ready until it is on again")
