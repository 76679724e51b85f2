"""Wie past hier, for one place: its answers that differ from those of its shelter."""

from tests.build.criteria import LINDE, PLACE, filled, outcome, press, signed_in, stored
from tests.build.site import Site, facts


async def test_a_place_says_what_is_otherwise_there(site: Site) -> None:
    async with signed_in(site, "anneke") as browser:
        page = await browser.get(PLACE)
        assert filled(page, PLACE)["criteria.man"] == "as_shelter"
        assert "zoals de locatie (nee)" in page.text and "zoals de locatie (niet bekend)" in page.text
        assert f'href="{LINDE}"' in page.text
        tried = await press(browser, "preview", PLACE, criteria__man="yes")
        assert outcome(tried, "man") == "past man alleen"
        assert (await stored(site))["own"] is None
        reply = await press(browser, "save", PLACE, criteria__man="yes", criteria__woman="yes")
        assert (reply.status_code, reply.headers["location"]) == (303, f"{PLACE}?saved=2")
        saved = await browser.get(reply.headers["location"])
        fields = filled(saved, PLACE)
        assert (fields["criteria.man"], fields["criteria.woman"]) == ("yes", "as_shelter")  # the same as the shelter's
        assert "Opgeslagen" in saved.text
        assert "man: ja" in (await browser.get(LINDE)).text
        assert outcome(await browser.get(LINDE), "man") == "past man alleen · in 1 van 4 plekken"
        assert (await press(browser, "save", PLACE, criteria__man="as_shelter")).status_code == 303
    assert (await stored(site))["own"] is None


async def test_a_place_is_refused_with_what_was_typed(site: Site) -> None:
    async with signed_in(site, "anneke") as browser:
        old = filled(await browser.get(PLACE), PLACE) | {"do": "save", "criteria.lvb": "yes"}
        reply = await browser.post(PLACE, data=old | {"criteria.man": "unknown"})
        assert (reply.status_code, filled(reply, PLACE)["criteria.lvb"]) == (422, "yes")
        await press(browser, "save", criteria__man="yes")
        reply = await browser.post(PLACE, data=old)
        assert (reply.status_code, filled(reply, PLACE)["criteria.lvb"]) == (412, "yes")
        assert "zoals de locatie (ja)" in reply.text


async def test_a_place_is_only_found_under_its_own_shelter(site: Site) -> None:
    before = await facts(site)
    async with signed_in(site, "anneke") as browser:
        fields = filled(await browser.get(PLACE), PLACE) | {"do": "save", "criteria.man": "yes"}
        for path in (
            "/manage/ceder/places/linde-1/criteria",
            "/manage/linde/places/wilg-1/criteria",
            "/manage/linde/places/no/criteria",
        ):
            assert (await browser.get(path)).status_code == 404
            assert (await browser.post(path, data=fields)).status_code == 404
    assert await facts(site) == before
