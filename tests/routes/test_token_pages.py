"""The pages of tokens, without scripts: a token is shown once, to its maker, and the managers of its shelter are told."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from tests.build import NOW
from tests.build.api import sql
from tests.build.rows import everything, run
from tests.build.sessions import site as site
from tests.build.site import Site

LINDE, EVERY = "/manage/linde/tokens", "/manage/tokens"
ROSTER = {"program": "roster-linde", "scopes.report": "on", "scopes.answer": "on", "lasts": "90", "key": "k"}
SEARCHER = {"program": "zoeker", "role": "police", "organization": "oever", "scopes.search": "on", "lasts": "30", "key": "k"}


@pytest.fixture
async def wouter(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("wouter")) as browser:
        yield browser


@pytest.fixture
async def anneke(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("anneke")) as browser:
        yield browser


def words(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def token_on(page: httpx.Response) -> str:
    [token] = re.findall(r'<p class="code token">([\w-]+)</p>', page.text)
    return str(token)


async def press(browser: httpx.AsyncClient, page: httpx.Response, do: str, key: str = "p") -> httpx.Response:
    """Press the button of a token's page that rotates or ends it."""
    path = page.url.path
    seen = re.search(r'name="seen" value="(\w+)"', page.text)
    assert seen is not None
    return await browser.post(path, data={"do": do, "seen": seen[1], "key": key})


async def status(site: Site, token: str, path: str = "/board") -> int:
    async with site.api(token) as api:
        return (await api.get(path)).status_code


