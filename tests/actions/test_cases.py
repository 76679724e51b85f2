"""The steps of the requester in a case: open, ask more, choose, withdraw, tell the outcome; refusals, rows and bells."""

from datetime import date, datetime, timedelta

import pytest

from bedboard.actions.cases import ask_more, choose_offer, open_case, tell_outcome, withdraw_case
from bedboard.actions.occupancy import change_place
from bedboard.actions.tallies import count_nothing_found
from bedboard.rules.access import Actor
from bedboard.rules.cases import MOST_ASKED, MOST_CASES_AN_HOUR, MOST_OPEN
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict, Invalid, NotAllowed, NotFound, Refusal, TooMany
from bedboard.store.database import Database
from tests.build import NOW, actor
from tests.build.cases import (
    EMRE,
    HANNEKE,
    HOUR,
    ILSE,
    LUCIA,
    MARK,
    MINUTE,
    NEEDS,
    NIGHT,
    NOOR,
    POLICE_SYSTEM,
    SANNE,
    TICK,
    ZONE,
    arrive,
    ask,
    ask_also,
    asks,
    bring_to,
    choose,
    confirm,
    live_claims,
    miss,
    offer,
    refuse,
    rows_of,
    say,
    state,
    tallies,
    tell,
    told,
    withdraw,
)
from tests.build.rows import do, every_row, looking, refused, run, status


def codes(refusal: Refusal) -> list[tuple[str, str]]:
    assert isinstance(refusal, Invalid)
    return [(field.field, field.code) for field in refusal.fields]


# ---- asking


async def test_asking_writes_the_case_a_part_for_each_shelter_and_a_line_and_changes_no_board(field: Database) -> None:
    async with looking(field) as seen:
        case = await ask(field, "linde", "ceder")
    assert seen.added.pop(("case_record", "r1")) == {
        "id": "r1",
        "version": 1,
        "state": "asking",
        "organization_id": "oever",
        "role": "police",
        "person_id": "mark",
        "client_id": None,
        "unit_code": "noord",
        "needs_sealed": NEEDS,
        "created_at": NOW,
        "arrives_at": None,
        "decided_at": None,
        "reminded_at": None,
        "refusal": None,
        "over_at": None,
    }
    for shelter, kind in (("linde", "cosm"), ("ceder", "men")):
        part = seen.added.pop(("ask", "r1", shelter))
        assert {name: value for name, value in part.items() if value is not None} == {
            "case_id": "r1",
            "shelter_id": shelter,
            "kind_code": kind,
            "asked_at": NOW,
            "step": 0,
        }
    assert told(seen.added) == [("asked", "linde", "mark", "police"), ("asked", "ceder", "mark", "police")]
    assert {key[0] for key in seen.added} == {"case_event"}
    assert (seen.changed, seen.journal) == ({}, [])
    assert seen.bells == [("case", "r1", 1)]
    assert case.events == [("asked", ["linde", "ceder"])]


@pytest.mark.parametrize("who", [MARK, LUCIA, HANNEKE, POLICE_SYSTEM], ids=lambda who: who.id)
async def test_every_seeker_may_open_a_case(field: Database, who: Actor) -> None:
    await ask(field, who=who)
    row = (await every_row(field))["case_record", "r1"]
    assert (row["organization_id"], row["role"]) == ("oever", who.role)
    assert (row["person_id"], row["client_id"]) == ((who.id, None) if who.kind == "person" else (None, who.id))


@pytest.mark.parametrize("role", ["staff", "manager", "admin", "auditor", "machine"])
async def test_no_other_role_may_open_a_case(field: Database, role: str) -> None:
    other = actor(role, "anneke")  # type: ignore[arg-type]
    refusal = await refused(field, lambda tx: open_case(tx, other, "r1", NEEDS, None, {"linde": "cosm"}, NOW))
    assert (type(refusal), refusal.code) == (NotAllowed, "not_your_role")


