"""The audit trail on the screen: the auditor's page with its filters, and for a manager the looks at the own shelter."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from urllib.parse import parse_qsl

import httpx
import pytest

from tests.build import NOW
from tests.build.api import WOMAN, begin, call, sql
from tests.build.site import Site


@pytest.fixture
async def gerda(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("gerda")) as browser:
        yield browser


@pytest.fixture
async def mark(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("mark")) as browser:
        yield browser


def rows(text: str) -> list[str]:
    """Return the rows of the table, each as its words."""
    body = text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.split("<tr[^>]*>", body)[1:]]


async def history(site: Site, mark: httpx.AsyncClient) -> None:
    """A place that changes, a hold that is looked at, a case, and a look that is refused."""
    async with site.api("demo-shelter-linde") as linde:
        assert (await linde.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
    assert (await mark.post("/places/linde-2/hold", data={"key": "a", "page": "shelter"})).status_code == 303
    site.pass_time(minutes=1)
    assert (await mark.get("/strip")).status_code == 200
    site.pass_time(minutes=1)
    await begin(site, "ceder")
    site.pass_time(minutes=1)
    assert (await mark.post("/shelters/ceder/call", data={})).status_code == 200  # there is a case
    assert (await mark.post("/shelters/linde/call", data={})).status_code == 200


async def looks(site: Site) -> int:
    return int((await sql(site, "select count(*) from disclosure"))[0][0])


async def test_an_auditor_reads_every_act_of_today_the_newest_first(
    site: Site, gerda: httpx.AsyncClient, mark: httpx.AsyncClient
) -> None:
    await history(site, mark)
    page = await gerda.get("/audit", headers={"Accept-Language": "nl"})
    assert page.status_code == 200
    found = rows(page.text)
    assert found[0].startswith("wo 11 mrt 14:03 Mark politie, Stichting Oever telefoonnummer bekeken Linde hield een plek vast")
    assert "browser, deze computer" in found[0]
    assert any(
        "demo linde" in row and "plek gewijzigd Toestand: Was: vrij → Nu: bezet Linde 1" in row and "programma" in row
        for row in found
    )
    assert any("gevraagd Ceder" in row for row in found)
    assert "CANARY" not in page.text
    gerda.cookies.set("language", "en")
    assert "telephone number seen" in (await gerda.get("/audit")).text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("kind=looks", {"telefoonnummer bekeken"}),
        ("kind=cases", {"gevraagd"}),
        ("kind=looks&shelter=ceder", {"telefoonnummer bekeken Ceder"}),
        ("actor=client:demo-shelter-linde", {"plek gewijzigd"}),
        ("actor=person:mark&kind=changes", {"plek vastgehouden"}),
        ("first=2026-03-10&last=2026-03-12&kind=cases", {"gevraagd"}),
        ("first=2026-03-10&last=2026-03-10", set()),
        ("first=2026-03-12", set()),
        ("actor=person:nobody", set()),
    ],
)
async def test_each_filter_leaves_the_acts_that_it_names(
    site: Site, gerda: httpx.AsyncClient, mark: httpx.AsyncClient, query: str, words: set[str]
) -> None:
    await history(site, mark)
    page = await gerda.get(f"/audit?{query}")
    assert page.status_code == 200
    found = rows(page.text)
    assert bool(found) == bool(words)
    for row in found:
        assert any(word in row for word in words), row


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("first=yesterday", "first"),
        ("last=2026-02-30", "last"),
        ("first=1&last=2", "first"),
        ("first=0001-01-01", "first"),
        ("last=9999-12-31", "last"),
        ("first=2020-01-01&last=2026-01-01", "last"),
        ("kind=all%27", "kind"),
        ("shelter=%22", "shelter"),
        ("actor=mark", "actor"),
        ("page=0", "page"),
        ("page=99999", "page"),
        ("frob=1", "frob"),
    ],
)
async def test_a_filter_that_cannot_be_right_says_which_field(gerda: httpx.AsyncClient, query: str, field: str) -> None:
    page = await gerda.get(f"/audit?{query}")
    assert page.status_code == 422
    assert field in page.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("first=2025-03-01&last=2026-03-11&kind=looks", "Van: kies hoogstens 366 dagen tegelijk"),
        ("first=0001-01-01&kind=looks", "Van: dit is geen geldig tijdstip"),
        ("last=9999-12-31&kind=looks", "tot en met: dit is geen geldig tijdstip"),
        ("first=2026-03-11&last=2026-03-10&kind=looks", "tot en met: kies geen dag voor de eerste"),
        ("first=2026-03-11&last=2026-03-11&shelter=zz&kind=looks", "Locatie: deze locatie kennen wij niet"),
        ("first=2026-03-11&last=2026-03-11&kind=looks&" + "&".join(f"frob{n}=1" for n in range(30)), "frob1"),
    ],
)
async def test_a_wrong_filter_stays_on_its_page_with_what_is_wrong(gerda: httpx.AsyncClient, query: str, said: str) -> None:
    page = await gerda.get(f"/audit?{query}", headers={"Accept-Language": "nl"})
    assert page.status_code == 422
    assert said in page.text and "datetime" not in page.text and "Eerste nacht" not in page.text
    assert '<option value="looks" selected>' in page.text
    for name, value in re.findall(r"(first|last)=([^&]+)", query):
        assert re.search(rf'name="{name}" value="{value}"', page.text)
    assert rows(page.text) == []


async def test_a_long_day_comes_in_pages_that_stay_small(site: Site, gerda: httpx.AsyncClient) -> None:
    await sql(
        site,
        "insert into disclosure (tag, at, actor_kind, actor_id, role, shelter_id, what, why, case_id)"  # noqa: S608
        f" select '', timestamptz '{NOW.isoformat()}' + n * interval '1 second', 'person', 'mark', 'police', 'linde',"
        " 'telephone', 'request', 'ratelslang-boterham-kandelaar-' || n from generate_series(1, 120) n",
    )
    seen: list[str] = []
    path = "/audit?kind=looks&page=1"
    for count in (50, 50, 20):
        page = await gerda.get(path)
        assert len(page.content) < 60_000
        found = rows(page.text)
        assert len(found) == count
        seen += found
        older = re.search(r'href="([^"]+)">Eerdere regels', page.text)
        assert bool(older) == (count == 50)
        if older:
            path = "/audit" + older[1].replace("&amp;", "&")
            assert "kind=looks" in path
    assert len(set(re.findall(r"kandelaar-\d+", " ".join(seen)))) == 120
    assert rows((await gerda.get("/audit?kind=looks&page=9")).text) == []


async def test_a_row_says_from_where_the_actor_came(site: Site, mark: httpx.AsyncClient) -> None:
    await history(site, mark)
    found = await sql(site, "select distinct actor_id, role, organization_id, session, network from journal where version > 1")
    assert sorted(found) == [
        ("demo-shelter-linde", "machine", "oever", "token", "loopback"),
        ("mark", "police", "oever", "person", "loopback"),
    ]
    assert set(await sql(site, "select organization_id, session, network from disclosure")) == {("oever", "person", "loopback")}
    assert set(await sql(site, "select organization_id, session, network from case_event")) == {("oever", "token", "loopback")}


async def test_ten_redraws_of_a_number_are_one_look(site: Site, mark: httpx.AsyncClient) -> None:
    assert (await mark.post("/places/linde-2/hold", data={"key": "a", "page": "shelter"})).status_code == 303
    for _ in range(10):
        assert "CANARY-TEL-linde" in (await mark.get("/strip")).text
        site.pass_time(minutes=1)
    assert await looks(site) == 1
    other = await site.sign_in("lucia")
    await other.get("/strip")
    await other.aclose()
    assert await looks(site) == 1  # another person sees none


async def test_ten_redraws_of_a_case_are_one_look_and_the_next_day_is_another(site: Site, mark: httpx.AsyncClient) -> None:
    case = await begin(site, "linde", **WOMAN)
    await call(site, "demo-shelter-linde", f"/requests/{case}/answers", {"answer": "discuss"})
    for _ in range(10):
        assert "CANARY-TEL-linde" in (await mark.get(f"/requests/{case}", headers={"HX-Request": "true"})).text
    assert await looks(site) == 1
    site.clock.move(hours=13)
    again = await site.sign_in("mark")
    assert "CANARY-TEL-linde" in (await again.get(f"/requests/{case}")).text
    await again.aclose()
    assert await looks(site) == 2


async def test_two_tabs_at_once_make_one_look(site: Site, mark: httpx.AsyncClient) -> None:
    assert (await mark.post("/places/linde-2/hold", data={"key": "a", "page": "shelter"})).status_code == 303
    await sql(site, "alter table disclosure disable trigger user")
    await sql(site, "delete from disclosure")
    await asyncio.gather(*(mark.get("/strip") for _ in range(8)))
    assert await looks(site) == 1


async def test_a_look_that_was_refused_is_written_down(site: Site, gerda: httpx.AsyncClient, mark: httpx.AsyncClient) -> None:
    refused = await mark.post("/shelters/linde/call", data={})
    assert refused.status_code == 403
    assert await sql(site, "select actor_id, shelter_id, what, why, result from disclosure") == [
        ("mark", "linde", "telephone", "none", "refused")
    ]
    assert "telefoonnummer geweigerd" in rows((await gerda.get("/audit")).text)[0]


async def test_a_manager_sees_who_looked_at_the_own_shelter_without_names(site: Site, mark: httpx.AsyncClient) -> None:
    await history(site, mark)
    anneke = await site.sign_in("anneke")
    page = await anneke.get("/manage/linde/looks")
    found = rows(page.text)
    assert len(found) == 2
    assert found[0] == "wo 11 mrt 14:03 politie, Stichting Oever telefoonnummer bekeken hield een plek vast"
    assert "Mark" not in page.text and "CANARY" not in page.text
    assert len(rows((await anneke.get("/manage/ceder/looks")).text)) == 1
    for path in ("/manage/wilg/looks", "/manage/nowhere/looks"):
        assert (await anneke.get(path)).status_code == 404
    assert (await anneke.get("/manage/linde/looks?page=x")).status_code == 422
    await anneke.aclose()


async def test_the_auditor_finds_the_page_and_a_manager_the_looks(site: Site, gerda: httpx.AsyncClient) -> None:
    assert 'href="/audit"' in (await gerda.get("/")).text
    anneke = await site.sign_in("anneke")
    assert 'href="/manage/linde/looks"' in (await anneke.get("/staff/linde")).text
    await anneke.aclose()


async def test_an_empty_day_leads_to_earlier_days_with_the_same_filter(site: Site, gerda: httpx.AsyncClient) -> None:
    async with site.api("demo-shelter-linde") as linde:
        assert (await linde.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
    empty = (await gerda.get("/audit?kind=changes&shelter=linde&first=2026-03-14", headers={"Accept-Language": "nl"})).text
    assert rows(empty) == []
    [week, month] = [one.replace("&amp;", "&") for one in re.findall(r'href="(\?[^"]*first=[^"]*)"', empty)]
    assert "first=2026-03-08" in week and "last=2026-03-14" in week and "first=2026-02-12" in month
    assert "kind=changes" in week and "shelter=linde" in week
    earlier = (await gerda.get(f"/audit{week}")).text
    assert "plek gewijzigd Toestand: Was: vrij → Nu: bezet" in rows(earlier)[0]
    [longer] = [one.replace("&amp;", "&") for one in re.findall(r'href="\?([^"]*first=[^"]*)"', earlier)]
    assert dict(parse_qsl(longer)) == dict(parse_qsl(month.removeprefix("?")))


async def test_a_closed_shelter_stays_among_those_of_the_filter(site: Site, gerda: httpx.AsyncClient) -> None:
    await sql(site, "update shelter set ended_at = now() where id = 'ceder'")
    page = await gerda.get("/audit?shelter=ceder")
    assert page.status_code == 200
    assert '<option value="ceder" selected>Ceder</option>' in page.text
