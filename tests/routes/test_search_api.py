"""Finding a place and keeping it, by the API alone; and that a profile is nowhere afterwards."""

import asyncio
import json
import logging
from typing import Any

import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect

from bedboard.log import set_up_log
from bedboard.rules.claims import MOST_OF_ONE
from tests.build import PATIENCE
from tests.build.api import search
from tests.build.lines import page_line
from tests.build.site import Site, as_owner, facts

WOMAN = {"adults": {"woman": 1}}
MAN = {"adults": {"man": 1}}


def places(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(match["place"], match["fit"]) for match in found["matches"]]


async def test_what_fits_comes_first_and_the_rest_is_counted_by_reason(site: Site) -> None:
    found = await search(site, WOMAN)
    # linde takes women; wilg too but nobody has confirmed it; ceder says nothing about women
    assert places(found) == [
        ("linde-1", "fits"),
        ("linde-2", "fits"),
        ("wilg-1", "fits"),
        ("ceder-1", "discuss"),
        ("ceder-2", "discuss"),
    ]
    assert found["counts"] == {"fits": 2, "discuss": 2, "unsure": 1, "excluded": 0, "taken": 2}
    assert found["matches"][0]["reasons"] == [
        {"criterion": "woman", "verdict": "yes", "detail": None},
        {"criterion": "size", "verdict": "yes", "detail": 1},
    ]
    assert [match["freshness"] for match in found["matches"]] == ["fresh", "fresh", "stale", "fresh", "fresh"]
    found = await search(site, MAN | {"avoid": ["zuid"]})
    assert (found["matches"], found["excluded"]) == ([], {"man": 3, "avoid": 2})
    assert found["as_of"] == "2026-03-11T13:00:00Z"


async def test_the_same_question_again_tells_the_present_moment_and_what_is_free_then(site: Site) -> None:
    first = await search(site, WOMAN)
    assert await search(site, WOMAN) == first
    site.clock.move(seconds=1)
    assert await search(site, WOMAN) == first | {"as_of": "2026-03-11T13:00:01Z"}
    async with site.api("demo-shelter-linde") as linde:
        assert (await linde.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
    assert places(await search(site, WOMAN))[0] == ("linde-2", "fits")


async def test_everything_left_open_finds_all_that_is_free(site: Site) -> None:
    assert len((await search(site, {}))["matches"]) == 5
    assert len((await search(site, {"limit": 2}))["matches"]) == 2


async def test_from_search_to_hold_to_arrival(site: Site) -> None:
    async with site.api("demo-police") as police, site.api("demo-shelter-linde") as linde:
        best = (await police.post("/search", json=WOMAN)).json()["matches"][0]["place"]
        reply = await police.post(f"/places/{best}/holds", headers={"Idempotency-Key": "one"})
        hold = reply.json()
        assert (reply.status_code, hold["expires_at"]) == (201, "2026-03-11T13:30:00Z")
        again = await police.post(f"/places/{best}/holds", headers={"Idempotency-Key": "one"})
        assert (again.status_code, again.json()) == (201, hold)
        assert best not in [place for place, _ in places(await search(site, WOMAN))]
        held = (await police.get("/holds")).json()["holds"]
        assert [(one["id"], one["telephone"]) for one in held] == [(hold["id"], "CANARY-TEL-linde")]
        longer = await police.post(f"/holds/{hold['id']}/extend")
        assert (longer.json()["expires_at"], longer.json()["extended"]) == ("2026-03-11T14:00:00Z", True)
        assert (await police.post(f"/holds/{hold['id']}/extend")).json()["code"] == "extended_already"
        assert (await linde.patch(f"/places/{best}", json={"status": "occupied"})).status_code == 200
        assert (await police.get("/holds")).json() == {"holds": []}
        assert (await police.delete(f"/holds/{hold['id']}")).json()["code"] == "hold_over"


async def test_who_comes_too_late_hears_it_with_what_is_true_now(site: Site) -> None:
    async with site.api("demo-police") as police, site.api("demo-coordinator") as coordinator:
        assert (await police.post("/places/ceder-1/holds")).status_code == 201
        late = await coordinator.post("/places/ceder-1/holds")
        assert (late.status_code, late.json()["code"]) == (409, "not_free")
        assert late.json()["present"]["counts"]["men"]["held"] == 1
        assert (await police.post("/places/ceder-1/holds")).json()["code"] == "held_already"
        assert (await coordinator.post("/places/ceder-2/holds")).status_code == 201


async def test_a_released_place_is_free_again_in_the_next_answer(site: Site) -> None:
    async with site.api("demo-police") as police:
        hold = (await police.post("/places/linde-1/holds")).json()
        gone = await police.delete(f"/holds/{hold['id']}", headers={"Idempotency-Key": "x"})
        for again in (await police.delete(f"/holds/{hold['id']}"), await police.post(f"/holds/{hold['id']}/extend")):
            assert (again.status_code, again.json()["code"]) == (409, "hold_released")
            assert "is al vrijgegeven" in again.json()["detail"] and "tijd" not in again.json()["detail"]
        assert (gone.status_code, gone.content) == (204, b"")
        assert (await police.delete(f"/holds/{hold['id']}", headers={"Idempotency-Key": "x"})).status_code == 204
        assert "linde-1" in [place for place, _ in places(await search(site, WOMAN))]


async def test_a_hold_ends_by_the_clock_for_everybody(site: Site) -> None:
    async with site.api("demo-police") as police:
        await police.post("/places/linde-1/holds")
        site.clock.move(minutes=29, seconds=59)
        site.process.board.age()
        assert "linde-1" not in [place for place, _ in places(await search(site, {}))]
        site.clock.move(seconds=1)
        site.process.board.age()
        assert "linde-1" in [place for place, _ in places(await search(site, {}))]
        assert (await police.get("/holds")).json() == {"holds": []}


async def test_the_shelters_own_system_keeps_a_place_for_a_caller(site: Site) -> None:
    async with site.api("demo-shelter-linde") as linde, site.api("demo-police") as police:
        assert (await linde.post("/places/linde-1/holds")).status_code == 422
        wrong = await linde.post("/places/linde-1/holds", json={"organization": "nobody", "role": "police"})
        assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "unknown_caller")
        held = await linde.post("/places/linde-1/holds", json={"organization": "desk", "role": "desk"})
        assert held.status_code == 201
        assert (await linde.post("/places/ceder-1/holds", json={"organization": "desk", "role": "desk"})).status_code == 404
        assert (await police.delete(f"/holds/{held.json()['id']}")).status_code == 404
        assert (await linde.delete(f"/holds/{held.json()['id']}")).status_code == 204
        mine = await police.post("/places/linde-1/holds", json={"organization": "desk", "role": "desk"})
        assert mine.status_code == 422  # a seeker of places holds them for nobody else