async def test_a_person_without_the_role_or_an_organization_opens_no_case(field: Database) -> None:
    loose = Actor("client", "demo-police", "police", "x", None, frozenset())
    refusal = await refused(field, lambda tx: open_case(tx, loose, "r1", NEEDS, None, {"linde": "cosm"}, NOW))
    assert refusal.code == "no_organization"
    for change in ("role = 'auditor'", "role = 'police', ended_at = now()"):
        await run(field, f"update person set {change} where id = 'mark'")  # noqa: S608
        refusal = await refused(field, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, {"linde": "cosm"}, NOW))
        assert (type(refusal), refusal.code) == (NotAllowed, "not_your_role")


async def test_a_shelter_that_is_not_there_or_has_no_such_place_is_not_asked(field: Database) -> None:
    asked = {"linde": "cosm", "nowhere": "men", "ceder": "women"}
    refusal = await refused(field, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, asked, NOW))
    assert isinstance(refusal, Invalid)
    assert [(one.code, one.detail["shelter"]) for one in refusal.fields] == [
        ("unknown_shelter", "ceder"),
        ("unknown_shelter", "nowhere"),
    ]
    await ask(field)
    refusal = await refused(field, lambda tx: ask_more(tx, MARK, "r1", {"wilg": "men"}, NOW))
    assert codes(refusal) == [("shelters", "unknown_shelter")]


async def more_shelters(field: Database, count: int) -> list[str]:
    await run(
        field,
        "insert into shelter select s.id || n, s.organization_id, s.unit_code, s.name || n, 1, s.confirmed_at, s.created_at,"
        " 0, 1440, s.confirm_times, s.criteria, s.limits, s.telephone_sealed, s.address_sealed, s.languages"
        " from shelter s, generate_series(1, :count) n where s.id = 'beuk'",
        count=count,
    )
    await run(
        field,
        "insert into place select s.id || '-1', s.id, 'women', 1, '1', 1, 0, 'open', :now, :now from shelter s"
        " where s.id like 'beuk_'",
        now=NOW,
    )
    return [f"beuk{n}" for n in range(1, count + 1)]


async def test_a_case_asks_eight_shelters_and_no_more_at_a_time(field: Database) -> None:
    every = dict.fromkeys(await more_shelters(field, 9), "women")
    refusal = await refused(field, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, every, NOW))
    assert codes(refusal) == [("shelters", "too_many_shelters")]
    eight = dict(list(every.items())[:MOST_ASKED])
    await do(field, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, eight, NOW))
    refusal = await refused(field, lambda tx: ask_more(tx, MARK, "r1", {"beuk9": "women"}, NOW))
    assert codes(refusal) == [("shelters", "too_many_shelters")]


async def test_one_has_twenty_open_cases_and_no_more(field: Database) -> None:
    for n in range(MOST_OPEN):
        await ask(field, case_id=f"r{n}", at=NOW + n * 6 * MINUTE)
    later = NOW + 3 * HOUR
    refusal = await refused(field, lambda tx: open_case(tx, MARK, "r", NEEDS, None, {"linde": "cosm"}, later))
    assert (type(refusal), refusal.code, refusal.detail) == (Conflict, "requests_of_person", {"most": MOST_OPEN})
    await ask(field, who=EMRE, case_id="other", at=later)  # a colleague has his own
    await withdraw(field, case_id="r0", at=later)  # where the person sleeps may still be open
    await ask(field, case_id="r", at=later)


async def test_nobody_goes_through_all_telephones_by_asking_and_withdrawing(field: Database) -> None:
    for n in range(MOST_CASES_AN_HOUR):
        await ask(field, case_id=f"r{n}")
        await withdraw(field, case_id=f"r{n}")
    just_before = NOW + HOUR - TICK
    refusal = await refused(field, lambda tx: open_case(tx, MARK, "r", NEEDS, None, {"linde": "cosm"}, just_before))
    assert isinstance(refusal, TooMany)
    await ask(field, who=EMRE, case_id="other")
    await ask(field, case_id="r", at=NOW + HOUR)


# ---- asking more


