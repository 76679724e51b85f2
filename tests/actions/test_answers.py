"""A shelter answers yes, discuss or no; the desk and the police may answer for it, and strangers may not."""

import pytest

from bedboard.actions.answers import answer_case, take_arrival
from bedboard.actions.cases import choose_offer
from bedboard.actions.holds import hold_place
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.rules.access import Actor
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.refusals import Conflict, Invalid, NotAllowed, NotFound
from bedboard.store.database import Database
from tests.build import NOW, actor
from tests.build.answers import YES, refused_answer
from tests.build.cases import (
    ANNEKE,
    EMRE,
    HANNEKE,
    HOUR,
    KOFI,
    LUCIA,
    MACHINE,
    MARK,
    MINUTE,
    NOOR,
    POLICE_SYSTEM,
    SANNE,
    TICK,
    ZONE,
    arrive,
    ask,
    asks,
    choose,
    live_claims,
    offer,
    say,
    state,
    told,
)
from tests.build.rows import do, every_row, looking, refused, run, status

# ---- yes


async def test_a_yes_keeps_the_place_for_the_case_for_an_hour(case_database: Database) -> None:
    await ask(case_database)
    async with looking(case_database) as seen:
        case = await offer(case_database, "linde-1", at=NOW + MINUTE)
    assert seen.added.pop(("claim", "r1-linde-1")) == {
        "id": "r1-linde-1",
        "place_id": "linde-1",
        "type": "reservation",
        "organization_id": "oever",
        "role": "police",
        "person_id": "mark",
        "client_id": None,
        "case_id": "r1",
        "created_at": NOW + MINUTE,
        "expires_at": NOW + MINUTE + HOUR,
        "expected_at": None,
        "ended_at": None,
        "extended_at": None,
        "ending": None,
        "first_id": None,
    }
    assert seen.changed == {
        ("shelter", "linde"): {"version": 2},  # the board is not confirmed by that
        ("case_record", "r1"): {"version": 2},
        ("ask", "r1", "linde"): {
            "answer": "yes",
            "answered_at": NOW + MINUTE,
            "answered_by": "shelter",
            "place_id": "linde-1",
            "claim_id": "r1-linde-1",
        },
    }
    assert told(seen.added) == [("yes", "linde", "sanne", "staff")]
    assert {key[0] for key in seen.added} == {"case_event"}
    (row,) = seen.journal
    assert (row["action"], row["place_id"], row["actor_id"], row["version"]) == ("reserve", "linde-1", "sanne", 2)
    assert (row["before"], row["after"]["claim"]) == (None, "r1-linde-1")
    assert seen.bells == [("shelter", "linde", 2), ("case", "r1", 2)]
    assert (case.versions, case.events) == ({"linde": 2}, [("yes", ["linde"])])
    assert await status(case_database, "linde-1", NOW + MINUTE + HOUR - TICK) == "reserved"
    assert await status(case_database, "linde-1", NOW + MINUTE + HOUR) == "free"


@pytest.mark.parametrize("said", [ShelterAnswer("discuss"), ShelterAnswer("no", None, "contra_indication", "lvb")])
async def test_another_answer_changes_no_place(case_database: Database, said: ShelterAnswer) -> None:
    await ask(case_database)
    async with looking(case_database) as seen:
        await do(case_database, lambda tx: answer_case(tx, SANNE, "r1", "linde", said, "unused", NOW))
    part: dict[str, object] = {"answer": said.answer, "answered_at": NOW, "answered_by": "shelter"}
    part |= {"reason": said.reason, "criterion": said.criterion} if said.answer == "no" else {}
    assert seen.changed == {("case_record", "r1"): {"version": 2}, ("ask", "r1", "linde"): part}
    assert (seen.journal, seen.bells) == ([], [("case", "r1", 2)])
    assert told(seen.added) == [(said.answer, "linde", "sanne", "staff")]