async def test_a_fourth_place_is_refused(site: Site) -> None:
    async with site.api("demo-police") as police:
        for place in ("linde-1", "linde-2", "ceder-1")[:MOST_OF_ONE]:
            assert (await police.post(f"/places/{place}/holds")).status_code == 201
        before = await facts(site)
        reply = await police.post("/places/ceder-2/holds")
        assert (reply.status_code, reply.json()["code"]) == (409, "holds_of_person")
        assert "3" in reply.json()["detail"]
        assert await facts(site) == before


async def test_a_press_that_is_repeated_after_the_hold_was_let_go_does_not_look_like_a_hold(site: Site) -> None:
    browser = await site.sign_in("mark")
    press = {"key": "a", "page": "shelter"}
    assert (await browser.post("/places/linde-1/hold", data=press)).status_code == 303
    assert (await browser.post("/places/linde-1/hold", data=press)).status_code == 303  # it is still so
    (hold_id,) = [claim.id for card in site.process.board.cards.values() for place in card.places if (claim := place.claim)]
    assert (await browser.post(f"/holds/{hold_id}/release", data={"key": "b"})).status_code == 303
    again = await browser.post("/places/linde-1/hold", data=press)
    assert (again.status_code, 'data-code="hold_over"' in again.text) == (409, True)
    await browser.aclose()


async def test_thousands_of_wrong_fields_are_answered_shortly(standing: Site) -> None:
    async with standing.api("demo-police") as api:
        reply = await api.post("/search", json={f"f{n}": n for n in range(5000)})
    assert reply.status_code == 422
    assert len(reply.json()["errors"]) == 20


