"""Wie past hier: a manager sees, tries and saves the criteria of a shelter, without any script."""

import pytest
from sqlalchemy import text

from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.rules.examples import EXAMPLES
from tests.build.criteria import LINDE, PLACE, filled, finds, outcome, press, signed_in, stored, typed
from tests.build.site import Site, facts


async def test_the_page_asks_everything_and_shows_who_fits(site: Site) -> None:
    async with signed_in(site, "anneke") as browser:
        reply = await browser.get(LINDE)
    fields = filled(reply)
    assert reply.status_code == 200
    assert {name for name in fields if name.startswith("criteria.")} == {f"criteria.{name}" for name in CRITERION_NAMES}
    assert (fields["criteria.woman"], fields["criteria.man"], fields["criteria.lvb"]) == ("yes", "no", "unknown")
    assert (fields["intake.from"], fields["intake.until"]) == ("00:00", "24:00")
    assert fields["version"] == "1"
    assert outcome(reply, "woman") == "past vrouw alleen · in 4 van 4 plekken"
    assert outcome(reply, "man") == "past niet man alleen nee: man"
    assert outcome(reply, "lvb") == "in overleg vrouw met LVB · in 4 van 4 plekken niet bekend: LVB"
    assert outcome(reply, "baby") == "past niet vrouw met een baby nee: te klein voor 2"
    assert all(outcome(reply, example) for example in EXAMPLES)
    for place in ("linde-1", "linde-4"):
        assert f'href="/manage/linde/places/{place}/criteria"' in reply.text


async def test_saving_redirects_to_the_page_which_says_so_once(site: Site) -> None:
    async with signed_in(site, "anneke") as browser:
        reply = await press(
            browser,
            "save",
            criteria__man="discuss",
            limits__min_age="18",
            languages__so="on",
            intake__from="20:00",
            intake__until="08:00",
        )
        assert (reply.status_code, reply.headers["location"]) == (303, f"{LINDE}?saved=2")
        page = await browser.get(reply.headers["location"])
        assert "Opgeslagen" in page.text
        assert "Opgeslagen" not in (await browser.get(LINDE)).text
        await press(browser, "save", criteria__man="yes")
        assert "Opgeslagen" not in (await browser.get(reply.headers["location"])).text
    fields = filled(page)
    assert fields["criteria.man"] == "discuss"
    assert (fields["limits.min_age"], fields["languages.so"]) == ("18", "on")
    assert (fields["intake.from"], fields["intake.until"]) == ("20:00", "08:00")


async def test_what_is_saved_changes_a_search_at_once(site: Site) -> None:
    man, woman_lvb = {"adults": {"man": 1}}, {"adults": {"woman": 1}, "needs": ["lvb"]}
    assert await finds(site, man) == {}
    async with signed_in(site, "anneke") as browser:
        assert (await press(browser, "save", criteria__man="discuss", criteria__lvb="yes")).status_code == 303
        assert await finds(site, man) == {"linde-1": "discuss", "linde-2": "discuss"}
        assert await finds(site, woman_lvb) == {"linde-1": "fits", "linde-2": "fits"}
        assert (await press(browser, "save", PLACE, criteria__man="yes")).status_code == 303
    assert await finds(site, man) == {"linde-1": "fits", "linde-2": "discuss"}


async def test_a_preview_saves_nothing_and_keeps_what_was_filled_in(site: Site) -> None:
    before = await facts(site)
    async with signed_in(site, "anneke") as browser:
        reply = await press(
            browser,
            "preview",
            criteria__man="yes",
            criteria__lvb="no",
            limits__max_adults="1",
            languages__ti="on",
            intake__from="22:00",
        )
    assert reply.status_code == 200
    assert outcome(reply, "man") == "past man alleen · in 4 van 4 plekken"
    assert outcome(reply, "lvb") == "past niet vrouw met LVB nee: LVB"
    assert "hoogstens 1 volwassene" in outcome(reply, "couple")
    assert outcome(reply, "night").endswith("in overleg: opname pas vanaf 22:00")
    assert "Dit is nog niet opgeslagen." in reply.text
    assert "Nu opgeslagen: nee" in " ".join(reply.text.split())
    fields = filled(reply)
    assert (fields["criteria.man"], fields["criteria.lvb"], fields["limits.max_adults"]) == ("yes", "no", "1")
    assert (fields["languages.ti"], fields["intake.from"]) == ("on", "22:00")
    assert await facts(site) == before


