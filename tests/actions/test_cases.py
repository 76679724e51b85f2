"""The requester opens a case and asks more shelters; a colleague may go on with it."""

import pytest

from bedboard.actions.cases import ask_more, choose_offer, open_case, tell_outcome, withdraw_case
from bedboard.rules.access import Actor
from bedboard.rules.cases import MOST_ASKED, MOST_CASES_AN_HOUR, MOST_OPEN
from bedboard.rules.refusals import Conflict, Invalid, NotAllowed, NotFound, TooMany
from bedboard.store.database import Database
from tests.build import NOW, actor
from tests.build.cases import (
    EMRE,
    HANNEKE,
    HOUR,
    LUCIA,
    MARK,
    MINUTE,
    NEEDS,
    NOOR,
    POLICE_SYSTEM,
    SANNE,
    TICK,
    ZONE,
    ask,
    ask_also,
    asks,
    bring_to,
    choose,
    miss,
    offer,
    refuse,
    say,
    state,
    tallies,
    tell,
    told,
    withdraw,
)
from tests.build.rows import codes, do, every_row, looking, refused, run

# ---- asking


async def test_asking_writes_the_case_a_part_for_each_shelter_and_a_line_and_changes_no_board(case_database: Database) -> None:
    async with looking(case_database) as seen:
        case = await ask(case_database, "linde", "ceder")
    record = seen.added.pop(("case_record", "r1"))
    assert len(record.pop("trace_id")) == 36
    assert record == {
        "id": "r1",
        "version": 1,
        "state": "asking",
        "organization_id": "oever",
        "role": "police",
        "person_id": "mark",
        "client_id": None,
        "unit_code": "noord",
        "needs_sealed": NEEDS.needs,
        "created_at": NOW,
        "arrives_at": None,
        "decided_at": None,
        "reminded_at": None,
        "refusal": None,
        "stays_until": None,
        "handed_organization_id": None,
        "handed_role": None,
        "handed_at": None,
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
            "more_place_ids": [],
            "was_free": True,
        }
    assert seen.added.pop(("household_key", "r1")) == {"id": "r1", "key_sealed": NEEDS.key}
    assert told(seen.added) == [("asked", "linde", "mark", "police"), ("asked", "ceder", "mark", "police")]
    assert {key[0] for key in seen.added} == {"case_event"}
    assert (seen.changed, seen.journal) == ({}, [])
    assert seen.bells == [("case", "r1", 1)]
    assert case.events == [("asked", ["linde", "ceder"])]


@pytest.mark.parametrize("who", [MARK, LUCIA, HANNEKE, POLICE_SYSTEM], ids=lambda who: who.id)
async def test_every_seeker_may_open_a_case(case_database: Database, who: Actor) -> None:
    await ask(case_database, who=who)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["organization_id"], row["role"]) == ("oever", who.role)
    assert (row["person_id"], row["client_id"]) == ((who.id, None) if who.kind == "person" else (None, who.id))


@pytest.mark.parametrize("role", ["staff", "manager", "admin", "auditor", "machine"])
async def test_no_other_role_may_open_a_case(case_database: Database, role: str) -> None:
    other = actor(role, "anneke")  # type: ignore[arg-type]
    refusal = await refused(case_database, lambda tx: open_case(tx, other, "r1", NEEDS, None, {"linde": "cosm"}, NOW))
    assert (type(refusal), refusal.code) == (NotAllowed, "not_your_role")


async def test_a_person_without_the_role_or_an_organization_opens_no_case(case_database: Database) -> None:
    loose = Actor("client", "demo-police", "police", "x", None, frozenset())
    refusal = await refused(case_database, lambda tx: open_case(tx, loose, "r1", NEEDS, None, {"linde": "cosm"}, NOW))
    assert refusal.code == "no_organization"
    for change in ("role = 'auditor'", "role = 'police', ended_at = now()"):
        await run(case_database, f"update person set {change} where id = 'mark'")  # noqa: S608
        refusal = await refused(case_database, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, {"linde": "cosm"}, NOW))
        assert (type(refusal), refusal.code) == (NotAllowed, "not_your_role")


