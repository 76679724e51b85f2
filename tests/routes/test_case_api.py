"""The life of a case by the API alone, from the search to the arrival or to an end without a place."""

from contextlib import AsyncExitStack

from sqlalchemy import text

from tests.build import SEAL, until
from tests.build.api import NO, WOMAN, YES, begin, call, confirmed, part, says, search, see, seen, sql, status_of
from tests.build.site import Site


async def test_from_search_to_arrival_by_the_api_alone(site: Site) -> None:
    async with AsyncExitStack() as stack:
        police, desk, linde, ceder, wilg = [
            await stack.enter_async_context(site.api(f"demo-{who}"))
            for who in ("police", "desk", "shelter-linde", "shelter-ceder", "shelter-wilg")
        ]
        profile = WOMAN | {"needs": ["lvb"], "near": "noord"}
        found = (await police.post("/search", json=profile)).json()["matches"]
        asked = list(dict.fromkeys(match["shelter"] for match in found))
        assert set(asked) == {"linde", "ceder", "wilg"}
        begun = await police.post("/requests", json=profile | {"shelters": asked})
        case = begun.json()
        path = f"/requests/{case['id']}"
        assert (begun.status_code, begun.headers["location"]) == (201, f"/api/v1{path}")
        assert (begun.headers["etag"], begun.headers["cache-control"]) == (f'"{site.process.board.epoch}-1"', "no-store")
        assert (case["state"], case["needs"], case["chosen"]) == ("asking", profile, None)
        assert says(case) == dict.fromkeys(asked, "silent")
        assert (case["organization"], case["role"], case["created_at"]) == ("oever", "police", "2026-03-11T13:00:00Z")

        [mine] = (await linde.get("/requests")).json()["requests"]
        assert set(mine) == {"id", "version", "organization", "role", "created_at", "needs", "shelters"}
        assert (mine["id"], mine["needs"], says(mine)) == (case["id"], profile, {"linde": "silent"})

        yes = (await linde.post(f"{path}/answers", json=YES)).json()
        assert part(yes, "linde") | {"asked_at": None} == {
            "shelter": "linde",
            "kind": "cosm",
            "says": "yes",
            "asked_at": None,
            "answered_at": "2026-03-11T13:00:00Z",
            "answered_by": "shelter",
            "place": "linde-1",
            "places": ["linde-1"],
            "place_status": "reserved",
            "reserved_until": "2026-03-11T14:00:00Z",
            "reason": None,
            "criterion": None,
            "settled": None,
            "telephone": None,
            "hold": None,
        }
        assert await status_of(site, "linde-1") == "reserved"
        assert (await ceder.post(f"{path}/answers", json={"answer": "discuss"})).status_code == 200
        assert (await wilg.post(f"{path}/answers", json=NO)).status_code == 200

        whole = await police.get(path)
        case = whole.json()
        assert (says(case), whole.headers["etag"]) == (
            {"linde": "yes", "ceder": "discuss", "wilg": "no"},
            f'"{site.process.board.epoch}-4"',
        )
        assert (part(case, "wilg")["reason"], part(case, "wilg")["criterion"]) == ("contra_indication", "psychiatric")
        assert {one["shelter"]: one["telephone"] for one in case["shelters"]} == {
            "linde": None,
            "ceder": "CANARY-TEL-ceder",
            "wilg": None,
        }

        chosen = (await police.post(f"{path}/choose", json={"shelter": "linde"})).json()
        assert (chosen["state"], chosen["chosen"], chosen["arrives_at"]) == ("chosen", "linde", "2026-03-11T15:00:00Z")
        let_go = (await ceder.get(path)).json()
        assert (part(let_go, "ceder")["settled"], let_go["needs"], "state" in let_go) == ("other_chosen", None, False)
        assert (await police.post(f"{path}/address")).json()["code"] == "no_address_now"

        decided = (await desk.post(f"{path}/decide", json={"decision": "confirm"})).json()
        assert (decided["state"], decided["decided_at"]) == ("confirmed", "2026-03-11T13:00:00Z")
        expects = (await linde.get(path)).json()
        assert (expects["state"], expects["arrives_at"]) == ("confirmed", "2026-03-11T15:00:00Z")
        address = await police.post(f"{path}/address")
        assert address.json() == {"shelter": "linde", "address": "CANARY-ADR-linde"}

        arrived = (await linde.post(f"{path}/arrival", json={"arrived": True})).json()
        assert (arrived["state"], arrived["needs"], arrived["over_at"]) == ("arrived", None, "2026-03-11T13:00:00Z")
        assert await status_of(site, "linde-1") == "occupied"
        over = (await police.get(path)).json()
        assert (over["state"], over["needs"], over["chosen"]) == ("arrived", None, "linde")
        assert [one["reason"] or one["criterion"] for one in over["shelters"]] == [None, None, None]


async def test_without_a_place_a_case_ends_once_the_requester_says_where_the_person_sleeps(site: Site) -> None:
    case_id = await begin(site, "linde", "wilg")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    early = await call(site, "demo-police", f"/requests/{case_id}/outcome", {"slept": "hotel"}, 409)
    assert (early["code"], early["present"]["state"]) == ("request_going_on", "asking")
    gone = await call(site, "demo-police", f"/requests/{case_id}/withdraw", {"why": "no_place"})
    assert (gone["state"], gone["needs"], part(gone, "linde")["settled"]) == ("withdrawn", None, "withdrawn")
    assert await status_of(site, "linde-1") == "free"
    assert [one["id"] for one in await seen(site, "demo-police")] == [case_id]
    ended = await call(site, "demo-police", f"/requests/{case_id}/outcome", {"slept": "police_station"})
    assert ended["state"] == "ended"
    site.clock.move(hours=25)
    assert await seen(site, "demo-police") == []
    assert await sql(site, "select code from tally_waiting where what = 'slept'") == [("police_station",)]


