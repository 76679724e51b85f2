"""A passkey or an account that was added: it wakes the devices of its person, and stays on their pages until they look."""

from contextlib import aclosing

import httpx
import pytest

from tests.build import until
from tests.build.api import sql
from tests.build.passkeys import ask, device_at, enrol, sign_in_with
from tests.build.push import has, quiet, serving
from tests.build.push import site as site
from tests.build.site import Site

ADDED = "nieuwe manier om als u in te loggen"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DUTCH = {"Accept-Language": "nl"}


async def shows(browser: httpx.AsyncClient, path: str) -> bool:
    """Return whether the page itself says it, and not only the words that wait in it."""
    return ADDED in (await browser.get(path, headers=DUTCH)).text.partition('id="passkey-added"')[0]


@pytest.mark.parametrize("way", ["by a code", "on the own page"])
async def test_a_passkey_that_is_added_wakes_the_devices_of_its_person(site: Site, way: str) -> None:
    async with serving() as service, aclosing(await site.sign_in("anneke")) as phone:
        assert (await phone.post("/push", data=service.subscription())).status_code == 204
        async with aclosing(await enrol(site, "mark", device_at(site, "three"))):
            pass  # somebody else's wakes nobody here
        if way == "by a code":
            async with aclosing(await enrol(site, "anneke", device_at(site))):
                pass
        else:
            made = device_at(site).make(await ask(phone, "/devices/options", label="phone"))
            assert (await phone.post("/devices", data={"label": "phone", "proof": made})).status_code == 303
        await until(has(service, 1), "the person is woken")
        await quiet(site)
        assert [service.read(body) for _, _, body in service.got] == [b'{"what":"access"}']


async def test_a_refused_passkey_wakes_nobody(site: Site) -> None:
    async with serving() as service, aclosing(await site.sign_in("anneke")) as phone:
        assert (await phone.post("/push", data=service.subscription())).status_code == 204
        proof = device_at(site).make(await ask(phone, "/devices/options", label="phone"))
        for wrong in ({"label": "phone", "proof": "{}"}, {"label": "phone", "proof": proof.replace("clientDataJSON", "x")}):
            assert (await phone.post("/devices", data=wrong)).status_code == 403
        await quiet(site)
        assert service.got == []


async def test_the_line_stays_on_the_pages_of_the_person_until_they_look(site: Site) -> None:
    own, stolen = device_at(site, "one"), device_at(site, "two")
    async with aclosing(await enrol(site, "anneke", own)) as first:
        assert not await shows(first, "/staff/linde")
    site.clock.move(minutes=1)
    async with aclosing(await enrol(site, "anneke", stolen)) as thief:  # with a code that somebody overheard
        assert not await shows(thief, "/staff/linde")
        site.clock.move(minutes=1)
        await thief.get("/devices")  # the thief looks, which hides nothing from the person
    browser, _ = await sign_in_with(site, own)
    async with aclosing(browser):
        for _ in range(2):
            assert await shows(browser, "/staff/linde")
        assert (await browser.get("/devices")).status_code == 200
        assert not await shows(browser, "/staff/linde")
    again, _ = await sign_in_with(site, own)
    async with aclosing(again):
        assert not await shows(again, "/staff/linde")


async def test_a_passkey_that_is_gone_again_needs_no_line(site: Site) -> None:
    own = device_at(site, "one")
    async with aclosing(await enrol(site, "anneke", own)):
        site.clock.move(minutes=1)
    async with aclosing(await enrol(site, "anneke", device_at(site, "two"))):
        pass
    browser, _ = await sign_in_with(site, own)
    async with aclosing(browser):
        assert await shows(browser, "/staff/linde")
        async with aclosing(await site.sign_in("hanneke")) as desk:
            [gone] = (await sql(site, "select id from passkey order by added_at desc, id desc limit 1"))[0]
            reply = await desk.post(f"/people/anneke/devices/{gone}/end", content="", headers=FORM)
            assert reply.status_code == 303
        site.process.identity._people.clear()
        assert not await shows(browser, "/staff/linde")
