"""The differences in the audit trail on the screen: of a tap, and of every change of the administration."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date, timedelta

import httpx
import pytest

from bedboard.actions.criteria import set_terms
from bedboard.actions.manage.catalogue import KindFacts, UnitFacts, begin_day_off, change_kind, change_unit, kind_facts
from bedboard.actions.manage.people import PersonFacts, change_person
from bedboard.actions.manage.roster import note_import
from bedboard.actions.manage.tokens import TokenFacts, make_token
from bedboard.rules.fit import Terms
from bedboard.store.catalogue import list_kinds, lock_units
from bedboard.store.managing import list_managed_people
from tests.build import NOW, actor
from tests.build.site import Site

WOUTER = actor("admin", "wouter", ())


@pytest.fixture
async def gerda(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("gerda")) as browser:
        yield browser


def rows(text: str) -> list[str]:
    """Return the rows of the table, each as its words."""
    body = text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.split("<tr[^>]*>", body)[1:]]


async def test_a_tap_says_what_it_was_and_what_it_is(site: Site, gerda: httpx.AsyncClient) -> None:
    async with site.api("demo-shelter-linde") as linde:
        closed = {"status": "closed", "reason": "repair", "expected_free_at": (NOW + timedelta(days=1)).isoformat()}
        assert (await linde.patch("/places/linde-1", json=closed)).status_code == 200
        assert (await linde.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
    async with site.api("demo-police") as police:
        assert (await police.post("/places/linde-2/holds", json={})).status_code == 201
    found = rows((await gerda.get("/audit?kind=changes", headers={"Accept-Language": "nl"})).text)
    assert any("Toestand: Was: dicht → Nu: bezet Reden: Was: reparatie → Nu: niets" in row for row in found), found
    assert any("Toestand: Was: vrij → Nu: dicht Reden: Was: niets → Nu: reparatie" in row for row in found), found
    assert any("plek vastgehouden Geldt tot: 11 maart 2026 14:30" in row for row in found), found


async def test_a_change_of_the_deployment_says_what_it_was_and_what_it_is(site: Site, gerda: httpx.AsyncClient) -> None:
    async with site.process.database.transaction() as tx:
        [kind] = [one for one in await list_kinds(tx) if one.code == "cosm"]
        renamed = KindFacts(
            **kind_facts(kind) | {"name_nl": "COSM nieuw", "decides": "desk", "desk_hours": "mon-fri 09:00-17:00"}
        )
        await change_kind(tx, WOUTER, "cosm", renamed, NOW, None)
        units = await lock_units(tx)
        await change_unit(tx, WOUTER, "noord", UnitFacts(units["noord"].name, "N", {"zuid": 75}), NOW, None)
        await begin_day_off(tx, WOUTER, date(2026, 12, 24), NOW)
        facts = TokenFacts("rooster", "machine", ["report", "read"], 90, shelter_id="linde")
        await make_token(tx, WOUTER, "rooster", "secret-token", facts, NOW)
        await note_import(tx, WOUTER, "one", {"shelter": 1, "place": 4, "person": 2}, NOW)
        [sanne] = await list_managed_people(tx, person_id="sanne")
        await change_person(
            tx, WOUTER, "sanne", PersonFacts("Sanne Oud", sanne.organization_id, "staff", frozenset({"linde"})), NOW
        )
        terms = Terms({"lvb": "no"}, {"max_adults": 2}, (480, 1320), frozenset({"en"}))
        await set_terms(tx, actor("manager", "anneke", ("linde", "ceder")), "linde", terms, NOW)
    page = await gerda.get("/audit?kind=changes", headers={"Accept-Language": "nl"})
    assert page.status_code == 200, page.text
    found = rows(page.text)
    for said in (
        "Naam in het Nederlands: Was: COSM → Nu: COSM nieuw",
        "Uren van de desk: Was: niets → Nu: ma–vr 09:00–17:00",
        "Rijtijd in minuten (Limburg): Was: niets → Nu: 75",
        "vrije dag toegevoegd Dag: donderdag 24 december 2026",
        "Geldt tot: 9 juni 2026",
        "Locatie: Linde",
        "Mag: doorgeven wat er vrij is, aanvragen lezen",
        "uit een bestand toegevoegd Locaties: 1 Plekken: 4 Mensen: 2",
        "iemand gewijzigd Naam: gewijzigd",
        "LVB: Was: ",
        "→ Nu: nee",
        "Opname: Was: ",
        "→ Nu: 08:00–22:00",
        "→ Nu: Engels",
    ):
        assert any(said in row for row in found), (said, found)
    assert "secret-token" not in page.text and page.text.count("Sanne Oud") == 1, "the list of people has the name"


async def test_a_change_says_which_role_which_shelters_and_which_number(site: Site, gerda: httpx.AsyncClient) -> None:
    async with aclosing(await site.sign_in("wouter")) as wouter:
        role = {"organization": "desk", "role": "auditor", "key": "a"}
        assert (await wouter.post("/manage/people/lucia/roles", data=role)).status_code == 303
        page = (await wouter.get("/manage/people/sanne")).text
        typed = {"name": "Sanne", "organization": "oever", "role": "staff", "shelters.wilg": "on", "key": "b"}
        looked_at = (await wouter.post("/manage/people/sanne", data=typed | {"do": "preview"})).text
        seen = re.search(r'name="seen" value="(\w+)"', page + looked_at)
        assert seen is not None
        assert (await wouter.post("/manage/people/sanne", data=typed | {"do": "save", "seen": seen[1]})).status_code == 303
        number = {"topic": "legal", "name_nl": "Advocaten", "name_en": "Lawyers", "telephone": "010-5551234", "key": "c"}
        assert (await wouter.post("/manage/contacts", data=number)).status_code == 303
    page = (await gerda.get("/audit?kind=changes", headers={"Accept-Language": "nl"})).text
    found = rows(page)
    assert "5551234" not in page and "555 1234" not in page
    assert any("rol erbij gegeven Rol: controleur Organisatie: Plaatsing" in row and "Lucia" in row for row in found), found
    assert any("Locaties: Was: Linde → Nu: Wilg" in row and "Sanne" in row and "Rol:" not in row for row in found), found
    assert any(
        "toegevoegd aan Wie bel ik Onderwerp: " in row and "Telefoon: gewijzigd" in row and "Advocaten" in row for row in found
    ), found