async def test_outside_its_hours_the_desks_yes_comes_later_and_its_no_gives_the_place_back(site: Site) -> None:
    await sql(site, "update kind set desk_hours = 'mon-fri 20:00-22:00', outside_hours = 'provisional' where code = 'cosm'")
    case_id = await begin(site, "linde", "ceder")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    arrives = "2026-03-11T20:30:00+01:00"
    case = await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde", "arrives_at": arrives})
    assert (case["state"], case["arrives_at"]) == ("provisional", "2026-03-11T19:30:00Z")
    assert (await call(site, "demo-desk", f"/requests/{case_id}/address"))["address"] == "CANARY-ADR-linde"
    unsaid = await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "refuse"}, 422)
    assert [(one["field"], one["code"]) for one in unsaid["errors"]] == [("reason", "needed_to_refuse")]
    said = await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "refuse", "reason": "not_eligible"})
    assert (said["state"], said["refusal"], part(said, "linde")["settled"]) == ("asking", "not_eligible", "refused_by_desk")
    assert await status_of(site, "linde-1") == "free"
    again = await call(site, "demo-police", f"/requests/{case_id}/shelters", {"shelters": ["ceder", "linde", "wilg"]})
    assert says(again) == {"linde": "silent", "ceder": "silent", "wilg": "silent"}
    await call(site, "demo-desk", f"/requests/{case_id}/answers", YES | {"shelter": "linde", "place": "linde-2"})
    assert part(await see(site, "demo-police", case_id), "linde")["answered_by"] == "desk"
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    housed = await call(site, "demo-desk", f"/requests/{case_id}/arrival", {"arrived": True})
    assert (housed["state"], housed["needs"]) == ("housed", again["needs"])
    ratified = await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    assert (ratified["state"], ratified["needs"]) == ("arrived", None)


async def test_a_household_that_does_not_come_leaves_the_place_free_and_others_may_be_asked(site: Site) -> None:
    case_id = await confirmed(site)
    missed = await call(site, "demo-shelter-linde", f"/requests/{case_id}/arrival", {"arrived": False})
    assert (part(missed, "linde")["settled"], missed["needs"], "state" in missed) == ("missed", None, False)
    assert await status_of(site, "linde-1") == "free"
    assert (await see(site, "demo-police", case_id))["state"] == "asking"


async def test_police_say_yes_themselves_to_a_kind_on_which_they_decide(site: Site) -> None:
    await sql(site, "update kind set decides = 'police' where code = 'men'")
    case_id = await begin(site, "ceder", adults={"man": 1})
    said = {"shelter": "ceder", "answer": "yes", "place": "ceder-1"}
    assert part(await call(site, "demo-police", f"/requests/{case_id}/answers", said), "ceder")["answered_by"] == "police"
    assert (await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "ceder"}))["state"] == "confirmed"
    case_id = await begin(site, "linde")
    said = YES | {"shelter": "linde"}
    assert (await call(site, "demo-police", f"/requests/{case_id}/answers", said, 403))["code"] == "not_your_role"


async def test_an_offer_lapses_by_the_clock_and_cannot_be_chosen_then(site: Site) -> None:
    case_id = await begin(site, "linde")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    site.clock.move(minutes=60)
    late = await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"}, 409)
    assert (late["code"], says(late["present"])) == ("offer_over", {"linde": "lapsed"})


async def test_a_shelter_is_asked_for_the_kind_that_suits_best_or_for_its_first(site: Site) -> None:
    async with site.api("demo-shelter-linde") as linde:
        for place, status in (("linde-1", "occupied"), ("linde-2", "occupied"), ("linde-4", "free")):
            assert (await linde.patch(f"/places/{place}", json={"status": status})).status_code == 200
    woman = await see(site, "demo-police", await begin(site, "linde", "ceder"))
    assert {one["shelter"]: one["kind"] for one in woman["shelters"]} == {"linde": "women", "ceder": "men"}
    man = await see(site, "demo-police", await begin(site, "linde", adults={"man": 1}, places=["linde-1"]))
    assert part(man, "linde")["kind"] == "cosm"  # it takes no men, so it is asked for its only kind


async def test_the_needs_of_a_case_of_an_earlier_version_can_still_be_read(site: Site) -> None:
    case_id = await begin(site, "linde")
    async with site.process.database.transaction() as tx:
        sealed = SEAL.close('{"adults":{"woman":1},"status":"eu","exploitation":"labour"}')
        await (await tx.connection()).execute(text("update case_record set needs_sealed = :sealed"), {"sealed": sealed})
    for token in ("demo-police", "demo-shelter-linde"):
        async with site.api(token) as api:
            needs = (await api.get(f"/requests/{case_id}")).json()["needs"]
        assert needs == {"adults": {"woman": 1}, "statuses": ["eu"], "exploitation": "labour"}


async def test_a_shelter_is_asked_for_the_kind_that_the_search_puts_first(site: Site) -> None:
    await sql(site, "update kind set decides = 'police' where code = 'women'")
    await sql(site, "select pg_notify('bedboard', 'catalogue 0 all')")
    async with site.api("demo-shelter-linde") as linde:
        await linde.patch("/places/linde-4", json={"status": "free"})

    async def is_first() -> bool:
        best = (await search(site, WOMAN))["matches"][0]
        return (best["place"], best["decides"]) == ("linde-4", "requester")

    await until(is_first, "the place on which the police decide")
    case = await see(site, "demo-police", await begin(site, "linde"))
    assert part(case, "linde")["kind"] == "women"
