"""No page in a browser's history came by POST: every press leads to a page of its own, which waits sealed for its session."""

import re
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import text

from bedboard.routes.kept import MOST_BYTES, MOST_KEPT
from bedboard.routes.row import Row
from bedboard.routes.table import CASES, PAGES
from tests.build.access import LETTERS, roles_of
from tests.build.calls import CALLS
from tests.build.criteria import LINDE, filled, notice
from tests.build.sessions import site
from tests.build.site import Browser, Site, facts

__all__ = ["site"]  # fixtures

PRESSES = {row.name: row for row in (*PAGES, *CASES) if isinstance(row, Row) and row.method == "POST"}
WOMAN = {"adults.woman": "1", "needs.pregnant": "on", "near": "noord", "arrival": "open"}
ENDS = {"sign_out", "sign_in_demo"}  # a session of the others must go on
BY_SCRIPT = {"push", *(name for name in PRESSES if name.endswith("_options"))}  # their answers are no pages


async def press(browser: httpx.AsyncClient, path: str, form: Mapping[str, str], **headers: str) -> httpx.Response:
    """Press, and do not go on to the page after it."""
    content, kind = urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}
    return await httpx.AsyncClient.request(browser, "POST", path, content=content, headers=kind | headers)


async def see(browser: httpx.AsyncClient, reply: httpx.Response) -> httpx.Response:
    """Go on until there is a page."""
    while reply.status_code == 303:
        assert reply.headers["location"].startswith("/") and not reply.headers["location"].startswith("//")
        reply = await browser.get(reply.headers["location"])
    return reply


def is_chosen(page: httpx.Response, name: str, value: str) -> bool:
    return f'name="{name}" value="{value}" checked' in page.text


@pytest.fixture
async def mark(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("mark")) as browser:
        yield browser


@pytest.mark.parametrize("role", ["may", "admin", "none"])
@pytest.mark.parametrize("form", ["right", "empty", "wrong"])
@pytest.mark.parametrize("name", sorted(PRESSES.keys() - ENDS - BY_SCRIPT))
async def test_every_press_is_answered_with_the_address_of_a_page(
    standing: Site, people: dict[str, httpx.AsyncClient], name: str, form: str, role: str
) -> None:
    call, roles = CALLS[name], roles_of(name)
    who = role if role != "may" else next((one for one in LETTERS.values() if one in (roles or {"police"})), "police")
    given = {"right": call.form or {}, "empty": {}, "wrong": {"key": "", "nobody": "1", "status": "gone"}}[form]
    before = await facts(standing) if form == "wrong" else None
    reply = await press(people[who], call.path.format(shelter="linde"), given)
    assert (reply.status_code, reply.headers["cache-control"]) == (303, "no-store")
    page = await see(people[who], reply)
    assert page.request.method == "GET" and page.status_code < 500
    assert page.status_code == 200 or 'data-code="' in page.text or '<p class="number">' in page.text
    if before is not None:
        assert await facts(standing) == before


@pytest.mark.parametrize("name", [name for name in sorted(PRESSES) if "admin" not in (roles_of(name) or {"admin"})])
async def test_a_script_hears_a_refusal_at_once(standing: Site, people: dict[str, httpx.AsyncClient], name: str) -> None:
    path = CALLS[name].path.format(shelter="linde")
    reply = await press(people["admin"], path, CALLS[name].form or {}, **{"HX-Request": "true"})
    assert reply.status_code == 403 and 'data-code="not_your_role"' in reply.text
    assert "set-cookie" not in reply.headers