async def test_more_shelters_are_asked_beside_those_that_may_still_answer(field: Database) -> None:
    await ask(field, "linde")
    async with looking(field) as seen:
        await ask_also(field, "ceder", "wilg", at=NOW + MINUTE)
    assert sorted(key for key in seen.added if key[0] == "ask") == [("ask", "r1", "ceder"), ("ask", "r1", "wilg")]
    assert seen.changed == {("case_record", "r1"): {"version": 2}}
    assert [what for what, *_ in told(seen.added)] == ["asked", "asked"]
    assert seen.bells == [("case", "r1", 2)]
    for again in ("linde", "ceder"):
        refusal = await refused(field, lambda tx, again=again: ask_more(tx, MARK, "r1", {again: "cosm"}, NOW))  # type: ignore[misc]
        assert codes(refusal) == [("shelters", "asked_already")]
    assert codes(await refused(field, lambda tx: ask_more(tx, MARK, "r1", {}, NOW))) == [("shelters", "missing")]


@pytest.mark.parametrize("by", ["a refusal of the desk", "a miss"])
async def test_a_shelter_that_fell_through_can_be_asked_again_as_if_for_the_first_time(field: Database, by: str) -> None:
    await bring_to(field, "chosen" if by == "a refusal of the desk" else "confirmed")
    await (refuse(field) if by == "a refusal of the desk" else miss(field, "linde"))
    before = await asks(field)
    assert before["linde"]["settled"] == ("refused_by_desk" if by == "a refusal of the desk" else "missed")
    assert before["ceder"]["settled"] == "other_chosen"
    later = NOW + 5 * MINUTE
    await ask_also(field, "linde", "ceder", at=later)
    for part in (await asks(field)).values():
        asked = {name: value for name, value in part.items() if value is not None}
        assert asked.keys() == {"case_id", "shelter_id", "kind_code", "asked_at", "step"}
        assert (asked["asked_at"], asked["step"]) == (later, 0)
    await offer(field, "linde-1", claim="again", at=later)
    await choose(field, "linde", at=later)


async def test_a_no_is_counted_also_when_the_shelter_is_asked_again_and_only_once(field: Database) -> None:
    await bring_to(field, "confirmed")
    counted = {("refused", "", "", "contra_indication"): 1, ("refused_kind", "", "men", ""): 1}
    counted |= {("refused_unit", "zuid", "", ""): 1, ("contra_indication", "", "", "lvb"): 1}
    assert await tallies(field) == counted
    await miss(field, "linde")
    await ask_also(field, "ceder")
    assert await tallies(field) == counted
    await say(field, "ceder", "no", None, "no_staff")
    await withdraw(field)
    counted |= {("refused", "", "", "no_staff"): 1, ("refused_kind", "", "men", ""): 2, ("refused_unit", "zuid", "", ""): 2}
    assert await tallies(field) == counted


# ---- choosing


async def test_the_others_are_free_in_the_moment_in_which_one_is_chosen(field: Database) -> None:
    await ask(field, "beuk", "ceder", "wilg", "linde")
    await offer(field, "beuk-1")
    await offer(field, "ceder-1")
    await say(field, "wilg", "no", None, "no_place")
    later = NOW + 10 * MINUTE
    async with looking(field) as seen:
        case = await choose(field, "beuk", at=later)
    settled = {"settled": "other_chosen", "settled_at": later}
    assert {key: row for key, row in seen.changed.items() if key[0] != "shelter"} == {
        ("case_record", "r1"): {"version": 5, "state": "confirmed", "arrives_at": later + 2 * HOUR, "decided_at": later},
        ("ask", "r1", "beuk"): {"settled": "chosen", "settled_at": later},
        ("ask", "r1", "ceder"): settled,
        ("ask", "r1", "wilg"): settled,
        ("ask", "r1", "linde"): settled,
        ("claim", "r1-beuk-1"): {"expires_at": later + 14 * HOUR},
        ("claim", "r1-ceder-1"): {"ended_at": later, "ending": "withdrawn"},
    }
    assert {key: row for key, row in seen.changed.items() if key[0] == "shelter"} == {
        ("shelter", "beuk"): {"version": 3},
        ("shelter", "ceder"): {"version": 3},
    }
    assert [(row["action"], row["place_id"], row["actor_id"]) for row in seen.journal] == [
        ("reserve", "beuk-1", "mark"),
        ("unreserve", "ceder-1", "mark"),
    ]
    assert told(seen.added) == [("chosen", "beuk", "mark", "police")]
    assert seen.bells == [("shelter", "beuk", 3), ("shelter", "ceder", 3), ("case", "r1", 5)]
    assert case.versions == {"beuk": 3, "ceder": 3}
    assert await status(field, "beuk-1", later + 14 * HOUR - TICK) == "reserved"
    assert await status(field, "ceder-1", later) == "free"


