"""From a file, without scripts: each line and what is wrong with it, then all of it or nothing, and nothing a second time."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from bedboard.rules.devices import PROOF_LASTS
from tests.build.api import sql
from tests.build.rows import every_row, everything
from tests.build.sessions import site as site
from tests.build.site import Site

HERE = "/manage/import"
HEADER = "rij;naam;organisatie;eenheid;telefoon;adres;locatie;plek;soort;bedden;aantal;rol"
RIGHT = f"""{HEADER}
locatie;Beuk;Stichting Oever;Zuid;010 555;Kade 3 te Zwolle
plek;;;;;;Beuk;kamer;women;2;3
plek;;;;;;Linde;kamer 9;women;1
persoon;Bo Bos;Stichting Oever;;;;Beuk|Linde;;;;;manager
persoon;Ada Vos;Stichting Oever;;;;;;;;;politie
"""


@pytest.fixture
async def wouter(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("wouter")) as browser:
        yield browser


def words(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2]).split())


async def look(browser: httpx.AsyncClient, content: str | bytes = RIGHT) -> httpx.Response:
    """Choose a file, and see the page that follows."""
    data = content.encode() if isinstance(content, str) else content
    reply = await browser.post(HERE, files={"file": ("lijst.csv", data, "text/csv")})
    return await browser.get(HERE) if reply.status_code == 303 else reply


async def save(browser: httpx.AsyncClient, page: httpx.Response) -> httpx.Response:
    return await browser.post(f"{HERE}/save", data=press(page, "save"))


def press(page: httpx.Response, what: str) -> dict[str, str]:
    """The fields behind a button of the page."""
    [form] = re.findall(rf'action="{HERE}/{what}">(.*?)</form>', page.text, re.DOTALL)
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


async def test_a_file_is_looked_at_line_by_line_and_then_saved_as_a_whole(site: Site, wouter: httpx.AsyncClient) -> None:
    before = await every_row(site.process.database)
    page = await look(wouter)
    assert "Alles klopt" in words(page) and "1 locatie, 4 plekken, 2 gebruikers" in words(page)
    after = await every_row(site.process.database)
    assert {key[0] for key in after.keys() - before.keys()} == {"roster_draft"}
    reply = await save(wouter, page)
    assert str(reply.url).startswith(f"{site.url}{HERE}?kept=")
    places = "select s.name, p.label, p.kind_code, p.beds, p.state from place p join shelter s on s.id = p.shelter_id"
    added = await sql(site, f"{places} where s.name = 'Beuk' or p.label = 'kamer 9' order by s.name, p.label")
    assert [tuple(one) for one in added] == [
        *(("Beuk", f"kamer {number}", "women", 2, "closed") for number in (1, 2, 3)),
        ("Linde", "kamer 9", "women", 1, "closed"),
    ]
    people = await sql(site, "select name, role, demo from person where name in ('Bo Bos', 'Ada Vos') order by name")
    assert [tuple(one) for one in people] == [("Ada Vos", "police", True), ("Bo Bos", "manager", True)]
    actions = await sql(site, "select action, count(*) from journal where actor_id = 'wouter' group by action order by action")
    assert [tuple(one) for one in actions] == [("add_person", 2), ("add_place", 4), ("add_shelter", 1), ("import", 1)]
    assert await sql(site, "select person_id from roster_draft") == []
    assert "Opgeslagen: 1 locatie, 4 plekken, 2 gebruikers." in words(reply) and "Alles klopt" not in words(reply)
    async with site.api("demo-police") as api:
        assert "Beuk" in [one["name"] for one in (await api.get("/board")).json()["shelters"]]


async def test_the_same_file_changes_nothing_a_second_time(site: Site, wouter: httpx.AsyncClient) -> None:
    first = await look(wouter)
    done = await save(wouter, first)
    before = await every_row(site.process.database)
    again = await save(wouter, first)  # the same press, whose answer was lost
    assert all("Opgeslagen: 1 locatie, 4 plekken, 2 gebruikers." in words(one) for one in (done, again))
    page = await look(wouter)
    assert "Er verandert niets: dit staat er al zo." in words(page) and words(page).count("is er al") == 5
    assert "/manage/import/save" not in page.text
    forced = await wouter.post(f"{HERE}/save", data=press(page, "drop") | {"key": "forced"})
    assert (forced.status_code, forced.request.method) == (200, "GET")  # the page that the press led to
    after = await every_row(site.process.database)
    assert {key[0] for key in after.keys() - before.keys()} <= {"stored_reply"}
    assert all(after[key] == row for key, row in before.items())


async def test_the_page_says_what_was_saved_and_believes_no_address(site: Site, wouter: httpx.AsyncClient) -> None:
    assert "Opgeslagen" not in words(await wouter.get(f"{HERE}?saved=9-9-9"))
    done = str((await save(wouter, await look(wouter))).url)
    async with aclosing(await site.sign_in("wouter")) as other:
        assert "Opgeslagen" not in words(await other.get(done))
    assert "Opgeslagen" in words(await wouter.get(done))


async def test_one_wrong_line_and_nothing_is_saved(site: Site, wouter: httpx.AsyncClient) -> None:
    wrong = RIGHT.replace("Beuk|Linde", "Beuk|Nergens").replace("plek;;;;;;Linde;kamer 9", "plek;;;;;;Linde;linde-1")
    wrong = wrong.replace(";politie", ";koning").replace("kamer;women;2;3", "=kamer;women;0;3")
    page = await look(wouter, wrong)
    text = words(page)
    assert "4 regels kloppen nog niet" in text and "/manage/import/save" not in page.text
    for said in (
        "Naam van de plek: dit lijkt op een formule",
        "Bedden: dit moet 1 of meer zijn",
        "Naam van de plek: schrijf een kort nummer",
        "Locatie: deze locatie kennen wij niet",
        "Rol: deze rol kennen wij niet",
    ):
        assert said in text, said
    before = await every_row(site.process.database)
    forced = await wouter.post(f"{HERE}/save", data=press(page, "drop") | {"key": "forced"})
    assert forced.status_code == 409 and "Niet opgeslagen" in words(forced)
    after = await every_row(site.process.database)
    assert {key for key in after if key[0] != "roster_draft"} == {key for key in before if key[0] != "roster_draft"}


async def test_what_is_there_with_other_facts_is_not_changed(site: Site, wouter: httpx.AsyncClient) -> None:
    await save(wouter, await look(wouter))
    other = RIGHT.replace("Zuid;010", "Noord;010").replace("kamer;women;2;3", "kamer;women;3;3").replace("Beuk|Linde", "Beuk")
    text = words(await look(wouter, other.replace("Noord;010", "Noord-Nederland;010")))
    assert text.count("dit is er al, met andere gegevens") == 3
    more = words(await look(wouter, RIGHT.replace("kamer;women;2;3", "kamer;women;2;5")))
    assert "0 locaties, 2 plekken, 0 gebruikers" in more, "more of the same places is no other place"


async def test_a_look_at_a_file_says_which_names_somebody_has(wouter: httpx.AsyncClient) -> None:
    people = ("Sanne;Stichting Oever;;;;;;;;;politie", "Bo Bos;Stichting Oever;;;;;;;;;politie")
    page = await look(
        wouter, "\n".join([HEADER, *(f"persoon;{one}" for one in (*people, people[1].replace("politie", "auditor")))])
    )
    assert "Alles klopt" in words(page) and words(page).count("Let op: er is al iemand die zo heet.") == 2


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("Kade 3 te Zwolle", "@"), ("Stichting Oever;Zuid", "Stichting Nergens;Zuid")],
    ids=["a field", "a name that is not known"],
)
async def test_a_mistake_in_the_line_of_a_shelter_is_no_mistake_of_its_places(
    wouter: httpx.AsyncClient, right: str, wrong: str
) -> None:
    text = words(await look(wouter, RIGHT.replace(right, wrong, 1)))
    assert "1 regel klopt nog niet" in text and text.count("wacht op regel 2, die nog niet klopt") == 2
    assert "deze locatie kennen wij niet" not in text


async def test_a_line_that_is_there_twice_is_named(site: Site, wouter: httpx.AsyncClient) -> None:
    lines = RIGHT.splitlines()
    text = words(await look(wouter, "\n".join([*lines, lines[1].replace("Beuk", "BEUK"), lines[3], lines[5]])))
    assert "3 regels kloppen nog niet" in text and text.count("dit staat twee keer in het bestand") == 3


async def test_when_somebody_was_faster_nothing_is_saved_and_the_page_says_what(site: Site, wouter: httpx.AsyncClient) -> None:
    page = await look(wouter)
    taken = {"name": "Beuk", "organization": "oever", "unit": "noord", "telephone": "010 1", "address": "Weg 12", "key": "k"}
    assert (await wouter.post("/manage/shelters", data=taken)).status_code == 303
    refused = await save(wouter, page)
    assert refused.status_code == 409 and "dit is er al, met andere gegevens" in words(refused)
    assert await sql(site, "select id from person where name = 'Bo Bos'") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04\x00", "dit is geen CSV-bestand"),
        (RIGHT.encode("utf-16"), "opslaan als CSV UTF-8"),
        (b"\xfe\xff" + RIGHT.encode("utf-16-be"), "opslaan als CSV UTF-8"),
        (b"x" * 200_000, "dit bestand is groter dan 128 kB"),
        (b"naam\nBeuk\n", "de eerste regel moet de namen van de kolommen hebben"),
        (b"", "dit ontbreekt"),
    ],
)
async def test_a_file_that_is_none_is_refused_in_words(wouter: httpx.AsyncClient, content: bytes, said: str) -> None:
    page = await look(wouter, content)
    assert page.status_code == 422 and said in words(page)


async def test_a_body_without_end_is_refused(wouter: httpx.AsyncClient) -> None:
    assert (await wouter.post(HERE, files={"file": ("x.csv", b"x" * 1_100_000, "text/csv")})).status_code == 413


async def test_a_waiting_file_is_sealed_and_shown_to_its_person_alone(site: Site, wouter: httpx.AsyncClient) -> None:
    page = await look(wouter)
    kept = await everything(site.process.database)
    for secret in ("kade 3 te zwolle", "010 555", "bo bos"):
        assert secret not in kept
    assert "Kade 3" not in page.text and "010 555" not in page.text
    async with aclosing(await site.sign_in("anneke")) as anneke:
        assert (await anneke.get(HERE)).status_code == 403


async def test_without_a_fresh_proof_the_file_is_chosen_again(site: Site, wouter: httpx.AsyncClient) -> None:
    site.clock.move(seconds=PROOF_LASTS.total_seconds())
    reply = await wouter.post(HERE, files={"file": ("x.csv", RIGHT.encode(), "text/csv")}, headers={"Referer": site.url + HERE})
    assert (reply.status_code, reply.headers["location"]) == (303, "/step-up?back=%2Fmanage%2Fimport")
    assert await sql(site, "select person_id from roster_draft") == []


async def test_the_template_names_the_columns_in_the_language_of_the_page(wouter: httpx.AsyncClient) -> None:
    reply = await wouter.get(f"{HERE}/template.csv")
    assert reply.headers["content-disposition"] == 'attachment; filename="bedboard.csv"'
    assert reply.content.startswith(b"\xef\xbb\xbfrij;naam;")
    wouter.cookies.set("language", "en")
    assert (await wouter.get(f"{HERE}/template.csv")).content.startswith(b"\xef\xbb\xbfrow;name;")


async def test_the_page_names_the_file_and_throws_it_away(site: Site, wouter: httpx.AsyncClient) -> None:
    page = await look(wouter)
    assert "lijst.csv" in words(page) and "bekeken om 14:00" in words(page) and "Sla lijst.csv op" in words(page)
    assert page.text.index("</table>") < page.text.index(f'action="{HERE}/save"'), "the button stands below the lines"
    await wouter.post(f"{HERE}/drop", data=press(page, "drop"))
    assert await sql(site, "select person_id from roster_draft") == []
    assert "lijst.csv" not in words(await wouter.get(HERE))


async def test_a_file_that_another_page_has_replaced_is_neither_saved_nor_thrown_away(
    site: Site, wouter: httpx.AsyncClient
) -> None:
    before = await look(wouter)
    await look(wouter, RIGHT.replace("Ada Vos", "Ida Vos"))
    for what in ("save", "drop"):
        reply = await wouter.post(f"{HERE}/{what}", data=press(before, what))
        assert reply.status_code == 409 and "een ander bestand bekeken" in words(reply)
    assert await sql(site, "select name from person where name in ('Ada Vos', 'Ida Vos')") == []
    assert len(await sql(site, "select person_id from roster_draft")) == 1


async def test_a_shelter_that_is_there_says_that_its_number_and_address_stay(site: Site, wouter: httpx.AsyncClient) -> None:
    await save(wouter, await look(wouter))
    page = await look(wouter, RIGHT.replace("Kade 3 te Zwolle", "Weg 4 te Zwolle"))
    assert "is er al . Telefoon en adres blijven zoals ze zijn" in words(page).replace("al. ", "al . ")


async def test_a_role_that_cannot_be_had_is_named_in_its_line(site: Site, wouter: httpx.AsyncClient) -> None:
    page = await look(wouter, RIGHT + "persoon;Bo Vos;Plaatsing;;;;Linde;;;;;staff\n")
    assert "Organisatie: deze organisatie heeft een andere locatie" in words(page)
