"""Holds and telephones on the pages, without any script: the words, their readers, and that each look has been written down."""

import re
from contextlib import aclosing
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from bedboard.actions.setup import add_shelter
from bedboard.store.bell import ring
from tests.build import SEAL, place, shelter
from tests.build.pages import Forms, follow, forms, press, state
from tests.build.site import Site

LINDE, CEDER, WILG = "CANARY-TEL-linde", "CANARY-TEL-ceder", "CANARY-TEL-wilg"
PROFILE = {
    "adults.woman": "1",
    "children.child_4_11": "2",
    "needs.lvb": "on",
    "statuses.eu": "on",
    "near": "zuid",
    "arrival": "now",
}


async def rows(site: Site, statement: str) -> list[tuple[Any, ...]]:
    async with site.process.database.transaction() as tx:
        return [tuple(row) for row in await (await tx.connection()).execute(text(statement))]


async def looks(site: Site) -> list[tuple[Any, ...]]:
    """Tell who saw which telephone and why, in order."""
    seen = "select actor_id, role, shelter_id, what, why from disclosure where result = 'shown' order by id"
    return await rows(site, seen)


async def hold(browser: httpx.AsyncClient, place: str) -> httpx.Response:
    """As a browser does: the button on the shelter's page, and where that leads."""
    page = await browser.get(f"/shelters/{place.rpartition('-')[0]}")
    [form] = forms(page, f"/places/{place}/hold")
    return await follow(browser, await press(browser, form))


async def test_who_holds_a_place_gets_the_telephone_on_every_page_and_all_of_them_are_one_look(site: Site) -> None:
    async with aclosing(await site.sign_in("lucia")) as lucia:
        page = await lucia.get("/shelters/linde")
        assert (page.status_code, LINDE in page.text, await looks(site)) == (200, False, [])
        page = await hold(lucia, "linde-1")
        assert page.url.path == "/shelters/linde"
        assert f'href="tel:{LINDE}"' in page.text and "14:30" in page.text
        mine = ("lucia", "coordinator", "linde", "telephone", "hold")
        assert await looks(site) == [mine]
        for path in ("/", "/strip", "/shelters/wilg", "/?kind=men"):
            page = await lucia.get(path)
            assert LINDE in page.text and WILG not in page.text, path
            assert await looks(site) == [mine]
        [claim] = await rows(site, "select distinct claim_id from disclosure")
        assert await rows(site, "select id from claim") == [claim]
        await lucia.post("/wall", data={"back": ""})
        assert LINDE not in (await lucia.get("/?wall=1")).text, "a wall is for everybody in the room"
        assert len(await looks(site)) == 1
    async with aclosing(await site.sign_in("mark")) as mark:
        page = await mark.get("/")
        assert LINDE not in page.text
        assert re.search(r"vastgehouden tot <time[^>]*>14:30</time>.*Stichting Oever \(zorgcoördinator\)", page.text)
    assert len(await looks(site)) == 1