@pytest.mark.parametrize(
    ("shelter", "who", "at", "comes_to", "what"),
    [
        ("beuk", MARK, NOW, "confirmed", "chosen"),
        ("beuk", MARK, NIGHT, "confirmed", "chosen"),
        ("nood", MARK, NIGHT, "confirmed", "chosen"),
        ("nood", LUCIA, NOW, "confirmed", "chosen"),  # the shelter said yes, so that is the decision
        ("linde", MARK, NOW, "chosen", "chosen_for_desk"),
        ("linde", LUCIA, NOW, "chosen", "chosen_for_desk"),
        ("linde", MARK, NIGHT, "provisional", "chosen_provisionally"),
        ("linde", HANNEKE, NOW, "confirmed", "chosen"),  # the desk decides as it chooses
        ("linde", HANNEKE, NIGHT, "confirmed", "chosen"),
    ],
)
async def test_the_kind_the_hour_and_the_requester_decide_what_a_choice_is(
    field: Database, shelter: str, who: Actor, at: datetime, comes_to: str, what: str
) -> None:
    await ask(field, shelter, who=who, at=at)
    await offer(field, f"{shelter}-1", at=at)
    async with looking(field) as seen:
        await choose(field, shelter, who=who, at=at)
    row = (await every_row(field))["case_record", "r1"]
    assert (row["state"], row["decided_at"]) == (comes_to, None if comes_to == "chosen" else at)
    assert [line for line, *_ in told(seen.added)] == [what]
    kept = 14 * HOUR if comes_to == "confirmed" else 74 * HOUR
    assert await status(field, f"{shelter}-1", at + kept - TICK) == "reserved"
    assert await status(field, f"{shelter}-1", at + kept) == "free"


async def test_the_hours_that_count_are_those_of_the_place_that_is_offered(field: Database) -> None:
    """Asked for a place on which the desk decides, the shelter offers one on which it decides itself."""
    await do(field, lambda tx: change_place(tx, SANNE, "linde-4", PlaceChange("free"), NOW))
    await ask(field, "linde")
    await offer(field, "linde-4")
    await choose(field, "linde")
    assert await state(field) == "confirmed"
    await arrive(field, "linde")
    assert (await tallies(field))["placed_kind", "", "women", ""] == 1


async def test_the_hour_of_arrival_may_be_said(field: Database) -> None:
    await ask(field, "beuk")
    await offer(field, "beuk-1")
    at = NOW + 30 * HOUR
    for wrong in (NOW - HOUR, NOW + 49 * HOUR):
        refusal = await refused(field, lambda tx, wrong=wrong: choose_offer(tx, MARK, "r1", "beuk", NOW, ZONE, wrong))  # type: ignore[misc]
        assert [name for name, _ in codes(refusal)] == ["arrives_at"]
    await choose(field, "beuk", arrives_at=at)
    assert (await every_row(field))["case_record", "r1"]["arrives_at"] == at
    assert await status(field, "beuk-1", at + 12 * HOUR - TICK) == "reserved"


async def test_only_an_offer_that_still_stands_can_be_chosen(field: Database) -> None:
    await ask(field, "linde", "ceder", "wilg", "beuk")
    await say(field, "ceder", "discuss")
    await say(field, "wilg", "no", None, "no_staff")
    await offer(field, "beuk-1")

    async def code(shelter: str, at: datetime = NOW) -> str:
        refusal = await refused(field, lambda tx: choose_offer(tx, MARK, "r1", shelter, at, ZONE))
        assert isinstance(refusal, Conflict)
        return refusal.code

    for shelter in ("linde", "ceder", "wilg", "nood", "nowhere"):
        assert await code(shelter) == "no_offer"
    assert await code("beuk", NOW + HOUR) == "offer_over"
    await do(field, lambda tx: change_place(tx, ILSE, "beuk-1", PlaceChange("occupied"), NOW))
    assert await code("beuk") == "not_free"
    await do(field, lambda tx: change_place(tx, ILSE, "beuk-1", PlaceChange("free"), NOW))
    await choose(field, "beuk", at=NOW + HOUR - TICK)
    assert await code("beuk") == "request_decided"


