"""Kinds, desk hours, units, travel minutes and days off: old and new are shown first, and nobody is overwritten."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing

import httpx
import pytest

from tests.build import until
from tests.build.api import sql
from tests.build.lines import hear, page_line, until_pulse
from tests.build.site import Site, facts, served

COSM, NOORD, DAYS = "/manage/kinds/cosm", "/manage/units/noord", "/manage/days"


@pytest.fixture
async def wouter(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("wouter")) as browser:
        yield browser


def words(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2]).split())


def form_on(page: httpx.Response) -> dict[str, str]:
    """Return the fields of the form of a page as they are now."""
    form = page.text[page.text.rindex('class="manage-form"') :].partition("</form>")[0]
    found = {
        name: value for name, value in re.findall(r'<input type="(?:text|number)"[^>]* name="([^"]+)" value="([^"]*)"', form)
    }
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    found |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', form))
    found |= dict.fromkeys(re.findall(r'<input type="checkbox" name="([^"]+)" checked', form), "on")
    return {name: value.replace("&#39;", "'") for name, value in found.items()}


async def look(browser: httpx.AsyncClient, path: str, changes: Mapping[str, str], key: str = "k") -> httpx.Response:
    fields = form_on(await browser.get(path)) | dict(changes)
    return await browser.post(
        path, data={name: value for name, value in fields.items() if value} | {"do": "preview", "key": key}
    )


async def save(browser: httpx.AsyncClient, looked_at: httpx.Response) -> httpx.Response:
    form = looked_at.text[looked_at.text.index('class="replacing"') :].partition("</form>")[0]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
    return await browser.post(looked_at.url.path, data=hidden | {"do": "save"})


async def test_a_kind_with_its_desk_hours_is_changed_and_the_board_follows(site: Site, wouter: httpx.AsyncClient) -> None:
    await sql_set(site, "desk_hours = 'mon-fri 09:00-17:00'")
    before = await facts(site)
    page = await look(wouter, COSM, {"name_nl": "COSM nieuw", "opens": "08:30", "needs.lvb": "on"})
    text = words(page)
    assert "Nu: COSM Straks: COSM nieuw" in text.replace("→ ", "") and "08:30" in text and await facts(site) == before
    assert (await save(wouter, page)).headers["location"] == f"{COSM}?saved=1"
    [row] = await sql(site, "select name_nl, desk_hours, for_needs from kind where code = 'cosm'")
    assert tuple(row) == ("COSM nieuw", "mon-fri 08:30-17:00", ["lvb"])
    [line] = await sql(site, "select subject, before, after from journal where action = 'change_kind'")
    assert line.subject == "kind cosm" and set(line.after) == {"name_nl", "desk_hours", "for_needs"}

    async def is_read() -> bool:
        catalogue = site.process.board.catalogue
        return catalogue is not None and catalogue.kinds["cosm"].names["nl"] == "COSM nieuw"

    await until(is_read, "the board has read the kind")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"decides": "police"}, "uren horen alleen bij de plaatsingsdesk"),
        ({"days": "daily", "opens": "", "closes": ""}, "alleen bij een plaatsingsdesk met uren"),
        ({"fresh_minutes": "60"}, "dit ontbreekt"),
        ({"fresh_minutes": "60", "ageing_minutes": "60"}, "langer zijn dan hoe lang het nieuws actueel is"),
        ({"opens": "9 uur"}, "dit klopt niet"),
        ({"long_nl": "Bel <b>Fatima</b>"}, "dit klopt niet"),
    ],
)
async def test_what_cannot_be_of_a_kind_is_said(
    site: Site, wouter: httpx.AsyncClient, changes: dict[str, str], said: str
) -> None:
    await sql_set(site, "desk_hours = 'mon-fri 09:00-17:00', outside_hours = 'provisional'")
    page = await look(wouter, COSM, changes)
    assert page.status_code == 422 and said in words(page) and 'class="replacing"' not in page.text


async def sql_set(site: Site, values: str) -> None:
    async with site.process.database.transaction() as tx:
        await (await tx.connection()).exec_driver_sql(f"update kind set {values} where code = 'cosm'")  # noqa: S608


async def test_the_second_of_two_who_change_a_kind_sees_the_first(site: Site, wouter: httpx.AsyncClient) -> None:
    first = await look(wouter, COSM, {"name_nl": "Eerst"})
    second = await look(wouter, COSM, {"name_nl": "Later"}, "k2")
    assert (await save(wouter, first)).status_code == 303
    refused = await save(wouter, second)
    assert refused.status_code == 409 and "Nu: Eerst" in words(refused)
    assert (await sql(site, "select name_nl from kind where code = 'cosm'"))[0].name_nl == "Eerst"


async def test_the_minutes_between_units_count_in_both_directions(site: Site, wouter: httpx.AsyncClient) -> None:
    page = await look(wouter, NOORD, {"minutes.zuid": "75"})
    assert "Limburg" in words(page) and "75" in words(page)
    assert (await save(wouter, page)).status_code == 303
    assert 'name="minutes.noord" value="75"' in (await wouter.get("/manage/units/zuid")).text
    page = await look(wouter, "/manage/units/zuid", {"minutes.noord": ""})
    assert (await save(wouter, page)).status_code == 303
    assert await sql(site, "select minutes from travel where from_code = 'noord' and to_code = 'zuid'") == []
    assert (await look(wouter, NOORD, {"minutes.zuid": "999"})).status_code == 422
    assert (await look(wouter, NOORD, {"minutes.nowhere": "9"})).status_code == 422
    assert [one.action for one in await sql(site, "select action from journal where subject like 'unit %'")] == [
        "change_unit"
    ] * 2


async def test_a_day_off_closes_the_desk_and_goes_again(site: Site, wouter: httpx.AsyncClient) -> None:
    today = site.clock.at.date().isoformat()
    assert (await wouter.post(DAYS, data={"day": today, "key": "k"})).status_code == 303
    again = await wouter.post(DAYS, data={"day": today, "key": "k2"})
    assert again.status_code == 422 and "deze dag is al vrij" in words(again)

    def is_off() -> bool:
        catalogue = site.process.board.catalogue
        return catalogue is not None and site.clock.at.date() in catalogue.days_off

    async def closed() -> bool:
        return is_off()

    async def opened() -> bool:
        return not is_off()

    await until(closed, "the board has read the day off")
    page = await wouter.get(f"{DAYS}/{today}")
    seen = re.search(r'name="seen" value="(\w+)"', page.text)
    assert seen is not None
    assert (await wouter.post(f"{DAYS}/{today}", data={"do": "end", "seen": seen[1], "key": "e"})).status_code == 303
    await until(opened, "the board has read that it is gone")
    assert (await wouter.get(f"{DAYS}/{today}")).status_code == 404
    assert [one.action for one in await sql(site, "select action from journal where subject like 'day %' order by id")] == [
        "add_day_off",
        "end_day_off",
    ]


async def test_an_open_board_shows_the_new_name_of_a_kind_without_a_reload(site: Site, wouter: httpx.AsyncClient) -> None:
    async with aclosing(await site.sign_in("mark")) as mark, page_line(site, mark) as line:
        await line.send("{}")
        assert "COSM nieuw" not in str(await hear(line))
        assert (await save(wouter, await look(wouter, COSM, {"name_nl": "COSM nieuw"}))).status_code == 303
        message = await hear(line)
        assert message["type"] == "snapshot" and "COSM nieuw" in str(message)


async def test_a_new_number_of_the_list_redraws_no_open_board(site: Site, wouter: httpx.AsyncClient) -> None:
    number = {"topic": "legal", "name_nl": "Advocaten", "name_en": "Lawyers", "telephone": "010 55", "key": "k"}
    async with aclosing(await site.sign_in("mark")) as mark, page_line(site, mark) as line:
        await line.send("{}")
        await hear(line)
        assert (await wouter.post("/manage/contacts", data=number)).status_code == 303

        async def is_read() -> bool:
            catalogue = site.process.board.catalogue
            return catalogue is not None and bool(catalogue.contacts)

        await until(is_read, "the board has read the number")
        assert [one["type"] for one in await until_pulse(site, line)] == []


async def test_a_new_kind_and_a_new_unit_are_on_the_pages_of_every_process_at_once(
    site: Site, wouter: httpx.AsyncClient
) -> None:
    async with served(site.process.database.url, site.clock) as second, aclosing(await second.sign_in("lucia")) as lucia:
        assert "Gezinsplekken" not in (await lucia.get("/")).text
        kind = {"code": "family", "name_nl": "Gezinsplekken", "name_en": "Family places", "decides": "shelter", "key": "k1"}
        done = await wouter.post("/manage/kinds", data=kind)
        assert (done.status_code, done.headers["location"]) == (303, "/manage/kinds/family?saved=1")
        unit = {"code": "oost", "name": "Oost-Nederland", "short": "ON", "map_column": "3", "map_row": "2", "key": "k2"}
        assert (await wouter.post("/manage/units", data=unit)).headers["location"] == "/manage/units/oost?saved=1"

        async def is_shown() -> bool:
            board, search = await lucia.get("/"), await lucia.get("/search")
            return "Gezinsplekken" in board.text and all('title="Oost-Nederland"' in page.text for page in (board, search))

        await until(is_shown, "the board and the search form have both")
        for path in ("/manage/kinds/family", "/manage/units/oost"):
            seen = re.search(r'name="seen" value="(\w+)"', (await wouter.get(path)).text)
            assert seen is not None
            assert (await wouter.post(path, data={"do": "end", "key": path, "seen": seen[1]})).status_code == 303
            assert "gestopt" in words(await wouter.get(path))

        async def is_gone() -> bool:
            page = await lucia.get("/")
            return "Gezinsplekken" not in page.text and "Oost-Nederland" not in page.text

        await until(is_gone, "the board has neither")


async def test_a_kind_in_use_says_why_it_stays(site: Site, wouter: httpx.AsyncClient) -> None:
    for path, said in ((COSM, "nog plekken van deze soort (3), op locaties (1)"), (NOORD, "nog locaties (2)")):
        seen = re.search(r'name="seen" value="(\w+)"', (await wouter.get(path)).text)
        assert seen is not None
        page = await wouter.post(path, data={"do": "end", "key": path, "seen": seen[1]})
        assert page.status_code == 409 and said in words(page)


async def test_a_new_language_can_be_asked_for_at_once_and_none_is_free_text(site: Site, wouter: httpx.AsyncClient) -> None:
    assert (await wouter.post("/manage/languages", data={"language": "zzz", "key": "k1"})).status_code == 422
    done = await wouter.post("/manage/languages", data={"language": "sv", "key": "k2"})
    assert (done.status_code, done.headers["location"]) == (303, "/manage/languages?saved=1")
    assert "Zweeds" in words(await wouter.get("/manage/languages/sv"))
    async with aclosing(await site.sign_in("lucia")) as lucia, aclosing(await site.sign_in("anneke")) as anneke:

        async def is_asked() -> bool:
            pages = await lucia.get("/search"), await anneke.get("/manage/linde/criteria")
            return all('name="languages.sv"' in page.text for page in pages)

        await until(is_asked, "the search form and the criteria have it")
    async with site.api("demo-police") as api:
        assert (await api.post("/search", json={"languages": ["sv"]})).status_code == 200
        assert (await api.post("/search", json={"languages": ["fi"]})).status_code == 422
    page = await wouter.get("/manage/languages/sv")
    seen = re.search(r'name="seen" value="(\w+)"', page.text)
    assert seen is not None
    gone = await wouter.post("/manage/languages/sv", data={"do": "end", "key": "k3", "seen": seen[1]})
    assert (gone.status_code, gone.headers["location"]) == (303, "/manage/languages?saved=1")
