"""What shelters and the desk do with a request: answer, decide, and say who arrived; and what that makes of the places."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from bedboard.actions.answers import answer_case, confirm_case, refuse_case, take_arrival
from bedboard.actions.cases import choose_offer
from bedboard.actions.disclosures import disclose_address, disclose_telephone
from bedboard.actions.holds import Holder, hold_place, release_hold
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.actions.occupancy import change_place, count_places, undo_change
from bedboard.rules.access import Actor
from bedboard.rules.cases import DESK_REASONS, ShelterAnswer
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict, Invalid, NotAllowed, NotFound, Refusal
from bedboard.store.claims import count_begun
from bedboard.store.database import Database
from tests.build import NOW, SEAL, actor
from tests.build.cases import (
    EMRE,
    HANNEKE,
    HOUR,
    ILSE,
    KOFI,
    LUCIA,
    MARK,
    MINUTE,
    MORNING,
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
    told,
    withdraw,
)
from tests.build.rows import do, every_row, looking, refused, run, status

MACHINE = actor("machine", "demo-shelter-linde", kind="client")
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
YES = ShelterAnswer("yes", "linde-1")


async def refused_answer(
    field: Database, said: ShelterAnswer, who: Actor = SANNE, shelter: str = "linde", at: datetime = NOW
) -> Refusal:
    return await refused(field, lambda tx: answer_case(tx, who, "r1", shelter, said, "new", at))


# ---- yes


async def test_a_yes_keeps_the_place_for_the_case_for_an_hour(field: Database) -> None:
    await ask(field)
    async with looking(field) as seen:
        case = await offer(field, "linde-1", at=NOW + MINUTE)
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
        "ended_at": None,
        "extended_at": None,
        "ending": None,
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
    assert (row["before"], row["after"]["claim"], row["after"]["request"]) == (None, "r1-linde-1", "r1")
    assert seen.bells == [("shelter", "linde", 2), ("case", "r1", 2)]
    assert (case.versions, case.events) == ({"linde": 2}, [("yes", ["linde"])])
    assert await status(field, "linde-1", NOW + MINUTE + HOUR - TICK) == "reserved"
    assert await status(field, "linde-1", NOW + MINUTE + HOUR) == "free"


@pytest.mark.parametrize("said", [ShelterAnswer("discuss"), ShelterAnswer("no", None, "contra_indication", "lvb")])
async def test_another_answer_changes_no_place(field: Database, said: ShelterAnswer) -> None:
    await ask(field)
    async with looking(field) as seen:
        await do(field, lambda tx: answer_case(tx, SANNE, "r1", "linde", said, "unused", NOW))
    part: dict[str, object] = {"answer": said.answer, "answered_at": NOW, "answered_by": "shelter"}
    part |= {"reason": said.reason, "criterion": said.criterion} if said.answer == "no" else {}
    assert seen.changed == {("case_record", "r1"): {"version": 2}, ("ask", "r1", "linde"): part}
    assert (seen.journal, seen.bells) == ([], [("case", "r1", 2)])
    assert told(seen.added) == [(said.answer, "linde", "sanne", "staff")]


async def test_an_answer_can_be_changed_until_something_is_chosen(field: Database) -> None:
    await ask(field, "linde", "ceder")
    await offer(field, "linde-1")
    await offer(field, "linde-2", claim="second")
    assert await live_claims(field) == {"linde-2": "second"}
    await say(field, "linde", "no", None, "contra_indication", "man")
    assert await live_claims(field) == {}
    await say(field, "linde", "discuss")
    part = (await asks(field))["linde"]
    assert (part["answer"], part["place_id"], part["claim_id"], part["reason"], part["criterion"]) == (
        "discuss",
        None,
        None,
        None,
        None,
    )
    await offer(field, "linde-1", claim="third")
    await offer(field, "ceder-1")
    await choose(field, "ceder")
    for who, shelter in ((SANNE, "linde"), (KOFI, "ceder"), (HANNEKE, "ceder")):
        for said in (ShelterAnswer("yes", f"{shelter}-1"), ShelterAnswer("discuss"), ShelterAnswer("no", reason="other")):
            refusal = await refused_answer(field, said, who, shelter)
            assert (type(refusal), refusal.code) == (Conflict, "request_settled")


async def test_the_same_once_more_changes_nothing(field: Database) -> None:
    await ask(field)
    for said in (YES, ShelterAnswer("no", None, "contra_indication", "man"), ShelterAnswer("discuss")):
        first = await do(field, lambda tx, said=said: answer_case(tx, SANNE, "r1", "linde", said, "one", NOW))  # type: ignore[misc]
        async with looking(field) as seen:
            again = await do(field, lambda tx, said=said: answer_case(tx, SANNE, "r1", "linde", said, "two", NOW))  # type: ignore[misc]
        assert seen.nothing
        assert (again.record.version, again.events) == (first.record.version, [])


async def test_a_call_that_is_repeated_is_not_done_again(field: Database) -> None:
    await ask(field)

    async def once(place: str) -> Reply:
        said = ShelterAnswer("yes", place)
        key = make_key("key", "answer", place)
        done = await apply_once(
            field,
            SANNE,
            key,
            NOW,
            lambda tx: answer_case(tx, SANNE, "r1", "linde", said, f"claim-{place}", NOW),
            lambda case: Reply(200, f"version {case.record.version}".encode()),
        )
        return done.reply

    first = await once("linde-1")
    await say(field, "linde", "discuss")
    async with looking(field) as seen:
        assert await once("linde-1") == first == Reply(200, b"version 2")
        with pytest.raises(Invalid):
            await once("linde-2")
    assert seen.nothing


async def test_an_offer_past_its_hour_can_be_made_again_until_somebody_takes_the_place(field: Database) -> None:
    await ask(field)
    await offer(field, "linde-1")
    async with looking(field) as seen:
        await offer(field, "linde-1", claim="again", at=NOW + HOUR)
    assert seen.changed["claim", "r1-linde-1"] == {"ended_at": NOW + HOUR, "ending": "expired"}
    assert await live_claims(field) == {"linde-1": "again"}
    await do(field, lambda tx: hold_place(tx, NOOR, ["linde-1"], "h", NOW + 2 * HOUR))
    assert (await every_row(field))["claim", "again"]["ending"] == "expired"
    assert (await refused_answer(field, YES, at=NOW + 2 * HOUR)).code == "not_free"
    refusal = await refused(field, lambda tx: choose_offer(tx, MARK, "r1", "linde", NOW + 2 * HOUR, ZONE))
    assert refusal.code == "offer_over"


# ---- holds and other claims


@pytest.mark.parametrize("whose", ["his own", "made by the shelter for a caller"])
async def test_a_hold_of_the_requester_becomes_the_reservation(field: Database, whose: str) -> None:
    if whose == "made by the shelter for a caller":
        await do(field, lambda tx: hold_place(tx, SANNE, ["linde-1"], "h", NOW, Holder("oever", "police")))
    else:
        await do(field, lambda tx: hold_place(tx, MARK, ["linde-1"], "h", NOW))
    await ask(field)
    async with looking(field) as seen:
        await offer(field, "linde-1", at=NOW + MINUTE)
    assert seen.changed["claim", "h"] == {"ended_at": NOW + MINUTE, "ending": "used"}
    assert await live_claims(field) == {"linde-1": "r1-linde-1"}
    refusal = await refused(field, lambda tx: release_hold(tx, MARK, "h", NOW + MINUTE))
    assert refusal.code == "hold_over"


@pytest.mark.parametrize("who", [EMRE, POLICE_SYSTEM, LUCIA, NOOR, HANNEKE], ids=lambda who: who.id)
async def test_a_hold_of_somebody_else_is_not_given_away(field: Database, who: Actor) -> None:
    """Nor that of a colleague (emre): it is kept for another case."""
    held = await do(field, lambda tx: hold_place(tx, who, ["linde-1"], "h", NOW))
    await ask(field)
    refusal = await refused_answer(field, YES)
    assert (type(refusal), refusal.code) == (Conflict, "not_free")
    assert (await refused_answer(field, YES, at=held.expires_at - TICK)).code == "not_free"
    await offer(field, "linde-1", at=held.expires_at)
    assert (await every_row(field))["claim", "h"]["ending"] == "expired"


async def test_a_place_kept_for_another_caller_is_not_given_away(field: Database) -> None:
    await ask(field)
    for n, caller in enumerate((Holder("oever", "coordinator"), Holder("elsewhere", "police"))):
        await do(field, lambda tx, n=n, caller=caller: hold_place(tx, SANNE, ["linde-1"], f"h{n}", NOW, caller))  # type: ignore[misc]
        assert (await refused_answer(field, YES)).code == "not_free"
        await do(field, lambda tx, n=n: release_hold(tx, SANNE, f"h{n}", NOW))  # type: ignore[misc]


async def test_a_place_kept_for_one_case_is_not_offered_to_another_of_the_same_people(field: Database) -> None:
    await ask(field, case_id="first")
    await offer(field, "linde-1", case_id="first")
    await ask(field, who=MARK)
    assert (await refused_answer(field, YES)).code == "not_free"
    refusal = await refused(field, lambda tx: hold_place(tx, MARK, ["linde-1"], "h", NOW))
    assert refusal.code == "not_free"
    refusal = await refused(field, lambda tx: release_hold(tx, MARK, "first-linde-1", NOW))
    assert isinstance(refusal, NotFound)


async def test_places_that_were_offered_take_nobodys_room_for_holds(field: Database) -> None:
    for n in range(5):
        await ask(field, "linde", case_id=f"r{n}", at=NOW + n * MINUTE)
        await offer(field, "linde-1", case_id=f"r{n}", at=NOW + n * MINUTE)
        await withdraw(field, case_id=f"r{n}", at=NOW + n * MINUTE)
    assert await do(field, lambda tx: count_begun(tx, MARK, NOW - HOUR)) == 0


@pytest.mark.parametrize(("said", "reason"), [("occupied", None), ("closed", "repair")])
async def test_a_place_that_is_not_open_cannot_be_offered(field: Database, said: str, reason: str | None) -> None:
    await ask(field)
    await do(field, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange(said, reason), NOW))  # type: ignore[arg-type]
    assert (await refused_answer(field, YES)).code == "not_free"


@pytest.mark.parametrize("place", ["ceder-1", "nowhere"])
async def test_a_shelter_offers_its_own_places_only(field: Database, place: str) -> None:
    await ask(field, "linde", "ceder")
    refusal = await refused_answer(field, ShelterAnswer("yes", place), ANNEKE)
    assert isinstance(refusal, Invalid)
    assert [(one.field, one.code) for one in refusal.fields] == [("place", "not_here")]


async def test_an_answer_that_cannot_be_right_is_refused_whole(field: Database) -> None:
    await ask(field)
    for said in (
        ShelterAnswer("yes"),
        ShelterAnswer("no"),
        ShelterAnswer("discuss", "linde-1"),
        ShelterAnswer("no", reason="x"),
    ):
        assert isinstance(await refused_answer(field, said), Invalid)


# ---- who answers


@pytest.mark.parametrize(("who", "by"), [(SANNE, "shelter"), (ANNEKE, "shelter"), (MACHINE, "shelter"), (HANNEKE, "desk")])
async def test_the_shelter_answers_and_the_desk_when_it_telephoned(field: Database, who: Actor, by: str) -> None:
    await ask(field)
    await offer(field, "linde-1", who=who)
    assert (await asks(field))["linde"]["answered_by"] == by


async def test_strangers_to_the_shelter_or_to_the_case_do_not_know_it(field: Database) -> None:
    await ask(field, "linde", "nood")
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
        refusal = await refused_answer(field, ShelterAnswer("discuss"), who, shelter)
        assert (type(refusal), refusal.code) == (NotFound, "no_such_request")
    assert isinstance(await refused(field, lambda tx: answer_case(tx, SANNE, "none", "linde", YES, "c", NOW)), NotFound)


async def test_people_who_have_left_or_changed_roles_answer_nothing(field: Database) -> None:
    await ask(field)
    await run(field, "update person set role = 'auditor' where id = 'sanne'")
    assert isinstance(await refused_answer(field, YES), NotFound)
    await run(field, "update person set role = 'staff' where id = 'sanne'")
    await run(field, "delete from membership where person_id = 'sanne'")
    assert isinstance(await refused_answer(field, YES), NotFound)
    await run(field, "update person set ended_at = now() where id = 'hanneke'")
    assert isinstance(await refused_answer(field, YES, HANNEKE), NotFound)


@pytest.mark.parametrize("who", [MARK, EMRE, POLICE_SYSTEM], ids=lambda who: who.id)
async def test_police_place_somebody_themselves_where_the_police_decide(field: Database, who: Actor) -> None:
    await ask(field, "nood")
    await offer(field, "nood-1", who=who)
    assert (await asks(field))["nood"]["answered_by"] == "police"
    await choose(field, "nood", who=who)
    assert await state(field) == "confirmed"
    await arrive(field, "nood")
    assert await status(field, "nood-1", NOW) == "occupied"


async def test_police_say_only_yes_and_only_with_places_of_their_kinds(field: Database) -> None:
    await ask(field, "linde", "beuk", "nood")
    for said, shelter in (
        (YES, "linde"),
        (ShelterAnswer("yes", "beuk-1"), "beuk"),
        (ShelterAnswer("discuss"), "nood"),
        (ShelterAnswer("no", reason="other"), "nood"),
    ):
        refusal = await refused_answer(field, said, MARK, shelter)
        assert (type(refusal), refusal.code) == (NotAllowed, "not_your_role")
    await offer(field, "nood-1", who=MARK)
    refusal = await refused(field, lambda tx: take_arrival(tx, MARK, "r1", "nood", NOW, ZONE, arrived=True))
    assert (type(refusal), refusal.code) == (NotAllowed, "not_your_role")


@pytest.mark.parametrize("said", ["yes", "discuss", "no"])
async def test_police_do_not_answer_over_a_shelter_that_has_spoken(field: Database, said: str) -> None:
    await ask(field, "nood")
    answers = {"yes": ("nood-2", None), "discuss": (None, None), "no": (None, "no_staff")}
    await say(field, "nood", said, *answers[said])  # type: ignore[arg-type]
    refusal = await refused_answer(field, ShelterAnswer("yes", "nood-1"), MARK, "nood")
    assert (type(refusal), refusal.code) == (Conflict, "request_answered")


async def test_police_may_take_another_place_than_they_took_first(field: Database) -> None:
    await ask(field, "nood")
    await offer(field, "nood-1", who=MARK)
    await offer(field, "nood-2", who=EMRE)
    assert list(await live_claims(field)) == ["nood-2"]
    await say(field, "nood", "no", None, "no_staff")  # and the shelter has the last word
    assert await live_claims(field) == {}


async def test_a_coordinator_does_not_place_anybody_on_a_bed_of_the_police(field: Database) -> None:
    await ask(field, "nood", who=LUCIA)
    for who in (LUCIA, MARK):
        assert isinstance(await refused_answer(field, ShelterAnswer("yes", "nood-1"), who, "nood"), NotFound)


# ---- the desk decides


async def test_the_desk_confirms_a_choice(field: Database) -> None:
    await bring_to(field, "chosen")
    later = NOW + 30 * MINUTE
    async with looking(field) as seen:
        case = await confirm(field, at=later)
    assert seen.changed == {
        ("case_record", "r1"): {"version": 5, "state": "confirmed", "decided_at": later},
        ("shelter", "linde"): {"version": 4},
        ("claim", "r1-linde-1"): {"expires_at": NOW + 14 * HOUR},  # no longer as long as the desk may be closed
    }
    assert [(row["action"], row["actor_id"]) for row in seen.journal] == [("reserve", "hanneke")]
    assert told(seen.added) == [("confirmed", "linde", "hanneke", "desk")]
    assert seen.bells == [("shelter", "linde", 4), ("case", "r1", 5)]
    assert case.events == [("confirmed", ["linde"])]


async def test_in_the_morning_the_desk_ratifies_a_provisional_choice(field: Database) -> None:
    await ask(field, at=NIGHT)
    await offer(field, "linde-1", at=NIGHT)
    await choose(field, "linde", at=NIGHT)
    assert await state(field) == "provisional"
    await confirm(field, at=MORNING)
    assert (await every_row(field))["case_record", "r1"]["decided_at"] == MORNING
    assert await status(field, "linde-1", MORNING + 12 * HOUR - TICK) == "reserved"
    await arrive(field, "linde", at=MORNING + HOUR)
    assert await state(field) == "arrived"


async def test_people_who_came_at_night_are_ratified_in_the_morning_and_not_sent_away(field: Database) -> None:
    await bring_to(field, "provisional")
    await arrive(field, "linde", at=NOW + HOUR)
    row = (await every_row(field))["case_record", "r1"]
    assert (row["state"], row["over_at"], row["needs_sealed"] is None) == ("housed", None, False)
    for reason in DESK_REASONS:
        refusal = await refused(field, lambda tx, reason=reason: refuse_case(tx, HANNEKE, "r1", reason, MORNING))  # type: ignore[misc]
        assert (type(refusal), refusal.code) == (Conflict, "request_arrived")
    async with looking(field) as seen:
        await confirm(field, at=MORNING)
    row = (await every_row(field))["case_record", "r1"]
    assert (row["state"], row["over_at"], row["needs_sealed"]) == ("arrived", MORNING, None)
    assert "linde" not in [key[1] for key in seen.changed if key[0] == "shelter"]
    assert {(row["what"], row["kind_code"], row["unit_code"]) for row in rows_of(seen.added, "tally")} == {
        ("request", "", ""),
        ("placed_kind", "cosm", ""),
        ("placed_unit", "", "noord"),
    }
    assert await status(field, "linde-1", MORNING) == "occupied"


@pytest.mark.parametrize("so_far", ["chosen", "provisional"])
async def test_the_desk_refuses_with_a_reason_and_the_place_is_free_and_others_may_be_asked(
    field: Database, so_far: str
) -> None:
    await bring_to(field, so_far)
    async with looking(field) as seen:
        case = await refuse(field, "better_place", at=NOW + MINUTE)
    changed = seen.changed["case_record", "r1"]
    assert (changed["state"], changed["refusal"], changed["arrives_at"]) == ("asking", "better_place", None)
    assert seen.changed["ask", "r1", "linde"] == {"settled": "refused_by_desk", "settled_at": NOW + MINUTE}
    assert seen.changed["claim", "r1-linde-1"] == {"ended_at": NOW + MINUTE, "ending": "withdrawn"}
    assert told(seen.added) == [("refused", "linde", "hanneke", "desk")]
    assert [row["action"] for row in seen.journal] == ["unreserve"]
    assert seen.bells == [("shelter", "linde", 4), ("case", "r1", 5)]
    assert case.events == [("refused", ["linde"])]
    await ask_also(field, "beuk")
    await offer(field, "beuk-1")
    await choose(field, "beuk")
    assert (await every_row(field))["case_record", "r1"]["refusal"] is None


async def test_the_desk_says_why_and_only_the_desk_decides(field: Database) -> None:
    await bring_to(field, "chosen")
    refusal = await refused(field, lambda tx: refuse_case(tx, HANNEKE, "r1", "tired", NOW))
    assert isinstance(refusal, Invalid) and [(one.field, one.code) for one in refusal.fields] == [("reason", "not_one_of")]
    for who in (MARK, LUCIA, SANNE, actor("admin", "wouter", ())):
        refusal = await refused(field, lambda tx, who=who: confirm_case(tx, who, "r1", NOW, ZONE))  # type: ignore[misc]
        assert isinstance(refusal, NotAllowed)
        refusal = await refused(field, lambda tx, who=who: refuse_case(tx, who, "r1", "other", NOW))  # type: ignore[misc]
        assert isinstance(refusal, NotAllowed)
    assert isinstance(await refused(field, lambda tx: confirm_case(tx, HANNEKE, "none", NOW, ZONE)), NotFound)


@pytest.mark.parametrize("so_far", ["chosen", "provisional"])
async def test_a_choice_whose_time_ran_out_can_be_refused_and_not_confirmed(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    end = NOW + 74 * HOUR
    refusal = await refused(field, lambda tx: confirm_case(tx, HANNEKE, "r1", end, ZONE))
    assert (type(refusal), refusal.code) == (Conflict, "offer_over")
    await refuse(field, "other", at=end)
    assert (await every_row(field))["claim", "r1-linde-1"]["ending"] == "expired"


async def test_the_desk_confirms_no_place_of_which_the_shelter_says_something_else(field: Database) -> None:
    """But who was on their way before the desk looked may be in already."""

    async def tap(said: str) -> None:
        change = PlaceChange(said, "safety" if said == "closed" else None)  # type: ignore[arg-type]
        await do(field, lambda tx: change_place(tx, SANNE, "linde-1", change, NOW))

    await bring_to(field, "chosen")
    for said in ("occupied", "closed"):
        await tap(said)
        refusal = await refused(field, lambda tx: confirm_case(tx, HANNEKE, "r1", NOW, ZONE))
        assert (type(refusal), refusal.code) == (Conflict, "not_free")
    await tap("free")
    await withdraw(field)
    await bring_to(field, "provisional", case_id="r2")
    await tap("closed")
    assert (await refused(field, lambda tx: confirm_case(tx, HANNEKE, "r2", NOW, ZONE))).code == "not_free"
    await tap("occupied")
    await confirm(field, case_id="r2")
    assert await state(field, "r2") == "confirmed"


async def test_a_case_with_a_reserved_place_hears_its_shelter(field: Database) -> None:
    await bring_to(field, "chosen")
    for said, rung in (("free", False), ("occupied", True), ("occupied", False), ("free", True)):
        async with looking(field) as seen:
            await do(field, lambda tx, said=said: change_place(tx, SANNE, "linde-1", PlaceChange(said), NOW))  # type: ignore[misc]
        assert (("case", "r1", 0) in seen.bells) == rung
        assert await live_claims(field) == {"linde-1": "r1-linde-1"}  # the reservation stays: people decide


# ---- arrival


async def test_after_the_arrival_the_place_is_occupied_and_the_case_is_over(field: Database) -> None:
    await bring_to(field, "confirmed")
    later = NOW + 2 * HOUR
    async with looking(field) as seen:
        case = await arrive(field, "linde", at=later)
    assert seen.changed == {
        ("case_record", "r1"): {"version": 6, "state": "arrived", "over_at": later, "needs_sealed": None, "unit_code": None},
        ("ask", "r1", "ceder"): {"reason": None, "criterion": None},
        ("claim", "r1-linde-1"): {"ended_at": later, "ending": "used"},
        ("place", "linde-1"): {"state": "occupied", "since": later, "observed_at": later},
        ("shelter", "linde"): {"version": 5, "confirmed_at": later},  # as with every change of a place that it tells
    }
    (row,) = seen.journal
    assert (row["action"], row["place_id"], row["before"]["claim"]) == ("arrive", "linde-1", "r1-linde-1")
    assert (row["before"]["state"], row["after"]["state"]) == ("open", "occupied")
    assert told(seen.added) == [("arrived", "linde", "sanne", "staff")]
    assert seen.bells == [("shelter", "linde", 5), ("case", "r1", 6)]
    assert (case.versions, case.events) == ({"linde": 5}, [("arrived", ["linde"])])


async def test_the_desk_may_say_that_they_arrived_and_that_says_nothing_of_the_rest_of_the_board(field: Database) -> None:
    await bring_to(field, "confirmed")
    async with looking(field) as seen:
        await arrive(field, "linde", who=HANNEKE, at=NOW + HOUR)
    assert seen.changed["shelter", "linde"] == {"version": 5}
    assert await status(field, "linde-1", NOW + HOUR) == "occupied"


@pytest.mark.parametrize("so_far", ["provisional", "confirmed"])
async def test_after_a_missed_arrival_the_place_is_free_and_the_requester_looks_further(field: Database, so_far: str) -> None:
    await bring_to(field, so_far)
    async with looking(field) as seen:
        case = await miss(field, "linde", at=NOW + 3 * HOUR)
    changed = seen.changed["case_record", "r1"]
    assert (changed["state"], changed["arrives_at"], changed["decided_at"]) == ("asking", None, None)
    assert "refusal" not in changed
    assert seen.changed["ask", "r1", "linde"] == {"settled": "missed", "settled_at": NOW + 3 * HOUR}
    assert await status(field, "linde-1", NOW + 3 * HOUR) == "free"
    assert told(seen.added) == [("missed", "linde", "sanne", "staff")]
    assert case.events == [("missed", ["linde"])]
    assert (await every_row(field))["case_record", "r1"]["needs_sealed"] is not None


async def test_only_the_chosen_shelter_reports_an_arrival(field: Database) -> None:
    await bring_to(field, "confirmed")
    refusal = await refused(field, lambda tx: take_arrival(tx, KOFI, "r1", "ceder", NOW, ZONE, arrived=True))
    assert (type(refusal), refusal.code) == (Conflict, "request_settled")
    for who in (KOFI, LUCIA, NOOR):
        refusal = await refused(field, lambda tx, who=who: take_arrival(tx, who, "r1", "linde", NOW, ZONE, arrived=True))  # type: ignore[misc]
        assert isinstance(refusal, NotFound)


@pytest.mark.parametrize(
    ("so_far", "code"),
    [("asking", "not_chosen"), ("chosen", "undecided"), ("housed", "arrived"), ("arrived", "arrived"), ("withdrawn", "over")],
)
@pytest.mark.parametrize("arrived", [True, False])
async def test_an_unexpected_arrival_is_refused(field: Database, so_far: str, code: str, arrived: bool) -> None:
    await bring_to(field, so_far)
    refusal = await refused(field, lambda tx: take_arrival(tx, SANNE, "r1", "linde", NOW, ZONE, arrived=arrived))
    assert (type(refusal), refusal.code) == (Conflict, f"request_{code}")


@pytest.mark.parametrize("said", ["occupied", "closed"])
async def test_an_arrival_can_follow_a_tap_on_the_place(field: Database, said: str) -> None:
    await bring_to(field, "confirmed")
    change = PlaceChange(said, "safety" if said == "closed" else None)  # type: ignore[arg-type]
    await do(field, lambda tx: change_place(tx, SANNE, "linde-1", change, NOW + HOUR))
    assert await live_claims(field) == {"linde-1": "r1-linde-1"}
    await arrive(field, "linde", at=NOW + 2 * HOUR)
    place = (await every_row(field))["place", "linde-1"]
    assert (place["state"], place["closed_reason"], place["expected_free_at"]) == ("occupied", None, None)
    assert place["since"] == NOW + (HOUR if said == "occupied" else 2 * HOUR)
    assert await live_claims(field) == {}


async def test_a_late_arrival_finds_a_place_that_was_given_away_taken(field: Database) -> None:
    await bring_to(field, "confirmed")
    end = NOW + 14 * HOUR
    await do(field, lambda tx: hold_place(tx, NOOR, ["linde-1"], "h", end))
    refusal = await refused(field, lambda tx: take_arrival(tx, SANNE, "r1", "linde", end, ZONE, arrived=True))
    assert (type(refusal), refusal.code) == (Conflict, "not_free")
    await arrive(field, "linde", at=end + 30 * MINUTE)  # the hold ran out, so nobody is expected there
    assert (await every_row(field))["claim", "h"]["ending"] == "expired"
    assert await status(field, "linde-1", end + 30 * MINUTE) == "occupied"


async def test_a_late_arrival_is_let_in_though_nothing_is_kept_any_more(field: Database) -> None:
    await bring_to(field, "confirmed")
    await arrive(field, "linde", at=NOW + 20 * HOUR)
    assert await state(field) == "arrived"
    assert await status(field, "linde-1", NOW + 20 * HOUR) == "occupied"
    assert (await tallies(field))["request", "", "", "arrived"] == 1


# ---- what else happens to the places


WITHIN = timedelta(seconds=10)


async def test_a_tap_on_a_reserved_place_is_taken_back_and_it_is_still_reserved(field: Database) -> None:
    await bring_to(field, "confirmed")
    tap = await do(field, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW))
    assert await status(field, "linde-1", NOW) == "occupied"
    async with looking(field) as seen:
        await do(field, lambda tx: undo_change(tx, SANNE, "linde", tap.journal_id, NOW, WITHIN))
    assert ("case", "r1", 0) in seen.bells  # a requester who heard of the tap hears of this as well
    assert await status(field, "linde-1", NOW) == "reserved"


@pytest.mark.parametrize("meanwhile", ["arrived", "missed", "withdrawn"])
async def test_a_tap_is_not_taken_back_when_the_place_was_moved_into_or_let_go_meanwhile(
    field: Database, meanwhile: str
) -> None:
    await bring_to(field, "confirmed")
    tap = await do(field, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW))
    if meanwhile == "withdrawn":
        await withdraw(field)
    else:
        await arrive(field, "linde", arrived=meanwhile == "arrived")
    refusal = await refused(field, lambda tx: undo_change(tx, SANNE, "linde", tap.journal_id, NOW, WITHIN))
    assert refusal.code == "too_late_to_undo"
    assert await status(field, "linde-1", NOW) == "occupied"


async def test_a_tap_that_freed_a_place_is_not_taken_back_once_it_was_promised(field: Database) -> None:
    await ask(field)
    tap = await do(field, lambda tx: change_place(tx, SANNE, "linde-3", PlaceChange("free"), NOW))
    await offer(field, "linde-3")
    refusal = await refused(field, lambda tx: undo_change(tx, SANNE, "linde", tap.journal_id, NOW, WITHIN))
    assert refusal.code == "too_late_to_undo"


async def test_an_arrival_is_no_tap_that_can_be_taken_back(field: Database) -> None:
    await bring_to(field, "confirmed")
    await arrive(field, "linde")
    last = max(int(str(key[1])) for key in await every_row(field) if key[0] == "journal")
    refusal = await refused(field, lambda tx: undo_change(tx, SANNE, "linde", last, NOW, WITHIN))
    assert refusal.code == "too_late_to_undo"


async def test_a_number_never_gives_a_reserved_place_away(field: Database) -> None:
    await bring_to(field, "asking")
    await do(field, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(0)}, NOW))
    assert [await status(field, f"linde-{n}", NOW) for n in (1, 2, 3)] == ["reserved", "occupied", "occupied"]
    await do(field, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(2)}, NOW))
    assert [await status(field, f"linde-{n}", NOW) for n in (1, 2, 3)] == ["reserved", "free", "free"]
    with pytest.raises(Invalid):
        await do(field, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(3)}, NOW))
    await withdraw(field)
    await do(field, lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(3)}, NOW))


# ---- looks


async def look(field: Database, who: Actor, at: datetime = NOW) -> str:
    found: str = await do(field, lambda tx: disclose_address(tx, who, "r1", SEAL, at))
    return found


async def test_the_address_is_disclosed_to_the_requester_and_the_desk_and_written_down(field: Database) -> None:
    await bring_to(field, "confirmed")
    async with looking(field) as seen:
        assert [await look(field, who) for who in (MARK, EMRE, POLICE_SYSTEM, HANNEKE)] == ["CANARY-ADR-linde"] * 4
    looks = rows_of(seen.added, "disclosure")
    assert [(row["actor_id"], row["what"], row["why"], row["case_id"]) for row in looks] == [
        (who, "address", "request", "r1") for who in ("mark", "emre", "demo-police", "hanneke")
    ]
    assert (seen.changed, seen.journal, seen.bells) == ({}, [], [])


@pytest.mark.parametrize(
    ("so_far", "shown"),
    [
        ("asking", False),
        ("chosen", False),
        ("provisional", True),
        ("confirmed", True),
        ("housed", False),
        ("arrived", False),
        ("withdrawn", False),
        ("ended", False),
    ],
)
async def test_the_address_is_shown_only_while_they_are_on_the_way(field: Database, so_far: str, shown: bool) -> None:
    await bring_to(field, so_far)
    for who in (MARK, HANNEKE):
        if shown:
            assert await look(field, who, NOW + 12 * HOUR - TICK) == "CANARY-ADR-linde"
        at = NOW + 12 * HOUR if shown else NOW
        refusal = await refused(field, lambda tx, who=who, at=at: disclose_address(tx, who, "r1", SEAL, at))  # type: ignore[misc]
        assert (type(refusal), refusal.code) == (NotAllowed, "no_address_now")


async def test_strangers_to_a_case_do_not_see_where_it_goes(field: Database) -> None:
    await bring_to(field, "confirmed")
    outsiders: Sequence[Actor] = (NOOR, LUCIA, SANNE, KOFI, ILSE, actor("admin", "wouter", ()), actor("auditor", "gerda", ()))
    for who in outsiders:
        refusal = await refused(field, lambda tx, who=who: disclose_address(tx, who, "r1", SEAL, NOW))  # type: ignore[misc]
        assert (type(refusal), refusal.code) == (NotFound, "no_such_request")
    await run(field, "update person set ended_at = now() where id in ('mark', 'hanneke')")
    for who in (MARK, HANNEKE):
        assert isinstance(await refused(field, lambda tx, who=who: disclose_address(tx, who, "r1", SEAL, NOW)), NotFound)  # type: ignore[misc]


async def test_an_address_is_not_shown_when_the_disclosure_cannot_be_written_down(field: Database) -> None:
    await bring_to(field, "confirmed")
    await run(field, "alter table disclosure add constraint ck_disclosure_broken check (false)")
    with pytest.raises(Exception, match="ck_disclosure_broken"):
        await look(field, MARK)


async def test_the_telephone_comes_with_a_case_for_as_long_as_the_shelter_belongs_to_it(field: Database) -> None:
    async def telephone(who: Actor, shelter: str = "linde") -> str:
        found: str = await do(field, lambda tx: disclose_telephone(tx, who, shelter, SEAL, NOW, is_stale=False))
        return found

    await bring_to(field, "chosen")
    assert await telephone(MARK) == await telephone(EMRE) == "CANARY-TEL-linde"
    looks = rows_of(await every_row(field), "disclosure")
    assert [(row["why"], row["case_id"], row["claim_id"]) for row in looks] == [("request", "r1", None)] * 2
    for who, shelter in ((MARK, "ceder"), (NOOR, "linde"), (LUCIA, "linde")):  # settled, and strangers
        with pytest.raises(NotAllowed):
            await telephone(who, shelter)
    await withdraw(field)
    with pytest.raises(NotAllowed):
        await telephone(MARK)
