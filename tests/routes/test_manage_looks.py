"""A look at a change promises nothing that saving refuses: it does the same, and is rolled back."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from tests.build.api import sql
from tests.build.pages import look_at
from tests.build.rows import every_row
from tests.build.site import Site

SAVES = 'name="do" value="save"'


@pytest.fixture
async def wouter(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("wouter")) as browser:
        yield browser


async def test_a_look_at_the_last_administrator_leaving_says_so(site: Site, wouter: httpx.AsyncClient) -> None:
    form = {"name": "Wouter", "organization": "oever", "role": "auditor"}
    page = await look_at(wouter, "/manage/people/wouter", form)
    assert page.status_code == 409 and "Dit is de laatste beheerder" in page.text and SAVES not in page.text
    named = await look_at(wouter, "/manage/people/wouter", form | {"name": "Wouter Bos", "role": "admin"}, "k2")
    assert named.status_code == 200 and SAVES in named.text


async def test_a_look_at_a_smaller_place_that_is_promised_says_so(site: Site) -> None:
    path = "/manage/shelters/linde/places/linde-1"
    [row] = await sql(site, "select label, kind_code, beds from place where id = 'linde-1'")
    form = {"label": row.label, "kind": "women" if row.kind_code == "cosm" else "cosm", "beds": str(row.beds)}
    async with aclosing(await site.sign_in("anneke")) as anneke:
        assert SAVES in (await look_at(anneke, path, form)).text
        async with site.api("demo-police") as api:
            assert (await api.post("/places/linde-1/holds", json={})).status_code == 201
        page = await look_at(anneke, path, form, "k2")
    assert page.status_code == 409 and "Geef hem eerst vrij" in page.text and SAVES not in page.text


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("/manage/organizations/oever", {"name": "Plaatsing"}, "zo heet al een andere organisatie"),
        (
            "/manage/shelters/linde",
            {"name": "Wilg", "organization": "oever", "unit": "noord", "confirm_times": "08:00"},
            "zo heet al een andere locatie",
        ),
        (
            "/manage/people/sanne",
            {"name": "Sanne", "organization": "oever", "role": "police", "shelters.linde": "on"},
            "alleen personeel en managers werken voor een locatie",
        ),
    ],
)
async def test_a_look_names_what_is_wrong_and_changes_nothing(
    site: Site, wouter: httpx.AsyncClient, path: str, form: dict[str, str], said: str
) -> None:
    before = await every_row(site.process.database)
    page = await look_at(wouter, path, form)
    assert page.status_code == 422 and said in page.text and SAVES not in page.text
    assert await every_row(site.process.database) == before


async def test_the_menu_of_a_manager_is_the_same_on_every_page_of_a_shelter(site: Site) -> None:
    paths = ["shelters/linde", "shelters/linde/places", "shelters/linde/staff"]
    paths += ["linde/tokens", "linde/criteria", "linde/looks", "linde/places/linde-1/criteria"]
    menus = {}
    async with aclosing(await site.sign_in("anneke")) as anneke:
        for path in paths:
            page = await anneke.get(f"/manage/{path}")
            assert page.status_code == 200, path
            menu = page.text.partition("<nav")[2].partition("</nav>")[0]
            menus[path] = re.findall(r'href="([^"]+)"', menu)
            assert menu.count("aria-current") == 1, path
    assert "/manage/linde/looks" in menus["linde/looks"]
    assert {path: menu for path, menu in menus.items() if menu != menus["shelters/linde"]} == {}
