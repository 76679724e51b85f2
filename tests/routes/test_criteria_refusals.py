"""A form of criteria that is wrong, late or repeated comes back as it was filled in."""

import pytest

from bedboard.store.shelters import lock_shelter
from tests.build.criteria import LINDE, PLACE, filled, notice, press, signed_in, stored
from tests.build.site import Site, facts

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


async def test_a_save_that_waited_too_long_for_another_shows_what_was_typed_and_when_to_save_it_again(site: Site) -> None:
    async with signed_in(site, "anneke") as browser:
        form = filled(await browser.get(LINDE)) | {"do": "save", "criteria.man": "yes"}
        async with site.process.database.transaction() as other:
            await lock_shelter(other, "linde")
            refused = await browser.post(LINDE, data=form)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert "Het is nu te druk." in notice(refused) and filled(refused)["criteria.man"] == "yes"
        assert (await browser.post(LINDE, data=form)).status_code == 303
