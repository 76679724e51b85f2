"""The police take a place where they decide: one press is the answer and the choice, or it is nothing."""

import pytest

from bedboard.actions.holds import hold_place
from bedboard.actions.taking import take_place
from bedboard.rules.access import Actor
from bedboard.rules.cases import ShelterAnswer
from bedboard.store.database import Database
from tests.actions.races import Action, all_at_once, answering, overtaken
from tests.build import NOW
from tests.build.cases import (
    EMRE,
    HANNEKE,
    HOUR,
    LUCIA,
    MARK,
    NOOR,
    POLICE_SYSTEM,
    SANNE,
    ZONE,
    ask,
    live_claims,
    offer,
    say,
    state,
    told,
)
from tests.build.rows import do, every_row, looking, refused, status
from tests.build.wrong import wrong_with


def taking(place: str, who: Actor = MARK, case_id: str = "r1") -> Action:
    said, shelter = ShelterAnswer("yes", place), place.rpartition("-")[0]
    return lambda tx: take_place(tx, who, case_id, shelter, said, f"{case_id}-{place}", NOW, ZONE, NOW + HOUR)


@pytest.mark.parametrize("who", [MARK, EMRE, POLICE_SYSTEM], ids=lambda who: who.id)
async def test_one_step_takes_the_place_and_lets_all_others_go(case_database: Database, who: Actor) -> None:
    await ask(case_database, "nood", "linde", "beuk")
    await offer(case_database, "linde-1")
    async with looking(case_database) as seen:
        case = await do(case_database, taking("nood-1", who))
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["decided_at"], row["arrives_at"]) == ("confirmed", NOW, NOW + HOUR)
    assert await live_claims(case_database) == {"nood-1": "r1-nood-1"}
    assert await status(case_database, "linde-1", NOW) == "free"
    assert [what for what, *_ in told(seen.added)] == ["yes", "chosen"]
    assert case.events == [("yes", ["nood"]), ("chosen", ["nood"])]
    assert set(case.versions) == {"nood", "linde"}
    assert wrong_with(await every_row(case_database)) == []


@pytest.mark.parametrize(
    ("who", "place", "code"),
    [
        (MARK, "linde-1", "not_your_role"),  # the desk decides there
        (MARK, "beuk-1", "not_your_role"),  # the shelter does
        (MARK, "ceder-1", "no_such_request"),  # was not asked
        (MARK, "nowhere-1", "no_such_request"),
        (MARK, "nood-9", "not_here"),
        (NOOR, "nood-1", "no_such_request"),
        (LUCIA, "nood-1", "no_such_request"),
        (SANNE, "nood-1", "no_such_request"),
        (HANNEKE, "nood-1", "no_such_request"),
    ],
)
async def test_what_cannot_be_taken_changes_nothing(case_database: Database, who: Actor, place: str, code: str) -> None:
    await ask(case_database, "nood", "linde", "beuk")
    before = await every_row(case_database)
    refusal = await refused(case_database, taking(place, who))
    fields = getattr(refusal, "fields", ())
    assert (fields[0].code if fields else refusal.code) == code
    assert await every_row(case_database) == before


@pytest.mark.parametrize("answer", ["discuss", "yes", "yes, and its hour has passed"])
async def test_the_decision_of_the_police_does_not_wait_for_the_answer_of_the_shelter(
    case_database: Database, answer: str
) -> None:
    await ask(case_database, "nood")
    if answer == "discuss":
        await say(case_database, "nood", "discuss")
    else:
        await offer(case_database, "nood-2", at=NOW - 2 * HOUR if "passed" in answer else NOW)
    await do(case_database, taking("nood-1"))
    assert await state(case_database) == "confirmed"
    assert await live_claims(case_database) == {"nood-1": "r1-nood-1"}
    assert await status(case_database, "nood-2", NOW) == "free"
    assert wrong_with(await every_row(case_database)) == []


async def test_a_place_is_not_taken_over_a_no_of_the_shelter_or_a_hold_of_others(case_database: Database) -> None:
    await ask(case_database, "nood")
    await do(case_database, lambda tx: hold_place(tx, LUCIA, ["nood-1"], "hers", NOW))
    before = await every_row(case_database)
    assert (await refused(case_database, taking("nood-1"))).code == "not_free"
    assert await every_row(case_database) == before
    await say(case_database, "nood", "no", None, "no_staff")
    assert (await refused(case_database, taking("nood-2"))).code == "request_answered"
    assert await state(case_database) == "asking"


async def test_the_last_place_goes_to_one_of_two_cases(pools: tuple[Database, Database]) -> None:
    cases = ("r1", "r2")
    for case_id in cases:
        await ask(pools[0], "nood", case_id=case_id)
    said = await all_at_once(pools, [taking("nood-1", case_id=case_id) for case_id in cases])
    assert sorted(said) == ["done", "not_free"]
    assert sorted([await state(pools[0], case_id) for case_id in cases]) == ["asking", "confirmed"]
    assert wrong_with(await every_row(pools[0])) == []


async def test_many_who_take_and_answer_at_once_never_wait_in_a_circle(pools: tuple[Database, Database]) -> None:
    """Each case has an offer of a shelter that comes before the taken one, so both are locked."""
    for n in range(6):
        await ask(pools[0], "nood", "beuk", "ceder", case_id=f"r{n}")
    await offer(pools[0], "beuk-1", case_id="r0")
    await offer(pools[0], "beuk-2", case_id="r1")
    takes = [taking(f"nood-{n % 2 + 1}", case_id=f"r{n}") for n in range(6)]
    answers = [answering(f"beuk-{n % 2 + 1}", case_id=f"r{n}", who=HANNEKE) for n in range(6)]
    said = await all_at_once(pools, [*takes, *answers])
    assert set(said) <= {"done", "not_free", "request_settled"}
    assert said[:6].count("done") == 2
    assert wrong_with(await every_row(pools[0])) == []


async def test_people_who_lose_the_right_while_they_wait_take_nothing(pools: tuple[Database, Database]) -> None:
    await ask(pools[0], "nood")
    gone = "update person set role = 'auditor' where id = 'emre'"
    said = await overtaken(pools, answering("nood-2", who=HANNEKE), taking("nood-1", EMRE), gone)
    assert said == "no_such_request"
    assert await live_claims(pools[0]) == {"nood-2": "r1-nood-2"}
