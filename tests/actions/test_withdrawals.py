"""Why a case is withdrawn: only without a place somebody is asked where the person sleeps, and only that counts as a night."""

import pytest

from bedboard.actions.cases import tell_outcome, withdraw_case
from bedboard.rules.cases import WITHDRAW_REASONS
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import LUCIA, MARK, MINUTE, ZONE, asks, bring_to, live_claims, tallies, told, withdraw
from tests.build.rows import codes, every_row, looking, refused
from tests.build.wrong import wrong_with

OTHERS = [why for why in WITHDRAW_REASONS if why != "no_place"]
REFUSALS = {"refused", "refused_kind", "refused_unit", "contra_indication"}


@pytest.mark.parametrize("why", OTHERS)
@pytest.mark.parametrize("so_far", ["asking", "confirmed"])
async def test_for_other_reasons_a_case_is_at_its_end_and_no_night_is_counted(
    case_database: Database, so_far: str, why: str
) -> None:
    await bring_to(case_database, so_far)
    async with looking(case_database) as seen:
        case = await withdraw(case_database, why, at=NOW + MINUTE)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["over_at"], row["needs_sealed"], row["unit_code"]) == ("cancelled", NOW + MINUTE, None, None)
    assert await live_claims(case_database) == {}
    assert (await asks(case_database))["linde"]["settled"] == "withdrawn"
    assert told(seen.added) == [("cancelled", None, "mark", "police")]
    assert case.events == [("cancelled", ["linde"])]
    counted = {key: count for key, count in (await tallies(case_database)).items() if key[0] not in REFUSALS}
    assert counted == {("withdrawn", "", "", why): 1}
    assert wrong_with(await every_row(case_database)) == []
    late = await refused(case_database, lambda tx: tell_outcome(tx, MARK, "r1", "street", NOW, ZONE))
    assert late.code == "request_over"


async def test_without_a_place_the_question_comes_and_its_answer_is_the_count(case_database: Database) -> None:
    await bring_to(case_database, "asking")
    await withdraw(case_database)
    assert not [key for key in await tallies(case_database) if key[0] in ("withdrawn", "slept", "request")]
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["unit_code"]) == ("withdrawn", "noord")


@pytest.mark.parametrize("why", OTHERS)
async def test_a_case_that_was_withdrawn_without_a_place_may_still_say_another_reason(
    case_database: Database, why: str
) -> None:
    await bring_to(case_database, "withdrawn")
    await withdraw(case_database, why, at=NOW + MINUTE)
    row = (await every_row(case_database))["case_record", "r1"]
    assert (row["state"], row["over_at"], row["unit_code"]) == ("cancelled", NOW, None)
    assert not [key for key in await tallies(case_database) if key[0] in ("slept", "request")]


async def test_a_withdrawal_says_one_of_the_reasons_and_strangers_say_none(case_database: Database) -> None:
    await bring_to(case_database, "asking")
    wrong = await refused(case_database, lambda tx: withdraw_case(tx, MARK, "r1", "tired", NOW, ZONE))
    assert codes(wrong) == [("why", "not_one_of")]
    for why in ("tired", "by_mistake"):
        found = await refused(case_database, lambda tx, why=why: withdraw_case(tx, LUCIA, "r1", why, NOW, ZONE))  # type: ignore[misc]
        assert found.code == "no_such_request"


@pytest.mark.parametrize(("so_far", "code"), [("housed", "arrived"), ("arrived", "arrived"), ("ended", "over")])
async def test_there_is_nothing_to_withdraw_any_more(case_database: Database, so_far: str, code: str) -> None:
    await bring_to(case_database, so_far)
    for why in ("no_place", "by_mistake"):
        found = await refused(case_database, lambda tx, why=why: withdraw_case(tx, MARK, "r1", why, NOW, ZONE))  # type: ignore[misc]
        assert found.code == f"request_{code}"