async def test_an_answer_can_be_changed_until_something_is_chosen(case_database: Database) -> None:
    await ask(case_database, "linde", "ceder")
    await offer(case_database, "linde-1")
    await offer(case_database, "linde-2", claim="second")
    assert await live_claims(case_database) == {"linde-2": "second"}
    await say(case_database, "linde", "no", None, "contra_indication", "man")
    assert await live_claims(case_database) == {}
    await say(case_database, "linde", "discuss")
    part = (await asks(case_database))["linde"]
    assert (part["answer"], part["place_id"], part["claim_id"], part["reason"], part["criterion"]) == (
        "discuss",
        None,
        None,
        None,
        None,
    )
    await offer(case_database, "linde-1", claim="third")
    await offer(case_database, "ceder-1")
    await choose(case_database, "ceder")
    for who, shelter in ((SANNE, "linde"), (KOFI, "ceder"), (HANNEKE, "ceder")):
        for said in (ShelterAnswer("yes", f"{shelter}-1"), ShelterAnswer("discuss"), ShelterAnswer("no", reason="other")):
            refusal = await refused_answer(case_database, said, who, shelter)
            assert (type(refusal), refusal.code) == (Conflict, "request_settled")


async def test_the_same_once_more_changes_nothing(case_database: Database) -> None:
    await ask(case_database)
    for said in (YES, ShelterAnswer("no", None, "contra_indication", "man"), ShelterAnswer("discuss")):
        first = await do(case_database, lambda tx, said=said: answer_case(tx, SANNE, "r1", "linde", said, "one", NOW))  # type: ignore[misc]
        async with looking(case_database) as seen:
            again = await do(case_database, lambda tx, said=said: answer_case(tx, SANNE, "r1", "linde", said, "two", NOW))  # type: ignore[misc]
        assert seen.nothing
        assert (again.record.version, again.events) == (first.record.version, [])


async def test_a_call_that_is_repeated_is_not_done_again(case_database: Database) -> None:
    await ask(case_database)

    async def once(place: str) -> Reply:
        said = ShelterAnswer("yes", place)
        key = make_key("key", "answer", place)
        done = await apply_once(
            case_database,
            SANNE,
            key,
            NOW,
            lambda tx: answer_case(tx, SANNE, "r1", "linde", said, f"claim-{place}", NOW),
            lambda case: Reply(200, f"version {case.record.version}".encode()),
        )
        return done.reply

    first = await once("linde-1")
    await say(case_database, "linde", "discuss")
    async with looking(case_database) as seen:
        assert await once("linde-1") == first == Reply(200, b"version 2")
        with pytest.raises(Invalid):
            await once("linde-2")
    assert seen.nothing


async def test_an_offer_past_its_hour_can_be_made_again_until_somebody_takes_the_place(case_database: Database) -> None:
    await ask(case_database)
    await offer(case_database, "linde-1")
    async with looking(case_database) as seen:
        await offer(case_database, "linde-1", claim="again", at=NOW + HOUR)
    assert seen.changed["claim", "r1-linde-1"] == {"ended_at": NOW + HOUR, "ending": "expired"}
    assert await live_claims(case_database) == {"linde-1": "again"}
    await do(case_database, lambda tx: hold_place(tx, NOOR, ["linde-1"], "h", NOW + 2 * HOUR))
    assert (await every_row(case_database))["claim", "again"]["ending"] == "expired"
    assert (await refused_answer(case_database, YES, at=NOW + 2 * HOUR)).code == "not_free"
    refusal = await refused(case_database, lambda tx: choose_offer(tx, MARK, "r1", "linde", NOW + 2 * HOUR, ZONE))
    assert refusal.code == "offer_over"


# ---- who answers


@pytest.mark.parametrize(("who", "by"), [(SANNE, "shelter"), (ANNEKE, "shelter"), (MACHINE, "shelter"), (HANNEKE, "desk")])
async def test_the_shelter_answers_and_the_desk_when_it_telephoned(case_database: Database, who: Actor, by: str) -> None:
    await ask(case_database)
    await offer(case_database, "linde-1", who=who)
    assert (await asks(case_database))["linde"]["answered_by"] == by


