"""The list of late shelters and arrivals for the desk, and the overview of a person with several shelters."""

import re
from contextlib import aclosing

import httpx

from tests.build import NOW, PATIENCE, until
from tests.build.forms import People, begin, done, main, offered, people, see, site
from tests.build.lines import hear, page_line, until_pulse
from tests.build.pages import follow
from tests.build.rows import run
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures

CLOSED = {"status": "closed", "reason": "cleaning", "expected_free_at": "2026-03-11T14:00:00Z"}


async def late_list(browser: httpx.AsyncClient) -> str:
    page = (await browser.get("/requests")).text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition('id="late-name"')[2].partition("</section>")[0]))


async def test_the_desk_has_a_list_of_all_who_are_late(site: Site, people: People) -> None:
    mark, hanneke = await people("mark"), await people("hanneke")
    case = await offered(site, mark)
    await done(mark, case, "choose", shelter="beuk", within="60")
    silent = await begin(mark, "ceder", key="silent")
    async with site.api("demo-shelter-linde") as linde:
        assert (await linde.patch("/places/linde-1", json=CLOSED)).status_code == 200
    assert "niets" in await late_list(hanneke)
    assert "late-name" not in (await mark.get("/requests")).text
    site.clock.move(hours=4)  # 18:00: the confirmation time was 16:00, the agreed hour 15:00
    site.process.board.age()
    await people.pop("hanneke").aclose()
    hanneke = await people("hanneke")
    words = await late_list(hanneke)
    page = main((await hanneke.get("/requests")).text)
    assert f"Niet aangekomen 1 De afgesproken tijd is voorbij; bel. {case} Beuk , verwacht wo 11 mrt 15:00" in page
    assert page.index("Niet aangekomen") < page.index("Verder open") < page.index("Te laat"), (
        "what needs the desk now comes first"
    )
    own = (await (await people("emre")).get("/requests")).text.partition(f'id="case-{case}"')[2].partition("</article>")[0]
    assert "te laat — bel" in own, "its requester reads it in the list too"
    assert (
        "Linde Noord-Nederland · te laat: 16:00 niet bevestigd (wo 11 mrt) · plek 1: had open moeten zijn wo 11 mrt 15:00"
        in words
    )
    assert "Ceder Limburg · te laat: 16:00 niet bevestigd" in words
    page = (await hanneke.get("/requests")).text
    assert silent not in words and silent in page.partition('id="late-name"')[0] + page.partition('id="rest-name"')[2]
    async with site.api("demo-shelter-linde") as linde:
        await linde.patch("/places/linde-1", json={"status": "free"})
        right = {"kinds": ["cosm", "women"], "observed_at": site.clock.now().isoformat()}
        assert (await linde.post("/shelters/linde/confirm", json=right)).status_code == 200
    assert "Linde" not in await late_list(hanneke)


async def test_an_open_list_of_the_desk_is_told_when_a_shelter_becomes_late(site: Site, people: People) -> None:
    site.clock.move(hours=2, minutes=55)  # 16:55
    hanneke, mark = await people("hanneke"), await people("mark")
    async with page_line(site, hanneke, "view=own") as desk, page_line(site, mark, "view=own") as other:
        for line in (desk, other):
            await line.send("{}")
            assert (await hear(line))["type"] == "snapshot"
        site.clock.move(minutes=5)  # an hour after the confirmation time
        site.process.board.age()
        assert await hear(desk) == {"type": "own"}
        assert await until_pulse(site, other) == []


async def test_a_manager_of_several_shelters_first_sees_them_all(site: Site) -> None:
    async with aclosing(await site.sign_in("anneke")) as anneke, aclosing(await site.sign_in("mark")) as mark:
        page = await follow(anneke, await anneke.get("/"))
        assert page.url.path == "/staff"
        words = main(page.text)
        assert re.findall(r'id="own-(\w+)"', page.text.partition("<main")[2])[1:] == ["ceder", "linde"]
        assert "Linde" in words and "wacht" not in words and "onbekend — bel" not in words
        await begin(mark, "linde")

        async def is_told() -> bool:
            return "1 aanvraag wacht op antwoord" in main((await anneke.get("/staff")).text)

        await until(is_told, "the request is on the overview")
        fragment = await anneke.get("/staff", headers={"HX-Request": "true"})
        assert fragment.text.startswith('<section id="own-shelters"')
        assert "/staff/linde" in fragment.text and "<html" not in fragment.text
        assert 'href="/staff"' in (await anneke.get("/staff/linde")).text
    async with aclosing(await site.sign_in("sanne")) as sanne:
        assert (await follow(sanne, await sanne.get("/staff"))).url.path == "/staff/linde", "a single one is shown itself"
        assert 'href="/staff"' not in (await sanne.get("/staff/linde")).text


async def test_an_open_overview_is_told_of_changes_of_its_own_shelters_only(site: Site) -> None:
    async with aclosing(await site.sign_in("anneke")) as anneke, page_line(site, anneke, "view=own") as line:
        await line.send("{}")
        assert (await hear(line, PATIENCE))["type"] == "snapshot"
        async with site.api("demo-shelter-wilg") as wilg, site.api("demo-shelter-ceder") as ceder:
            await wilg.post("/shelters/wilg/confirm")
            assert await until_pulse(site, line) == []
            await ceder.patch("/places/ceder-1", json={"status": "occupied"})
        assert await hear(line) == {"type": "own"}
    assert site.clock.now() == NOW


async def test_an_open_page_of_all_totals_is_told_of_a_change_of_any_shelter(site: Site) -> None:
    async with aclosing(await site.sign_in("sanne")) as sanne, page_line(site, sanne, "view=totals") as line:
        await line.send("{}")
        assert (await hear(line, PATIENCE))["fragments"] == []
        async with site.api("demo-shelter-ceder") as ceder:
            await ceder.patch("/places/ceder-1", json={"status": "occupied"})
        assert await until_pulse(site, line) == [{"type": "own"}]
        part = await sanne.get("/totals", headers={"HX-Request": "true"})
        assert part.text.lstrip().startswith('<section id="totals"') and "<html" not in part.text
        for name in ("Ceder", "Wilg", "Stichting"):
            assert name not in part.text


async def test_a_silent_shelter_is_named_on_the_desks_list(site: Site, people: People) -> None:
    mark, hanneke = await people("mark"), await people("hanneke")
    case = await begin(mark, "linde")
    await run(site.process.database, "update ask set step = 3")
    page = (await hanneke.get("/requests")).text
    assert "bel Linde" in main(page)
    assert case in await see(mark, case)
