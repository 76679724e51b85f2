"""Mijn apparaten, the access of colleagues, and the journal of signing in."""

import re
from contextlib import aclosing

import httpx
import pytest

from tests.build import until
from tests.build.api import sql
from tests.build.lines import hear, page_line
from tests.build.passkeys import ask, device_at, enrol, sign_in_with
from tests.build.sessions import code_of
from tests.build.sessions import site as site
from tests.build.site import Site

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "nl"}


async def press(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    return await browser.post(path, data=fields, headers=FORM)


async def passkeys(site: Site, person: str) -> list[str]:
    found = await sql(site, f"select id from passkey where person_id = '{person}' and ended_at is null order by added_at, id")  # noqa: S608
    return [one for (one,) in found]


async def test_a_second_passkey_is_added_named_and_removed(site: Site) -> None:
    one, two = device_at(site, "one"), device_at(site, "two")
    async with aclosing(await enrol(site, "mark", one)) as browser:
        page = await browser.get("/devices", headers=FORM)
        assert "Zorg dat u 2 passkeys heeft" in page.text and "hiermee bent u nu ingelogd" in page.text
        proof = two.make(await ask(browser, "/devices/options", label="key"))
        assert (await press(browser, "/devices", label="key", proof=proof)).headers["location"] == "/devices?new=1"
        page = await browser.get("/devices", headers=FORM)
        assert "losse beveiligingssleutel" in page.text and "Zorg dat u" not in page.text
        first, second = await passkeys(site, "mark")
        assert (await press(browser, f"/devices/{second}/label", label="tablet")).status_code == 303
        assert await sql(site, "select label from passkey order by added_at, id desc limit 2") != []
        assert (await press(browser, f"/devices/{second}/end")).status_code == 303
        assert await passkeys(site, "mark") == [first]
    browser, reply = await sign_in_with(site, two)
    await browser.aclose()
    assert reply.status_code == 403


async def test_the_same_device_is_not_enrolled_twice(site: Site) -> None:
    one = device_at(site, "one")
    async with aclosing(await enrol(site, "mark", one)) as browser:
        options = await ask(browser, "/devices/options", label="phone")
        assert [known["id"] for known in options["excludeCredentials"]] == ["b25l"]
        reply = await press(browser, "/devices", label="phone", proof=one.make(options))
        assert reply.status_code == 409 and "Deze passkey kennen wij al" in reply.text


async def test_the_last_passkey_goes_only_when_its_person_knows_what_that_means(site: Site) -> None:
    async with aclosing(await enrol(site, "mark", device_at(site))) as browser:
        [only] = await passkeys(site, "mark")
        reply = await press(browser, f"/devices/{only}/end")
        assert reply.status_code == 409 and "laatste passkey" in reply.text
        assert await passkeys(site, "mark") == [only]
        assert (await press(browser, f"/devices/{only}/end", last="yes")).status_code == 303
        assert (await browser.get("/")).headers["location"] == "/sign-in", "it was this session's own"


async def _is_out(browser: httpx.AsyncClient, path: str = "/") -> bool:
    """Return whether the session has ended. The bell tells it: that takes a moment."""
    reply = await browser.get(path)
    return (reply.status_code, reply.headers.get("location", "").partition("?")[0]) == (303, "/sign-in")


async def test_a_passkey_that_is_removed_ends_its_sessions_and_sockets_at_once(site: Site) -> None:
    one, two = device_at(site, "one"), device_at(site, "two")
    async with aclosing(await enrol(site, "mark", one)) as lost, aclosing(await enrol(site, "mark", two)) as browser:
        async with page_line(site, lost) as line:
            await line.send("{}")
            await hear(line)
            first, _ = await passkeys(site, "mark")
            assert (await press(browser, f"/devices/{first}/end")).status_code == 303
            assert await code_of(line) == 4401
        assert (await lost.get("/")).headers["location"] == "/sign-in"
        assert (await browser.get("/")).status_code == 200


async def test_a_wall_that_was_opened_with_it_ends_too(site: Site) -> None:
    one, two = device_at(site, "one"), device_at(site, "two")
    async with aclosing(await enrol(site, "mark", one)) as wall, aclosing(await enrol(site, "mark", two)) as browser:
        assert (await press(wall, "/wall", back="/?wall=1")).status_code == 303
        assert (await wall.get("/?wall=1")).status_code == 200
        first, _ = await passkeys(site, "mark")
        await press(browser, f"/devices/{first}/end")
        await until(lambda: _is_out(wall, "/?wall=1"), "the wall has ended")


async def test_somebody_elses_passkey_is_none_of_ones_own(site: Site) -> None:
    async with (
        aclosing(await enrol(site, "mark", device_at(site, "one"))),
        aclosing(await enrol(site, "lucia", device_at(site, "two"))) as browser,
    ):
        [other] = await passkeys(site, "mark")
        for path in (f"/devices/{other}/end", f"/devices/{other}/label"):
            fields = {"label": "key"} if path.endswith("label") else {}
            assert (await press(browser, path, **fields)).status_code == 404
        assert await passkeys(site, "mark") == [other]


@pytest.mark.parametrize(
    ("helper", "person", "status"),
    [
        ("anneke", "sanne", 303),
        ("hanneke", "sanne", 303),
        ("wouter", "sanne", 303),
        ("hanneke", "wouter", 404),
        ("anneke", "mark", 404),
    ],
)
async def test_a_helper_removes_the_passkey_of_a_person_whom_they_may_help(
    site: Site, helper: str, person: str, status: int
) -> None:
    async with aclosing(await enrol(site, person, device_at(site))) as lost, aclosing(await site.sign_in(helper)) as browser:
        [one] = await passkeys(site, person)
        assert (await press(browser, f"/people/{person}/devices/{one}/end")).status_code == status
        assert await passkeys(site, person) == ([] if status == 303 else [one])
        if status == 303:
            await until(lambda: _is_out(lost), "the session has ended")
        else:
            assert not await _is_out(lost)


async def test_a_manager_sees_the_own_people_and_nobody_else(site: Site) -> None:
    async with aclosing(await site.sign_in("anneke")) as browser:
        page = (await browser.get("/people", headers=FORM)).text
        assert "Sanne" in page and "Kofi" in page and "Mark" not in page and "Wouter" not in page
        made = await press(browser, "/people/sanne/code")
        [code] = re.findall(r'class="code">([a-z ]+)<', made.text)
        assert len(code.split()) == 5 and "geldig tot 14:15" in made.text
        address = str(made.url)
        site.clock.move(minutes=15)
        await press(browser, "/unlock", person="anneke")
        assert code not in (await browser.get(address)).text, "a code that is over is not shown"


@pytest.mark.parametrize(
    ("person", "press_at", "page"), [("anneke", "/people/sanne/code", "/people"), ("mark", "/devices/code", "/devices")]
)
async def test_a_code_is_shown_once_and_a_reload_says_so(site: Site, person: str, press_at: str, page: str) -> None:
    async with aclosing(await site.sign_in(person)) as browser:
        made = await press(browser, press_at)
        [code] = re.findall(r'class="code">([a-z ]+)<', made.text)
        assert made.url.path == page and "al een keer getoond" not in made.text
        again = (await browser.get(str(made.url), headers=FORM)).text
        assert code not in again and "al een keer getoond" in again and "Maak een nieuwe" in again
        assert "al een keer getoond" not in (await browser.get(page, headers=FORM)).text


async def test_everybody_reads_their_own_lines_and_the_auditor_reads_all(site: Site) -> None:
    one = device_at(site, "one")
    async with aclosing(await enrol(site, "mark", one)) as browser:
        one.verifies = False
        failed, reply = await sign_in_with(site, one)
        await failed.aclose()
        assert reply.status_code == 403
        own = (await browser.get("/devices", headers=FORM)).text
        for words in ("passkey toegevoegd", "code gemaakt", "op de server", "ingelogd"):
            assert words in own
    async with aclosing(await site.sign_in("gerda")) as browser:
        page = (await browser.get("/audit/sign-ins", headers=FORM)).text
        for words in ("Mark", "Gerda", "geweigerd: passkey klopt niet", "onbekend", "deze computer"):
            assert words in page
    async with aclosing(await site.sign_in("lucia")) as browser:
        assert "passkey toegevoegd <small>" not in (await browser.get("/devices", headers=FORM)).text


async def test_a_page_of_the_person_hears_of_a_passkey_that_was_added_elsewhere(site: Site) -> None:
    one = device_at(site, "one")
    async with aclosing(await site.sign_in("mark")) as browser, aclosing(await site.sign_in("lucia")) as other:
        async with page_line(site, browser) as line, page_line(site, other) as stranger:
            for each in (line, stranger):
                await each.send("{}")
                await hear(each)
            async with aclosing(await enrol(site, "mark", one)):
                assert await hear(line) == {"type": "device"}
            assert await site.process.pulse.beat()
            assert (await hear(stranger))["type"] == "pulse"


async def test_the_journal_of_a_flood_says_no_more_after_a_while(site: Site) -> None:
    async with aclosing(site.client()) as browser:
        for _ in range(105):
            await browser.post("/sign-in/passkey", data={"proof": "{}"}, headers=FORM | {"HX-Request": "true"})
    assert await sql(site, "select count(*) from sign_in where result <> 'done'") == [(100,)]


async def test_what_is_missing_at_enrolment_has_the_name_of_a_device(site: Site) -> None:
    async with aclosing(site.client()) as browser:
        reply = await press(browser, "/enrol", code="appel boot deur fiets gras")
    assert reply.status_code == 422
    assert "Soort apparaat: dit ontbreekt" in reply.text and "Antwoord van het toestel: dit ontbreekt" in reply.text
    assert "Naam van de plek" not in reply.text
