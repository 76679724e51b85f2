"""The places of a shelter in the administration: they start closed, and the nights of a temporary one are days."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from tests.build.api import sql
from tests.build.pages import look_at
from tests.build.site import Site

LINDE = "/manage/shelters/linde"


@pytest.fixture
async def anneke(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("anneke")) as browser:
        yield browser


async def test_places_that_a_manager_adds_start_closed_without_an_end_and_the_form_says_so(
    site: Site, anneke: httpx.AsyncClient
) -> None:
    page = (await anneke.get(f"{LINDE}/places")).text
    assert "Een nieuwe plek begint dicht" in page and "Babybedden" in page
    form = {"label": "kamer", "kind": "women", "beds": "2", "key": "k"}
    assert (await anneke.post(f"{LINDE}/places", data=form)).status_code == 303
    reasons = await sql(site, "select closed_reason, expected_free_at from place where label = 'kamer'")
    assert [tuple(row) for row in reasons] == [("to_check", None)]
    async with site.api("demo-police") as api:
        [linde] = [one for one in (await api.get("/board")).json()["shelters"] if one["id"] == "linde"]
    assert (linde["counts"]["women"]["free"], linde["counts"]["women"]["closed"]) == (0, 2)


@pytest.mark.parametrize(("language", "nights"), [("nl", "do 12 mrt – za 14 mrt"), ("en", "Thu 12 Mar – Sat 14 Mar")])
async def test_the_nights_of_a_temporary_place_are_said_as_days(
    site: Site, anneke: httpx.AsyncClient, language: str, nights: str
) -> None:
    form = {"label": "kamer", "kind": "women", "beds": "2", "first": "2026-03-12", "last": "2026-03-14", "key": "k"}
    assert (await anneke.post(f"{LINDE}/places", data=form)).status_code == 303
    page = (await anneke.get(f"{LINDE}/places", headers={"Accept-Language": language})).text
    [row] = re.findall(r"<b>kamer</b> <span>(.*?)</span>", page, re.DOTALL)
    assert row.strip().endswith(f" · {nights}") and "2026" not in row
    [(place_id,)] = await sql(site, "select id from place where label = 'kamer'")
    reply = await look_at(anneke, f"{LINDE}/places/{place_id}", form | {"last": "2026-03-15"}, "k2")
    asked = reply.text.partition('class="replacing"')[2].partition("</dl>")[0]
    assert [re.sub(r"\D", "", day) for day in re.findall(r"<[sb]>(.*?)</[sb]>", asked)] == ["14", "15"]
