"""Waiting on the pages: only for its owner, five at most, and a profile that is nowhere but sealed, as long as it waits."""

import logging
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from bedboard.log import set_up_log
from bedboard.rules.outgoing import LASTS
from bedboard.rules.refusals import Unavailable
from bedboard.store.database import Database
from bedboard.store.seal import SealedNeeds
from bedboard.views.pages import SCREEN_LANGUAGES
from tests.build import SEAL, hearing
from tests.build.profiles import CANARIES, CANARY
from tests.build.rows import everything
from tests.build.site import TRUST, Site

WOMAN = {"adults.woman": "1", "children.child_0_3": "2", "arrival": "open"}


@pytest.fixture
async def mark(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    browser = await site.sign_in("mark")
    yield browser
    await browser.aclose()


@pytest.fixture
async def lucia(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    browser = await site.sign_in("lucia")
    yield browser
    await browser.aclose()


async def wait(
    browser: httpx.AsyncClient, key: str = "k", fields: dict[str, str] = WOMAN, *, fragment: bool = False
) -> httpx.Response:
    headers = {"HX-Request": "true"} if fragment else {}
    return await browser.post("/search/alert", data={**fields, "page": "search", "key": key}, headers=headers)


async def id_of(reply: httpx.Response) -> str:
    assert reply.status_code == 303, reply.text
    return reply.headers["location"].removeprefix("/alerts/")


ALERTS = "select a.*, k.key_sealed from alert a left join household_key k on k.id = a.id order by a.created_at, a.id"


async def rows(database: Database) -> list[Any]:
    async with database.transaction() as tx:
        return list(await (await tx.connection()).execute(text(ALERTS)))


async def find(site: Site, alert_id: str) -> None:
    async with site.process.database.transaction() as tx:
        connection = await tx.connection()
        await connection.execute(
            text("update alert set found_at = :now where id = :id"), {"now": site.clock.now(), "id": alert_id}
        )
        await connection.execute(text("select pg_notify('bedboard', :message)"), {"message": f"alert 0 {alert_id}"})


async def test_a_profile_of_an_earlier_version_can_still_be_read(site: Site, mark: httpx.AsyncClient) -> None:
    alert_id = await id_of(await wait(mark))
    for kept in ('{"adults":{"woman":1},"status":"dublin","group":1}', '{"adults":{"woman":1},"statuses":["dublin"]}'):
        async with site.process.database.transaction() as tx:
            change = text("update alert set profile_sealed = :sealed where id = :id")
            await (await tx.connection()).execute(change, {"sealed": SEAL.close(kept), "id": alert_id})
        page = await mark.get(f"/alerts/{alert_id}")
        assert page.status_code == 200
        assert re.search(r'name="statuses.dublin" checked', page.text), kept
        assert "1 vrouw, Dublinclaimant" in page.text


async def test_the_profile_of_a_search_is_left_waiting_and_shown_again_to_its_owner(
    site: Site, mark: httpx.AsyncClient
) -> None:
    alert_id = await id_of(await wait(mark))
    assert re.fullmatch("[0-9a-f]{32}", alert_id)
    page = await mark.get(f"/alerts/{alert_id}")
    assert page.status_code == 200
    assert re.search(r'name="adults.woman" value="1"[^>]* checked', page.text), "prefilled"
    assert re.search(r'name="children.child_0_3" value="2"[^>]* checked', page.text)
    assert "1 vrouw, 2 kinderen 0–3" in page.text
    assert f'action="/alerts/{alert_id}/stop"' in page.text
    assert 'role="alert"' not in page.text.partition('id="strip"')[2].partition("</section>")[0]
    for other in ("/", "/search", "/strip", "/shelters/linde"):
        assert f'id="waiting-{alert_id}"' in (await mark.get(other)).text, other
    english = await mark.get("/strip", headers={"Cookie": f"language=en; bedboard={mark.cookies['bedboard']}"})
    assert "1 woman, 2 children 0–3" in english.text and "do" not in english.text.split("until")[-1][:10]


async def test_a_script_gets_the_strip(site: Site, mark: httpx.AsyncClient) -> None:
    reply = await wait(mark, fragment=True)
    assert reply.status_code == 200
    assert '<section id="strip"' in reply.text and '<div id="notice"' in reply.text and "<html" not in reply.text
    alert_id = str((await rows(site.process.database))[0].id)
    assert f'id="waiting-{alert_id}"' in reply.text
    reply = await mark.post(f"/alerts/{alert_id}/stop", data={"key": "s"}, headers={"HX-Request": "true"})
    assert reply.status_code == 200
    assert '<section id="strip"' in reply.text and "waiting-" not in reply.text


async def test_a_repeated_press_waits_once(site: Site, mark: httpx.AsyncClient) -> None:
    first, again = await wait(mark), await wait(mark)
    assert first.headers["location"] == again.headers["location"]
    assert len(await rows(site.process.database)) == 1
    other = await wait(mark, "other key", {"adults.man": "1", "arrival": "open"})
    assert other.headers["location"] != first.headers["location"]


async def test_the_same_choices_wait_once_and_longer(site: Site, mark: httpx.AsyncClient, lucia: httpx.AsyncClient) -> None:
    first = await wait(mark)
    [before] = await rows(site.process.database)
    site.pass_time(hours=1)
    await site.stay()
    again = await wait(mark, "again", {**dict(reversed(WOMAN.items())), "adults.man": "0"})
    assert again.headers["location"] == first.headers["location"]
    [row] = await rows(site.process.database)
    assert (row.id, row.expires_at - before.expires_at) == (before.id, timedelta(hours=1))
    fragment = await wait(mark, "once more", fragment=True)
    assert fragment.text.count('id="waiting-') == 1
    assert (await wait(lucia)).headers["location"] != first.headers["location"]


async def test_news_is_an_alert_until_its_owner_has_looked(site: Site, mark: httpx.AsyncClient) -> None:
    alert_id = await id_of(await wait(mark))
    await find(site, alert_id)
    page = (await mark.get("/search")).text.partition('id="strip"')[2]
    assert 'role="alert"' in page and "Er is iets vrij" in page and "14:00" in page  # Amsterdam
    assert "data-found=" in page
    looked = (await mark.get(f"/alerts/{alert_id}")).text.partition('id="strip"')[2].partition("</section>")[0]
    assert "Er is iets vrij" not in looked and f'id="waiting-{alert_id}"' in looked
    assert (await rows(site.process.database))[0].found_at is None


@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("POST", "/stop")])
async def test_to_anybody_else_it_does_not_exist(
    site: Site, mark: httpx.AsyncClient, lucia: httpx.AsyncClient, method: str, tail: str
) -> None:
    alert_id = await id_of(await wait(mark))
    await find(site, alert_id)
    before = await rows(site.process.database)
    data = {"key": "x"} if method == "POST" else None
    theirs = await lucia.request(method, f"/alerts/{alert_id}{tail}", data=data)
    absent = await lucia.request(method, f"/alerts/{alert_id[::-1]}{tail}", data=data)
    assert (theirs.status_code, absent.status_code) == (404, 404)
    own = [re.sub(r"kept=\w+", "", reply.text) for reply in (theirs, absent)]  # the address of each reply is a random one
    assert own[0].replace(alert_id, "") == own[1].replace(alert_id[::-1], "")
    assert await rows(site.process.database) == before
    assert f"waiting-{alert_id}" not in (await lucia.get("/strip")).text
    headers = {"Authorization": "Bearer demo-police", "Origin": site.url}
    async with httpx.AsyncClient(base_url=site.url, headers=headers, verify=TRUST) as program:
        for reply in (
            await program.request(method, f"/alerts/{alert_id}{tail}", data=data),
            await program.post("/search/alert", data=WOMAN | {"key": "p"}),
        ):
            assert reply.status_code == 303 and reply.headers["location"].startswith("/sign-in?")


