"""The same name twice: a person with the name of somebody else is added once the author has said that they are not the same."""

from contextlib import aclosing

import httpx

from tests.build.api import sql
from tests.build.site import Site

NAMESAKES = "select count(*) from person where lower(name) = 'sanne'"


async def add(browser: httpx.AsyncClient, path: str, key: str, **fields: str) -> httpx.Response:
    return await browser.post(path, data=fields | {"key": key})


async def test_an_administrator_is_asked_once_about_a_name_that_somebody_has(site: Site) -> None:
    form = {"name": " SANNE", "organization": "desk", "role": "police"}
    async with aclosing(await site.sign_in("wouter")) as wouter:
        asked = await add(wouter, "/manage/people", "a", **form)
        assert asked.status_code == 409 and "er is al iemand die Sanne heet (opvangmedewerker, Stichting Oever)" in asked.text
        assert 'name="another"' in asked.text and (await sql(site, NAMESAKES))[0][0] == 1
        assert (await add(wouter, "/manage/people", "b", **form, another="on")).status_code == 303
        assert 'name="another"' not in (await wouter.get("/manage/people")).text
    assert (await sql(site, NAMESAKES))[0][0] == 2


async def test_a_manager_is_asked_about_the_own_people_and_learns_of_nobody_else(site: Site) -> None:
    path = "/manage/shelters/linde/staff"
    async with aclosing(await site.sign_in("anneke")) as anneke:
        assert (await add(anneke, path, "a", name="Sanne")).status_code == 409
        assert (await add(anneke, path, "b", name="Lucia")).status_code == 303, "she works for another organization"