async def test_a_manager_makes_a_token_and_sees_it_once(site: Site, anneke: httpx.AsyncClient) -> None:
    page = await anneke.post(LINDE, data=ROSTER)
    assert page.status_code == 200 and page.url.path.startswith(f"{LINDE}/")
    token = token_on(page)
    async with site.api(token) as api:
        assert (await api.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
        assert (await api.patch("/places/ceder-1", json={"status": "occupied"})).status_code == 404
        assert (await api.get("/requests")).status_code == 403
    again = await anneke.get(str(page.url))
    assert again.status_code == 200 and token not in again.text
    assert "doorgeven wat er vrij is, aanvragen beantwoorden" in words(again)
    assert token not in await everything(site.process.database)
    rows = words(await anneke.get(LINDE))
    assert "roster-linde" in rows and "laatst gebruikt rond" in rows and "geldt tot" in rows


async def test_a_press_that_is_repeated_makes_one_token_and_shows_it_no_second_time(
    site: Site, anneke: httpx.AsyncClient
) -> None:
    first = await anneke.post(LINDE, data=ROSTER)
    again = await anneke.post(LINDE, data=ROSTER)
    assert again.status_code == 303 and again.headers["location"] == f"{first.url.path}?saved=1"
    assert len(await sql(site, "select id from client where name = 'roster-linde'")) == 1
    assert "code token" not in (await anneke.get(again.headers["location"])).text


async def test_another_browser_never_sees_the_token(site: Site, anneke: httpx.AsyncClient) -> None:
    made = await anneke.post(LINDE, data=ROSTER)
    async with aclosing(await site.sign_in("anneke")) as other:
        assert "code token" not in (await other.get(str(made.url))).text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (ROSTER | {"program": "Jan Jansen"}, "Programma"),
        (ROSTER | {"program": "jan@x.nl"}, "Programma"),
        (ROSTER | {"program": "fatima-0612345678"}, "Programma"),
        (ROSTER | {"program": "rooster\u0430"}, "Programma"),  # the last letter is Cyrillic
        (ROSTER | {"lasts": "3650"}, "Geldig"),
        (ROSTER | {"lasts": ""}, "Geldig"),
        ({name: value for name, value in ROSTER.items() if "scopes" not in name}, "Mag"),
        (ROSTER | {"scopes.search": "on"}, "Mag"),
        (ROSTER | {"scopes.everything": "on"}, "scopes"),
        (ROSTER | {"shelter": "ceder"}, "Locatie"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_stays(
    site: Site, anneke: httpx.AsyncClient, form: dict[str, str], field: str
) -> None:
    page = await anneke.post(LINDE, data=form)
    assert page.status_code == 422 and field in words(page).partition("Tokens")[2]
    assert 'name="scopes.report"' in page.text
    assert await sql(site, "select id from client where not demo") == []


async def test_an_administrator_makes_a_token_for_police_of_an_organization(site: Site, wouter: httpx.AsyncClient) -> None:
    without = await wouter.post(EVERY, data={name: value for name, value in SEARCHER.items() if name != "organization"})
    assert without.status_code == 422 and "kies de organisatie waarvoor het programma zoekt" in words(without)
    page = await wouter.post(EVERY, data=SEARCHER)
    token = token_on(page)
    async with site.api(token) as api:
        assert (await api.post("/search", json={"adults": {"woman": 1}})).status_code == 200
        refused = await api.post("/places/linde-1/holds", json={})
    assert (refused.status_code, refused.json()["scope"]) == (403, "request")
    assert "politie, Stichting Oever" in words(page)


async def test_managers_are_told_of_a_token_of_their_shelter_on_their_pages(site: Site, wouter: httpx.AsyncClient) -> None:
    form = ROSTER | {"role": "machine", "shelter": "linde"}
    assert (await wouter.post(EVERY, data=form)).status_code == 200
    async with aclosing(await site.sign_in("anneke")) as anneke, aclosing(await site.sign_in("sanne")) as sanne:
        for path, is_told in (("/manage", True), ("/staff/linde", True), ("/staff/ceder", False)):
            assert ("Nieuw token: roster-linde (Linde)" in words(await anneke.get(path))) == is_told, path
        assert "Nieuw token" not in words(await sanne.get("/staff/linde"))
        [link] = re.findall(r'href="(/manage/linde/tokens/[^"]+)"', (await anneke.get("/manage")).text)
        page = await anneke.get(link)
        assert (await press(anneke, page, "end")).status_code == 303
        assert "Nieuw token" not in words(await anneke.get("/manage"))


async def test_a_rotation_shows_the_new_token_once_and_the_old_one_goes_on(site: Site, anneke: httpx.AsyncClient) -> None:
    page = await anneke.post(LINDE, data=ROSTER)
    first = token_on(page)
    page = await press(anneke, page, "save")
    second = token_on(page)
    assert second != first and "geldt ook nog, tot" in words(page)
    assert [await status(site, one) for one in (first, second)] == [200, 200]
    early = await press(anneke, page, "save", "q")
    assert early.status_code == 409 and "Dit token is net vernieuwd" in words(early)
    site.pass_time(days=1)
    await site.stay()
    assert [await status(site, one) for one in (first, second)] == [401, 200]


async def test_a_token_that_is_ended_stays_in_the_list_and_has_no_buttons(site: Site, anneke: httpx.AsyncClient) -> None:
    page = await anneke.post(LINDE, data=ROSTER)
    path = page.url.path
    assert (await press(anneke, page, "end")).status_code == 303
    ended = await anneke.get(path)
    assert "gestopt" in words(ended) and "<form" not in ended.text.partition("<main")[2].partition("</main")[0]
    assert "gestopt" in words(await anneke.get(LINDE))


async def test_a_page_that_is_old_ends_nothing(site: Site, anneke: httpx.AsyncClient, wouter: httpx.AsyncClient) -> None:
    page = await anneke.post(LINDE, data=ROSTER)
    other = await wouter.get(f"{EVERY}/{page.url.path.rpartition('/')[2]}")
    assert (await press(wouter, other, "save")).status_code == 200
    refused = await press(anneke, page, "end", "q")
    assert refused.status_code == 409 and "door iemand anders veranderd" in words(refused)
    assert "vraag het daar" in words(refused) and "sla nog eens op" not in words(refused), "nothing was typed here"
    assert await sql(site, "select ended_at from client where name = 'roster-linde'") == [(None,)]


async def test_a_token_of_another_shelter_is_not_there(
    site: Site, anneke: httpx.AsyncClient, wouter: httpx.AsyncClient
) -> None:
    made = await wouter.post(EVERY, data=ROSTER | {"role": "machine", "shelter": "wilg"})
    client_id = made.url.path.rpartition("/")[2]
    for path in (f"{LINDE}/{client_id}", f"/manage/ceder/tokens/{client_id}", f"{LINDE}/demo-shelter-linde"):
        assert (await anneke.get(path)).status_code == 404
        for do in ("save", "end"):
            reply = await anneke.post(path, data={"do": do, "seen": "0" * 16, "key": path + do})
            assert reply.status_code == 404
    assert (await anneke.get(EVERY)).status_code == 403


async def test_the_day_of_a_moment_is_that_of_the_deployment(site: Site, anneke: httpx.AsyncClient) -> None:
    made = await anneke.post(LINDE, data=ROSTER)
    await run(site.process.database, "update client set expires_at = '2026-12-31 23:30+00' where name = 'roster-linde'")
    assert "geldt tot 1 januari 2027, 00:30" in words(await anneke.get(made.url.path))


async def test_the_trail_names_the_program(site: Site, anneke: httpx.AsyncClient) -> None:
    await anneke.post(LINDE, data=ROSTER)
    async with aclosing(await site.sign_in("gerda")) as gerda:
        day = NOW.date().isoformat()
        text = words(await gerda.get(f"/audit?kind=changes&first={day}&last={day}"))
    assert "token gemaakt" in text and "roster-linde" in text