async def test_a_shelter_that_is_not_there_or_has_no_such_place_is_not_asked(case_database: Database) -> None:
    asked = {"linde": "cosm", "nowhere": "men", "ceder": "women"}
    refusal = await refused(case_database, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, asked, NOW))
    assert isinstance(refusal, Invalid)
    assert [(one.code, one.detail["shelter"]) for one in refusal.fields] == [
        ("kind_not_here", "ceder"),
        ("unknown_shelter", "nowhere"),
    ]
    await ask(case_database)
    refusal = await refused(case_database, lambda tx: ask_more(tx, MARK, "r1", {"wilg": "men"}, NOW))
    assert codes(refusal) == [("shelters", "kind_not_here")]


async def more_shelters(case_database: Database, count: int) -> list[str]:
    await run(
        case_database,
        "insert into shelter select s.id || n, s.organization_id, s.unit_code, s.name || n, 1, s.confirmed_at, s.created_at,"
        " 0, 1440, s.confirm_times, s.criteria, s.limits, s.languages"
        " from shelter s, generate_series(1, :count) n where s.id = 'beuk'",
        count=count,
    )
    await run(
        case_database,
        "insert into place select s.id || '-1', s.id, 'women', 1, '1', 1, 0, 'open', :now, :now from shelter s"
        " where s.id like 'beuk_'",
        now=NOW,
    )
    return [f"beuk{n}" for n in range(1, count + 1)]


async def test_a_case_asks_eight_shelters_and_no_more_at_a_time(case_database: Database) -> None:
    every = dict.fromkeys(await more_shelters(case_database, 9), "women")
    refusal = await refused(case_database, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, every, NOW))
    assert codes(refusal) == [("shelters", "too_many_shelters")]
    eight = dict(list(every.items())[:MOST_ASKED])
    await do(case_database, lambda tx: open_case(tx, MARK, "r1", NEEDS, None, eight, NOW))
    refusal = await refused(case_database, lambda tx: ask_more(tx, MARK, "r1", {"beuk9": "women"}, NOW))
    assert codes(refusal) == [("shelters", "too_many_shelters")]


async def test_one_has_twenty_open_cases_and_no_more(case_database: Database) -> None:
    for n in range(MOST_OPEN):
        await ask(case_database, case_id=f"r{n}", at=NOW + n * 6 * MINUTE)
    later = NOW + 3 * HOUR
    refusal = await refused(case_database, lambda tx: open_case(tx, MARK, "r", NEEDS, None, {"linde": "cosm"}, later))
    assert (type(refusal), refusal.code, refusal.detail) == (Conflict, "requests_of_person", {"most": MOST_OPEN})
    await ask(case_database, who=EMRE, case_id="other", at=later)  # a colleague has his own
    await withdraw(case_database, case_id="r0", at=later)  # where the person sleeps may still be open
    await ask(case_database, case_id="r", at=later)


async def test_nobody_goes_through_all_telephones_by_asking_and_withdrawing(case_database: Database) -> None:
    for n in range(MOST_CASES_AN_HOUR):
        await ask(case_database, case_id=f"r{n}")
        await withdraw(case_database, case_id=f"r{n}")
    just_before = NOW + HOUR - TICK
    refusal = await refused(case_database, lambda tx: open_case(tx, MARK, "r", NEEDS, None, {"linde": "cosm"}, just_before))
    assert isinstance(refusal, TooMany)
    await ask(case_database, who=EMRE, case_id="other")
    await ask(case_database, case_id="r", at=NOW + HOUR)


# ---- asking more