# ---- whose it is


async def test_a_colleague_may_do_everything_and_strangers_do_not_know_it(field: Database) -> None:
    await ask(field, "beuk")
    await offer(field, "beuk-1")
    away = Actor("person", "gone", "police", "Gone", "oever", frozenset())
    for stranger in (NOOR, LUCIA, HANNEKE, SANNE, away):
        for action in (
            lambda tx, who=stranger: ask_more(tx, who, "r1", {"linde": "cosm"}, NOW),
            lambda tx, who=stranger: choose_offer(tx, who, "r1", "beuk", NOW, ZONE),
            lambda tx, who=stranger: withdraw_case(tx, who, "r1", NOW, ZONE),
            lambda tx, who=stranger: tell_outcome(tx, who, "r1", "street", NOW, ZONE),
        ):
            refusal = await refused(field, action)
            assert (type(refusal), refusal.code) == (NotFound, "no_such_request")
    await ask_also(field, "linde", who=EMRE)
    await choose(field, "beuk", who=EMRE)
    await withdraw(field, who=POLICE_SYSTEM)
    await tell(field, who=EMRE)
    assert await state(field) == "ended"


async def test_a_case_that_is_not_there_is_not_found(field: Database) -> None:
    refusal = await refused(field, lambda tx: withdraw_case(tx, MARK, "none", NOW, ZONE))
    assert (type(refusal), refusal.code) == (NotFound, "no_such_request")


# ---- the end


