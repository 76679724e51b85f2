"""Merging two organizations on its page, without scripts: a look with names and counts, and one press."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from tests.build import until
from tests.build.api import sql
from tests.build.pages import look_at
from tests.build.site import Site

HERE = "/manage/organizations/desk/merge"


@pytest.fixture
async def wouter(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("wouter")) as browser:
        yield browser


def words(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2]).split())


async def test_the_page_says_with_names_what_moves_and_stops_before_it_is_done(site: Site, wouter: httpx.AsyncClient) -> None:
    await sql(site, "update shelter set organization_id = 'desk' where id = 'wilg'")
    await sql(site, "update person set organization_id = 'desk' where id = 'kofi'")
    await sql(site, "update organization set telephones = '{\"desk\": \"010 1234\"}' where id = 'desk'")
    page = await look_at(wouter, HERE, {"into": "oever"})
    said = words(page)
    assert page.status_code == 200
    for one in ("Dit gaat naar Stichting Oever", "Opvanglocaties (1) Wilg", "Mensen (1) Kofi", "worden uitgelogd", "010"):
        assert (one in said) is (one != "010"), one
    form = page.text.partition("replacing")[2].partition("</form>")[0]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
    async with aclosing(await site.sign_in("kofi")) as kofi:
        done = await wouter.post(HERE, data=hidden | {"do": "save"})
        assert (done.status_code, done.headers["location"]) == (303, "/manage/organizations/oever?saved=1")

        async def is_out() -> bool:
            return (await kofi.get("/staff")).status_code != 200

        await until(is_out, "the session has ended")
    assert "Samengevoegd met Stichting Oever" in words(await wouter.get("/manage/organizations/desk"))
    again = await look_at(wouter, HERE, {"into": "oever"}, "k2")
    assert again.status_code == 409 and "al samengevoegd" in words(again) and 'value="save"' not in again.text


async def test_a_token_of_a_merged_organization_goes_on_to_work(site: Site, wouter: httpx.AsyncClient) -> None:
    await sql(site, "update client set organization_id = 'desk' where id in ('demo-police', 'demo-shelter-linde')")
    async with site.api("demo-police") as police, site.api("demo-shelter-linde") as machine:
        assert (await police.post("/places/linde-1/holds", json={})).status_code == 201
        page = await look_at(wouter, HERE, {"into": "oever"})
        form = page.text.partition("replacing")[2].partition("</form>")[0]
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
        done = await wouter.post(HERE, data=hidden | {"do": "save"})
        assert done.status_code == 303, words(done) + repr(hidden)

        async def holds_for_the_other() -> bool:
            reply = await police.post("/places/linde-2/holds", json={})
            return reply.status_code == 201

        await until(holds_for_the_other, "the program is of the other organization")
        assert (await machine.get("/shelters/linde")).status_code == 200
    owners = await sql(site, "select distinct organization_id from claim where ended_at is null")
    assert [tuple(one) for one in owners] == [("oever",)]