async def test_strangers_to_the_shelter_or_to_the_case_do_not_know_it(case_database: Database) -> None:
    await ask(case_database, "linde", "nood")
    for who, shelter in (
        (KOFI, "linde"),
        (SANNE, "nood"),
        (SANNE, "ceder"),  # not asked
        (LUCIA, "linde"),
        (NOOR, "nood"),
        (actor("admin", "wouter", ()), "linde"),
        (actor("auditor", "gerda", ()), "linde"),
        (HANNEKE, "nowhere"),
    ):
        refusal = await refused_answer(case_database, ShelterAnswer("discuss"), who, shelter)
        assert (type(refusal), refusal.code) == (NotFound, "no_such_request")
    assert isinstance(await refused(case_database, lambda tx: answer_case(tx, SANNE, "none", "linde", YES, "c", NOW)), NotFound)


async def test_people_who_have_left_or_changed_roles_answer_nothing(case_database: Database) -> None:
    await ask(case_database)
    await run(case_database, "update person set role = 'auditor' where id = 'sanne'")
    assert isinstance(await refused_answer(case_database, YES), NotFound)
    await run(case_database, "update person set role = 'staff' where id = 'sanne'")
    await run(case_database, "delete from membership where person_id = 'sanne'")
    assert isinstance(await refused_answer(case_database, YES), NotFound)
    await run(case_database, "update person set ended_at = now() where id = 'hanneke'")
    assert isinstance(await refused_answer(case_database, YES, HANNEKE), NotFound)


@pytest.mark.parametrize("who", [MARK, EMRE, POLICE_SYSTEM], ids=lambda who: who.id)
async def test_police_place_somebody_themselves_where_the_police_decide(case_database: Database, who: Actor) -> None:
    await ask(case_database, "nood")
    await offer(case_database, "nood-1", who=who)
    assert (await asks(case_database))["nood"]["answered_by"] == "police"
    await choose(case_database, "nood", who=who)
    assert await state(case_database) == "confirmed"
    await arrive(case_database, "nood")
    assert await status(case_database, "nood-1", NOW) == "occupied"


async def test_police_say_only_yes_and_only_with_places_of_their_kinds(case_database: Database) -> None:
    await ask(case_database, "linde", "beuk", "nood")
    for said, shelter in (
        (YES, "linde"),
        (ShelterAnswer("yes", "beuk-1"), "beuk"),
        (ShelterAnswer("discuss"), "nood"),
        (ShelterAnswer("no", reason="other"), "nood"),
    ):
        refusal = await refused_answer(case_database, said, MARK, shelter)
        assert (type(refusal), refusal.code) == (NotAllowed, "not_your_role")
    await offer(case_database, "nood-1", who=MARK)
    refusal = await refused(case_database, lambda tx: take_arrival(tx, MARK, "r1", "nood", NOW, ZONE, arrived=True))
    assert (type(refusal), refusal.code) == (NotAllowed, "not_your_role")


async def test_police_do_not_answer_over_a_shelter_that_said_no(case_database: Database) -> None:
    await ask(case_database, "nood")
    await say(case_database, "nood", "no", None, "no_staff")
    refusal = await refused_answer(case_database, ShelterAnswer("yes", "nood-1"), MARK, "nood")
    assert (type(refusal), refusal.code) == (Conflict, "request_answered")


async def test_police_may_take_another_place_than_they_took_first(case_database: Database) -> None:
    await ask(case_database, "nood")
    await offer(case_database, "nood-1", who=MARK)
    await offer(case_database, "nood-2", who=EMRE)
    assert list(await live_claims(case_database)) == ["nood-2"]
    await say(case_database, "nood", "no", None, "no_staff")  # and the shelter has the last word
    assert await live_claims(case_database) == {}


async def test_a_coordinator_does_not_place_anybody_on_a_bed_of_the_police(case_database: Database) -> None:
    await ask(case_database, "nood", who=LUCIA)
    for who in (LUCIA, MARK):
        assert isinstance(await refused_answer(case_database, ShelterAnswer("yes", "nood-1"), who, "nood"), NotFound)