async def test_nothing_of_a_household_can_be_read_in_the_address_or_the_cookie(mark: httpx.AsyncClient) -> None:
    reply = await press(mark, "/search", WOMAN)
    assert re.fullmatch(r"/search\?kept=[0-9a-f]{12}", reply.headers["location"])
    cookie = reply.headers["set-cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "path=/", "samesite=strict", "max-age=7200"}
    sealed = cookie.partition("=")[2].partition(";")[0].strip('"')
    for form in (sealed.encode(), urlsafe_b64decode(sealed)):
        assert not re.search(rb"woman|pregnant|noord|adults", form)
    assert is_chosen(await see(mark, reply), "adults.woman", "1")


async def test_a_reload_and_a_second_tab_each_show_their_own_page(mark: httpx.AsyncClient) -> None:
    first, second = [await press(mark, "/search", WOMAN | {"adults.woman": number}) for number in "12"]
    for _ in range(2):
        for reply, number in ((first, "1"), (second, "2")):
            assert is_chosen(await see(mark, reply), "adults.woman", number)
    assert is_chosen(await mark.get("/search"), "adults.woman", "0")


async def test_a_refusal_stays_on_its_page_and_is_not_pressed_again(site: Site, sanne: httpx.AsyncClient) -> None:
    reply = await press(sanne, "/staff/linde/places/linde-1", {"status": "closed", "key": "k"})
    before = await facts(site)
    for _ in range(2):
        page = await see(sanne, reply)
        assert page.status_code == 422 and "kies waarom de plek dicht is" in page.text
    assert await facts(site) == before
    assert (await sanne.get("/staff/linde")).status_code == 200


@pytest.fixture
async def sanne(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("sanne")) as browser:
        yield browser


@pytest.mark.parametrize("other", ["mark", "lucia"])
async def test_another_session_cannot_use_it_not_even_of_the_same_person(
    site: Site, mark: httpx.AsyncClient, other: str
) -> None:
    reply = await press(mark, "/search", WOMAN)
    async with aclosing(await site.sign_in(other)) as thief:
        thief.cookies.update({name: value for name, value in mark.cookies.items() if "-kept-" in name})
        assert is_chosen(await see(thief, reply), "adults.woman", "0")
    assert is_chosen(await see(mark, reply), "adults.woman", "1"), "the control"


async def test_a_changed_cookie_another_page_and_a_made_up_id_are_ignored(mark: httpx.AsyncClient) -> None:
    reply = await press(mark, "/search", WOMAN)
    where = reply.headers["location"]
    name = f"bedboard-kept-{where.partition('=')[2]}"
    sealed = mark.cookies[name].strip('"')
    wilg = (await press(mark, "/shelters/wilg/call", {})).headers["location"]
    assert (await mark.get(wilg.replace("wilg", "linde"))).status_code == 200  # that of linde would be refused
    for value in (sealed[:-6] + "AAAAAA", "", "x", sealed[:40], "%C3%A9"):
        mark.cookies.set(name, value, domain="127.0.0.1")
        page = await mark.get(where)
        assert page.status_code == 200 and is_chosen(page, "adults.woman", "0"), value
    for kept_id in ("", "0" * 12, "../../x", "%0d%0a", "é", "a" * 5000):
        assert is_chosen(await mark.get("/search", params={"kept": kept_id}), "adults.woman", "0"), kept_id


async def test_it_lasts_two_hours(site: Site, mark: httpx.AsyncClient) -> None:
    reply = await press(mark, "/search", WOMAN)
    for minute in range(10, 120, 10):
        site.pass_time(minutes=10)
        assert is_chosen(await see(mark, reply), "adults.woman", "1"), minute
    site.pass_time(minutes=10)
    assert is_chosen(await see(mark, reply), "adults.woman", "0")


async def test_only_the_newest_are_kept_and_they_fit_into_one_header(site: Site, mark: httpx.AsyncClient) -> None:
    replies = []
    for number in range(MOST_KEPT + 3):
        site.clock.move(seconds=1)
        replies.append(await press(mark, "/search", WOMAN | {"adults.woman": str(number + 1)}))
    kept = [name for name in mark.cookies if "-kept-" in name]
    assert len(kept) == MOST_KEPT
    shown = [is_chosen(await see(mark, reply), "adults.woman", str(number + 1)) for number, reply in enumerate(replies)]
    assert shown == [False] * 3 + [True] * MOST_KEPT
    # The largest forms: as many as fit.
    async with aclosing(await site.sign_in("anneke")) as manager:
        for number in range(MOST_KEPT):
            site.clock.move(seconds=1)
            noise = {f"limits.{site.process.clock.new_id()}": site.process.clock.new_id() * 3 for _ in range(12)}
            await press(manager, LINDE, noise | {"key": str(number), "version": "1", "do": "preview"})
        sizes = [len(name) + len(value) for name, value in manager.cookies.items() if "-kept-" in name]
        assert sizes and sum(sizes) <= MOST_BYTES and max(sizes) <= 3900


async def test_a_form_that_fits_into_no_cookie_still_leads_to_the_words_of_its_refusal(site: Site) -> None:
    async with aclosing(await site.sign_in("anneke")) as manager:
        new_id = site.process.clock.new_id
        noise = {f"limits.{new_id()}{new_id()}": new_id() * 8 for _ in range(150)}
        reply = await press(manager, LINDE, noise | {"key": "1", "version": "1", "do": "save"})
        page = await see(manager, reply)
        assert page.status_code == 422 and "Kijk wat er anders moet" in notice(page)


async def test_signing_out_drops_everything_that_was_kept(site: Site, mark: httpx.AsyncClient) -> None:
    await press(mark, "/search", WOMAN)
    assert any("-kept-" in name for name in mark.cookies)
    await mark.post("/sign-out")
    assert list(mark.cookies) == []


async def test_refused_criteria_come_back_as_they_were_typed_with_the_wrong_fields_marked(site: Site) -> None:
    async with aclosing(await site.sign_in("anneke")) as manager:
        form = filled(await manager.get(LINDE)) | {"do": "save"}
        form |= {"criteria.pets": "no", "limits.min_age": "200", "languages.ar": "on", "intake.from": "20:30"}
        for _ in range(2):
            page = await see(manager, await press(manager, LINDE, form))
            again = filled(page)
            assert page.status_code == 422
            assert {name: again.get(name) for name in form if name not in ("key", "version", "do")} == {
                name: value for name, value in form.items() if name not in ("key", "version", "do")
            }
            field = re.search(r'<input[^>]*name="limits.min_age"[^>]*>.*?</p>', page.text, re.DOTALL)
            assert field and 'aria-invalid="true"' in field[0] and "hoogstens" in field[0]
            assert page.text.count("aria-invalid") == 1


async def test_a_telephone_is_shown_once_for_each_press_and_each_look_is_written_down(
    site: Site, mark: httpx.AsyncClient
) -> None:
    async def looks() -> int:
        async with site.process.database.transaction() as tx:
            return int(await (await tx.connection()).scalar(text("select count(*) from disclosure")) or 0)

    for number in (1, 2):
        reply = await press(mark, "/shelters/wilg/call", {})
        assert await looks() == number - 1
        assert "CANARY-TEL-wilg" in (await see(mark, reply)).text
        assert await looks() == number
        assert "CANARY-TEL-wilg" not in (await see(mark, reply)).text
        assert await looks() == number
    reply = await press(mark, "/shelters/linde/call", {})
    page = await see(mark, reply)
    assert page.status_code == 403 and "Houd eerst een plek vast" in page.text


async def test_an_ask_that_is_refused_keeps_its_ticks_and_its_household(mark: httpx.AsyncClient) -> None:
    page = await see(mark, await press(mark, "/requests/new", WOMAN))
    assert page.url.path == "/requests/new" and 'name="ask.linde"' in page.text
    reply = await press(mark, "/requests", WOMAN | {"ask.linde": "cosm", "ask.nowhere": "cosm", "key": "k"})
    for _ in range(2):
        page = await see(mark, reply)
        assert page.status_code == 422 and "deze opvang kennen wij niet" in page.text
        assert re.search(r'name="ask.linde"[^>]* checked', page.text)
        assert 'name="needs.pregnant" value="on"' in page.text


async def test_a_search_that_ended_without_a_place_is_counted_once(site: Site, mark: httpx.AsyncClient) -> None:
    reply = await press(mark, "/search/nothing?slept=hotel", WOMAN | {"key": "k"})
    for _ in range(2):
        page = await see(mark, reply)
        assert page.status_code == 200 and "Geteld, zonder iets over deze mensen:" in re.sub(r"\s+", " ", page.text)
    async with site.process.database.transaction() as tx:
        assert await (await tx.connection()).scalar(text("select count(*) from stored_reply")) == 1


async def test_the_helper_of_all_other_tests_goes_on_to_kept_pages_only(site: Site) -> None:
    async with site.client() as browser:
        assert isinstance(browser, Browser)
        assert (await browser.post("/sign-in/demo", data={"person": "mark"})).status_code == 303
