"""Wie past hier: the manager's pages without any script. A form refused or only tried comes back as it was filled in."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from bedboard.rules.criteria import CRITERION_NAMES
from bedboard.rules.examples import EXAMPLES
from bedboard.store.shelters import lock_shelter
from tests.build.site import Site, facts

LINDE = "/manage/linde/criteria"
PLACE = "/manage/linde/places/linde-1/criteria"


class Filled(HTMLParser):
    """The fields that a browser would send from the form on this page, its buttons aside."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._action, self._inside = action, False
        self._select: str | None = None
        self._option: bool | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given["action"] == self._action
        if not self._inside:
            return
        if tag == "select":
            self._select = given["name"]
        elif tag == "option":
            self._option = "selected" in given
        elif tag == "input" and ("checked" in given or given.get("type") not in ("radio", "checkbox")):
            self.fields[given["name"]] = given.get("value", "on")

    def handle_data(self, data: str) -> None:
        if self._option is not None and self._select is not None:
            if self._option or self._select not in self.fields:
                self.fields[self._select] = data
            self._option = None


def filled(reply: httpx.Response, action: str = LINDE) -> dict[str, str]:
    return Filled(reply.text, action).fields


def typed(fields: dict[str, str]) -> dict[str, str]:
    """Leave out the fields that every drawing of the form makes new."""
    return {name: value for name, value in fields.items() if name not in ("key", "version") and value}


