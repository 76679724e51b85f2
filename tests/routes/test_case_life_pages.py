"""The whole life of a case by forms alone, and what changes meanwhile."""

import asyncio
import re
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from bedboard.case_jobs import follow_cases
from bedboard.rules.cases import LONGEST_CASE
from tests import build
from tests.build import PATIENCE, FixedClock
from tests.build.cases import NIGHT
from tests.build.cases import offer as act_offer
from tests.build.forms import People, begin, done, main, offer, offered, people, press, see, shown, site, status_of
from tests.build.lines import page_line
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures


# ---- a whole life


async def test_a_place_is_found_by_forms_alone(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await begin(mark, "linde", "beuk", "wilg")
    async with site.api("demo-shelter-wilg") as wilg:
        said = {"shelter": "wilg", "answer": "no", "reason": "contra_indication", "criterion": "pregnant"}
        assert (await wilg.post(f"/requests/{case}/answers", json=said)).status_code == 200
    async with site.api("demo-shelter-linde") as linde:
        assert (
            await linde.post(f"/requests/{case}/answers", json={"shelter": "linde", "answer": "discuss"})
        ).status_code == 200
    await offer(site, "beuk-1", case)
    page = await see(mark, case)
    words = main(page)
    assert "1 ja 1 in overleg 1 nee" in words
    assert "nee : contra-indicatie (zwanger)" in words
    assert "CANARY-TEL-linde" in page and "CANARY-TEL-beuk" not in page, "the number of who wants to talk, and of nobody else"
    assert "plek 1 · Vrouwen · 1 bed" in words and "voor u gereserveerd tot 15:00" in words
    assert "Daarmee is het bevestigd." in words
    page = await done(mark, case, "choose", shelter="beuk", within="60")
    words = main(page)
    assert "bevestigd" in words and "aankomst 15:00" in words
    assert "CANARY-TEL" not in page and "CANARY-ADR" not in page
    assert await status_of(site, "beuk-1") == "reserved"
    address = await press(mark, page, "address")
    assert address.status_code == 200 and "CANARY-ADR-beuk" in address.text
    assert "CANARY-ADR" not in await see(mark, case), "in that one answer"
    hanneke = await people("hanneke")
    page = await done(hanneke, case, "arrival", shelter="beuk", arrival="arrived")
    assert "aangekomen" in main(page)
    assert await status_of(site, "beuk-1") == "occupied"
    page = await see(mark, case)
    assert "De gegevens over deze mensen zijn gewist." in page and "zwanger" not in page
    for line in ("Beuk antwoord: ja", "Beuk gekozen en bevestigd", "Beuk aangekomen plaatsingsdesk"):
        assert line in main(page)


async def _says(browser: httpx.AsyncClient, case: str, words: str) -> bool:
    return words in main(await see(browser, case))


async def test_without_a_place_it_ends_with_one_answer(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    page = await done(mark, case, "withdraw", why="no_place")
    assert await status_of(site, "beuk-1") == "free"
    assert "Waar slapen ze vannacht?" in page and "zwanger" not in page
    assert "Nog één vraag" in (await mark.get("/")).text, "on every page, until it is answered"
    wrong = await mark.post(f"/requests/{case}/outcome", data={"slept": "home", "key": "wrong"})
    assert wrong.status_code == 422 and "Waar slapen ze vannacht?" in wrong.text
    page = await done(mark, case, "outcome", slept="hotel")
    assert "afgesloten, zonder plek" in page and "in een hotel" not in page
    assert f"/requests/{case}" not in (await mark.get("/")).text
    assert case in (await mark.get("/requests")).text, "for a day"
    site.clock.move(hours=25)
    mark = await site.sign_in("mark")
    assert case not in (await mark.get("/requests")).text
    assert (await mark.get(f"/requests/{case}")).status_code == 200
    await mark.aclose()


async def test_the_desk_decides_in_its_hours(site: Site, people: People) -> None:
    mark, hanneke = await people("mark"), await people("hanneke")
    case = await begin(mark, "linde", "beuk")
    page = await done(hanneke, case, "answer", shelter="linde", answer="yes", place="linde-1")  # linde has telephoned
    assert "plaatsingsdesk" in page.partition('id="ask-linde"')[2].partition("</article>")[0]
    assert "Kies deze plek" not in page, "only who asked chooses"
    page = await done(mark, case, "choose", shelter="linde")
    assert "gekozen, de plaatsingsdesk beslist nog" in page and "Toon het adres" not in page
    assert "een andere opvang is gekozen" in page
    inbox = (await hanneke.get("/requests")).text
    assert case in inbox.partition('id="decide-name"')[2].partition("</section>")[0]
    assert "1 te beslissen" in (await hanneke.get("/")).text
    page = await done(hanneke, case, "decide", decision="refuse", reason="not_eligible")
    assert await status_of(site, "linde-1") == "free"
    page = await see(mark, case)
    assert "geen recht op deze soort plek" in page and "Nu is geen enkele opvang gevraagd." in page
    assert "2 locaties waren gevraagd, nu niet meer" in page and "niemand gevraagd" not in page
    assert "een andere opvang was gekozen, maar dat ging niet door" in page and "opvang is gekozen" not in page
    more = await mark.get(f"/requests/{case}/more")
    assert {"linde", "beuk"} <= set(re.findall(r'name="ask\.(\w+)"', more.text)), "those that were let go may be asked again"
    await mark.post(f"/requests/{case}/shelters", data={"ask.linde": "cosm", "key": "again"})
    await done(hanneke, case, "answer", shelter="linde", answer="yes", place="linde-2")
    await done(mark, case, "choose", shelter="linde")
    page = await done(hanneke, case, "decide", decision="confirm")
    assert "bevestigd" in page
    assert "Toon het adres" in await see(mark, case)


async def test_at_night_it_is_provisional_and_waits_for_the_morning(site: Site, people: People, clock: FixedClock) -> None:
    clock.at = NIGHT
    mark = await people("mark")
    case = await begin(mark, "linde")
    async with site.api("demo-shelter-linde") as linde:
        await linde.post(f"/requests/{case}/answers", json={"shelter": "linde", "answer": "yes", "place": "linde-1"})
    assert "De plaatsingsdesk is nu dicht. U kunt erheen" in await see(mark, case)
    page = await done(mark, case, "choose", shelter="linde", within="60")
    assert "voorlopig bevestigd" in page and "Toon het adres" in page
    clock.at = NIGHT + timedelta(hours=8)
    hanneke, mark = await people("hanneke"), await site.sign_in("mark")
    page = (await hanneke.get("/requests")).text
    assert case in page.partition('id="ratify-name"')[2].partition("</section>")[0]
    await done(hanneke, case, "arrival", shelter="linde", arrival="arrived")
    page = await see(mark, case)
    assert "Ze zijn aangekomen." in page
    assert "Mogen blijven tot en met" in await see(hanneke, case), "nobody is put out without a last night"
    page = await done(hanneke, case, "decide", decision="confirm")
    assert "aangekomen" in page
    await mark.aclose()


async def test_the_police_take_a_place_of_a_kind_on_which_they_decide(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await begin(mark, "nood", "linde")
    page = await see(mark, case)
    assert "Hier beslist de politie zelf." in page.partition('id="ask-nood"')[2].partition("</article>")[0]
    assert "Hier beslist de politie zelf." not in page.partition('id="ask-linde"')[2].partition("</article>")[0]
    await act_offer(site.process.database, "linde-1", case_id=case)
    await shown(site, "linde-1", "reserved")
    page = await done(mark, case, "place", shelter="nood", place="nood-2", within="60")
    assert 'data-state="confirmed"' in page and "15:00" in page.partition('id="chosen"')[2].partition("</article>")[0]
    assert (await status_of(site, "nood-2"), await status_of(site, "linde-1")) == ("reserved", "free"), "in one press"
    hers = await begin(lucia := await people("lucia"), "nood", key="hers")
    assert "Hier beslist de politie zelf." not in await see(lucia, hers)
    there = await begin(mark, "linde", key="there")
    data = {"shelter": "linde", "place": "linde-1", "key": "k"}
    refused = await mark.post(f"/requests/{there}/place", data=data)
    assert refused.status_code == 403 and await status_of(site, "linde-1") == "free"


async def test_where_the_news_is_stale_the_police_call_first(site: Site, people: People) -> None:
    async with site.process.database.transaction() as tx:
        await (await tx.connection()).execute(text("update shelter set confirmed_at = null, version = 2 where id = 'nood'"))
        await (await tx.connection()).execute(text("select pg_notify('bedboard', 'shelter 2 nood')"))

    async def is_stale() -> bool:
        return site.process.board.cards["nood"].freshness == "stale"

    await build.until(is_stale, "nood is stale")
    mark = await people("mark")
    page = await see(mark, await begin(mark, "nood"))
    part = page.partition('id="ask-nood"')[2].partition("</article>")[0]
    assert "Hier beslist de politie zelf." not in part and "Toon het nummer" in part


# ---- changes meanwhile


async def test_a_change_of_the_chosen_place_is_shown_prominently(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    await done(mark, case, "choose", shelter="beuk")
    ilse = await people("ilse")
    reply = await ilse.post("/staff/beuk/places/beuk-1", data={"status": "closed", "reason": "repair", "key": "k"})
    assert reply.status_code == 303
    page = await see(mark, case)
    assert re.search(r'class="not-kept" role="alert">.*?De opvang zegt nu: dicht\.', page, re.DOTALL)
    assert "Bel de opvang voordat u gaat." in page
    assert "Let op: de opvang zegt nu dicht" in (await mark.get("/")).text


async def test_a_colleague_and_the_desk_hear_at_once_that_the_chosen_place_is_given_away(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    await done(mark, case, "choose", shelter="beuk")
    ilse = await people("ilse")
    async with AsyncExitStack() as stack:
        lines = [
            await stack.enter_async_context(page_line(site, await people(name), "view=own")) for name in ("emre", "hanneke")
        ]
        stranger = await stack.enter_async_context(page_line(site, await people("noor"), "view=own"))
        for line in (*lines, stranger):
            await line.send('{"type":"hello","known":{}}')
            assert '"snapshot"' in str(await line.recv())
        await ilse.post("/staff/beuk/places/beuk-1", data={"status": "occupied", "key": "k"})
        for line in lines:
            async with asyncio.timeout(PATIENCE):
                while '"own"' not in str(await line.recv()):
                    pass
        site.process.news.tell("person:noor")
        assert '"own"' in str(await stranger.recv()), "the first that a stranger hears is what comes after it"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stranger.recv(), 0.2)


async def test_an_offer_that_ran_out_cannot_be_chosen(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    before = await see(mark, case)
    site.clock.move(minutes=62)
    await site.stay()
    late = await press(mark, before, "choose", shelter="beuk")
    assert late.status_code == 409 and "De tijd is voorbij" in late.text
    assert "ja, maar de tijd is voorbij" in late.text and "Kies deze plek" not in late.text
    site.process.board.age()
    await shown(site, "beuk-1", "free")


async def test_silence_and_its_steps_are_shown(site: Site, people: People) -> None:
    mark, hanneke = await people("mark"), await people("hanneke")
    case = await begin(mark, "linde")
    for minutes, words in ((6, "herinnerd"), (5, "managers gewaarschuwd"), (5, "plaatsingsdesk gewaarschuwd")):
        site.pass_time(minutes=minutes)
        await follow_cases(site.process)
        await build.until(lambda words=words: _says(mark, case, words), words)  # type: ignore[misc]
    await hanneke.get("/requests")
    hanneke = await site.sign_in("hanneke")
    page = (await hanneke.get("/requests")).text
    assert case in page.partition('id="silent-name"')[2].partition("</section>")[0]
    assert "1 stil" in (await hanneke.get("/")).text
    await hanneke.aclose()


async def test_a_no_to_a_case_that_lapses_is_counted_by_its_household(site: Site, people: People) -> None:
    """The job opens the needs before they are erased in the same transaction."""
    case = await begin(await people("mark"), "linde", "wilg")
    async with site.api("demo-shelter-wilg") as wilg:
        said = {"shelter": "wilg", "answer": "no", "reason": "household"}
        assert (await wilg.post(f"/requests/{case}/answers", json=said)).status_code == 200
    site.pass_time(seconds=LONGEST_CASE.total_seconds())
    await follow_cases(site.process)
    assert {tally.what: tally.code for _, tally in site.process.sought}["refused_household"] == "woman"
