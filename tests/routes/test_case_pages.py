"""Cases without scripts: from a search to the shelters that are asked, in both languages."""

import re

import pytest
from sqlalchemy import text

from tests.build import NOW, PATIENCE
from tests.build.forms import WOMAN, People, begin, main, offer, people, see, site
from tests.build.rows import run
from tests.build.site import Site, facts

__all__ = ["people", "site"]  # fixtures


TAKES_PREGNANT = """
    update shelter set version = version + 1, criteria = criteria || jsonb_build_object('pregnant', 'yes') where id = :id
"""

# ---- the shelters to ask


async def test_a_search_leads_to_the_shelters_that_suit_with_those_ticked_that_fit(site: Site, people: People) -> None:
    mark = await people("mark")
    fitting = ("beuk", "linde", "wilg")
    for shelter_id in fitting:
        await run(site.process.database, TAKES_PREGNANT, id=shelter_id)
        await run(site.process.database, f"select pg_notify('bedboard', 'shelter 2 {shelter_id}')")
    for shelter_id in fitting:
        await site.process.board.reached(shelter_id, 2, PATIENCE)
    reply = await mark.post("/requests/new", data={**WOMAN, "page": "search", "key": "of the search"})
    assert reply.status_code == 200
    ticked = re.findall(r'name="ask\.(\w+)" value="(\w+)"( checked)?', reply.text)
    assert [(shelter_id, kind) for shelter_id, kind, _ in ticked] == [
        ("beuk", "women"),
        ("linde", "cosm"),
        ("wilg", "women"),
        ("nood", "emergency"),
        ("ceder", "men"),
    ], "what fits before what is to discuss, fresh before stale, and what the police decide on before what waits for the desk"
    assert [shelter_id for shelter_id, _, checked in ticked if checked] == ["beuk", "linde"], "fresh, and it fits"
    sure = (await mark.post("/requests/new", data={"adults.woman": "1", "near": "noord"})).text
    assert set(re.findall(r'name="ask\.(\w+)" value="\w+" checked', sure)) == {"nood", "beuk", "linde"}
    assert 'name="ask.wilg"' in sure and 'name="ask.ceder"' in sure, "stale, or to discuss: that is for people to weigh"
    site.pass_time(hours=3)
    await site.stay()
    site.process.board.age()
    old = (await mark.post("/requests/new", data={"adults.woman": "1", "near": "noord"})).text
    assert "minder actueel" in old and " checked" not in old.partition('class="candidates"')[2], "only fresh news is sure"
    for name, value in WOMAN.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in reply.text
    assert "1 vrouw, zwanger" in main(reply.text) and "vanuit Noord-Nederland" in main(reply.text)
    assert "of the search" not in reply.text, "a key of its own"


async def test_a_search_without_a_household_asks_nobody(people: People) -> None:
    mark = await people("mark")
    for path, more in (("/requests/new", {}), ("/requests", {"ask.linde": "cosm", "key": "k"})):
        reply = await mark.post(path, data={"near": "noord", **more})
        assert reply.status_code == 422
        assert "kies eerst voor wie u een plek zoekt" in reply.text
        assert 'action="/search"' in reply.text, "the page where one chooses"


async def test_a_search_without_matches_says_how_to_go_on(people: People) -> None:
    reply = await (await people("mark")).post("/requests/new", data={"group": "20"})
    assert reply.status_code == 200
    assert "Geen enkele vrije plek past nu." in reply.text
    assert 'formaction="/search"' in reply.text
    assert 'formaction="/search/alert"' not in reply.text  # so many people fit nowhere, whatever becomes free
    assert "ask." not in reply.text


async def test_for_a_minor_alone_the_page_says_who_decides_and_never_names_the_desk(people: People) -> None:
    mark = await people("mark")
    for needs in ({"minor_alone": "on"}, {"minor_alone": "on", "avoid.noord": "on", "avoid.zuid": "on"}):
        words = main((await mark.post("/requests/new", data=needs)).text)
        assert "Bel Nidos voor een kind uit het buitenland, en anders jeugdbescherming." in words
        assert "bel de plaatsingsdesk" not in words
    assert "bel jeugdbescherming of Nidos" in words
    words = main((await mark.post("/requests/new", data={"group": "20"})).text)
    assert "bel de plaatsingsdesk" in words.lower() and "Nidos" not in words


