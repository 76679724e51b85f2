"""A bug that concerns one shelter: the others go on and stay live, and that one is shown as unknown until it can be drawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
import structlog
from websockets.asyncio.client import ClientConnection

from bedboard.rules.freshness import FreshnessLimits
from bedboard.store.board import Catalogue, ShelterRow
from bedboard.store.database import Database
from bedboard.views import cards, faults
from bedboard.views.cards import Card
from bedboard.views.faults import LONGEST_RETRY
from bedboard.views.pages import Pages
from tests.build import FixedClock
from tests.build.lines import Screen, api_line, hear, in_sql, on_screen, page_line, until_pulse
from tests.build.searching import searching
from tests.build.site import Site, served


class Plant:
    """A bug in everything that is drawn of linde, while it is there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_there = True
        draw = Pages.render

        def render(pages: Pages, language: str, template: str, context: Mapping[str, Any]) -> str:
            card = context["match"].card if "match" in context else context.get("card")
            is_part = template.startswith("fragments/") and template != "fragments/_undrawn.html"
            if self.is_there and is_part and card and card.id == "linde":
                raise ZeroDivisionError
            return draw(pages, language, template, context)

        monkeypatch.setattr(Pages, "render", render)


def bad_card(monkeypatch: pytest.MonkeyPatch, *versions: int) -> None:
    """Plant a bug in the card of these versions of linde."""
    make = cards.make_card

    def make_card(row: ShelterRow, catalogue: Catalogue, limits: FreshnessLimits, now: datetime) -> Card:
        if row.id == "linde" and row.version in versions:
            raise ZeroDivisionError
        return make(row, catalogue, limits, now)

    monkeypatch.setattr(faults, "make_card", make_card)


async def change(site: Site, shelter_id: str, number: int = 1, status: str = "occupied") -> None:
    async with site.api(f"demo-shelter-{shelter_id}") as api:
        reply = await api.patch(f"/places/{shelter_id}-{number}", json={"status": status})
        assert reply.status_code == 200, reply.text