def outcome(reply: httpx.Response, example: str) -> str:
    found = re.search(rf'<li id="outcome-{example}">(.*?)</li>', reply.text, re.DOTALL)
    assert found, example
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def notice(reply: httpx.Response) -> str:
    found = re.search(r'id="notice" role="alert"[^>]*>(.*?)</div>\s*</div>', reply.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


@asynccontextmanager
async def signed_in(site: Site, person: str | None) -> AsyncIterator[httpx.AsyncClient]:
    browser = await site.sign_in(person) if person else site.client()
    try:
        yield browser
    finally:
        await browser.aclose()


async def press(browser: httpx.AsyncClient, do: str, action: str = LINDE, /, **changes: str | None) -> httpx.Response:
    """Opens the page, fills in the changes (criteria__man="yes"; None: nothing), and presses the button."""
    fields = filled(await browser.get(action), action) | {"do": do}
    for name, value in changes.items():
        fields[name.replace("__", ".")] = value or ""
    return await browser.post(action, data=fields)


async def stored(site: Site) -> dict[str, Any]:
    async with site.process.database.transaction() as tx:
        query = text("""select s.version, s.criteria, s.limits, s.languages, s.intake_from_minutes, s.intake_until_minutes,
                        p.criteria as own from shelter s join place p on p.shelter_id = s.id where p.id = 'linde-1'""")
        return dict((await (await tx.connection()).execute(query)).one()._mapping)


async def finds(site: Site, profile: dict[str, Any]) -> dict[str, str]:
    """Which places of linde a search gives now, and how they fit."""
    async with site.api("demo-police") as api:
        found = (await api.post("/search", json=profile)).json()
    return {one["place"]: one["fit"] for one in found["matches"] if one["shelter"] == "linde"}


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


WRONG = [
    ({"limits__min_age": "100"}, ["jongste leeftijd: dit mag hoogstens 99 zijn"]),
    (
        {"limits__oldest_son": "-1", "limits__max_age": "x"},
        ["oudste zoon: dit moet 0", "hoogste leeftijd: dit is geen heel getal"],
    ),
    ({"limits__min_age": "30", "limits__max_age": "20"}, ["hoogste leeftijd: dit is lager dan de jongste"]),
    ({"intake__from": "08:00", "intake__until": "08:00"}, ["Opname tot: dit is hetzelfde als het begin"]),
    ({"intake__until": "soon"}, ["Opname tot: dit is geen geldig tijdstip"]),
    ({"intake__from": None}, ["Opname van: dit is geen geldig tijdstip"]),
    ({"criteria__man": "perhaps"}, ["man: kies een van deze"]),
    ({"criteria__man": None}, ["man: dit ontbreekt"]),
    ({"criteria__cat": "yes", "languages__xx": "on", "limits__x": "1"}, ["criteria.cat :", "languages.xx :", "limits.x :"]),
    ({"extra": "1"}, ["extra : dit veld kennen wij niet"]),
    ({"version": "new"}, ["version : dit is geen heel getal"]),
    ({"key": "é"}, ["dit is geen geldige sleutel"]),
]


@pytest.mark.parametrize(("changes", "said"), WRONG)
@pytest.mark.parametrize("do", ["save", "preview"])
async def test_what_cannot_be_is_named_and_everything_typed_comes_back(
    site: Site, do: str, changes: dict[str, str | None], said: list[str]
) -> None:
    if do == "preview" and "key" in changes:
        pytest.skip("a preview needs no key")
    before = await facts(site)
    async with signed_in(site, "anneke") as browser:
        reply = await press(browser, do, **({"criteria__lvb": "yes", "languages__ti": "on"} | changes))
    assert reply.status_code == 422
    assert all(one in notice(reply) for one in said), notice(reply)
    fields = filled(reply)
    assert (fields["criteria.lvb"], fields["languages.ti"]) == ("yes", "on")
    for name, value in changes.items():
        if name.startswith("limits") and value and not name.endswith("__x"):
            assert fields[name.replace("__", ".")] == value
    assert await facts(site) == before


@pytest.mark.parametrize("path", [LINDE, PLACE])
async def test_a_form_that_was_cut_off_halfway_is_refused_and_can_be_filled_in_again(site: Site, path: str) -> None:
    before = await facts(site)
    async with signed_in(site, "anneke") as browser:
        for fields in (
            {},
            {"key": "1", "version": "1", "do": "save"},
            {"criteria.": "", "limits.": "1", "intake.": "2", ".": "3"},
        ):
            reply = await browser.post(path, data=fields, headers={"Content-Type": "application/x-www-form-urlencoded"})
            assert reply.status_code == 422
            assert filled(reply, path)["version"] == "1"
            assert "ontbreekt" in notice(reply)
    assert await facts(site) == before


async def test_who_comes_too_late_keeps_what_was_typed_and_sees_what_is_saved(site: Site) -> None:
    async with signed_in(site, "anneke") as browser:
        old = filled(await browser.get(LINDE)) | {"do": "save", "criteria.lvb": "yes"}
        await press(browser, "save", criteria__man="yes")
        before = await facts(site)
        reply = await browser.post(LINDE, data=old)
        assert reply.status_code == 412
        assert "intussen veranderd" in notice(reply)
        assert await facts(site) == before
        fields = filled(reply)
        assert (fields["criteria.lvb"], fields["criteria.man"], fields["version"]) == ("yes", "no", "2")
        assert "Nu opgeslagen: ja" in " ".join(reply.text.split())
        assert (await browser.post(LINDE, data=fields | {"do": "save"})).status_code == 303
    assert (await stored(site))["criteria"] == {"woman": "yes", "man": "no", "lvb": "yes"}


async def test_a_tap_of_the_staff_meanwhile_does_not_come_in_between(site: Site) -> None:
    async with signed_in(site, "anneke") as manager, signed_in(site, "sanne") as staff:
        fields = filled(await manager.get(LINDE)) | {"do": "save", "criteria.man": "yes"}
        tapped = await staff.post("/staff/linde/places/linde-1", data={"key": "tap", "status": "occupied"})
        assert tapped.status_code == 303
        assert (await manager.post(LINDE, data=fields)).headers["location"] == f"{LINDE}?saved=3"


async def test_a_repeated_save_is_done_once_and_an_old_page_cannot_save_something_else(site: Site) -> None:
    async with signed_in(site, "anneke") as browser:
        fields = filled(await browser.get(LINDE)) | {"do": "save", "criteria.man": "yes"}
        first = await browser.post(LINDE, data=fields)
        after = await facts(site)
        again = await browser.post(LINDE, data=fields)
        assert (again.status_code, again.headers["location"]) == (303, first.headers["location"])
        back = await browser.post(LINDE, data=fields | {"criteria.man": "discuss"})
        assert (back.status_code, filled(back)["criteria.man"]) == (412, "discuss")
    assert await facts(site) == after


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


# ---- one place


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


# ---- the people who get in


@pytest.mark.parametrize(
    ("person", "status"), [("sanne", 403), ("mark", 403), ("hanneke", 403), ("wouter", 403), (None, 401), ("anneke", 404)]
)
async def test_nobody_else_gets_in(site: Site, person: str | None, status: int) -> None:
    """The manager is one of other shelters."""
    before = await facts(site)
    shelter = "wilg" if person == "anneke" else "linde"
    async with signed_in(site, person) as browser:
        for path in (f"/manage/{shelter}/criteria", f"/manage/{shelter}/places/{shelter}-1/criteria"):
            assert (await browser.get(path)).status_code == (303 if person is None else status)
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


async def test_a_save_that_waited_too_long_for_another_shows_what_was_typed_and_when_to_save_it_again(site: Site) -> None:
    async with signed_in(site, "anneke") as browser:
        form = filled(await browser.get(LINDE)) | {"do": "save", "criteria.man": "yes"}
        async with site.process.database.transaction() as other:
            await lock_shelter(other, "linde")
            refused = await browser.post(LINDE, data=form)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert "Het is nu te druk." in notice(refused) and filled(refused)["criteria.man"] == "yes"
        assert (await browser.post(LINDE, data=form)).status_code == 303