async def test_a_client_keeps_its_search_live_by_asking_again(site: Site) -> None:
    headers = {"Authorization": "Bearer demo-coordinator"}
    async with connect(f"{site.live_url}/api/v1/live", additional_headers=headers) as line, site.api("demo-police") as police:
        await line.recv()
        await police.post("/places/linde-1/holds")
        async with asyncio.timeout(PATIENCE):
            while (message := json.loads(await line.recv()))["type"] != "shelter":
                pass
        assert message["shelter"]["id"] == "linde"
    assert "linde-1" not in [place for place, _ in places(await search(site, WOMAN))]


async def test_a_profile_is_in_no_table_log_or_answer_that_is_kept(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """A profile that is like no other, in every way in which one can be sent; then everything that was written is searched."""
    set_up_log("debug")
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        profile = {
            "adults": {"woman": 7},
            "children": {"boy_12_17": 13},
            "needs": ["wheelchair", "pregnant"],
            "languages": ["ti"],
        }
        fields = {
            "adults.woman": "7",
            "children.boy_12_17": "13",
            "needs.wheelchair": "on",
            "languages.ti": "on",
            "statuses": ["dublin"],
        }
        async with site.api("demo-police") as police:
            for body in (profile, profile | {"statuses": ["dublin"], "name": "Blessing"}, profile | {"group": 99}):
                await police.post("/search", json=body, headers={"Idempotency-Key": "k"})
            await police.post("/places/linde-1/holds", json=profile)
        browser = await site.sign_in("mark")
        pages = [
            await browser.post("/search", data=fields),
            await browser.post("/places/linde-1/hold", data={**fields, "key": "a", "page": "search"}),
            await browser.post("/places/linde-4/hold", data={**fields, "key": "b", "page": "search"}),
            await browser.post("/search/nothing?slept=hotel", data={**fields, "key": "c"}),
            await browser.post("/search/nothing?slept=boat", data={**fields, "key": "d"}),
        ]
        assert [page.status_code for page in pages] == [200, 200, 409, 200, 422]
        async with page_line(site, browser, "view=search") as line:
            await line.send(json.dumps({"type": "hello", "known": {}, "search": {"n": 1, "fields": fields}}))
            assert json.loads(await line.recv())["found"]["n"] == 1
        await browser.aclose()
    finally:
        set_up_log("warning")
    out = capsys.readouterr()
    written = out.out + out.err
    assert '"refused"' in written  # the log was indeed written
    async with as_owner(site.process.database) as tx:
        connection = await tx.connection()
        tables = (await connection.execute(text("select tablename from pg_tables where schemaname = 'public'"))).scalars().all()
        for table in tables:
            if table not in ("shelter", "place", "kind", "language", "picture"):  # these say whom shelters take
                rows = await connection.execute(text(f"select * from {table}"))  # noqa: S608
                written += "\n".join(f"{table}: {row}" for row in rows)
    assert "tally_waiting: " in written and "hotel" in written
    tallies = [line for line in written.splitlines() if line.startswith("tally") or "'add_shelter'" in line]  # as the tables
    for word in ("wheelchair", "pregnant", "dublin", "boy_12_17", "Blessing", "'ti'", "languages", "adults"):
        found = [line for line in written.splitlines() if word in line and line not in tallies]
        assert found == [], word


@pytest.mark.parametrize("digit", ["\u0663", "\U0001ccf1", "\U00010d42"], ids=["Arabic", "outlined", "Garay"])
async def test_a_time_in_other_digits_is_refused_like_any_that_is_none(site: Site, digit: str) -> None:
    async with site.api("demo-police") as api:
        for field in ("arrives_after", "arrives_before"):
            reply = await api.post("/search", json={field: f"0{digit}:00"})
            assert (reply.status_code, [one["field"] for one in reply.json()["errors"]]) == (422, [field]), reply.text


async def test_the_log_of_a_bug_says_where_it_is_and_nothing_that_was_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*_: object) -> None:
        try:
            raise ExceptionGroup("CANARY", [ValueError("CANARY")])
        except ExceptionGroup as cause:
            raise RuntimeError("CANARY") from cause

    monkeypatch.setattr("bedboard.routes.api.search.profile_of", break_down)
    async with site.api("demo-police") as api:
        assert (await api.post("/search", json=WOMAN)).status_code == 500
    said = capsys.readouterr().out
    assert '"bug"' in said
    assert "RuntimeError" in said and "ValueError" in said and "break_down" in said
    assert "CANARY" not in said
