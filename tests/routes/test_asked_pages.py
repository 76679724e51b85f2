"""The requests to a shelter on its own page, without any script and with one.

The tests are about answers and how they are changed, arrivals, the outcome, and that nobody else gets to see or press anything.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from bedboard.actions.idempotency import make_key
from tests.build import NOW, PATIENCE, FixedClock
from tests.build.api import begin, call, see, sql
from tests.build.pages import Form, follow, forms, press, state
from tests.build.site import Site, facts

WOMAN: dict[str, Any] = {"adults": {"woman": 1}, "needs": ["lvb"], "status": "eu", "arrives_after": "22:00"}
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
async def sanne(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await site.sign_in("sanne")) as browser:
        yield browser


def asked(page: httpx.Response) -> str:
    """Return the visible part of `#asked`, as plain words."""
    section = page.text.partition('<section id="asked"')[2].partition("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", section.partition(">")[2])).split())


def told(page: httpx.Response) -> list[str]:
    """Return the words that the bell says, once, of the things that are there."""
    return [unescape(re.sub(r"<[^>]+>", "", one)) for one in re.findall(r'data-told="([^"]*)"', page.text)]


def answers(page: httpx.Response, case_id: str, shelter: str = "linde", **fields: str) -> list[Form]:
    return forms(page, f"/staff/{shelter}/requests/{case_id}/answer", **fields)


async def answer(browser: httpx.AsyncClient, case_id: str, shelter: str = "linde", **fields: str) -> httpx.Response:
    """As a browser does without scripts: the button on the page, and where that leads."""
    page = await browser.get(f"/staff/{shelter}")
    [form] = answers(page, case_id, shelter, **fields)
    return await follow(browser, await press(browser, form))


async def chosen(site: Site, browser: httpx.AsyncClient, shelter: str = "linde", **more: object) -> str:
    """A case for which the first place of this shelter is chosen."""
    case_id = await begin(site, shelter, **WOMAN)
    await answer(browser, case_id, shelter, answer="yes", place=f"{shelter}-1")
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": shelter} | more)
    return case_id


# --- answering


async def test_where_nothing_is_asked_nothing_is_seen_of_it(site: Site, sanne: httpx.AsyncClient) -> None:
    page = await sanne.get("/staff/linde")
    assert (page.status_code, asked(page)) == (200, "")
    fragment = await sanne.get("/staff/linde/requests")
    assert (fragment.status_code, asked(fragment)) == (200, "")
    assert 'data-own="/staff/linde/requests" data-count="0"' in fragment.text and "<html" not in fragment.text


async def test_a_request_says_who_asks_for_whom_when_they_come_and_what_the_own_criteria_say(
    site: Site, sanne: httpx.AsyncClient
) -> None:
    children: dict[str, Any] = {
        "adults": {"woman": 1, "man": 1},
        "children": {"child_0_3": 1},
        "needs": ["lvb"],
        "arrives_after": "22:00",
    }
    case_id = await begin(site, "linde", "ceder", **children)
    page = await sanne.get("/staff/linde")
    assert told(page) == ["Nieuwe aanvraag: Stichting Oever (politie)"]
    words = asked(page)
    assert "Aanvragen aan Linde Stichting Oever (politie) gevraagd 14:00 1 vrouw, 1 man, 1 kind 0–3, LVB" in words
    assert f"COSM · komst: na 22:00 · aanvraag {case_id}" in words
    assert "Volgens uw criteria niet: man" in words
    assert "Volgens uw criteria in overleg: kind van 0–3, LVB" in words
    assert "Demo" not in words and "mark" not in words, "of who asks never the name of a person"
    assert "Ceder" not in words, "nor who else is asked"


async def test_yes_reserves_the_place_and_may_become_another_answer_until_something_is_chosen(
    site: Site, sanne: httpx.AsyncClient
) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    page = await answer(sanne, case_id, answer="yes", place="linde-1")
    assert page.url.path == "/staff/linde"
    assert "Uw antwoord: ja, plek 1 · gereserveerd tot 15:00" in asked(page)
    assert "Ander antwoord Dat kan tot er iets is gekozen." in asked(page)
    assert await state(site, "linde-1") == "reserved"
    assert told(page) == [], "what its own people did is no news to them"

    page = await answer(sanne, case_id, answer="yes", place="linde-2")
    assert [await state(site, one) for one in ("linde-1", "linde-2")] == ["free", "reserved"]
    page = await answer(sanne, case_id, answer="discuss")
    assert "Uw antwoord: in overleg . Uw telefoonnummer staat nu bij de vrager." in asked(page)
    assert await state(site, "linde-2") == "free"
    page = await answer(sanne, case_id, answer="no", reason="contra_indication", criterion="lvb")
    assert "Uw antwoord: nee, contra-indicatie (LVB)" in asked(page)
    page = await answer(sanne, case_id, answer="no", reason="no_staff")
    assert "Uw antwoord: nee, te weinig medewerkers" in asked(page)
    case = await see(site, "demo-police", case_id)
    assert [(one["says"], one["reason"], one["answered_by"]) for one in case["shelters"]] == [("no", "no_staff", "shelter")]


async def test_every_reason_is_one_button_and_of_a_contra_indication_only_what_was_asked(
    site: Site, sanne: httpx.AsyncClient
) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    page = await sanne.get("/staff/linde")
    reasons = [form.fields["reason"] for form in answers(page, case_id, answer="no")]
    assert reasons.count("contra_indication") == 3
    assert set(reasons) == {
        "no_place",
        "no_staff",
        "contra_indication",
        "not_safe",
        "household",
        "status",
        "information",
        "other",
    }
    criteria = [form.fields["criterion"] for form in answers(page, case_id, answer="no", reason="contra_indication")]
    assert criteria == ["eu", "lvb", "woman"], "what the shelter itself doubts comes first"
    keys = [form.fields["key"] for form in answers(page, case_id)]
    assert len(set(keys)) == len(keys)


async def test_the_places_that_may_be_offered_are_free_and_the_best_come_first(site: Site, sanne: httpx.AsyncClient) -> None:
    """linde: two free cosm of one bed, and whatever else is made free or held here."""
    async with site.api("demo-shelter-linde") as shelter:
        assert (await shelter.patch("/places/linde-4", json={"status": "free"})).status_code == 200
        assert (await shelter.patch("/places/linde-3", json={"status": "free"})).status_code == 200
    async with site.api("demo-coordinator") as coordinator:
        assert (await coordinator.post("/places/linde-1/holds")).status_code == 201
    async with site.api("demo-police") as police:
        assert (await police.post("/places/linde-3/holds")).status_code == 201
    case_id = await begin(site, "linde", **WOMAN)
    page = await sanne.get("/staff/linde")
    places = [form.fields["place"] for form in answers(page, case_id, answer="yes")]
    assert places == ["linde-2", "linde-3", "linde-4"], "not what another keeps; the kind that was asked first"
    assert asked(page).count("wordt al vastgehouden voor wie dit vraagt") == 1
    page = await answer(sanne, case_id, answer="yes", place="linde-3")
    assert "ja, plek 3" in asked(page)
    assert await state(site, "linde-3") == "reserved"

    two = await begin(site, "linde", adults={"woman": 2})
    page = await sanne.get("/staff/linde")
    assert [form.fields["place"] for form in answers(page, two, answer="yes")] == ["linde-2", "linde-4"]
    assert asked(page).count("past niet: te klein voor 2") == 2


async def test_without_a_free_place_it_says_so(site: Site, sanne: httpx.AsyncClient) -> None:
    async with site.api("demo-shelter-linde") as shelter:
        for place in ("linde-1", "linde-2"):
            assert (await shelter.patch(f"/places/{place}", json={"status": "occupied"})).status_code == 200
    case_id = await begin(site, "linde", **WOMAN)
    page = await sanne.get("/staff/linde")
    assert answers(page, case_id, answer="yes") == []
    assert "Er is nu geen plek vrij. Wordt er een vrij? Zet die eerst op vrij; dan staat hij hier." in asked(page)


async def test_a_script_gets_what_is_asked_the_places_and_the_notice(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    form = {"key": "k", "answer": "yes", "place": "linde-1"}
    reply = await sanne.post(f"/staff/linde/requests/{case_id}/answer", data=form, headers=FRAGMENT)
    assert reply.status_code == 200
    for one in ("asked", "staff-linde", "notice"):
        assert reply.text.count(f'id="{one}"') == 1, one
    assert "&lt;" not in reply.text, "elements, not their source"
    assert "<html" not in reply.text
    assert "ja, plek 1" in asked(reply)


async def test_the_tile_of_a_reserved_place_says_for_which_request_and_offers_no_way_round_it(
    site: Site, sanne: httpx.AsyncClient
) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    page = await answer(sanne, case_id, answer="yes", place="linde-1")
    tile = page.text.partition('id="tile-linde-1"')[2].partition('id="tile-linde-2"')[0]
    assert "data-claim" not in tile, "the bell speaks of holds"
    assert f'href="#ask-{case_id}"' in tile and f"Gereserveerd voor aanvraag <b>{case_id}</b>" in tile
    offered = {form.fields["status"] for form in forms(page, "/staff/linde/places/linde-1")}
    assert offered == {"occupied", "closed"}, "what the shelter sees goes before what was promised"
    assert "/places/linde-1/hold" not in page.text
    other = {form.fields["status"] for form in forms(page, "/staff/linde/places/linde-2")}
    assert other == {"free", "occupied", "closed"}

    [occupy] = [
        one for one in forms(page, "/staff/linde/places/linde-1", status="occupied") if "expected_free_at" not in one.fields
    ]
    page = await follow(sanne, await press(sanne, occupy))
    assert "Op het bord staat nu: bezet. Zo kan deze plek niet worden gekozen." in asked(page)


async def test_an_offer_that_has_run_out_asks_for_an_answer_again(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    await answer(sanne, case_id, answer="yes", place="linde-1")
    site.clock.move(minutes=61)
    site.process.board.age()
    async with aclosing(await site.sign_in("sanne")) as later:
        page = await later.get("/staff/linde")
        assert "Uw aanbod is verlopen: plek 1 is niet meer gereserveerd. Antwoord nog eens." in asked(page)
        assert told(page) == ["Uw aanbod is verlopen: Stichting Oever (politie)"]
        page = await answer(later, case_id, answer="yes", place="linde-1")
        assert "gereserveerd tot 16:01" in asked(page)


async def test_silence_is_shown_and_each_step_of_it_is_news(site: Site, sanne: httpx.AsyncClient) -> None:
    await begin(site, "linde", **WOMAN)
    seen = []
    for _ in range(4):
        page = await sanne.get("/staff/linde/requests")
        seen.append((re.findall(r'data-news="([^"]*)"', page.text), told(page), asked(page)))
        await sql(site, "update ask set step = least(step + 1, 3)")
    assert [news for news, _, _ in seen] == [["silent-0"], ["silent-1"], ["silent-2"], ["silent-3"]]
    assert [words for _, words, _ in seen][1:] == [["Nog geen antwoord aan Stichting Oever (politie)"]] * 3
    assert ["Nog geen antwoord." in words for _, _, words in seen] == [False, True, True, True]
    assert "Ook de leidinggevenden zijn gewaarschuwd." in seen[2][2]
    assert "De plaatsingsdesk of de vrager gaat nu bellen." in seen[3][2]


async def test_what_the_desk_answered_for_the_shelter_is_news_to_it(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    await call(site, "demo-desk", f"/requests/{case_id}/answers", {"shelter": "linde", "answer": "yes", "place": "linde-1"})
    page = await sanne.get("/staff/linde")
    assert "De plaatsingsdesk heeft dit voor u ingevuld." in asked(page)
    assert told(page) == ["De plaatsingsdesk antwoordde voor u aan Stichting Oever (politie): ja"]
    page = await answer(sanne, case_id, answer="no", reason="no_staff")
    assert "ingevuld" not in asked(page)


# --- what cannot be


WRONG: list[tuple[dict[str, str], str]] = [
    ({}, "answer"),
    ({"answer": "perhaps"}, "answer"),
    ({"answer": "yes"}, "place"),
    ({"answer": "yes", "place": "nowhere-1"}, "place"),
    ({"answer": "yes", "place": "ceder-1"}, "place"),
    ({"answer": "yes", "place": "x" * 65}, "place"),
    ({"answer": "yes", "place": "linde-1\n"}, "place"),
    ({"answer": "yes", "place": "linde-1\0"}, "place"),
    ({"answer": "discuss", "place": "linde-1"}, "place"),
    ({"answer": "discuss", "reason": "no_staff"}, "reason"),
    ({"answer": "no"}, "reason"),
    ({"answer": "no", "reason": "bad mood"}, "reason"),
    ({"answer": "no", "reason": "x" * 41}, "reason"),
    ({"answer": "no", "reason": "contra_indication"}, "criterion"),
    ({"answer": "no", "reason": "contra_indication", "criterion": "her name"}, "criterion"),
    ({"answer": "no", "reason": "no_staff", "criterion": "lvb"}, "criterion"),
    ({"answer": "discuss", "note": "free text"}, "note"),
]


async def test_an_answer_that_cannot_be_is_refused_with_its_field_and_changes_nothing(
    site: Site, sanne: httpx.AsyncClient
) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    before = await facts(site)
    names = {"answer": "Antwoord", "place": "Plek", "reason": "Reden", "criterion": "Contra-indicatie", "note": "note"}
    for fields, field in WRONG:
        for headers in ({}, FRAGMENT):
            reply = await sanne.post(f"/staff/linde/requests/{case_id}/answer", data={"key": "k"} | fields, headers=headers)
            assert reply.status_code == 422, (fields, reply.status_code)
            notice = reply.text.partition('id="notice"')[2].partition("</ul>")[0]
            assert 'data-code="invalid"' in notice and names[field] in notice, fields
            assert f'id="ask-{case_id}"' in reply.text, "with what is true now"
            assert ("<html" in reply.text) == (headers == {})
    reply = await sanne.post(f"/staff/linde/requests/{case_id}/answer", data={"answer": "discuss"})
    assert reply.status_code == 422, "without a key"
    for fields in ({}, {"arrived": "perhaps"}, {"arrived": "yes", "note": "free text"}):
        reply = await sanne.post(f"/staff/linde/requests/{case_id}/arrival", data={"key": "k"} | fields)
        assert reply.status_code == 422, fields
    assert await facts(site) == before


async def test_a_place_that_is_just_gone_is_refused_and_what_is_true_now_is_shown(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    page = await sanne.get("/staff/linde")
    [form] = answers(page, case_id, answer="yes", place="linde-1")
    async with site.api("demo-coordinator") as coordinator:
        assert (await coordinator.post("/places/linde-1/holds")).status_code == 201
    for headers in ({}, FRAGMENT):
        reply = await sanne.post(form.action, data=form.fields, headers=headers)
        assert reply.status_code == 409
        assert 'data-code="not_free"' in reply.text
        assert [one.fields["place"] for one in answers(reply, case_id, answer="yes")] == ["linde-2"]
        assert re.search(r'<details class="tile held"[^>]* id="tile-linde-1"', reply.text)
    async with site.api("demo-coordinator") as coordinator:
        [held] = (await coordinator.get("/holds")).json()["holds"]
        assert (await coordinator.delete(f"/holds/{held['id']}")).status_code == 204
    page = await follow(sanne, await press(sanne, form))
    assert "ja, plek 1" in asked(page), "a refusal is not remembered: the same button works once it can"


async def test_what_is_settled_takes_no_answer_any_more(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    page = await sanne.get("/staff/linde")
    [form] = answers(page, case_id, answer="discuss")
    await call(site, "demo-police", f"/requests/{case_id}/withdraw")
    reply = await sanne.post(form.action, data=form.fields, headers=FRAGMENT)
    assert reply.status_code == 409 and 'data-code="request_settled"' in reply.text
    assert "de aanvraag is ingetrokken" in asked(reply) and answers(reply, case_id) == []


async def test_the_same_press_sent_again_is_one(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    form = {"key": "one press", "answer": "yes", "place": "linde-1"}
    path = f"/staff/linde/requests/{case_id}/answer"
    replies = await asyncio.gather(*(sanne.post(path, data=form, headers=FRAGMENT) for _ in range(5)))
    assert {reply.status_code for reply in replies} <= {200, 409} and 200 in {reply.status_code for reply in replies}
    assert all('data-code="key_in_use"' in reply.text for reply in replies if reply.status_code == 409)
    assert await sql(site, "select place_id from claim") == [("linde-1",)]
    version = (await see(site, "demo-police", case_id))["version"]
    later = await sanne.post(path, data=form, headers=FRAGMENT)
    assert later.status_code == 200 and "ja, plek 1" in asked(later)
    again = await sanne.post(path, data=form | {"key": "another press"}, headers=FRAGMENT)
    assert again.status_code == 200, "the same answer once more changes nothing"
    assert (await see(site, "demo-police", case_id))["version"] == version
    other = await sanne.post(path, data=form | {"place": "linde-2"}, headers=FRAGMENT)
    assert other.status_code == 422 and "deze sleutel is al voor iets anders gebruikt" in other.text
    assert f'id="ask-{case_id}"' in other.text, "with new keys"


async def test_no_reason_is_in_what_is_remembered_of_a_press(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    form = {"key": "k", "answer": "no", "reason": "contra_indication", "criterion": "lvb"}
    path = f"/staff/linde/requests/{case_id}/answer"
    assert (await sanne.post(path, data=form)).status_code == 303
    known = make_key("k", "POST", path, "no", "")
    assert known is not None
    assert await sql(site, "select key, fingerprint, body from stored_reply where actor_id = 'person:sanne'") == [
        ("k", known.fingerprint, case_id.encode())  # the case it was about, and nothing of the answer
    ]


async def test_strangers_see_and_press_nothing(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    page = await sanne.get("/staff/linde")
    [form] = answers(page, case_id, answer="yes", place="linde-1")
    before = await facts(site)
    async with aclosing(await site.sign_in("kofi")) as kofi, aclosing(await site.sign_in("anneke")) as anneke:
        assert asked(await kofi.get("/staff/ceder")) == ""
        for path in ("/staff/linde/requests", f"/staff/linde/requests/{case_id}"):
            assert (await kofi.get(path)).status_code == 404
        for who, shelter in ((kofi, "linde"), (kofi, "ceder"), (anneke, "ceder")):
            for headers in ({}, FRAGMENT):
                sent = form.fields | {"answer": "discuss"}
                sent.pop("place")
                reply = await who.post(f"/staff/{shelter}/requests/{case_id}/answer", data=sent, headers=headers)
                assert reply.status_code == 404
                reply = await who.post(
                    f"/staff/{shelter}/requests/{case_id}/arrival", data={"key": "k", "arrived": "no"}, headers=headers
                )
                assert reply.status_code == 404
    assert await facts(site) == before


async def test_who_works_there_no_longer_answers_nothing(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    page = await sanne.get("/staff/linde")
    [form] = answers(page, case_id, answer="yes", place="linde-1")
    await sql(site, "delete from membership where person_id = 'sanne'")
    reply = await sanne.post(form.action, data=form.fields, headers=FRAGMENT)
    assert reply.status_code == 404
    assert await state(site, "linde-1") == "free"


# --- what was chosen


async def test_the_desk_decides_then_they_arrive_and_the_place_is_occupied(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await chosen(site, sanne, arrives_at=(NOW + timedelta(hours=1)).isoformat())
    page = await sanne.get("/staff/linde")
    assert "Gekozen: ze komen om 15:00 (plek 1)" in asked(page)
    assert "De plaatsingsdesk beslist nog." in asked(page)
    assert told(page) == ["Gekozen: plek 1. De plaatsingsdesk beslist nog."]
    assert forms(page, f"/staff/linde/requests/{case_id}/arrival") == [] and answers(page, case_id) == []
    early = await sanne.post(f"/staff/linde/requests/{case_id}/arrival", data={"key": "k", "arrived": "yes"}, headers=FRAGMENT)
    assert early.status_code == 409 and 'data-code="request_undecided"' in early.text

    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    page = await sanne.get("/staff/linde")
    assert "Dit staat vast." in asked(page) and "1 vrouw, EU-burger, LVB" in asked(page)
    assert told(page) == ["Gekozen: ze komen om 15:00 (plek 1)"]
    [came] = forms(page, f"/staff/linde/requests/{case_id}/arrival", arrived="yes")
    page = await follow(sanne, await press(sanne, came))
    assert await state(site, "linde-1") == "occupied"
    assert asked(page).startswith("1 aanvraag geregeld") and "→ aangekomen" in asked(page)
    assert "vrouw" not in asked(page), "for whom it was is nobody's business any more"
    assert told(page) == []
    again = await press(sanne, came, typed={"key": "once more"})
    assert again.status_code == 409 and "Zij zijn al aangekomen." in again.text


async def test_when_the_hour_has_passed_it_asks_loudly_and_who_did_not_come_frees_the_place(
    site: Site, board: object, sanne: httpx.AsyncClient
) -> None:
    async with aclosing(await site.sign_in("kofi")) as kofi:
        case_id = await begin(site, "ceder", adults={"man": 1})
        await answer(kofi, case_id, "ceder", answer="yes", place="ceder-1")
        await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "ceder"})
        page = await kofi.get("/staff/ceder")
        assert "Gekozen: ze komen om 16:00 (plek 1)" in asked(page) and 'data-count="0"' in page.text
    site.clock.move(hours=2, minutes=1)
    async with aclosing(await site.sign_in("kofi")) as kofi:
        page = await kofi.get("/staff/ceder")
        assert "Het is 16:00 geweest. Zijn ze er?" in asked(page) and 'data-count="1"' in page.text
        assert told(page) == ["Zijn ze er? 16:00 is geweest: plek 1"]
        [missed] = forms(page, "/staff/ceder/requests/" + case_id + "/arrival", arrived="no")
        page = await follow(kofi, await press(kofi, missed))
        assert await state(site, "ceder-1") == "free"
        assert "ja, plek 1 → niet gekomen" in asked(page) and told(page) == []
    assert (await see(site, "demo-police", case_id))["state"] == "asking"


async def test_at_night_it_counts_at_once_and_the_desk_is_still_to_look(site: Site, sanne: httpx.AsyncClient) -> None:
    await sql(site, "update kind set desk_hours = 'mon-mon 00:00-00:01', outside_hours = 'provisional' where code = 'cosm'")
    case_id = await chosen(site, sanne)
    page = await sanne.get("/staff/linde")
    assert "Dit geldt nu. De plaatsingsdesk kijkt er in kantooruren nog naar." in asked(page)
    [came] = forms(page, f"/staff/linde/requests/{case_id}/arrival", arrived="yes")
    page = await follow(sanne, await press(sanne, came))
    assert "→ aangekomen, de plaatsingsdesk kijkt er nog naar" in asked(page)
    assert "vrouw" not in asked(page)


async def test_what_became_of_it_stays_to_be_read_for_twelve_hours(site: Site, sanne: httpx.AsyncClient) -> None:
    refused = await chosen(site, sanne)
    await call(site, "demo-desk", f"/requests/{refused}/decide", {"decision": "refuse", "reason": "not_eligible"})
    other = await begin(site, "linde", "wilg", **WOMAN)
    await answer(sanne, other, answer="yes", place="linde-1")
    await call(site, "demo-shelter-wilg", f"/requests/{other}/answers", {"answer": "yes", "place": "wilg-1"})
    await call(site, "demo-police", f"/requests/{other}/choose", {"shelter": "wilg"})
    silent = await begin(site, "linde", **WOMAN)
    await call(site, "demo-police", f"/requests/{silent}/withdraw")
    page = await sanne.get("/staff/linde")
    words = asked(page)
    assert words.startswith("3 aanvragen geregeld")
    assert f"{refused} Uw antwoord: ja, plek 1 → de plaatsingsdesk zei nee: geen recht op deze soort plek" in words
    assert f"{other} Uw antwoord: ja, plek 1 → een andere opvang is gekozen" in words
    assert f"{silent} Uw antwoord: geen → de aanvraag is ingetrokken" in words
    assert "vrouw" not in words and "Wilg" not in words
    assert sorted(told(page)) == [
        "Stichting Oever (politie): de plaatsingsdesk zei nee",
        "Stichting Oever (politie): een andere opvang is gekozen",
    ]
    assert await state(site, "linde-1") == "free"
    site.clock.move(hours=13)
    async with aclosing(await site.sign_in("sanne")) as later:
        assert asked(await later.get("/staff/linde")) == ""


async def test_the_reason_of_the_desk_is_told_to_the_shelter_that_it_is_about(site: Site, sanne: httpx.AsyncClient) -> None:
    """The case goes on, and the desk refuses another shelter for another reason."""
    await sql(site, "update kind set decides = 'desk'")
    case_id = await begin(site, "linde", "wilg", **WOMAN)
    for shelter, reason in (("linde", "not_safe"), ("wilg", "better_place")):
        if shelter == "wilg":
            site.clock.move(minutes=1)
            await call(site, "demo-police", f"/requests/{case_id}/shelters", {"shelters": ["wilg"]})
        await call(site, f"demo-shelter-{shelter}", f"/requests/{case_id}/answers", {"answer": "yes", "place": f"{shelter}-1"})
        await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": shelter})
        await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "refuse", "reason": reason})
        words = asked(await sanne.get("/staff/linde"))
        assert "de plaatsingsdesk zei nee" in words
        assert ("daar niet veilig" in words) == (shelter == "linde")
        assert "een andere plek past beter" not in words


# --- several shelters, live, in English


async def test_who_works_for_several_sees_what_is_asked_of_the_others(site: Site) -> None:
    for _ in range(2):
        await begin(site, "ceder", adults={"man": 1})
    await begin(site, "linde", **WOMAN)
    async with aclosing(await site.sign_in("anneke")) as anneke:
        page = await anneke.get("/staff/linde")
        assert asked(page).startswith("Ceder: 2 aanvragen Aanvragen aan Linde")
        assert '<a href="/staff/ceder">Ceder: 2 aanvragen</a>' in page.text
        page = await anneke.get("/staff/ceder")
        assert asked(page).startswith("Linde: 1 aanvraag Aanvragen aan Ceder")


async def heard(site: Site, browser: httpx.AsyncClient, shelter: str) -> asyncio.Queue[dict[str, object]]:
    """Everything that a page of this shelter hears, until the site ends."""
    found: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    begun = asyncio.Event()

    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    async def listen() -> None:
        url = f"{site.live_url}/live?view=staff&shelter={shelter}"
        async with connect(url, additional_headers={"Cookie": cookies}, origin=site.url) as line:  # type: ignore[arg-type]
            await line.send('{"type":"hello","known":{}}')
            async for message in line:
                said = json.loads(message)
                begun.set()
                found.put_nowait(said)

    LISTENING.append(asyncio.create_task(listen()))
    await asyncio.wait_for(begun.wait(), PATIENCE)
    return found


LISTENING: list[asyncio.Task[None]] = []


@pytest.fixture(autouse=True)
async def no_listener_stays() -> AsyncIterator[None]:
    yield
    for task in LISTENING:
        task.cancel()
    await asyncio.gather(*LISTENING, return_exceptions=True)
    LISTENING.clear()


async def test_the_pages_of_a_shelter_hear_at_once_that_it_is_asked_and_no_others(site: Site, sanne: httpx.AsyncClient) -> None:
    async with aclosing(await site.sign_in("anneke")) as anneke, aclosing(await site.sign_in("kofi")) as kofi:
        own, elsewhere, strangers = [
            await heard(site, who, shelter) for who, shelter in ((sanne, "linde"), (anneke, "ceder"), (kofi, "ceder"))
        ]
        await begin(site, "linde", **WOMAN)
        for one in (own, elsewhere):
            async with asyncio.timeout(PATIENCE):  # of all messages together: pulses go on for ever
                while (await one.get())["type"] != "own":
                    pass
        async with site.api("demo-shelter-ceder") as ceder:
            assert (await ceder.patch("/places/ceder-1", json={"status": "occupied"})).status_code == 200
        before = []
        async with asyncio.timeout(PATIENCE):
            while (said := await strangers.get())["type"] != "update":
                before.append(said["type"])
        assert "own" not in before


async def test_what_a_page_asks_by_itself_does_not_keep_its_session_alive(
    site: Site, clock: FixedClock, sanne: httpx.AsyncClient
) -> None:
    async def used_at() -> object:
        [row] = await sql(site, "select used_at from session where person_id = 'sanne'")
        return row[0]

    clock.move(minutes=10)
    for path, used in (("/staff/linde/requests", NOW), ("/staff/linde", clock.now())):
        site.process.identity._people.clear()  # the people that it keeps for some seconds
        assert (await sanne.get(path)).status_code == 200
        assert await used_at() == used


async def test_all_of_it_is_there_in_english(site: Site, sanne: httpx.AsyncClient) -> None:
    sanne.cookies.set("language", "en")
    case_id = await begin(site, "linde", **WOMAN)
    page = await sanne.get("/staff/linde")
    words = asked(page)
    assert "Requests to Linde Stichting Oever (police)" in words
    assert f"arrival: after 22:00 · request {case_id}" in words
    assert "To be discussed according to your criteria:" in words
    assert told(page) == ["New request: Stichting Oever (police)"]
    page = await answer(sanne, case_id, answer="yes", place="linde-1")
    assert "Your answer: yes, place 1 · reserved until 15:00" in asked(page)
    assert f"Reserved for request <b>{case_id}</b>" in page.text
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    page = await sanne.get("/staff/linde")
    assert "Chosen: they arrive at 16:00 (place 1)" in asked(page) and "This is settled." in asked(page)
    late = await sanne.post(f"/staff/linde/requests/{case_id}/answer", data={"key": "k", "answer": "discuss"})
    assert late.status_code == 409 and "This is already settled" in late.text
