"""A shelter sees on its own page what it is asked, and answers it, with a script and without one."""

import re
from contextlib import aclosing
from typing import Any

import httpx

from tests.build import until
from tests.build.api import begin, call, see, sql
from tests.build.asked import FRAGMENT, NOTHING, WOMAN, answer, answers, asked, told
from tests.build.pages import follow, forms, press, state
from tests.build.site import Site

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_where_nothing_is_asked_nothing_is_seen_of_it(site: Site, sanne: httpx.AsyncClient) -> None:
    page = await sanne.get("/staff/linde")
    assert (page.status_code, asked(page)) == (200, NOTHING)
    fragment = await sanne.get("/staff/linde/requests")
    assert (fragment.status_code, asked(fragment)) == (200, asked(page))
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
    case_id = await begin(site, "linde", "ceder", **children, places=["linde-1", "ceder-1"])
    page = await sanne.get("/staff/linde")
    assert told(page) == ["Nieuwe aanvraag: Stichting Oever (politie)"]
    words = asked(page)
    assert "Aanvragen aan Linde Plekken ↓ Stichting Oever (politie) gevraagd 14:00 1 vrouw, 1 man, 1 kind 0–3, LVB" in words
    assert f"COSM · aankomst: na 22:00 · aanvraag {case_id}" in words
    assert "Past niet volgens uw regels: man" in words
    assert "In overleg volgens uw regels: kind van 0–3, LVB" in words
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
    assert "Uw antwoord: in overleg . De aanvrager ziet nu uw nummer." in asked(page)
    assert await state(site, "linde-2") == "free"
    page = await answer(sanne, case_id, answer="no", reason="contra_indication", criterion="lvb")
    assert "Uw antwoord: nee, contra-indicatie (LVB)" in asked(page)
    page = await answer(sanne, case_id, answer="no", reason="no_staff")
    assert "Uw antwoord: nee, te weinig personeel" in asked(page)
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
    assert places == ["linde-3", "linde-2", "linde-4"], "not what another keeps; the kind of the own hold first"
    assert asked(page).count("wordt al vastgehouden voor de aanvrager") == 1
    page = await answer(sanne, case_id, answer="yes", place="linde-3")
    assert "ja, plek 3" in asked(page)
    assert await state(site, "linde-3") == "reserved"

    two = await begin(site, "linde", adults={"woman": 2}, places=["linde-2"])
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
    assert "Er is nu geen plek vrij. Komt er een plek vrij? Zet die eerst op vrij. Dan staat die hier." in asked(page)


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
    assert "Ook de managers zijn gewaarschuwd." in seen[2][2]
    assert "De plaatsingsdesk of de aanvrager gaat nu bellen." in seen[3][2]


async def test_what_the_desk_answered_for_the_shelter_is_news_to_it(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    await call(site, "demo-desk", f"/requests/{case_id}/answers", {"shelter": "linde", "answer": "yes", "place": "linde-1"})
    page = await sanne.get("/staff/linde")
    assert "De plaatsingsdesk heeft dit voor u ingevuld." in asked(page)
    assert told(page) == ["De plaatsingsdesk antwoordde voor u aan Stichting Oever (politie): ja"]
    page = await answer(sanne, case_id, answer="no", reason="no_staff")
    assert "ingevuld" not in asked(page)


async def test_an_opened_request_rings_no_more_for_the_shelter_and_rings_on_for_the_others(
    site: Site, sanne: httpx.AsyncClient
) -> None:
    case_id = await begin(site, "linde", "ceder", **WOMAN)
    async with aclosing(await site.sign_in("anneke")) as manager:
        assert 'data-rings data-open="/staff/linde/requests/' in (await sanne.get("/staff/linde/requests")).text
        for headers in (FORM, FORM | FRAGMENT):  # twice is as good as once
            reply = await sanne.post(f"/staff/linde/requests/{case_id}/open", content="", headers=headers)
            assert reply.status_code == 204

        async def is_known() -> bool:
            return "data-rings" not in (await sanne.get("/staff/linde/requests")).text

        await until(is_known, "the bell has told this process")
        assert "data-open" not in (await manager.get("/staff/linde")).text.partition('id="ask-')[2].partition(">")[0]
        assert "data-rings" in (await manager.get("/staff/ceder/requests")).text
        assert "data-rings" in (await manager.get("/staff/linde/requests")).text.partition('id="ask-')[0], "that of Ceder"


async def test_a_request_that_does_not_exist_or_to_another_shelter_is_not_opened(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await begin(site, "ceder", **WOMAN)
    for path, status in ((f"/staff/linde/requests/{case_id}/open", 404), (f"/staff/ceder/requests/{case_id}/open", 404)):
        assert (await sanne.post(path, content="", headers=FORM)).status_code == status
    assert (await sanne.post(f"/staff/linde/requests/{case_id}/open", data={"more": "x"})).status_code == 422