async def test_stopping_leaves_no_row_and_goes_back_to_where_it_was_pressed(site: Site, mark: httpx.AsyncClient) -> None:
    for back, after in (
        ("/", "/"),
        ("{own}", "/search"),
        ("https://evil.example/", "/"),
        ("/shelters/linde", "/shelters/linde"),
    ):
        alert_id = await id_of(await wait(mark, f"k{back}"))
        reply = await mark.post(
            f"/alerts/{alert_id}/stop", data={"key": f"s{back}", "back": back.replace("{own}", f"/alerts/{alert_id}")}
        )
        assert (reply.status_code, reply.headers["location"]) == (303, after)
        assert await rows(site.process.database) == []
        assert (await mark.get(f"/alerts/{alert_id}")).status_code == 404


async def test_six_is_one_too_many(site: Site, mark: httpx.AsyncClient) -> None:
    for n in range(5):
        await wait(mark, f"k{n}", {"adults.woman": str(n + 2), "arrival": "open"})
    page, fragment = await wait(mark, "k5"), await wait(mark, "k6", fragment=True)
    assert (page.status_code, fragment.status_code) == (409, 409)
    for reply in (page, fragment):
        assert "U wacht al op 5 plekken. Stop er eerst met een." in reply.text
        assert reply.text.count('id="waiting-') == 5
    assert re.search(r'name="adults.woman" value="1"[^>]* checked', page.text), "nothing that was chosen is lost"
    assert '<section id="strip"' in fragment.text and "<html" not in fragment.text
    assert len(await rows(site.process.database)) == 5


