"""Answers on the page of a shelter that cannot be, come too late, come twice, or come from strangers."""

import asyncio
import re
from contextlib import aclosing

import httpx

from bedboard.actions.idempotency import hash_key, make_key
from tests.build.api import begin, call, see, sql
from tests.build.asked import FRAGMENT, NOTHING, WOMAN, answers, asked, yes_to
from tests.build.pages import follow, press, state
from tests.build.site import Site, facts

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
    case_id, form = await yes_to(site, sanne)
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
    await call(site, "demo-police", f"/requests/{case_id}/withdraw", {"why": "no_place"})
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
    assert await sql(site, "select key_hash, fingerprint, body from stored_reply where actor_id = 'person:sanne'") == [
        (hash_key("person:sanne", "k"), known.fingerprint, case_id.encode())  # the case it was about, and nothing of the answer
    ]


async def test_strangers_see_and_press_nothing(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id, form = await yes_to(site, sanne)
    before = await facts(site)
    async with aclosing(await site.sign_in("kofi")) as kofi, aclosing(await site.sign_in("anneke")) as anneke:
        assert asked(await kofi.get("/staff/ceder")) == NOTHING
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
    _, form = await yes_to(site, sanne)
    await sql(site, "delete from membership where person_id = 'sanne'")
    reply = await sanne.post(form.action, data=form.fields, headers=FRAGMENT)
    assert reply.status_code == 404
    assert await state(site, "linde-1") == "free"