@pytest.mark.parametrize("so_far", ["asking", "chosen", "provisional", "confirmed"])
async def test_at_any_moment_a_withdrawal_frees_every_place(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    assert await live_claims(field) == {"linde-1": "r1-linde-1"}
    async with looking(field) as seen:
        case = await withdraw(field, at=NOW + MINUTE)
    assert await live_claims(field) == {}
    row = (await every_row(field))["case_record", "r1"]
    assert (row["state"], row["over_at"], row["needs_sealed"]) == ("withdrawn", NOW + MINUTE, None)
    assert {part["settled"] for part in (await asks(field)).values()} <= {"withdrawn", "other_chosen"}
    assert (await asks(field))["linde"]["settled"] == "withdrawn"
    assert seen.changed["claim", "r1-linde-1"] == {"ended_at": NOW + MINUTE, "ending": "withdrawn"}
    assert [row["action"] for row in seen.journal] == ["unreserve"]
    assert told(seen.added) == [("withdrawn", None, "mark", "police")]
    assert [noun for noun, *_ in seen.bells] == ["shelter", "case"]
    assert case.events == [("withdrawn", ["linde"])]  # a shelter that kept a place has to know


@pytest.mark.parametrize("so_far", ["asking", "chosen", "provisional", "confirmed", "housed", "arrived", "ended"])
async def test_where_the_person_sleeps_is_told_when_it_is_withdrawn_and_then_only(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    refusal = await refused(field, lambda tx: tell_outcome(tx, MARK, "r1", "street", NOW, ZONE))
    codes = {"ended": "over", "housed": "arrived", "arrived": "arrived"}
    assert (type(refusal), refusal.code) == (Conflict, f"request_{codes.get(so_far, 'going_on')}")


async def test_a_case_without_a_place_ends_with_where_the_person_sleeps_which_is_counted_and_not_kept(
    field: Database,
) -> None:
    await bring_to(field, "withdrawn")
    refusal = await refused(field, lambda tx: tell_outcome(tx, MARK, "r1", "palace", NOW, ZONE))
    assert codes(refusal) == [("slept", "not_one_of")]
    before = await tallies(field)
    async with looking(field) as seen:
        await tell(field, "police_station", at=NIGHT)
    assert seen.changed == {("case_record", "r1"): {"version": 5, "state": "ended", "unit_code": None}}
    assert told(seen.added) == [("ended", None, "mark", "police")]
    assert seen.bells == [("case", "r1", 5)]
    counted = {("slept", "noord", "", "police_station"): 1, ("request", "", "", "ended"): 1}
    assert await tallies(field) == before | counted
    slept = [row for row in rows_of(seen.added, "tally") if row["what"] == "slept"]
    assert [(row["month"], row["hour"]) for row in slept] == [(date(2026, 3, 1), 2)]  # local
    left = {key: row for key, row in (await every_row(field)).items() if key[0] != "tally"}
    assert "police_station" not in repr(left)


async def test_an_end_with_a_search_and_an_end_with_a_case_count_alike(field: Database) -> None:
    await bring_to(field, "ended")
    await do(field, lambda tx: count_nothing_found(tx, "street", "noord", [], [], NOW.astimezone(ZONE)))
    assert (await tallies(field))["slept", "noord", "", "street"] == 2


@pytest.mark.parametrize("end", ["arrived", "housed and ratified", "withdrawn", "ended"])
async def test_when_a_case_is_over_nothing_is_left_that_says_something_about_the_person(field: Database, end: str) -> None:
    """The needs, and why shelters or the desk said no. The counts have no case and no shelter in them."""
    await ask(field, "linde", "ceder", "beuk")
    await offer(field, "linde-1")
    await say(field, "ceder", "no", None, "contra_indication", "psychiatric")
    await say(field, "beuk", "no", None, "household")
    await choose(field, "linde")
    await refuse(field, "not_eligible")
    await ask_also(field, "linde", "beuk", at=NIGHT)
    await say(field, "beuk", "no", None, "not_safe", at=NIGHT)
    await offer(field, "linde-1", claim="again", at=NIGHT)
    await choose(field, "linde", at=NIGHT)
    about_them = ("CANARY-NEEDS", "psychiatric", "contra_indication", "household", "not_safe", "not_eligible")
    living = repr(await every_row(field))
    assert all(word in living for word in ("CANARY-NEEDS", "not_safe"))
    if end == "arrived":
        await confirm(field, at=NIGHT)
        await arrive(field, "linde", at=NIGHT)
    elif end == "housed and ratified":
        await arrive(field, "linde", at=NIGHT)
        await confirm(field, at=NIGHT)
    else:
        await withdraw(field, at=NIGHT)
        if end == "ended":
            await tell(field, at=NIGHT)
    rows = await every_row(field)
    left = repr({key: row for key, row in rows.items() if key[0] != "tally"})
    assert [word for word in about_them if word in left] == []
    counted = rows_of(rows, "tally")
    assert {row["code"] for row in counted} >= {"psychiatric", "household", "not_safe"}
    for row in counted:
        assert row.keys() == {"month", "hour", "what", "unit_code", "kind_code", "code", "count"}
        assert "r1" not in repr(row) and "linde" not in repr(row)
        assert sum(bool(row[name]) for name in ("unit_code", "kind_code", "code")) == 1 or row["what"] == "slept"


async def test_parts_of_other_cases_are_left_alone(field: Database) -> None:
    await bring_to(field, "asking")
    await ask(field, "linde", "ceder", case_id="r2", who=LUCIA)
    await offer(field, "linde-2", case_id="r2")
    await say(field, "ceder", "no", None, "no_staff", case_id="r2")
    before = {key: row for key, row in (await every_row(field)).items() if "r2" in map(str, key)}
    await withdraw(field)
    after = {key: row for key, row in (await every_row(field)).items() if "r2" in map(str, key)}
    assert after == before
    assert await live_claims(field) == {"linde-2": "r2-linde-2"}


async def test_time_passes_between_the_steps_and_each_line_has_its_own(field: Database) -> None:
    await ask(field, "beuk")
    await offer(field, "beuk-1", at=NOW + MINUTE)
    await choose(field, "beuk", at=NOW + 2 * MINUTE)
    await arrive(field, "beuk", at=NOW + 90 * MINUTE)
    lines = sorted(rows_of(await every_row(field), "case_event"), key=lambda row: row["id"])
    assert [(row["what"], row["at"] - NOW) for row in lines] == [
        ("asked", timedelta()),
        ("yes", MINUTE),
        ("chosen", 2 * MINUTE),
        ("arrived", 90 * MINUTE),
    ]
