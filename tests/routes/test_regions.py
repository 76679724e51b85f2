"""Sociale kaart: the shelters of each police unit for each reader, and how often they were full."""

from contextlib import aclosing

import pytest
from sqlalchemy import text

from tests.build import NOW
from tests.build.forms import main
from tests.build.site import Site, as_owner

EVENING = NOW.replace(hour=21)  # 22:00 in Amsterdam


async def words(site: Site, person: str) -> str:
    async with aclosing(await site.sign_in(person)) as browser:
        reply = await browser.get("/regions")
    assert reply.status_code == 200
    return main(reply.text)


async def occupy(site: Site, *places: str, status: str = "occupied") -> None:
    for place in places:
        async with site.api(f"demo-shelter-{place.partition('-')[0]}") as api:
            assert (await api.patch(f"/places/{place}", json={"status": status})).status_code == 200


@pytest.mark.parametrize("person", ["mark", "lucia", "hanneke"])
async def test_people_who_see_the_board_read_who_takes_whom(standing: Site, person: str) -> None:
    told = await words(standing, person)
    _, _, south = told.partition("Limburg 2 plekken.")
    assert "Mannen: 2 plekken 1 locatie; nog niet bekend hoe vaak het vol was Ceder Stichting Oever: 2 plekken" in south
    assert "opname dag en nacht" in south and "Hier niet: COSM, Vrouwen." in south
    assert "arbeidsuitbuiting geen" in south


@pytest.mark.parametrize(("person", "links"), [("mark", True), ("wouter", False), ("gerda", False)])
async def test_only_people_who_look_for_a_place_get_a_way_to_a_shelter(standing: Site, person: str, links: bool) -> None:
    async with aclosing(await standing.sign_in(person)) as browser:
        page = (await browser.get("/regions")).text
        assert ('href="/shelters/ceder"' in page) == links and "Ceder" in page
        assert "CANARY" not in page
        assert 'href="/regions"' in (await browser.get("/")).text


@pytest.mark.parametrize("query", ["unit=nowhere", "unit=%00", "a[]=1&a[]=2", "kind=" + "x" * 4000, "%ff=%fe"])
async def test_odd_addresses_show_the_same_page(standing: Site, query: str) -> None:
    async with aclosing(await standing.sign_in("mark")) as browser:
        plain, odd = await browser.get("/regions"), await browser.get(f"/regions?{query}")
        assert odd.status_code == 200 and main(odd.text) == main(plain.text)


async def test_a_full_evening_is_seen_from_its_hour_on(site: Site) -> None:
    await occupy(site, "ceder-1", "ceder-2")
    site.clock.at = EVENING.replace(hour=20, minute=59)
    assert "Mannen: 2 plekken 1 locatie; nog niet bekend" in await words(site, "mark")
    site.clock.at = EVENING
    told = await words(site, "mark")
    assert "Mannen: 2 plekken 1 locatie; vol op 1 van 1 avond (100 %)" in told
    assert "COSM: 3 plekken 1 locatie; op 1 avond niet vol" in told
    site.clock.move(hours=1)
    await occupy(site, "ceder-1", status="free")
    assert "vol op 1 van 1 avond (100 %)" in await words(site, "mark"), "what comes after the evening changes nothing of it"
    site.clock.move(hours=23)
    assert "Mannen: 2 plekken 1 locatie; vol op 1 van de 2 avonden (50 %)" in await words(site, "mark")


async def test_without_figures_it_still_says_who_takes_whom(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.clock.at = EVENING
        await site.stay()
        async with as_owner(site.process.database) as tx:
            await (await tx.connection()).execute(text("lock table journal in access exclusive mode"))
            reply = await browser.get("/regions")
            assert reply.status_code == 200 and "nog niet bekend hoe vaak het vol was Ceder" in main(reply.text)
        assert "Mannen: 2 plekken 1 locatie; op 1 avond niet vol" in main((await browser.get("/regions")).text)


async def test_an_administrator_reads_no_figure_about_a_single_shelter(site: Site) -> None:
    await occupy(site, "ceder-1", "ceder-2")
    site.clock.at = EVENING
    told = await words(site, "wouter")
    assert "Mannen: 2 plekken 1 locatie; hoe vaak het vol was, is hier niet te zien Ceder" in told
    assert "vol op" not in told and "niet vol" not in told