async def test_more_shelters_are_asked_beside_those_that_may_still_answer(case_database: Database) -> None:
    await ask(case_database, "linde")
    async with looking(case_database) as seen:
        await ask_also(case_database, "ceder", "wilg", at=NOW + MINUTE)
    assert sorted(key for key in seen.added if key[0] == "ask") == [("ask", "r1", "ceder"), ("ask", "r1", "wilg")]
    assert seen.changed == {("case_record", "r1"): {"version": 2}}
    assert [what for what, *_ in told(seen.added)] == ["asked", "asked"]
    assert seen.bells == [("case", "r1", 2)]
    for again in ("linde", "ceder"):
        refusal = await refused(case_database, lambda tx, again=again: ask_more(tx, MARK, "r1", {again: "cosm"}, NOW))  # type: ignore[misc]
        assert codes(refusal) == [("shelters", "asked_already")]
    assert codes(await refused(case_database, lambda tx: ask_more(tx, MARK, "r1", {}, NOW))) == [("shelters", "missing")]


@pytest.mark.parametrize("by", ["a refusal of the desk", "a miss"])
async def test_a_shelter_that_fell_through_can_be_asked_again_as_if_for_the_first_time(
    case_database: Database, by: str
) -> None:
    await bring_to(case_database, "chosen" if by == "a refusal of the desk" else "confirmed")
    await (refuse(case_database) if by == "a refusal of the desk" else miss(case_database, "linde"))
    before = await asks(case_database)
    assert before["linde"]["settled"] == ("refused_by_desk" if by == "a refusal of the desk" else "missed")
    assert before["ceder"]["settled"] == "other_chosen"
    later = NOW + 5 * MINUTE
    await ask_also(case_database, "linde", "ceder", at=later)
    for part in (await asks(case_database)).values():
        asked = {name: value for name, value in part.items() if value is not None}
        assert asked.keys() == {"case_id", "shelter_id", "kind_code", "asked_at", "step", "more_place_ids", "was_free"}
        assert (asked["asked_at"], asked["step"]) == (later, 0)
    await offer(case_database, "linde-1", claim="again", at=later)
    await choose(case_database, "linde", at=later)


async def test_a_no_is_counted_also_when_the_shelter_is_asked_again_and_only_once(case_database: Database) -> None:
    await bring_to(case_database, "confirmed")
    counted = {("refused", "", "", "contra_indication"): 1, ("refused_kind", "", "men", ""): 1}
    counted |= {("refused_unit", "zuid", "", ""): 1, ("contra_indication", "", "", "lvb"): 1}
    assert await tallies(case_database) == counted
    await miss(case_database, "linde")
    await ask_also(case_database, "ceder")
    assert await tallies(case_database) == counted
    await say(case_database, "ceder", "no", None, "no_staff")
    await withdraw(case_database)
    counted |= {("refused", "", "", "no_staff"): 1, ("refused_kind", "", "men", ""): 2, ("refused_unit", "zuid", "", ""): 2}
    assert await tallies(case_database) == counted


# ---- whose it is


async def test_a_colleague_may_do_everything_and_strangers_do_not_know_it(case_database: Database) -> None:
    await ask(case_database, "beuk")
    await offer(case_database, "beuk-1")
    away = Actor("person", "gone", "police", "Gone", "oever", frozenset())
    for stranger in (NOOR, LUCIA, HANNEKE, SANNE, away):
        for action in (
            lambda tx, who=stranger: ask_more(tx, who, "r1", {"linde": "cosm"}, NOW),
            lambda tx, who=stranger: choose_offer(tx, who, "r1", "beuk", NOW, ZONE),
            lambda tx, who=stranger: withdraw_case(tx, who, "r1", "no_place", NOW, ZONE),
            lambda tx, who=stranger: tell_outcome(tx, who, "r1", "street", NOW, ZONE),
        ):
            refusal = await refused(case_database, action)
            assert (type(refusal), refusal.code) == (NotFound, "no_such_request")
    await ask_also(case_database, "linde", who=EMRE)
    await choose(case_database, "beuk", who=EMRE)
    await withdraw(case_database, who=POLICE_SYSTEM)
    await tell(case_database, who=EMRE)
    assert await state(case_database) == "ended"


async def test_a_case_that_is_not_there_is_not_found(case_database: Database) -> None:
    refusal = await refused(case_database, lambda tx: withdraw_case(tx, MARK, "none", "no_place", NOW, ZONE))
    assert (type(refusal), refusal.code) == (NotFound, "no_such_request")
