"""A database that comes back older than it was: a copied folder, a promoted standby, a restored backup."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bedboard import embedded
from bedboard.actions.epoch import note_epoch
from bedboard.actions.restored import begin_restored
from bedboard.actions.signin import hash_token
from bedboard.live.pulse import Pulse
from bedboard.migrations.run import migrate
from bedboard.store.bell import ring
from bedboard.store.database import Database, Transaction
from bedboard.store.epoch import get_server
from tests import build
from tests.build import NOW, SEAL, Ear, FixedClock, hearing, until
from tests.build.lines import Screen, api_line, hear, in_sql, on_screen, page_line
from tests.build.rows import do, run
from tests.build.site import Site, served

OCCUPIED = {"status": "occupied"}


class Folder:
    """An embedded database of the test's own, whose files can be copied and put back while it stands still."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.server = embedded.start(place)

    @property
    def _data(self) -> Path:
        return self.server.place / "pgdata"

    @property
    def _copy(self) -> Path:
        return self._place.with_name("copy")

    def keep(self) -> None:
        """Copy the files, as a backup of the folder does."""
        self.server.stop()
        subprocess.run(["/bin/cp", "-a", str(self._data), str(self._copy)], check=True)
        self.server = embedded.start(self._place)

    def put_back(self) -> None:
        """Put the copy in place of all that has come since."""
        self.server.stop()
        shutil.rmtree(self._data)
        subprocess.run(["/bin/cp", "-a", str(self._copy), str(self._data)], check=True)
        self.server = embedded.start(self._place)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path / "db")
    yield folder
    folder.server.discard()


async def occupy(site: Site, place: str) -> Any:
    """Return the new version; just after the server's return a connection of before may fail once more."""
    async with site.api("demo-shelter-linde") as linde:
        while (reply := await linde.patch(f"/places/{place}", json=OCCUPIED)).status_code == 503:
            pass
        return reply.json()["version"]


async def answer_to(site: Site, place: str, **headers: str) -> Any:
    """Return the first answer of a database that is there."""
    async with site.api("demo-shelter-linde") as linde:
        while (reply := await linde.patch(f"/places/{place}", json=OCCUPIED, headers=headers)).status_code == 503:
            pass
        return reply


async def is_live(site: Site) -> bool:
    return site.process.board.live


async def test_a_version_of_before_is_not_right_in_a_database_that_came_back_older(folder: Folder, clock: FixedClock) -> None:
    """Also for a press that comes before the process has noticed it. A kept reply has the tag of its own epoch."""
    await migrate(folder.server.url, web_url=folder.server.web_url)
    database = Database(folder.server.web_url, SEAL.marks)
    await do(database, build.add_board)
    async with served(folder.server.web_url, clock) as site:
        first, begun = await answer_to(site, "linde-1", **{"Idempotency-Key": "k"}), site.process.board.epoch
        folder.keep()

        async def is_another_epoch() -> bool:
            return site.process.board.live and site.process.board.epoch > begun

        await until(is_another_epoch, "the board is live again")
        again = await answer_to(site, "linde-1", **{"Idempotency-Key": "k"})
        assert again.headers["etag"] == first.headers["etag"]
        async with site.api("demo-shelter-linde") as linde:
            known = (await linde.get("/shelters/linde")).headers["etag"]
        assert known != first.headers["etag"] and known.endswith('-2"')
        assert (await answer_to(site, "linde-2", **{"If-Match": known})).status_code == 200
        folder.put_back()  # linde has version 2 again
        assert (await answer_to(site, "linde-2", **{"If-Match": known})).status_code == 412
        assert (await answer_to(site, "linde-2", **{"If-Match": "*"})).json()["version"] == 3
    await database.dispose()


async def test_a_board_follows_a_database_whose_files_were_put_back(folder: Folder, clock: FixedClock) -> None:
    """The same version means another change then: nothing of before may stay, and new changes appear at once."""
    await migrate(folder.server.url, web_url=folder.server.web_url)
    database = Database(folder.server.web_url, SEAL.marks)
    await do(database, build.add_board)
    async with served(folder.server.web_url, clock) as site:
        assert await occupy(site, "linde-1") == 2
        folder.keep()
        await until(lambda: is_live(site), "the board is live again")
        first = site.process.board.epoch
        assert [await occupy(site, "linde-2"), await occupy(site, "linde-4")] == [3, 4]
        folder.put_back()
        await until(lambda: is_behind(site, 2), "the board shows the older database")
        assert site.process.board.epoch > first
        await until(lambda: is_live(site), "the board is live")
        async with api_line(site) as line:
            whole = await hear(line)
            assert (whole["epoch"], shown(whole)["linde-2"]) == (site.process.board.epoch, "free")
            async with site.api("demo-shelter-linde") as linde:
                changed = await linde.patch("/places/linde-4", json={"status": "closed", "reason": "safety"})
            while (message := await hear(line))["type"] != "shelter":
                pass
            assert (message["shelter"], message["shelter"]["version"]) == (changed.json(), 3)
    await database.dispose()


async def is_behind(site: Site, version: int) -> bool:
    card = site.process.board.cards.get("linde")
    return card is not None and card.stamp.version == version


def shown(whole: Any) -> dict[str, str]:
    return {place["id"]: place["status"] for one in whole["shelters"] for place in one["places"]}