async def test_a_case_goes_to_the_ticked_shelters_for_their_best_places(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await begin(mark, "linde", "beuk")
    assert re.fullmatch(r"[a-z]+(-[a-z]+){3}", case)
    page = await see(mark, case)
    assert 'id="ask-linde"' in page and 'id="ask-beuk"' in page and 'id="ask-nood"' not in page
    assert "2 nog geen antwoord" in main(page)
    assert "COSM" in page.partition('id="ask-linde"')[2].partition("</h2>")[0], "not the kind that the form said"
    assert re.search(r"(Linde , Beuk|Beuk , Linde) gevraagd politie", main(page)), "one line for what happened at once"
    async with site.process.database.transaction() as tx:
        unit = (await (await tx.connection()).execute(text("select unit_code from case_record"))).scalar_one()
    assert unit == "noord"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "Kies ten minste één locatie."),
        ({"ask.nowhere": "women"}, "deze opvang kennen wij niet"),
        ({"ask.beuk": "cosm", "adults.man": "1"}, "deze soort plek is er niet op deze locatie"),
        ({"ask.Linde!": "women"}, "deze opvang kennen wij niet"),
        ({f"ask.s{n}": "women" for n in range(9)}, "u kunt hoogstens 8 locaties tegelijk vragen"),
        ({"ask.linde": "cosm", "name": "somebody"}, "dit veld kennen wij niet"),
        ({"ask.linde": "cosm", "adults.woman": "99"}, "dit mag hoogstens 20 zijn"),
    ],
)
async def test_a_refused_case_says_why_and_loses_nothing(site: Site, people: People, more: dict[str, str], says: str) -> None:
    mark, before = await people("mark"), await facts(site)
    reply = await mark.post("/requests", data={**WOMAN, "key": "k", **more})
    assert reply.status_code == 422
    assert says in reply.text
    assert 'id="notice"' in reply.text
    assert re.search(r'name="needs.pregnant"[^>]*( checked| value="on")', reply.text), "nothing that was chosen is lost"
    if "ask.linde" in more and "name" not in more:
        assert 'action="/search"' in reply.text
    assert await facts(site) == before
    assert "U heeft geen aanvragen." in (await mark.get("/requests")).text


async def test_a_form_without_a_key_asks_nobody(people: People) -> None:
    mark = await people("mark")
    assert (await mark.post("/requests", data={**WOMAN, "ask.linde": "cosm"})).status_code == 422
    assert "U heeft geen aanvragen." in (await mark.get("/requests")).text


async def test_one_key_asks_once(people: People) -> None:
    mark = await people("mark")
    first = await begin(mark, "linde")
    assert await begin(mark, "linde") == first
    assert await begin(mark, "linde", needs=WOMAN | {"needs.lvb": "on"}) == first, "nothing of the profile is in the key"
    assert await begin(mark, "linde", key="another") != first


async def test_refusals_of_shelters_leave_room_for_others(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await begin(mark, "linde")
    page = await mark.get(f"/requests/{case}/more")
    assert page.status_code == 200
    assert re.findall(r'name="ask\.(\w+)"', page.text) == ["nood", "beuk", "ceder", "wilg"], "linde has been asked"
    assert "1 vrouw, zwanger" in main(page.text)
    assert 'name="needs.pregnant"' not in page.text, "it is kept with the case, and not in the page"
    reply = await mark.post(f"/requests/{case}/shelters", data={"ask.beuk": "cosm", "key": "more"})
    assert reply.headers["location"] == f"/requests/{case}"
    assert "Vrouwen" in (await see(mark, case)).partition('id="ask-beuk"')[2].partition("</h2>")[0]
    again = await mark.post(f"/requests/{case}/shelters", data={"ask.beuk": "cosm", "key": "more"})
    assert again.status_code == 303, "the same press once more"
    reply = await mark.post(f"/requests/{case}/shelters", data={"ask.beuk": "women", "key": "twice"})
    assert reply.status_code == 422
    assert "deze opvang is al gevraagd" in reply.text


# ---- the other language


async def test_every_page_has_its_english(site: Site, people: People) -> None:
    mark, hanneke = await people("mark"), await people("hanneke")
    for browser in (mark, hanneke):
        await browser.post("/language", data={"language": "en"})
    new = (await mark.post("/requests/new", data=WOMAN)).text
    assert "Which shelters do you want to ask?" in new and "1 woman, pregnant" in main(new)
    case = await begin(mark, "beuk", "linde")
    await offer(site, "beuk-1", case)
    page = main(await see(mark, case))
    assert (
        "nothing chosen yet" in page and "1 yes" in page and "Choose this place" in page and "When will you be there?" in page
    )
    desk = main(await see(hanneke, case))
    assert "Shelter on the telephone: enter its answer" in desk and "No, because:" in desk
    assert "To approve afterwards" in (await hanneke.get("/requests")).text
    for words in (new, page, desk):
        assert not re.search(r"\b(opvang|aanvraag|geen|niet|plek|antwoord)\b", words), "a word of Dutch is left"
    assert NOW == site.clock.at
