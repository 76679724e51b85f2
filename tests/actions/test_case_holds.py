"""A hold that a case uses: the shelter offers that place, and what is not needed any more is given back with one press."""

from dataclasses import replace
from datetime import datetime

import pytest

from bedboard.actions import case_holds
from bedboard.actions.case_hand_over import hand_over_case, take_over_case
from bedboard.actions.case_holds import release_case_holds
from bedboard.actions.holds import Holder, release_hold
from bedboard.rules.access import Actor
from bedboard.store.claims import list_holds_of_cases
from bedboard.store.database import Database
from tests.actions.races import overtaken
from tests.build import NOW
from tests.build.cases import EMRE, HOUR, LUCIA, MARK, POLICE_SYSTEM, ask, ask_also, asks, choose, live_claims, offer, told
from tests.build.holds import HALF_HOUR, hold
from tests.build.rows import do, every_row, goes, looking, refused, run


async def test_a_case_uses_the_hold_that_its_requester_has_at_a_shelter(case_database: Database) -> None:
    await hold(case_database, places=["linde-2"], claim_id="mine")
    await hold(case_database, EMRE, ["ceder-1"], "a colleague's")
    await ask(case_database, "linde", "ceder", "beuk")
    assert {one: row["hold_id"] for one, row in (await asks(case_database)).items()} == {
        "linde": "mine",
        "ceder": None,
        "beuk": None,
    }
    await offer(case_database, "linde-2")
    assert (await live_claims(case_database))["linde-2"] == "r1-linde-2"


async def test_a_hold_that_another_open_case_uses_is_left_to_it(case_database: Database) -> None:
    await hold(case_database, claim_id="first")
    await ask(case_database, "linde")
    await ask(case_database, "linde", case_id="r2")
    assert (await asks(case_database, "r2"))["linde"]["hold_id"] is None
    await hold(case_database, places=["linde-2"], claim_id="second")
    await ask(case_database, "linde", case_id="r3")
    assert (await asks(case_database, "r3"))["linde"]["hold_id"] == "second"


async def test_a_hold_for_the_kind_that_is_asked_goes_before_one_that_ends_sooner(case_database: Database) -> None:
    opened = "state = 'open', closed_reason = null, expected_free_at = null"
    await run(case_database, f"update place set {opened} where id = 'linde-4'")  # noqa: S608
    await hold(case_database, places=["linde-4"], claim_id="women")
    await hold(case_database, places=["linde-1"], claim_id="cosm", at=NOW + HALF_HOUR / 2)
    await ask(case_database, "linde", at=NOW + HALF_HOUR / 2)
    assert (await asks(case_database))["linde"]["hold_id"] == "cosm"


async def test_the_hold_of_a_colleague_who_asks_more_can_be_offered_for_the_case(case_database: Database) -> None:
    await ask(case_database, "linde")
    await hold(case_database, EMRE, ["beuk-1"], "emre's")
    await ask_also(case_database, "beuk", who=EMRE)
    await offer(case_database, "beuk-1")
    assert (await live_claims(case_database))["beuk-1"] == "r1-beuk-1"


async def test_after_a_choice_elsewhere_the_other_holds_are_given_back_at_once(case_database: Database) -> None:
    await hold(case_database, places=["linde-1"], claim_id="h1")
    await hold(case_database, places=["ceder-1"], claim_id="h2")
    await hold(case_database, places=["wilg-1"], claim_id="for somebody else")
    await ask(case_database, "linde", "ceder", "beuk")
    await offer(case_database, "beuk-1")
    await choose(case_database, "beuk")
    async with looking(case_database) as seen:
        await do(case_database, lambda tx: release_case_holds(tx, EMRE, "r1", NOW))
    claims = await live_claims(case_database)
    assert set(claims) == {"beuk-1", "wilg-1"}
    assert [(row["action"], row["place_id"], row["actor_id"]) for row in seen.journal] == [
        ("release", "linde-1", "emre"),
        ("release", "ceder-1", "emre"),
    ]
    assert told(seen.added) == [("released", "ceder", "emre", "police"), ("released", "linde", "emre", "police")]
    assert {bell[:2] for bell in seen.bells} == {("shelter", "linde"), ("shelter", "ceder"), ("case", "r1")}


async def test_what_those_hold_who_handed_the_case_over_is_not_given_back_by_others(case_database: Database) -> None:
    await hold(case_database, places=["ceder-1"], claim_id="h2")
    await ask(case_database, "ceder", "beuk")
    await offer(case_database, "beuk-1")
    await choose(case_database, "beuk")
    await do(case_database, lambda tx: hand_over_case(tx, MARK, "r1", Holder("oever", "coordinator"), NOW))
    await do(case_database, lambda tx: take_over_case(tx, LUCIA, "r1", NOW))
    assert (await refused(case_database, lambda tx: release_case_holds(tx, LUCIA, "r1", NOW))).code == "hold_over"
    assert (await live_claims(case_database))["ceder-1"] == "h2"


@pytest.mark.parametrize(
    ("who", "at", "code"),
    [(LUCIA, NOW, "no_such_request"), (MARK, NOW + HALF_HOUR, "hold_over"), (POLICE_SYSTEM, NOW + HALF_HOUR, "hold_over")],
)
async def test_a_hold_that_is_over_or_of_strangers_is_not_given_back(
    case_database: Database, who: Actor, at: datetime, code: str
) -> None:
    await hold(case_database)
    await ask(case_database, "linde")
    assert (await refused(case_database, lambda tx: release_case_holds(tx, who, "r1", at))).code == code


@pytest.mark.parametrize("reads_again", [False, True], ids=["read before the locks", "read under the locks"])
async def test_a_hold_that_its_holder_releases_meanwhile_is_ended_once(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, reads_again: bool
) -> None:
    await hold(pools[0])
    await ask(pools[0], "linde")
    if not reads_again:
        found = await do(pools[0], lambda tx: list_holds_of_cases(tx, ["r1"], NOW))

        async def earlier(*_: object) -> object:
            return found

        monkeypatch.setattr(case_holds, "list_holds_of_cases", earlier)
    said = await overtaken(
        pools, lambda tx: release_hold(tx, MARK, "h1", NOW), lambda tx: release_case_holds(tx, MARK, "r1", NOW + HOUR / 6)
    )
    rows = await every_row(pools[0])

    def check() -> None:
        assert said == "hold_over"
        assert rows["claim", "h1"]["ended_at"] == NOW

    goes(reads_again, check)


async def test_somebody_who_went_to_another_organization_still_gives_the_own_hold_back(case_database: Database) -> None:
    await hold(case_database, places=["linde-2"], claim_id="mine")
    await run(case_database, "update person set organization_id = 'elsewhere' where id = 'mark'")
    moved = replace(MARK, organization_id="elsewhere")
    await ask(case_database, "linde", who=moved)
    assert (await asks(case_database))["linde"]["hold_id"] == "mine"
    await do(case_database, lambda tx: release_case_holds(tx, moved, "r1", NOW))
    assert await live_claims(case_database) == {}
