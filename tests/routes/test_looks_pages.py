"""A look at an address is told to its shelter and the desk; many looks alarm the desk, and are refused at last."""

from sqlalchemy import text

from bedboard.rules.looks import MOST_TELEPHONES_AN_HOUR, UNUSUAL
from tests.build.forms import FRAGMENT, People, begin, done, main, offered, people, site
from tests.build.looks import add_more, has_seen
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_a_look_at_an_address_is_told_to_its_shelter_and_the_desk(site: Site, people: People) -> None:
    mark, hanneke, ilse = await people("mark"), await people("hanneke"), await people("ilse")
    case = await offered(site, mark)
    await done(mark, case, "choose", shelter="beuk", within="60")
    assert "bekeken" not in main((await ilse.get("/staff/beuk")).text)
    assert "adres bekeken" not in main((await hanneke.get("/requests")).text)
    reply = await mark.post(f"/requests/{case}/address", headers=FRAGMENT | FORM)
    assert "CANARY-ADR-beuk" in reply.text
    here = main((await ilse.get("/staff/beuk")).text)
    assert "Uw adres is 1 keer bekeken" in here and case in here.partition("Uw adres is")[2]
    assert "bekeken" not in main((await ilse.get("/staff/nood")).text), "another shelter is not told"
    desk = main((await hanneke.get("/requests")).text)
    assert "1 adres bekeken" in desk and "Mark" not in desk.partition("1 adres bekeken")[2], "without the name of a person"
    assert "bekeken" not in main((await mark.get("/requests")).text)


async def test_many_looks_alarm_the_desk_and_the_next_is_refused_until_an_hour_later(site: Site, people: People) -> None:
    mark, hanneke = await people("mark"), await people("hanneke")
    await add_more(site)
    case = await begin(mark, "beuk")
    await has_seen(site, "mark", UNUSUAL["telephone"] - 1)
    assert "Ongewoon veel" not in (await hanneke.get("/requests")).text
    await has_seen(site, "mark", MOST_TELEPHONES_AN_HOUR)
    desk = main((await hanneke.get("/requests")).text)
    assert f"{MOST_TELEPHONES_AN_HOUR} telefoonnummers, tot" in desk and "Ongewoon veel bekeken" in desk
    assert "Ongewoon veel" not in (await mark.get("/requests")).text, "only the desk is alarmed"
    for headers in (FRAGMENT, {}):
        reply = await mark.post(f"/requests/{case}/call", data={"shelter": "beuk"}, headers=headers)
        assert (reply.status_code, "CANARY-TEL-beuk" in reply.text) == (429, False)
        assert f"telefoonnummer van {MOST_TELEPHONES_AN_HOUR} locaties. Het volgende kan om 15:00." in reply.text
        assert 'href="/who-to-call"' in reply.text
        assert reply.headers["retry-after"] == "3600"
    async with site.process.database.transaction() as tx:
        refused = "select count(*) from disclosure where result = 'refused' and shelter_id = 'beuk'"
        assert (await (await tx.connection()).execute(text(refused))).scalar_one() == 2, "each refusal is written down"


async def test_the_look_that_alarms_the_desk_asks_for_the_passkey_first_and_a_night_goes_on(site: Site, people: People) -> None:
    mark = await people("mark")
    await add_more(site)
    case = await begin(mark, "beuk")
    await has_seen(site, "mark", UNUSUAL["telephone"] - 1)
    site.clock.move(minutes=5)
    await site.stay()
    script = await mark.post(f"/requests/{case}/call", data={"shelter": "beuk"}, headers=FRAGMENT)
    assert script.status_code == 403 and "CANARY" not in script.text
    assert 'data-code="step_up_needed"' in script.text and 'action="/step-up"' in script.text
    assert "U zag in korte tijd veel telefoonnummers. Bevestig eerst dat u het bent." in script.text
    page = await mark.post(f"/requests/{case}/call", data={"shelter": "beuk"})
    assert page.url.path == "/step-up" and "CANARY" not in page.text
    address = str(page.url).removeprefix(site.url)
    assert (await mark.post("/step-up", data={"back": address})).headers["location"] == address
    assert f'action="/requests/{case}/call"' in (await mark.get(address)).text, "the press waits with its fields"
    reply = await mark.post(f"/requests/{case}/call", data={"shelter": "beuk"}, headers=FRAGMENT)
    assert reply.status_code == 200 and "CANARY-TEL-beuk" in reply.text
    async with site.process.database.transaction() as tx:
        refused = "select count(*) from disclosure where result = 'refused' and shelter_id = 'beuk'"
        assert (await (await tx.connection()).execute(text(refused))).scalar_one() == 2, "each refusal is written down"


async def test_the_telephone_of_a_hold_says_that_it_waits_for_the_passkey(site: Site, people: People) -> None:
    mark = await people("mark")
    await add_more(site)
    await has_seen(site, "mark", UNUSUAL["telephone"] - 1)
    site.clock.move(minutes=5)
    await site.stay()
    await mark.post("/places/beuk-1/hold", data={"key": "a", "page": "search", "adults.woman": "1"}, headers=FRAGMENT)
    strip = (await mark.get("/search")).text
    assert "U zag in korte tijd veel telefoonnummers." in strip and "CANARY" not in strip
    assert 'href="/step-up?back=/search"' in strip.replace("%2F", "/")
    assert (await mark.post("/step-up", data={"back": "/search"})).status_code == 303
    assert "CANARY-TEL-beuk" in (await mark.get("/search")).text