@pytest.mark.parametrize(
    "wrong", [{"adults.woman": "99"}, {"near": "nowhere"}, {"minor_alone": "on", "adults.man": "1"}, {"arrival": "later"}]
)
async def test_a_profile_that_cannot_be_is_not_left(site: Site, mark: httpx.AsyncClient, wrong: dict[str, str]) -> None:
    for fragment in (False, True):
        reply = await wait(mark, f"k{fragment}", wrong, fragment=fragment)
        assert reply.status_code == 422
        assert 'id="notice"' in reply.text
    assert await rows(site.process.database) == []


async def test_a_field_that_is_not_ours_is_refused(site: Site, mark: httpx.AsyncClient) -> None:
    assert (await wait(mark, "k", WOMAN | {"name": "somebody"})).status_code == 422
    assert (await mark.post("/search/alert", data=WOMAN)).status_code == 422  # no key
    assert await rows(site.process.database) == []


async def test_the_strip_asks_the_database_only_when_there_is_something(
    site: Site, mark: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def away(*_: object) -> object:
        nonlocal asked
        asked += 1
        raise Unavailable("database_away")

    monkeypatch.setattr("bedboard.routes.strip.list_own_alerts", away)
    assert "data-away" not in (await mark.get("/strip")).text
    assert asked == 0
    await wait(mark)
    strip = (await mark.get("/strip")).text
    assert asked > 0 and "data-away" in strip and "U wacht op een plek. Dat blijft zo." in strip


async def test_over_it_is_nowhere_to_be_seen(site: Site, mark: httpx.AsyncClient) -> None:
    site.clock.move(minutes=1)
    alert_id = await id_of(await wait(mark))
    await find(site, alert_id)
    site.clock.move(hours=24)
    again = await site.sign_in("mark")
    assert f"waiting-{alert_id}" not in (await again.get("/strip")).text
    assert (await again.get(f"/alerts/{alert_id}")).status_code == 404
    await again.aclose()


async def test_the_profile_is_nowhere_but_sealed_and_gone_when_the_waiting_ends(
    board_database: Database,
    site: Site,
    mark: httpx.AsyncClient,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = await everything(board_database)
    assert [word for word in CANARIES if word in before] == [], "these words mean something else here"
    set_up_log("debug")
    caplog.set_level(logging.INFO)
    try:
        async with hearing(board_database) as ear:
            alert_id = await id_of(await wait(mark, "one", CANARY))
            [row] = await rows(board_database)
            opened = SEAL.open_needs(SealedNeeds(row.profile_sealed, row.key_sealed))
            assert all(word in opened for word in CANARIES), "the control"
            assert [word for word in CANARIES if word in await everything(board_database)] == []
            await wait(
                mark, "one", CANARY | {"adults.man": "1"}
            )  # the same key with another profile is no mistake to be told of
            await wait(mark, "wrong", CANARY | {"adults.man": "99"})
            for n in range(5):
                await wait(mark, f"many{n}", CANARY)
            for path in (f"/alerts/{alert_id}", "/strip", "/search", "/"):
                assert (await mark.get(path)).status_code == 200
            async with site.api("demo-shelter-linde") as linde:
                for status in ("occupied", "free"):
                    await linde.patch("/places/linde-1", json={"status": status})
            assert [word for word in CANARIES if word in await everything(board_database)] == []
            for one in await rows(board_database):
                assert (await mark.post(f"/alerts/{one.id}/stop", data={"key": one.id})).status_code == 303
            assert (await mark.get(f"/alerts/{alert_id}")).status_code == 404
            rung = str(await ear.heard())
    finally:
        set_up_log("warning")
    out = capsys.readouterr()
    log = (out.out + out.err + caplog.text).lower()
    assert "no_such_waiting" in log, "the log was indeed written"
    assert alert_id in rung
    assert [word for word in CANARIES if word in log + rung] == []
    assert await rows(board_database) == []
    assert [word for word in CANARIES if word in await everything(board_database)] == []


async def test_the_service_worker_is_for_everybody_at_the_root_and_asked_anew(site: Site) -> None:
    async with site.client() as nobody:
        reply = await nobody.get("/sw.js?lang=en")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert reply.headers["cache-control"] == "no-cache"
    for words in re.split(r"^  \w\w: \{$", reply.text, flags=re.MULTILINE)[1:]:
        said = re.findall(r"^    (\w+): \[", words, re.MULTILINE)
        assert tuple(said) == tuple(LASTS), "words for each sort of message"
    assert tuple(re.findall(r"^\s*(\w\w): \{$", reply.text, re.MULTILINE)) == SCREEN_LANGUAGES, "in every language"
