"""People with passkeys: a code, a device, and a browser that signs in with it."""

from typing import Any

import httpx

from bedboard.actions.enrolment import make_code
from bedboard.commands.enrol import COMMAND
from bedboard.store.database import Database
from tests.build import SEAL, FixedClock
from tests.build.authenticator import Authenticator
from tests.build.rows import do
from tests.build.site import Site

FRAGMENT = {"HX-Request": "true"}


async def code_for(database: Database, person: str, clock: FixedClock) -> str:
    """A code for this person, made on the server."""
    made = await do(database, lambda tx: make_code(tx, COMMAND, person, SEAL, clock))
    return str(made.code)


def device_at(site: Site, name: str = "one", **rest: Any) -> Authenticator:
    return Authenticator(site.url, name.encode(), **rest)


async def ask(browser: httpx.AsyncClient, path: str, **form: str) -> dict[str, Any]:
    """The options of a ceremony."""
    reply = await browser.post(path, data=form, headers=FRAGMENT | {"Content-Type": "application/x-www-form-urlencoded"})
    assert reply.status_code == 200, reply.text
    options: dict[str, Any] = reply.json()
    return options


async def enrol(site: Site, person: str, device: Authenticator, label: str = "phone") -> httpx.AsyncClient:
    """A browser in which this person has enrolled the device with a code, and so has signed in."""
    code = await code_for(site.process.database, person, site.clock)
    browser = site.client()
    proof = device.make(await ask(browser, "/enrol/options", code=code, label=label))
    reply = await browser.post("/enrol", data={"code": code, "label": label, "proof": proof})
    assert (reply.status_code, reply.headers["location"]) == (303, "/devices?new=1"), reply.text
    return browser


async def sign_in_with(site: Site, device: Authenticator) -> tuple[httpx.AsyncClient, httpx.Response]:
    """A browser that has tried to sign in with the device, and the reply."""
    browser = site.client()
    proof = device.use(await ask(browser, "/sign-in/options"))
    return browser, await browser.post("/sign-in/passkey", data={"proof": proof, "next": "/"})
