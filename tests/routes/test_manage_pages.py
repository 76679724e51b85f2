"""The pages of the administration, without scripts: they show what a change replaces, and tell nothing that they may not."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from tests.build import until
from tests.build.api import sql
from tests.build.pages import look_at
from tests.build.site import Site, facts

LINDE = "/manage/shelters/linde"


@pytest.fixture
async def wouter(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("wouter")) as browser:
        yield browser


@pytest.fixture
async def anneke(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("anneke")) as browser:
        yield browser


def hidden(text: str) -> dict[str, str]:
    """Return the hidden fields of the form that saves what was looked at."""
    form = text[text.index('class="replacing"') :]
    form = form[: form.index("</form>")]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))


async def end(browser: httpx.AsyncClient, path: str, key: str = "k") -> httpx.Response:
    """Press the button that ends the thing of this page, as the page shows it now."""
    seen = re.search(r'name="seen" value="(\w+)"', (await browser.get(path)).text)
    assert seen is not None
    return await browser.post(path, data={"do": "end", "key": key, "seen": seen[1]})


async def save(browser: httpx.AsyncClient, path: str, looked_at: httpx.Response) -> httpx.Response:
    return await browser.post(path, data=hidden(looked_at.text) | {"do": "save"})


async def test_old_and_new_are_shown_before_anything_is_saved(site: Site, anneke: httpx.AsyncClient) -> None:
    before = await facts(site)
    page = await look_at(anneke, LINDE, {"name": "Lindehof", "confirm_times": "08:00, 16:00, 21:30", "telephone": "010 77"})
    assert page.status_code == 200 and await facts(site) == before
    text = " ".join(page.text.split())
    assert "<s>Linde</s>" in text and "<b>Lindehof</b>" in text and "<b>010 77</b>" in text
    assert "CANARY" not in text
    reply = await save(anneke, LINDE, page)
    assert (reply.status_code, reply.headers["location"]) == (303, f"{LINDE}?saved=1")
    assert [tuple(row) for row in await sql(site, "select name, version from shelter where id = 'linde'")] == [("Lindehof", 2)]
    assert "Opgeslagen" in (await anneke.get(f"{LINDE}?saved=1")).text


async def test_the_second_of_two_who_save_sees_the_present_state_and_decides_again(
    site: Site, anneke: httpx.AsyncClient, wouter: httpx.AsyncClient
) -> None:
    times = {"confirm_times": "08:00, 16:00, 21:30"}
    first = await look_at(anneke, LINDE, times | {"name": "Lindehof"})
    second = await look_at(wouter, LINDE, times | {"name": "Lindelaan", "organization": "oever", "unit": "noord"})
    assert (await save(anneke, LINDE, first)).status_code == 303
    refused = await save(wouter, LINDE, second)
    assert refused.status_code == 409
    assert "<s>Lindehof</s>" in refused.text and "<b>Lindelaan</b>" in refused.text
    assert (await save(wouter, LINDE, refused)).status_code == 303
    assert (await sql(site, "select name from shelter where id = 'linde'"))[0].name == "Lindelaan"


async def form_of(browser: httpx.AsyncClient, path: str) -> dict[str, str]:
    """Return the fields of the form that changes the thing of this page, as the page shows it."""
    page = (await browser.get(path)).text
    form = page[page.index('class="manage-form"') :]
    form = form[: form.index("</form>")]
    return dict(re.findall(r'<input type="(?:hidden|text|tel)"[^>]* name="([^"]+)" value="([^"]*)"', form))


async def test_what_a_colleague_changed_is_not_shown_as_ones_own_and_stays(
    site: Site, anneke: httpx.AsyncClient, wouter: httpx.AsyncClient
) -> None:
    mine = await form_of(anneke, LINDE) | {"confirm_times": "07:00"}
    theirs = {"name": "Lindehof", "confirm_times": "08:00, 16:00, 21:30", "organization": "oever", "unit": "noord"}
    assert (await save(wouter, LINDE, await look_at(wouter, LINDE, theirs))).status_code == 303
    page = await look_at(anneke, LINDE, mine)  # the form is older than the change of the colleague
    text = " ".join(page.text[page.text.index('class="replacing"') :].split())
    before, _, after = text.partition("Dit verandert u:")
    assert "iemand anders" in before and "<s>Linde</s>" in before and "<b>Lindehof</b>" in before
    own = after[: after.index("</form>")]
    assert "<b>07:00</b>" in own and "<s>Lindehof</s>" not in own
    # Another change comes between the look and the press: it is theirs too.
    again = theirs | {"name": "Lindelaan"}
    assert (await save(wouter, LINDE, await look_at(wouter, LINDE, again, "k2"))).status_code == 303
    refused = await save(anneke, LINDE, page)
    assert refused.status_code == 409
    theirs_part, _, own = " ".join(refused.text.split()).partition("Dit verandert u:")
    assert "<b>Lindelaan</b>" in theirs_part and "<b>07:00</b>" in own and "<b>Lindehof</b>" not in own
    assert (await save(anneke, LINDE, refused)).status_code == 303
    [row] = await sql(site, "select name, confirm_times from shelter where id = 'linde'")
    assert (row.name, row.confirm_times) == ("Lindelaan", ["07:00"])


async def test_a_press_that_is_repeated_is_done_once(site: Site, wouter: httpx.AsyncClient) -> None:
    form = {"name": "Stichting Kade", "key": "once"}
    replies = [await wouter.post("/manage/organizations", data=form) for _ in range(3)]
    assert {reply.headers["location"] for reply in replies} == {replies[0].headers["location"]}
    assert len(await sql(site, "select id from organization where name = 'Stichting Kade'")) == 1
    other = await wouter.post("/manage/organizations", data={"name": "Stichting Kaai", "key": "once"})
    assert other.status_code == 422


async def test_wrong_fields_are_named_and_what_was_typed_stays(site: Site, wouter: httpx.AsyncClient) -> None:
    typed = {"name": "Bo 123", "organization": "oever", "role": "staff", "shelters.linde": "on", "key": "k"}
    page = await wouter.post("/manage/people", data=typed)
    assert page.status_code == 422
    assert 'value="Bo 123"' in page.text and 'aria-invalid="true"' in page.text
    assert re.search(r'name="shelters\.linde" checked', page.text)


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/manage/organizations", "name", "Jan <j@x.nl>"),
        ("/manage/people", "name", "Jan 06-12345678"),
        ("/manage/shelters", "name", "jan@x.nl"),
        ("/manage/shelters", "telephone", "bel Fatima"),
        ("/manage/shelters/linde/places", "label", "Fatima"),
        ("/manage/shelters/linde/places", "label", "kamer Fatima"),
        ("/manage/shelters/linde/places", "label", "123456789"),
        ("/manage/shelters/linde/places", "label", "кamer 1"),  # the first letter is Cyrillic
    ],
)
async def test_nothing_about_a_victim_fits_into_a_field(
    site: Site, wouter: httpx.AsyncClient, path: str, field: str, value: str
) -> None:
    right = {"name": "Beuk", "organization": "oever", "role": "police", "unit": "noord", "telephone": "010 123"}
    right |= {"address": "Straat 1", "confirm_times": "08:00", "label": "kamer 9", "kind": "cosm", "beds": "1"}
    names = {
        "/manage/organizations": ("name",),
        "/manage/people": ("name", "organization", "role"),
        "/manage/shelters": ("name", "organization", "unit", "telephone", "address", "confirm_times"),
        "/manage/shelters/linde/places": ("label", "kind", "beds"),
    }[path]
    form = {name: right[name] for name in names} | {"key": "k"}
    assert (await wouter.post(path, data=form | {field: value})).status_code == 422
    assert (await wouter.post(path, data=form)).status_code == 303


async def test_an_administrator_sees_no_occupancy_and_no_secret(site: Site, wouter: httpx.AsyncClient) -> None:
    before = [(await wouter.get(path)).text for path in (LINDE, f"{LINDE}/places")]
    async with site.api("demo-shelter-linde") as api:
        await api.patch("/places/linde-1", json={"status": "occupied"})
    after = [(await wouter.get(path)).text for path in (LINDE, f"{LINDE}/places")]

    def steady(text: str) -> str:
        return re.sub(r'name="key" value="[^"]*"', "", text)

    assert list(map(steady, after)) == list(map(steady, before))
    assert "CANARY" not in "".join(after)
    assert (await wouter.get(f"{LINDE}/places/linde-1")).status_code == 403
    assert (await wouter.post(f"{LINDE}/contact", data={})).status_code == 403


async def test_a_manager_sees_address_and_number_once_and_the_look_is_written_down(
    site: Site, anneke: httpx.AsyncClient
) -> None:
    page = await anneke.post(f"{LINDE}/contact", data={})
    assert "CANARY-ADR-linde" in page.text and "CANARY-TEL-linde" in page.text
    assert "CANARY" not in (await anneke.get(str(page.url))).text
    rows = await sql(site, "select what, why, actor_id from disclosure order by what")
    assert [tuple(row) for row in rows] == [("address", "own", "anneke"), ("telephone", "own", "anneke")]
    looks = (await anneke.get("/manage/linde/looks")).text
    assert "manager van de locatie" in looks


async def test_a_place_in_use_says_what_to_do_first(site: Site, anneke: httpx.AsyncClient) -> None:
    async with site.api("demo-police") as api:
        assert (await api.post("/places/linde-1/holds", json={})).status_code == 201
    path = f"{LINDE}/places/linde-1"
    reply = await end(anneke, path)
    assert reply.status_code == 409 and "Geef hem eerst vrij" in reply.text
    reply = await end(anneke, f"{LINDE}/places/linde-2", "k2")
    assert reply.headers["location"] == f"{LINDE}/places?saved=1"
    assert "linde-2" not in (await anneke.get("/staff/linde")).text


async def test_somebody_whose_access_ends_is_signed_out_at_once(site: Site, wouter: httpx.AsyncClient) -> None:
    async with aclosing(await site.sign_in("sanne")) as sanne:
        assert (await sanne.get("/staff/linde")).status_code == 200
        assert (await end(wouter, "/manage/people/sanne")).status_code == 303

        async def is_out() -> bool:
            reply = await sanne.get("/staff/linde")
            return str(reply.headers.get("location")).startswith("/sign-in")

        await until(is_out, "the bell has ended the session", seconds=5)


async def test_somebody_with_two_roles_acts_in_one_at_a_time(site: Site, wouter: httpx.AsyncClient) -> None:
    given = await wouter.post("/manage/people/lucia/roles", data={"organization": "desk", "role": "auditor", "key": "k"})
    assert given.status_code == 303
    async with aclosing(await site.sign_in("lucia")) as lucia, aclosing(await site.sign_in("lucia")) as other:
        assert "Plaatsing" in (await lucia.get("/roles")).text
        reply = await lucia.post("/roles", data={"organization": "desk", "role": "auditor"})
        assert (reply.status_code, reply.headers["location"]) == (303, "/")
        assert (await lucia.get("/audit")).status_code == 200
        assert (await lucia.get("/search")).status_code == 403

        async def is_out() -> bool:
            return str((await other.get("/search")).headers.get("location")).startswith("/sign-in")

        await until(is_out, "the bell has ended the other session", seconds=5)
        assert (await wouter.get("/manage/people/lucia")).text.count("zorgcoördinator") > 1


async def test_an_administrator_is_told_that_another_one_gives_them_a_role(site: Site, wouter: httpx.AsyncClient) -> None:
    said = "Uzelf kunt u geen rol geven. Een andere beheerder doet dat."
    page = (await wouter.get("/manage/people/wouter")).text
    assert said in page and "Geef deze rol erbij" not in page
    reply = await wouter.post("/manage/people/wouter/roles", data={"organization": "oever", "role": "police", "key": "k"})
    assert reply.status_code == 409 and said in reply.text


async def test_the_trail_names_the_person_that_was_changed(site: Site, wouter: httpx.AsyncClient) -> None:
    page = await look_at(wouter, "/manage/people/mark", {"name": "Mark Vos", "organization": "oever", "role": "desk"})
    assert (await save(wouter, "/manage/people/mark", page)).status_code == 303
    async with aclosing(await site.sign_in("gerda")) as gerda:
        text = " ".join((await gerda.get("/audit?kind=changes")).text.split())
    assert "iemand gewijzigd" in text and "Mark Vos" in text


async def test_a_new_shelter_is_on_the_board_and_says_call(site: Site, wouter: httpx.AsyncClient) -> None:
    form = {"name": "Beuk", "organization": "oever", "unit": "zuid", "telephone": "010 123", "address": "Kade 3"}
    reply = await wouter.post("/manage/shelters", data=form | {"confirm_times": "08:00", "key": "k"})
    shelter = reply.headers["location"].removesuffix("?saved=1")
    places = {"label": "kamer", "kind": "women", "beds": "2", "count": "3", "key": "k2"}
    assert (await wouter.post(f"{shelter}/places", data=places)).status_code == 303
    assert "kamer 3" in (await wouter.get(f"{shelter}/places")).text
    async with site.api("demo-police") as api:
        board = (await api.get("/board")).json()["shelters"]
    [beuk] = [one for one in board if one["name"] == "Beuk"]
    assert (beuk["freshness"], beuk["counts"]["women"]["closed"]) == ("stale", 3)


async def test_a_number_of_the_list_is_on_the_page_for_everybody(site: Site, wouter: httpx.AsyncClient) -> None:
    form = {"topic": "legal", "name_nl": "Advocaten", "name_en": "Lawyers", "telephone": "010 55", "days": "mon-fri"}
    form |= {"opens": "09:00", "closes": "17:00"}
    assert (await wouter.post("/manage/contacts", data=form | {"key": "k"})).status_code == 303
    async with aclosing(await site.sign_in("sanne")) as sanne:

        async def is_there() -> bool:
            return "Advocaten" in (await sanne.get("/who-to-call")).text

        await until(is_there, "the number is on the page")
        assert "ma–vr 09:00–17:00" in (await sanne.get("/who-to-call")).text
    [path] = re.findall(r'href="(/manage/contacts/[^"]+)"', (await wouter.get("/manage/contacts")).text)
    page = await look_at(wouter, path, form | {"closes": "24:00", "days": "daily"})
    text = " ".join(page.text.split())
    assert "<s>ma–vr</s>" in text and "<b>elke dag</b>" in text and "<b>24:00</b>" in text
    assert (await save(wouter, path, page)).status_code == 303
    assert (await sql(site, "select hours from contact"))[0].hours == "09:00-24:00"


async def test_a_press_works_for_its_own_shelter_alone(anneke: httpx.AsyncClient) -> None:
    for path in ("/manage/shelters/wilg", "/manage/shelters/wilg/places", "/manage/shelters/linde/staff/kofi"):
        assert (await anneke.get(path)).status_code == 404
        assert (await anneke.post(path, data={"name": "Bo", "key": "k", "do": "save"})).status_code == 404
    assert (await anneke.get("/manage/people/sanne")).status_code == 403


@pytest.mark.parametrize("do", ["save", "end"])
async def test_nothing_is_changed_by_somebody_who_has_not_seen_it(site: Site, wouter: httpx.AsyncClient, do: str) -> None:
    before = await facts(site)
    form = {"name": "Sanne Bos", "organization": "oever", "role": "police", "do": do, "key": "k"}
    for seen in ({}, {"seen": "0" * 16}):
        reply = await wouter.post("/manage/people/sanne", data=form | seen)
        assert reply.status_code == (409 if seen else 422)
    assert (await wouter.post("/manage/people", data=form | {"do": "end"})).status_code == 422
    assert await facts(site) == before
