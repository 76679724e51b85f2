"""The days of a temporary place, in the list of a manager and beside what a change replaces."""

import re
from contextlib import aclosing

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