async def go_back(site: Site) -> None:
    """The shelter is as it was two changes ago, and somebody rings for it."""
    await run(site.process.database, "update shelter set version = 1 where id = 'linde'")
    await run(site.process.database, "update place set state = 'open' where id in ('linde-1', 'linde-2')")
    await do(site.process.database, lambda tx: ring(tx, "shelter", "linde", 9))


async def test_a_version_that_goes_back_is_no_old_news(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """A board that leaves it out says "live" for ever over what is not so any more."""
    first = site.process.board.epoch
    assert [await occupy(site, "linde-1"), await occupy(site, "linde-2")] == [2, 3]
    async with api_line(site) as line, aclosing(await site.sign_in("mark")) as browser, page_line(site, browser) as page:
        await page.send("{}")
        await hear(line)
        assert json.loads(await page.recv())["epoch"] == first
        await go_back(site)
        await until(lambda: is_behind(site, 1), "the board shows the database as it is")
        assert site.process.board.epoch > first
        await line.wait_closed()  # each viewer comes back, and gets everything
        await page.wait_closed()
        assert {line.close_code, page.close_code} == {1013}
    await until(lambda: is_live(site), "the board is live")
    async with api_line(site) as line:
        screen = Screen()
        screen.take(await hear(line))
        assert on_screen(screen) == await in_sql(site)
    assert '"board_went_back"' in capsys.readouterr().out


async def test_two_processes_begin_one_epoch_together(board_database: Database, clock: FixedClock) -> None:
    async with served(board_database.url, clock) as here, served(board_database.url, clock) as there:
        first = here.process.board.epoch
        assert there.process.board.epoch == first > 0
        await occupy(here, "linde-1")
        await until(lambda: is_behind(there, 2), "the other process shows the change")
        await go_back(here)
        await until(lambda: is_behind(here, 1), "this board shows the database as it is")
        await until(lambda: is_behind(there, 1), "and so does the other")
        await until(lambda: is_same(here, there), "both are in one epoch")
        assert here.process.board.epoch > first


async def is_same(here: Site, there: Site) -> bool:
    return here.process.board.epoch == there.process.board.epoch


async def test_a_page_of_another_epoch_gets_everything(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        known = {one.id: str(one.stamp) for one in site.process.board.cards.values()}
        for epoch, count in ((site.process.board.epoch, 0), (1, len(known))):
            async with page_line(site, browser) as page:
                await page.send(json.dumps({"type": "hello", "epoch": epoch, "known": known}))
                assert len(json.loads(await page.recv())["fragments"]) == count


async def test_every_page_and_answer_says_its_epoch(site: Site) -> None:
    epoch = str(site.process.board.epoch)
    async with aclosing(await site.sign_in("sanne")) as browser, site.api("demo-police") as police:
        whole = await browser.get("/staff/linde")
        assert whole.headers["bedboard-epoch"] == epoch and f'data-epoch="{epoch}"' in whole.text
        part = await browser.get("/staff/linde", headers={"HX-Request": "true"})
        assert part.headers["bedboard-epoch"] == epoch
        assert (await police.get("/board")).json()["epoch"] == int(epoch)


async def test_a_restored_backup_is_another_epoch(board_database: Database) -> None:
    first = await do(board_database, note_epoch)
    assert await do(board_database, note_epoch) == first
    async with hearing(board_database) as ear:
        await do(board_database, lambda tx: begin_restored(tx, NOW))
        await until(lambda: rings(ear), "everybody reads again")
    assert await do(board_database, note_epoch) > first


async def rings(ear: Ear) -> bool:
    return any(one[0] == "catalogue" for one in await ear.heard())


async def test_the_bells_of_one_server_and_the_rows_of_another_are_not_live(site: Site) -> None:
    """As after a failover: the line of the bells still hangs on the server of before."""
    process = site.process

    async def server() -> str:
        return "another one"

    alive = process.identity.active_tokens
    pulse = Pulse(process.board, process.hub, process.clock, alive, process.identity.forget, server)
    listener = process.board.listener
    assert listener is not None and not await pulse.beat()
    await until(lambda: is_over(listener), "the line is given up")
    await until(lambda: is_live(site), "another line is found")
    assert await process.pulse.beat()


async def is_over(listener: Any) -> bool:
    return bool(listener.ends.done())


async def test_the_role_that_serves_may_ask_which_server_it_is(board_database: Database) -> None:
    async def asked(tx: Transaction) -> str:
        return await get_server(tx)

    assert len((await do(board_database, asked)).split()) == 5


async def test_a_sign_out_outlives_a_database_that_comes_back_without_it(site: Site) -> None:
    identity = site.process.identity
    async with aclosing(await site.sign_in("mark")) as browser:
        token = browser.cookies[identity.cookie]
        assert await identity.leave(hash_token(token), None)
        await run(site.process.database, "update session set ended_at = null")
        assert await identity.person(token, in_use=False) is not None  # the control: the database knows nothing of it
        identity.doubt()
        assert await identity.person(token, in_use=False) is None
        await identity.leave_again()
        async with site.process.database.transaction() as tx:
            ended = (await (await tx.connection()).execute(text("select ended_at is not null from session"))).scalar_one()
        assert ended