def fragments(messages: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Return the stamp and the HTML of the last fragment of each shelter."""
    found = [fragment for message in messages for fragment in message["fragments"]]
    return {one["id"]: (one["stamp"], one["html"]) for one in found}


async def hear_both(site: Site, one: ClientConnection, other: ClientConnection) -> list[dict[str, tuple[str, str]]]:
    """Return the last fragments that each line heard before one pulse for both."""
    heard = [await until_pulse(site, one), []]
    while (message := await hear(other))["type"] != "pulse":
        heard[1].append(message)
    return [fragments(messages) for messages in heard]


async def test_a_shelter_that_cannot_be_drawn_is_unknown_and_holds_up_nobody(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark, sanne = await site.sign_in("mark"), await site.sign_in("sanne")
    async with page_line(site, mark) as board, page_line(site, sanne, "view=staff&shelter=linde") as own:
        for line in (board, own):
            await line.send("{}")
            await hear(line)
        plant = Plant(monkeypatch)
        with structlog.testing.capture_logs() as log:
            await change(site, "linde")
            await change(site, "ceder")
            said, at_home = await hear_both(site, board, own)
            assert (await mark.get("/")).status_code == 200
        assert [(one["shelter"], one["version"]) for one in log if one["event"] == "bug"] == [("linde", 2)]
        assert said["ceder"][0] == "2.0" and "bezet" in said["ceder"][1]
        assert said["linde"][0] == at_home["linde"][0] == "2.x"
        assert "onbekend — bel" in said["linde"][1] and 'class="card stale"' in said["linde"][1]
        assert "nu niet te tonen" in at_home["linde"][1]
        # A page that comes now gets the same, and one that comes back keeps it.
        async with page_line(site, mark) as late:
            await late.send('{"type":"hello","known":{"linde":"2.x"}}')
            snapshot = await hear(late)
            assert "linde" in snapshot["exists"] and "linde" not in fragments([snapshot])
        plant.is_there = False
        site.process.board.age()
        site.clock.move(seconds=2)
        site.process.board.age()
        said, at_home = await hear_both(site, board, own)
        assert said["linde"][0] == at_home["linde"][0] == "2.0"
        assert "onbekend" not in said["linde"][1] and 'id="tile-linde-4"' in at_home["linde"][1]
    for browser in (mark, sanne):
        await browser.aclose()


async def test_a_tap_in_such_a_shelter_is_answered_and_saved_and_its_page_opens(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sanne = await site.sign_in("sanne")
    plant = Plant(monkeypatch)
    reply = await sanne.post(
        "/staff/linde/places/linde-1", data={"status": "occupied", "key": "t"}, headers={"HX-Request": "true"}
    )
    assert reply.status_code == 200 and "nu niet te tonen" in reply.text
    assert (await in_sql(site))["linde"][1]["linde-1"] == "occupied"
    page = await sanne.get("/staff/linde")
    assert page.status_code == 200 and "nu niet te tonen" in page.text
    plant.is_there = False
    assert 'id="tile-linde-1"' in (await sanne.get("/staff/linde")).text
    bad_card(monkeypatch, 2)
    assert (await sanne.get("/staff/linde")).status_code == 200
    await sanne.aclose()


async def test_a_card_that_raises_is_shown_as_old_news_and_the_others_converge(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen()
    async with api_line(site) as line:
        screen.take(await hear(line))
        bad_card(monkeypatch, 2)
        await change(site, "linde")
        await change(site, "ceder")
        for message in await until_pulse(site, line):
            screen.take(message)
        expected = await in_sql(site)
        assert {one: on_screen(screen)[one] for one in ("ceder", "wilg")} == {one: expected[one] for one in ("ceder", "wilg")}
        linde = screen.shelters["linde"]
        assert (linde["version"], linde["freshness"], linde["unconfirmed"]) == (2, "stale", True)
        assert site.process.board.live
        await change(site, "linde", 2)
        for message in await until_pulse(site, line):
            screen.take(message)
        assert on_screen(screen) == await in_sql(site)
        assert screen.shelters["linde"]["freshness"] == "fresh"


async def test_time_that_a_card_cannot_follow_keeps_nothing_from_the_others(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with api_line(site) as line:
        await hear(line)
        bad_card(monkeypatch, 1)
        site.clock.move(hours=1)
        site.process.board.age()
        said = {message["shelter"]["id"]: message["shelter"] for message in await until_pulse(site, line)}
        assert (said["ceder"]["freshness"], said["linde"]["freshness"]) == ("ageing", "stale")


async def test_a_process_that_starts_with_such_a_shelter_becomes_live(
    board_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad_card(monkeypatch, 1)
    async with served(board_database.url, clock, own_pulse=False) as site:
        mark = await site.sign_in("mark")
        page = (await mark.get("/")).text
        assert site.process.board.live
        assert 'id="shelter-linde" data-stamp="1.x"' in page and 'id="shelter-ceder" data-stamp="1.0"' in page
        async with site.api("demo-police") as police:
            assert (await police.post("/search", json={"adults": {"woman": 1}})).status_code == 200
        await mark.aclose()


async def test_a_result_that_cannot_be_drawn_leaves_the_search_alive(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    Plant(monkeypatch)
    async with searching(site, {"woman": "1"}) as page:
        assert {"linde-1", "wilg-1"} <= page.rows.keys()
        assert ["nu niet te tonen" in page.rows[row] for row in ("linde-1", "wilg-1")] == [True, False]


async def test_drawing_is_tried_again_each_time_after_twice_as_long_and_logged_once() -> None:
    clock, noted = FixedClock(), faults.Faults()
    waits: list[float] = []
    with structlog.testing.capture_logs() as log:
        for _ in range(9):
            noted.note("linde", 2, "card", ZeroDivisionError())
            assert noted.due(clock.now()) == []
            began = clock.now()
            while not noted.due(clock.now()):
                clock.move(seconds=1)
            waits.append((clock.now() - began).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60] and LONGEST_RETRY.total_seconds() == 60
    assert len(log) == 1
    clock.move(hours=1)
    assert noted.due(clock.now()) == []  # it could be drawn at the last try
