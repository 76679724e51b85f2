"""The days of a temporary place, in the list of a manager and beside what a change replaces."""

import re
from contextlib import aclosing
from datetime import timedelta

import pytest

from tests.build.api import sql
from tests.build.site import Site

PLACES = "/manage/shelters/linde/places"


@pytest.mark.parametrize(("language", "nights"), [("nl", "do 12 mrt – za 14 mrt"), ("en", "Thu 12 Mar – Sat 14 Mar")])
async def test_the_nights_of_a_temporary_place_are_said_as_days(site: Site, language: str, nights: str) -> None:
    form = {"label": "kamer", "kind": "women", "beds": "2", "first": "2026-03-12", "last": "2026-03-14", "key": "k"}
    async with aclosing(await site.sign_in("anneke")) as anneke:
        anneke.headers["Accept-Language"] = language
        assert (await anneke.post(PLACES, data=form)).status_code == 303
        [row] = re.findall(r"<b>kamer</b> <span>(.*?)</span>", (await anneke.get(PLACES)).text, re.DOTALL)
        assert row.strip().endswith(f" · {nights}") and "2026" not in row
        [(place_id,)] = await sql(site, "select id from place where label = 'kamer'")
        changed = form | {"last": "2026-03-15", "key": "k2", "do": "preview"}
        page = (await anneke.post(f"{PLACES}/{place_id}", data=changed)).text
    asked = page.partition('class="replacing"')[2].partition("</dl>")[0]
    assert [re.sub(r"\D", "", day) for day in re.findall(r"<[sb]>(.*?)</[sb]>", asked)] == ["14", "15"]


@pytest.mark.parametrize("is_coming", [False, True])
async def test_everybody_reads_from_when_until_when_a_temporary_place_is_there(site: Site, is_coming: bool) -> None:
    today = site.clock.now().date() + timedelta(days=3 if is_coming else -1)
    form = {"label": "kamer", "kind": "women", "beds": "2", "key": "k"}
    nights = {"first": today.isoformat(), "last": (today + timedelta(days=4)).isoformat()}
    async with aclosing(await site.sign_in("anneke")) as anneke:
        assert (await anneke.post(PLACES, data=form | nights)).status_code == 303
        [(place_id, begins, ends)] = await sql(site, "select id, exists_from, exists_until from place where label = 'kamer'")
        async with site.api("demo-shelter-linde") as api:
            opened = await api.patch(f"/places/{place_id}", json={"status": "free"})
            assert opened.status_code == (404 if is_coming else 200)
        own = (await anneke.get("/staff/linde")).text
    marks = (begins.isoformat(), ends.isoformat())
    async with aclosing(await site.sign_in("mark")) as mark:
        board, shelter = [(await mark.get(path)).text for path in ("/", "/shelters/linde")]
    assert all(one in page for one in marks for page in (board, shelter, own))
    async with site.api("demo-police") as api:
        told = (await api.get("/shelters/linde")).json()
        found = (await api.post("/search", json={"adults": {"woman": 1}})).json()["matches"]
    [place] = [one for one in told["coming" if is_coming else "places"] if one["id"] == place_id]
    assert [place["exists_from"][:16], place["exists_until"][:16]] == [f"{one:%Y-%m-%dT%H:%M}" for one in (begins, ends)]
    assert [one["exists_until"] is not None for one in found if one["place"] == place_id] == ([] if is_coming else [True])
