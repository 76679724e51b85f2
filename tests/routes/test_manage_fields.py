"""The fields of the administration take hours and numbers as people write them, and say what is wrong beside the hint."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest
from pydantic import BaseModel

from bedboard.rules.refusals import Invalid
from bedboard.schemas.manage_forms import NewShelterForm, OrganizationForm, PlaceForm, StaffForm
from bedboard.schemas.parse import parse_form
from tests.build.api import sql
from tests.build.site import Site

BEUK = {"name": "Beuk", "organization": "oever", "unit": "zuid", "telephone": "070-1234567", "address": "Kade 3", "key": "k"}
FACTS = {name: value for name, value in BEUK.items() if name != "key"}
HINT = "Op die momenten vraagt bedboard of het bord nog klopt."


@pytest.fixture
async def wouter(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("wouter")) as browser:
        yield browser


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("070-1234567", "070 1234567"),
        ("088-0009001", "088 0009001"),
        ("070 - 123 45 67", "070 123 45 67"),
        ("(070) 123 45 67", "070 123 45 67"),
        ("+31 (0)70 1234567", "+31 70 1234567"),
        ("0031(0)70-1234567", "0031 70 1234567"),
        ("070–1234567", "070 1234567"),  # a dash, as word processors write it
        ("112", "112"),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str, read: str) -> None:
    assert parse_form(OrganizationForm, {"name": "Kade", "telephone_desk": written}).telephones == {"desk": read}


@pytest.mark.parametrize(
    "written", ["12", "bel Fatima", "070-123 45 67 Bo", "070-1234567\n+31", "1" * 21, "-", "٠٧٠١٢٣٤", "381234567"]
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_form(OrganizationForm, {"name": "Kade", "telephone_desk": written})
    assert [(one.field, one.code) for one in refusal.value.fields] == [("telephone_desk", "not_a_telephone")]


@pytest.mark.parametrize("written", ["Kade", " Kade", "Kade ", "  Kade"])
def test_spaces_around_a_name_are_not_part_of_it(written: str) -> None:
    assert parse_form(OrganizationForm, {"name": written}).name == "Kade"
    assert parse_form(OrganizationForm, {"name": f"Stichting  {written}"}).name == "Stichting Kade"


@pytest.mark.parametrize(
    ("form", "field", "value", "code"),
    [
        (OrganizationForm, "name", "Jan <x", "not_an_organization_name"),
        (StaffForm, "name", "Jan 12", "not_a_person_name"),
        (NewShelterForm, "name", "Linde 123", "not_a_code_name"),
        (NewShelterForm, "address", "j@x.nl", "not_an_address"),
        (PlaceForm, "label", "Fatima", "not_a_label"),
    ],
)
def test_a_refusal_says_what_belongs_in_the_field(form: type[BaseModel], field: str, value: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_form(form, {field: value})
    assert (field, code) in [(one.field, one.code) for one in refusal.value.fields]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("8", ["08:00"]),
        ("8:00", ["08:00"]),
        ("08:00", ["08:00"]),
        ("8; 16:30;21:30", ["08:00", "16:30", "21:30"]),
        ("21.30 8 16", ["08:00", "16:00", "21:30"]),
        ("08:00, 8", ["08:00"]),
        (None, ["08:00", "16:00", "21:30"]),
    ],
)
def test_hours_are_read_as_people_write_them(written: str | None, read: list[str]) -> None:
    given = {} if written is None else {"confirm_times": written}
    assert parse_form(NewShelterForm, FACTS | given).confirm_times == read


@pytest.mark.parametrize("written", ["24:00", "8:5", "acht", ",", "1 2 3 4 5 6 7", "08:00, x", "٨"])
def test_what_are_no_hours_is_refused(written: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_form(NewShelterForm, FACTS | {"confirm_times": written})
    assert [(one.field, one.code) for one in refusal.value.fields] == [("confirm_times", "not_hours")]


async def test_a_shelter_without_hours_gets_the_usual_ones(site: Site, wouter: httpx.AsyncClient) -> None:
    assert "Leeg betekent: 08:00, 16:00, 21:30." in (await wouter.get("/manage/shelters")).text
    assert (await wouter.post("/manage/shelters", data=BEUK)).status_code == 303
    [row] = await sql(site, "select confirm_times from shelter where name = 'Beuk'")
    assert row.confirm_times == ["08:00", "16:00", "21:30"]


async def test_an_error_has_an_example_and_the_hint_stays_beside_it(wouter: httpx.AsyncClient) -> None:
    page = await wouter.post("/manage/shelters", data=BEUK | {"confirm_times": "acht", "telephone": "07"})
    assert page.status_code == 422
    beside = page.text[page.text.index('id="field-confirm_times-means"') :].partition("</span>")[0]
    assert "zoals 08:00, 16:00, 21:30" in beside and HINT in beside
    assert "zoals 070-123 45 67" in page.text


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ({"unit"}, ["unit"]),
        ({"organization"}, ["organization"]),
        (set(BEUK) - {"key"}, ["name", "organization", "unit", "telephone", "address"]),
    ],
)
async def test_each_field_of_a_shelter_that_is_missing_is_said_at_once(
    wouter: httpx.AsyncClient, left_out: set[str], missing: list[str]
) -> None:
    typed = {name: value for name, value in BEUK.items() if name not in left_out}
    page = await wouter.post("/manage/shelters", data=typed, follow_redirects=True, headers={"Accept-Language": "nl"})
    assert page.status_code == 422
    assert sorted(re.findall(r'<li data-field="(\w+)">[^<]*: dit ontbreekt', page.text)) == sorted(missing)