async def test_a_script_gets_the_preview_alone(site: Site) -> None:
    async with signed_in(site, "anneke") as browser:
        fields = filled(await browser.get(LINDE)) | {"do": "preview", "criteria.man": "yes"}
        reply = await browser.post(LINDE, data=fields, headers={"HX-Request": "true"})
        wrong = await browser.post(LINDE, data=fields | {"limits.min_age": "200"}, headers={"HX-Request": "true"})
    assert (reply.status_code, reply.text.lstrip()[:20]) == (200, '<p id="preview-count')
    assert outcome(reply, "man").startswith("past man alleen")
    assert wrong.status_code == 422
    assert "hoogstens 99" in wrong.text and "<form" not in wrong.text


async def test_a_save_without_a_change_is_fine_and_changes_nothing(site: Site) -> None:
    before = (await stored(site))["version"]
    async with signed_in(site, "anneke") as browser:
        reply = await press(browser, "save")
        assert "Opgeslagen" in (await browser.get(reply.headers["location"])).text
    assert (await stored(site))["version"] == before


async def test_the_last_confirmation_stays_what_it_was(site: Site) -> None:
    async with site.api("demo-shelter-linde") as api, signed_in(site, "anneke") as browser:
        before = (await api.get("/shelters/linde")).json()
        await press(browser, "save", criteria__man="yes")
        after = (await api.get("/shelters/linde")).json()
    assert (after["confirmed_at"], after["version"]) == (before["confirmed_at"], before["version"] + 1)


@pytest.mark.parametrize(
    ("person", "status"), [("sanne", 403), ("mark", 403), ("hanneke", 403), ("wouter", 403), (None, 303), ("anneke", 404)]
)
async def test_nobody_else_gets_in(site: Site, person: str | None, status: int) -> None:
    """The manager is one of other shelters."""
    before = await facts(site)
    shelter = "wilg" if person == "anneke" else "linde"
    async with signed_in(site, person) as browser:
        for path in (f"/manage/{shelter}/criteria", f"/manage/{shelter}/places/{shelter}-1/criteria"):
            assert (await browser.get(path)).status_code == status
            assert (await browser.post(path, data={"key": "1", "version": "1", "do": "save"})).status_code == status
    assert await facts(site) == before


async def test_a_manager_finds_the_page_from_mijn_opvang_and_staff_do_not(site: Site) -> None:
    async with signed_in(site, "anneke") as manager, signed_in(site, "sanne") as staff:
        assert f'href="{LINDE}"' in (await manager.get("/staff/linde")).text
        assert f'href="{LINDE}"' not in (await staff.get("/staff/linde")).text
        assert 'href="/staff/linde"' in (await manager.get(LINDE)).text


async def test_english_is_complete(site: Site) -> None:
    async with signed_in(site, "anneke") as browser:
        browser.headers["Accept-Language"] = "en"
        page = await browser.get(LINDE)
    assert "Who fits here?" in page.text and "Somali" in page.text
    assert outcome(page, "man") == "does not fit man alone no: man"


async def test_half_an_hour_that_is_not_in_the_list_stays_as_it_is(site: Site) -> None:
    async with site.process.database.transaction() as tx:
        statement = "update shelter set intake_from_minutes = 435, intake_until_minutes = 0 where id = 'linde'"
        await (await tx.connection()).execute(text(statement))
    async with signed_in(site, "anneke") as browser:
        page = await browser.get(LINDE)
    assert (filled(page)["intake.from"], filled(page)["intake.until"]) == ("07:15", "24:00")
    assert typed(filled(page))["criteria.woman"] == "yes"
