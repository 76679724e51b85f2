"""The whole way in one process: board before + messages = board after, for every action, every audience, and time itself."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
from sqlalchemy import text

from bedboard.rules.fit import Profile
from bedboard.store.database import Database
from bedboard.views.found import Found
from bedboard.views.pieces import Audience
from bedboard.views.recent import MOST_KEPT, Recent
from tests.build import PATIENCE, FixedClock
from tests.build.api import correct
from tests.build.lines import Screen, api_line, hear, in_sql, on_screen, page_line, pulse, until_pulse
from tests.build.site import Site, served


async def test_a_change_reaches_an_open_socket(site: Site) -> None:
    async with api_line(site) as line:
        snapshot = await hear(line)
        assert [shelter["id"] for shelter in snapshot["shelters"]] == ["ceder", "linde", "wilg"]
        async with site.api("demo-shelter-linde") as api:
            reply = await api.patch("/places/linde-1", json={"status": "occupied"})
            assert reply.status_code == 200
        message = await hear(line)
        assert message["type"] == "shelter"
        assert message["shelter"] == reply.json()


async def test_board_before_and_messages_are_board_after_for_every_action(site: Site) -> None:
    screen = Screen()
    staff = await site.sign_in("sanne")
    async with api_line(site) as line, site.api("demo-police") as police, site.api("demo-shelter-linde") as linde:
        screen.take(await hear(line))
        first = {"status": "occupied", "expected_free_at": "2026-03-12T09:00:00Z"}
        many: dict[str, Any] = {"cosm": {"empty": 0}, "women": {"empty": 1, "closed": 0}}

        def numbers(kinds: dict[str, Any]) -> Awaitable[httpx.Response]:
            return linde.put("/shelters/linde/occupancy", json={"kinds": kinds, "observed_at": site.clock.now().isoformat()})

        acts: list[Callable[[], Awaitable[httpx.Response]]] = [
            lambda: linde.patch("/places/linde-1", json=first),
            lambda: linde.patch("/places/linde-1", json={"status": "closed", "reason": "cleaning"}),
            lambda: linde.patch("/places/linde-1", json={"status": "free"}),
            lambda: linde.patch("/places/linde-1", json={"status": "free"}),  # again: confirms
            lambda: numbers(many),
            lambda: numbers({"cosm": {"empty": 1, "closed": 2}}),
            lambda: linde.post(
                "/shelters/linde/confirm", json=correct("cosm", "women") | {"observed_at": site.clock.now().isoformat()}
            ),
            lambda: staff.post("/staff/linde/places/linde-2", data={"status": "occupied", "key": "t"}),
            lambda: undo(site, staff),
            lambda: staff.post("/staff/linde/confirm", data={"key": "c"}),
            lambda: staff.post("/staff/linde/occupancy", data={"empty.cosm": "1", "empty.women": "0", "key": "n"}),
        ]
        for act in acts:
            site.clock.move(seconds=1)
            reply = await act()
            assert reply.status_code in (200, 303), reply.text
            for message in await until_pulse(site, line):
                screen.take(message)
            board = (await police.get("/board")).json()
            assert list(screen.shelters.values()) == board["shelters"]
            assert on_screen(screen) == await in_sql(site)
        assert screen.versions["linde"] == list(range(1, 12 + 1))
        assert screen.versions["ceder"] == [1]
    await staff.aclose()


async def undo(site: Site, staff: httpx.AsyncClient) -> httpx.Response:
    async with site.process.database.transaction() as tx:
        last = (await (await tx.connection()).execute(text("select max(id) from journal"))).scalar_one()
    return await staff.post("/staff/linde/undo", data={"change": str(last), "key": "u"})


async def test_a_lower_version_never_comes_after_a_higher_one_in_a_storm(site: Site) -> None:
    screen = Screen()
    async with api_line(site) as line, site.api("demo-shelter-linde") as linde, site.api("demo-shelter-ceder") as ceder:
        screen.take(await hear(line))

        async def storm(client: httpx.AsyncClient, shelter: str, places: int) -> None:
            for turn in range(15):
                status = ("occupied", "free")[turn % 2]
                await client.patch(f"/places/{shelter}-{turn % places + 1}", json={"status": status})

        await asyncio.gather(storm(linde, "linde", 3), storm(linde, "linde", 2), storm(ceder, "ceder", 2))
        for message in await until_pulse(site, line):
            screen.take(message)
    for seen in screen.versions.values():
        assert seen == sorted(set(seen))
    assert screen.versions["linde"][-1] == 31
    assert on_screen(screen) == await in_sql(site)


async def test_a_page_gets_the_same_shelters_as_fragments_with_stamps_that_only_rise(site: Site) -> None:
    browser = await site.sign_in("mark")
    async with page_line(site, browser) as line, site.api("demo-shelter-linde") as linde:
        await line.send('{"type":"hello","known":{}}')
        snapshot = await hear(line)
        assert snapshot["exists"] == ["ceder", "linde", "wilg"]
        shown = {fragment["id"]: fragment["html"] for fragment in snapshot["fragments"]}
        assert all(f'data-stamp="{fragment["stamp"]}"' in fragment["html"] for fragment in snapshot["fragments"])
        stamps = []
        for status in ("occupied", "free", "occupied"):
            await linde.patch("/places/linde-1", json={"status": status})
        for message in await until_pulse(site, line):
            for fragment in message["fragments"]:
                shown[fragment["id"]] = fragment["html"]
                stamps.append(tuple(map(int, fragment["stamp"].split("."))))
            assert 'id="total-free"' in message["totals"]
        assert stamps == sorted(stamps) and stamps[-1][0] == 4
        page = (await browser.get("/")).text
        for html in shown.values():
            assert html.strip() in page
    await browser.aclose()


async def test_a_returning_page_gets_only_what_differs_and_the_list_of_what_exists(site: Site) -> None:
    browser = await site.sign_in("mark")
    stamps = dict(re.findall(r'id="shelter-([a-z]+)" data-stamp="([0-9.]+)"', (await browser.get("/")).text))
    assert set(stamps) == {"ceder", "linde", "wilg"}
    async with site.api("demo-shelter-linde") as linde:
        await linde.post("/shelters/linde/confirm", json=correct("cosm", "women"))
    for known, sent in (
        (stamps, ["linde"]),
        ({}, ["ceder", "linde", "wilg"]),
        ({**stamps, "linde": "99.0"}, ["linde"]),
        ({**stamps, "gone": "1.0"}, ["linde"]),
        ({shelter_id: 1 for shelter_id in stamps}, ["ceder", "linde", "wilg"]),
    ):
        async with page_line(site, browser) as line:
            await line.send(json.dumps({"type": "hello", "known": known}))
            snapshot = await hear(line)
            assert snapshot["exists"] == ["ceder", "linde", "wilg"]
            assert [fragment["id"] for fragment in snapshot["fragments"]] == sent
    await browser.aclose()


async def test_everybody_hears_of_their_own_audience_only(site: Site) -> None:
    sanne, kofi, mark = [await site.sign_in(person) for person in ("sanne", "kofi", "mark")]
    async with (
        page_line(site, sanne, "view=staff&shelter=linde") as at_linde,
        page_line(site, kofi, "view=staff&shelter=ceder") as at_ceder,
        page_line(site, mark) as at_board,
        api_line(site, "demo-shelter-ceder") as ceders_machine,
        site.api("demo-shelter-linde") as linde,
    ):
        for line in (at_linde, at_ceder, at_board):
            await line.send("{}")
        lines = {"l": at_linde, "c": at_ceder, "b": at_board, "m": ceders_machine}
        firsts = {name: await hear(line) for name, line in lines.items()}
        assert [fragment["id"] for fragment in firsts["l"]["fragments"]] == ["linde"] and firsts["l"]["exists"] == ["linde"]
        assert [fragment["id"] for fragment in firsts["c"]["fragments"]] == ["ceder"] and firsts["c"]["totals"] is None
        assert [one["id"] for one in firsts["m"]["shelters"]] == ["ceder"]
        assert 'id="staff-linde"' in firsts["l"]["fragments"][0]["html"]
        await linde.patch("/places/linde-1", json={"status": "occupied"})
        assert await pulse(site)
        tile, frame = [(await hear(at_linde))["fragments"][0] for _ in range(2)]
        assert (tile["id"], frame["id"]) == ("linde-1", "linde")
        assert (await hear(at_board))["fragments"][0]["id"] == "linde"
        assert (await hear(at_ceder))["type"] == "pulse"
        assert (await hear(ceders_machine))["type"] == "pulse"
    for browser in (sanne, kofi, mark):
        await browser.aclose()


async def test_two_languages_look_at_the_same_board_in_their_own_words(site: Site) -> None:
    browser = await site.sign_in("mark")
    async with (
        page_line(site, browser, "view=board&lang=nl") as dutch,
        page_line(site, browser, "view=board&lang=en") as english,
    ):
        for line in (dutch, english):
            await line.send("{}")
        ours, theirs = (await hear(dutch))["fragments"], (await hear(english))["fragments"]
        assert [fragment["stamp"] for fragment in ours] == [fragment["stamp"] for fragment in theirs]
        assert "vrij" in ours[0]["html"] and "free" in theirs[0]["html"] and "vrij" not in theirs[0]["html"]
    await browser.aclose()


async def test_news_ages_by_itself_on_an_open_board(site: Site) -> None:
    """No bell rings and nothing is written: the clock alone does it."""
    async with api_line(site) as line:
        await hear(line)
        for hours, freshness in ((1, "ageing"), (6, "stale")):
            site.clock.move(hours=hours)
            site.process.board.age()
            said = [message["shelter"] for message in await until_pulse(site, line)]
            aged = {one["id"]: one["freshness"] for one in said if one["id"] != "wilg"}  # that one is only reminded
            assert aged == {"linde": freshness, "ceder": freshness}
            assert {one["version"] for one in said} == {1}
            site.process.board.age()
            assert await until_pulse(site, line) == []


async def test_the_scheduler_lets_news_age_without_being_asked(board_database: Database, clock: FixedClock) -> None:
    async with served(board_database.url, clock, has_jobs=True, pulse_seconds=7) as site:
        async with api_line(site) as line:
            await hear(line)
            site.clock.move(hours=8)
            said = [(await hear(line))["shelter"] for _ in range(3)]
            assert {one["freshness"] for one in said} == {"stale"}


async def test_a_claim_runs_out_on_an_open_board_at_its_minute(site: Site) -> None:
    async with site.process.database.transaction() as tx:
        connection = await tx.connection()
        await connection.execute(
            text("""insert into claim (id, place_id, type, organization_id, role, created_at, expires_at)
                    values ('c1', 'linde-1', 'hold', 'oever', 'police', :now, :until)"""),
            {"now": site.clock.now(), "until": site.clock.now() + timedelta(minutes=30)},
        )
        await connection.execute(text("update shelter set version = 2 where id = 'linde'"))
        await connection.execute(text("select pg_notify('bedboard', 'shelter 2 linde')"))
    async with api_line(site) as line:
        screen = Screen()
        screen.take(await hear(line))
        for message in await until_pulse(site, line):
            screen.take(message)
        assert on_screen(screen) == await in_sql(site)
        assert screen.shelters["linde"]["places"][0]["status"] == "held"
        site.clock.move(minutes=30)
        site.process.board.age()
        screen.take(await hear(line))
        assert screen.shelters["linde"]["places"][0]["status"] == "free"
        assert on_screen(screen) == await in_sql(site)


async def test_waiting_for_a_version_ends_when_it_is_there_or_after_its_time(site: Site) -> None:
    board = site.process.board
    async with asyncio.timeout(PATIENCE):
        await board.reached("linde", 1)
        await board.reached("linde", 99, seconds=0.01)
        await board.reached("nowhere", 1, seconds=0.01)
    waiting = asyncio.create_task(board.reached("linde", 2, seconds=10))
    async with site.api("demo-shelter-linde") as linde:
        await linde.post("/shelters/linde/confirm", json=correct("cosm", "women"))
    async with asyncio.timeout(PATIENCE):
        await waiting


async def test_searches_for_the_same_share_one_result_until_something_changes_or_a_second_passes(site: Site) -> None:
    board, catalogue = site.process.board, site.process.board.catalogue
    assert catalogue is not None

    def find() -> Found:
        return board.columns.found(Profile(woman=1), catalogue, 10)

    first = find()
    assert find() is first
    assert board.columns.found(Profile(man=1), catalogue, 10) is not first
    async with site.api("demo-shelter-linde") as api:
        assert (await api.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
    changed = find()
    assert (first.fits, changed.fits) == (2, 1)
    board.age()
    assert find() is not changed, "no search stays in memory for long"


def test_only_a_limited_number_of_results_is_kept() -> None:
    recent = Recent()
    for number in range(10 * MOST_KEPT):
        assert recent.keep(number, partial(str, number)) == str(number)
        assert len(recent._kept) <= MOST_KEPT


async def test_all_who_show_the_same_get_the_very_same_snapshot_until_something_changes(site: Site) -> None:
    board, audience = site.process.board, Audience("api", "")
    first = board.snapshot(audience, {})
    assert board.snapshot(audience, {}) is first
    page, known = Audience("board", "nl"), {"linde": str(board.cards["linde"].stamp)}
    assert b"Linde" in board.snapshot(page, {})
    assert b"Linde" not in board.snapshot(page, known), "a page that knows more is told less"
    site.clock.move(seconds=1)
    later = board.snapshot(audience, {})
    assert later != first, "a snapshot tells the time"
    async with site.api("demo-shelter-linde") as api:
        assert (await api.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
    changed = board.snapshot(audience, {})
    assert changed is not later
    assert b'"version":2' in changed
