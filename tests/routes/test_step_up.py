"""A stolen session does little: such calls take a proof of the last five minutes, asked of the database each time."""

import re
from contextlib import aclosing
from urllib.parse import urlencode

import pytest

from bedboard.routes import guard
from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from bedboard.rules.devices import PROOF_LASTS
from tests.build.access import LETTERS, NEEDS_PROOF, roles_of
from tests.build.api import sql
from tests.build.calls import CALLS, SIGNS_IN, form_of
from tests.build.passkeys import ask, device_at, enrol
from tests.build.rows import run
from tests.build.sessions import site as site
from tests.build.site import Site

PAGES = {row.name: row for row in ROWS if isinstance(row, Row) and not row.is_api}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ASKED = [(name, LETTERS[letter]) for name, letters in NEEDS_PROOF.items() for letter in letters if letter != "X"]
CRITERIA = "/manage/linde/criteria"


def test_exactly_these_routes_want_a_fresh_proof_of_these_roles() -> None:
    for name, row in PAGES.items():
        wanted = {LETTERS[letter] for letter in NEEDS_PROOF.get(name, "")}
        assert row.fresh_for & (roles_of(name) or set()) == wanted & (roles_of(name) or set()), name


def test_no_route_about_access_or_management_was_forgotten() -> None:
    changing = [row for row in PAGES.values() if row.method != "GET"]
    managed = [row.name for row in changing if row.path.startswith(("/manage/", "/people/", "/devices", "/tokens", "/export"))]
    assert managed and [name for name in managed if name not in NEEDS_PROOF] == []


@pytest.mark.parametrize(("name", "role"), ASKED)
async def test_without_a_fresh_proof_it_is_refused_and_with_one_tap_of_a_demo_it_is_not(
    site: Site, name: str, role: str
) -> None:
    call = CALLS[name]
    path, method = call.path.format(shelter="linde"), PAGES[name].method
    content = urlencode(form_of(name, role, name) or {}) if method == "POST" else ""
    async with aclosing(await site.sign_in(SIGNS_IN[role])) as browser:
        site.clock.move(seconds=PROOF_LASTS.total_seconds())
        script = await browser.request(method, path, content=content, headers=FORM | {"HX-Request": "true"})
        assert script.status_code == 403 and 'data-code="step_up_needed"' in script.text
        page = await browser.request(method, path, content=content, headers=FORM, follow_redirects=True)
        assert page.status_code == 200 and page.url.path == "/step-up"
        assert (await browser.post("/step-up", data={"back": "/"})).status_code == 303
        assert (await browser.request(method, path, content=content, headers=FORM)).status_code == call.done


@pytest.mark.parametrize(("late", "asked"), [(-1, False), (0, True), (1, True)])
async def test_a_proof_is_fresh_for_five_minutes_to_the_second(site: Site, late: int, asked: bool) -> None:
    async with aclosing(await site.sign_in("hanneke")) as browser:
        site.clock.move(seconds=PROOF_LASTS.total_seconds() + late)
        reply = await browser.post("/people/mark/code", content="", headers=FORM)
        assert (reply.url.path == "/step-up") == asked


@pytest.mark.parametrize("is_asked", [True, False], ids=["asked", "control"])
async def test_what_a_process_remembers_of_a_session_proves_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, is_asked: bool
) -> None:
    async with aclosing(await site.sign_in("hanneke")) as browser:
        assert (await browser.get("/people")).status_code == 200
        await run(site.process.database, "update session set proven_at = null")
        if not is_asked:

            async def ask_nobody(call: object, row: object) -> None:
                return

            monkeypatch.setattr(guard, "check_fresh", ask_nobody)
        await browser.post("/people/mark/code", content="", headers=FORM)
        assert await sql(site, "select count(*) from enrol_code") == [(0 if is_asked else 1,)]


async def test_a_stored_answer_is_not_given_without_a_fresh_proof(site: Site) -> None:
    async with aclosing(await site.sign_in("anneke")) as browser:
        page = (await browser.get(CRITERIA)).text
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        ticked = re.findall(r'type="radio" name="([^"]+)" value="([^"]+)"[^>]* checked', page)
        form = fields | dict(ticked) | {"intake.from": "00:00", "intake.until": "24:00", "do": "save"}
        first = await browser.post(CRITERIA, data=form)
        site.clock.move(minutes=6)
        again = await browser.post(CRITERIA, data=form)
        assert again.url.path == "/step-up" and first.url.path != "/step-up"


async def test_a_press_waits_with_its_fields_for_the_proof(site: Site) -> None:
    """Without scripts nothing that was filled in is lost."""
    async with aclosing(await site.sign_in("hanneke")) as browser:
        site.clock.move(minutes=5)
        came_from = {"Referer": f"{site.url}/people"}
        waiting = await browser.post("/people/mark/code", data={}, headers=FORM | came_from)
        address = str(waiting.url).removeprefix(site.url)
        assert f'name="back" value="{address}"' in waiting.text and 'href="/people"' in waiting.text
        proven = await browser.post("/step-up", data={"back": address})
        assert proven.headers["location"] == address
        assert 'action="/people/mark/code"' in (await browser.get(address)).text


async def test_outside_a_demo_it_takes_the_own_passkey(site: Site) -> None:
    own, other = device_at(site, "one"), device_at(site, "two")
    async with aclosing(await enrol(site, "hanneke", own)) as browser, aclosing(await enrol(site, "mark", other)):
        site.clock.move(minutes=5)
        for device, status in ((other, 403), (own, 303)):
            proof = device.use(await ask(browser, "/step-up/options"))
            reply = await browser.post("/step-up", data={"proof": proof, "back": "/people"})
            assert reply.status_code == status
        assert (await browser.post("/people/mark/code", content="", headers=FORM)).url.path == "/people"


async def test_locking_and_unlocking_counts_as_a_proof_and_a_locked_session_gives_none(site: Site) -> None:
    async with aclosing(await site.sign_in("hanneke")) as browser:
        site.clock.move(minutes=15)
        assert (await browser.post("/step-up", data={})).status_code == 423
        assert (await browser.post("/unlock", data={"person": "hanneke"})).status_code == 303
        assert (await browser.post("/people/mark/code", content="", headers=FORM)).url.path == "/people"


async def test_taking_another_role_is_no_proof_and_goes_with_the_same_passkey(site: Site) -> None:
    device = device_at(site, "one")
    await run(
        site.process.database,
        "insert into appointment (person_id, organization_id, role) values ('hanneke', 'oever', 'police')",
    )
    async with aclosing(await enrol(site, "hanneke", device)) as browser:
        before = await sql(site, "select passkey_id, proven_by, proven_at from session where ended_at is null")
        site.clock.move(seconds=PROOF_LASTS.total_seconds() - 1)
        taken = await browser.post("/roles", data={"organization": "oever", "role": "police"})
        assert taken.status_code == 303
        after = await sql(site, "select passkey_id, proven_by, proven_at from session where ended_at is null")
        assert after == before and before[0][0] is not None