async def test_a_hold_is_made_longer_once_and_given_back_with_forms(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as mark:
        page = await hold(mark, "linde-1")
        [longer] = [one for one in Forms(page.text).found if one.action.endswith("/extend")]
        page = await follow(mark, await press(mark, longer))
        assert page.url.path == "/shelters/linde" and "15:00" in page.text
        assert "/extend" not in page.text, "once only"
        again = await press(mark, longer, typed={"key": "another"})
        assert again.status_code == 409 and "Meer kan niet" in unescape(again.text)
        [release] = [one for one in Forms(page.text).found if one.action.endswith("/release")]
        page = await follow(mark, await press(mark, release))
        assert LINDE not in page.text and await state(site, "linde-1") == "free"
        late = await press(mark, release, typed={"key": "one more"})
        assert late.status_code == 409 and "Deze plek is al vrijgegeven." in late.text


async def test_the_strip_says_what_the_shelter_made_of_the_place(site: Site) -> None:
    """A tap of the shelter ends the hold; this is for whatever leaves the two beside each other."""
    async with aclosing(await site.sign_in("lucia")) as lucia:
        await hold(lucia, "linde-1")
        await hold(lucia, "ceder-1")
        for version, (said, words) in enumerate(
            (
                ("state = 'occupied'", "De opvang zegt nu: bezet."),
                ("state = 'closed', closed_reason = 'safety'", "De opvang zegt nu: dicht. (veiligheid)"),
            ),
            3,
        ):
            async with site.process.database.transaction() as tx:
                connection = await tx.connection()
                await connection.execute(text(f"update place set {said} where id = 'linde-1'"))  # noqa: S608
                await connection.execute(text(f"update shelter set version = {version} where id = 'linde'"))  # noqa: S608
                await ring(tx, "shelter", "linde", version)
            await site.process.board.reached("linde", version)
            [row] = re.findall(r'<article[^>]*data-shelter="linde".*?</article>', (await lucia.get("/strip")).text, re.DOTALL)
            assert words in row and LINDE in row and "Klaar" in row
            assert "/extend" not in row, "there is nothing to keep any more"


@pytest.mark.parametrize("person", ["lucia", "mark"])
async def test_without_a_hold_there_is_no_telephone_of_a_shelter_whose_news_is_known(site: Site, person: str) -> None:
    async with aclosing(await site.sign_in(person)) as browser:
        page = await browser.get("/shelters/linde")
        assert forms(page, "/shelters/linde/call") == []
        refused = await browser.post("/shelters/linde/call", data={})
        assert refused.status_code == 403
        assert 'data-code="hold_first"' in refused.text and "CANARY" not in refused.text
        assert await looks(site) == []
        await hold(browser, "linde-1")
        allowed = await browser.post("/shelters/linde/call", data={})
        assert allowed.status_code == 200 and LINDE in allowed.text
        assert (await browser.post("/shelters/ceder/call", data={})).status_code == 403
    assert {(one[2], one[4]) for one in await looks(site)} == {("linde", "hold")}


async def test_a_shelter_of_which_nothing_is_known_may_be_called_and_that_is_written_down(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as mark:
        call = forms(await mark.get("/shelters/wilg"), "/shelters/wilg/call")[
            -1
        ]  # its card has one too, which is not shown here
        page = await press(mark, call)
        assert page.status_code == 200 and f'href="tel:{WILG}"' in page.text
    assert await looks(site) == [("mark", "police", "wilg", "telephone", "stale")]


async def test_the_desk_may_always_call_and_that_is_written_down(site: Site) -> None:
    async with aclosing(await site.sign_in("hanneke")) as hanneke:
        [call] = forms(await hanneke.get("/shelters/ceder"), "/shelters/ceder/call")
        assert CEDER in (await press(hanneke, call)).text
    assert await looks(site) == [("hanneke", "desk", "ceder", "telephone", "desk")]


async def test_who_copies_the_list_of_telephones_is_stopped_after_twenty(site: Site) -> None:
    now = site.clock.now()
    async with site.process.database.transaction() as tx:
        for number in range(20):
            shelter_id = f"iep{number}"
            await add_shelter(tx, shelter(shelter_id, [place(f"{shelter_id}-1")], now, confirmed_at=None), SEAL, now)
    async with aclosing(await site.sign_in("lucia")) as lucia:
        for number in range(20):
            await site.process.board.reached(f"iep{number}", 1)
            reply = await lucia.post(f"/shelters/iep{number}/call", data={})
            assert (reply.status_code, f"CANARY-TEL-iep{number}" in reply.text) == (200, True)
        refused = await lucia.post("/shelters/wilg/call", data={})
        assert refused.status_code == 429
        assert WILG not in refused.text and "het telefoonnummer van 20 locaties" in refused.text
        assert len(await looks(site)) == 20
        again = await lucia.post("/shelters/iep7/call", data={})
        assert again.status_code == 200, "one that was seen before is no other one"
        site.clock.move(hours=1, seconds=1)
        await site.stay()
        assert (await lucia.post("/shelters/wilg/call", data={})).status_code == 200


async def test_nothing_of_a_search_is_kept_with_the_hold_that_ends_it(site: Site) -> None:
    async with aclosing(await site.sign_in("lucia")) as lucia:
        sent = {**PROFILE, "page": "search", "key": "k1"}
        assert (await lucia.post("/places/linde-1/hold", data=sent)).status_code == 200
        other = {**sent, "adults.woman": "2", "needs.psychiatric": "on"}
        again = await lucia.post("/places/linde-1/hold", data=other)
        assert again.status_code == 200, "the key says that it is the same press, whatever the form says of anybody"
        assert await rows(site, "select count(*) from claim") == [(1,)]
        for table in ("stored_reply", "journal", "claim", "disclosure"):
            seen = (
                "journal where action <> 'add_shelter'" if table == "journal" else table
            )  # that line says whom a shelter takes
            kept = str(await rows(site, f"select to_jsonb({table}) from {seen}")).lower()  # noqa: S608
            for word in ("woman", "child", "lvb", "psychiatric", "arrival", "zuid"):
                assert word not in kept, f"{word} in {table}"
        [(body,)] = await rows(site, "select convert_from(body, 'utf8') from stored_reply")
        assert body.split()[0] == "linde" and len(body.split()) == 2


async def test_who_comes_too_late_reads_so_and_gets_another_place_where_there_is_one(site: Site) -> None:
    async with aclosing(await site.sign_in("lucia")) as lucia, aclosing(await site.sign_in("mark")) as mark:
        [form] = forms(await mark.get("/shelters/linde"), "/places/linde-1/hold")
        await hold(lucia, "linde-1")
        page = await follow(mark, await press(mark, form))
        assert await state(site, "linde-2") == "held", "a place that is quite like it"
        assert LINDE in page.text
        [last] = forms(await lucia.get("/shelters/wilg"), "/places/wilg-1/hold")
        await hold(mark, "wilg-1")
        late = await press(lucia, last)
        assert late.status_code == 409 and 'data-code="not_free"' in late.text
        assert 'id="places"' in late.text and WILG not in late.text


async def test_a_shelters_page_says_whom_it_takes(site: Site) -> None:
    now = site.clock.now()
    terms: dict[str, object] = {
        "criteria": {"woman": "yes", "lvb": "discuss", "man": "no"},
        "limits": {"min_age": 18, "longest_stay_days": 90},
        "languages": ["ar", "en"],
    }
    places = [place("eik-1", criteria={"wheelchair": "yes"}), place("eik-2")]
    async with site.process.database.transaction() as tx:
        await add_shelter(tx, shelter("eik", places, now, **terms), SEAL, now)
    await site.process.board.reached("eik", 1)
    async with aclosing(await site.sign_in("mark")) as mark:
        page = " ".join(re.sub(r"<[^>]*>", " ", unescape((await mark.get("/shelters/eik")).text)).split()).replace(" ,", ",")
        whom = page.partition("Wie kan hier terecht?")[2]
        for words in (
            "ja vrouw in overleg LVB nee man niet bekend ander gender",
            "vanaf 18 jaar, hoogstens 90 dagen",
            "Engels, Arabisch",
        ):
            assert words in whom, whom
        assert page.count("rolstoel: ja") == 1, "of one place only"
        places_only = await mark.get("/shelters/eik", headers={"HX-Request": "true"})
        assert (
            places_only.text.lstrip().startswith('<section id="places"') and len(forms(places_only, "/places/eik-1/hold")) == 1
        )


async def test_staff_hold_a_place_for_a_caller_and_give_it_back_with_forms(site: Site) -> None:
    async with aclosing(await site.sign_in("sanne")) as sanne, aclosing(await site.sign_in("mark")) as mark:
        [form] = forms(await sanne.get("/staff/linde"), "/staff/linde/places/linde-1/hold")
        assert ("caller", "oever police") in form.buttons
        page = await follow(sanne, await press(sanne, form, ("caller", "oever police")))
        assert await state(site, "linde-1") == "held"
        tile = page.text.partition('id="tile-linde-1"')[2].partition("</summary>")[0]
        assert "Stichting Oever (politie)" in tile and "14:30" in tile
        assert forms(page, "/staff/linde/places/linde-1/hold") == [], "it is held"
        board = (await mark.get("/")).text
        assert "Stichting Oever (politie)" in board and "CANARY" not in board, "held for a caller, so nobody's own page has it"
        [release] = [one for one in Forms(page.text).found if one.action.endswith("/release")]
        page = await follow(sanne, await press(sanne, release))
        assert await state(site, "linde-1") == "free"
        assert forms(page, "/staff/linde/places/linde-1/hold")
        missing = await sanne.post("/staff/linde/places/linde-1/hold", data={"key": "k"})
        assert missing.status_code == 422 and await state(site, "linde-1") == "free"


async def test_police_come_to_the_search_page_and_the_others_home(site: Site) -> None:
    for person, where in {"mark": "/search", "lucia": "/", "hanneke": "/", "sanne": "/", "wouter": "/"}.items():
        async with site.client() as browser:
            assert (await browser.post("/sign-in/demo", data={"person": person})).headers["location"] == where
