"""Two organizations become one: all of it moves and goes on, and of two merges at once one is done."""

import asyncio
from typing import Any

import pytest

from bedboard.actions import case_hand_over, holds
from bedboard.actions.case_hand_over import hand_over_case, take_over_case
from bedboard.actions.cases import withdraw_case
from bedboard.actions.holds import Holder, hold_place, release_hold
from bedboard.actions.manage import merging
from bedboard.actions.manage.merging import merge_organizations, plan_merge
from bedboard.actions.manage.organizations import OrganizationFacts, change_organization, end_organization
from bedboard.rules.access import Actor
from bedboard.rules.refusals import Invalid, NotAllowed, NotFound
from bedboard.store.case_events import list_case_events
from bedboard.store.cases import list_left_cases, list_parties
from bedboard.store.database import Database, Transaction
from bedboard.store.merging import count_moving
from bedboard.store.tables.board import Organization
from tests.actions.races import Action, all_at_once, answering, not_yet_committed, outcome, waits
from tests.build import NOW, actor
from tests.build.cases import EMRE, HANNEKE, HOUR, ILSE, LUCIA, MARK, NOOR, ZONE, ask, choose, offer
from tests.build.rows import do, every_row, goes, looking, refused, run, unlocked_organization

WOUTER, GERDA = actor("admin", "wouter", ()), actor("auditor", "gerda", ())
HER = Actor("person", "noor", "police", "Noor", "oever", frozenset())  # Noor, as she signs in after the merge


def merging_of(one: str = "elsewhere", other: str = "oever", who: Actor = WOUTER, seen: str | None = None) -> Action:
    return lambda tx: merge_organizations(tx, who, one, other, NOW, seen)


async def merge(database: Database, one: str = "elsewhere", other: str = "oever") -> None:
    await do(database, merging_of(one, other))


async def further(database: Database, *roles: tuple[str, str, str]) -> None:
    for person, organization, role in roles:
        await run(
            database, "insert into appointment values (:person, :organization, :role)",
            person=person, organization=organization, role=role,
        )  # fmt: skip


def rows_of(rows: Any, table: str) -> list[dict[str, Any]]:
    return [row for key, row in sorted(rows.items(), key=str) if key[0] == table]


def told(seen: Any) -> list[tuple[str, str | None]]:
    return sorted((row["action"], row.get("subject") or row["shelter_id"]) for row in seen.journal)


async def test_everything_of_one_organization_goes_to_the_other_with_a_line_for_each(case_database: Database) -> None:
    await run(case_database, "update shelter set organization_id = 'elsewhere' where id in ('wilg', 'nood')")
    await run(case_database, "update person set organization_id = 'elsewhere' where id = 'ilse'")
    await run(
        case_database, 'update organization set telephones = \'{"police": "010 1", "desk": "010 2"}\' where id = \'elsewhere\''
    )
    await run(case_database, "update organization set telephones = '{\"police\": \"020 1\"}' where id = 'oever'")
    await run(case_database, "update client set organization_id = 'elsewhere' where id = 'demo-police'")
    await further(case_database, ("lucia", "elsewhere", "desk"), ("noor", "elsewhere", "coordinator"))
    await do(case_database, lambda tx: hold_place(tx, NOOR, ["linde-1"], "h1", NOW))
    await ask(case_database, "beuk", who=NOOR)
    await offer(case_database, "beuk-1")
    async with looking(case_database) as seen:
        await merge(case_database)
    assert told(seen) == sorted([
        ("merge_organization", "organization elsewhere"),
        ("change_organization", "organization oever"),
        ("change_shelter", "wilg"), ("change_shelter", "nood"),
        ("change_person", "person ilse"), ("change_person", "person noor"),
        ("move_role", "person lucia"), ("move_role", "person noor"),
        ("change_token", "client demo-police"),
        ("move_claim", "linde"), ("move_claim", "beuk"),
    ])  # fmt: skip
    [line] = rows_of(seen.added, "case_event")
    assert (line["what"], line["case_id"], line["actor_id"]) == ("merged", "r1", "wouter")
    after = await every_row(case_database)
    moved = [row for table in ("shelter", "person", "appointment", "client") for row in rows_of(after, table)]
    assert "elsewhere" not in {row["organization_id"] for row in moved}
    assert {(row["organization_id"], row["ended_at"]) for row in rows_of(after, "claim")} == {("oever", None)}
    [case] = rows_of(after, "case_record")
    assert (case["organization_id"], case["state"]) == ("oever", "asking")
    [one] = [row for row in rows_of(after, "organization") if row["id"] == "elsewhere"]
    assert (one["ended_at"], one["merged_into_id"]) == (NOW, "oever")
    [other] = [row for row in rows_of(after, "organization") if row["id"] == "oever"]
    assert other["telephones"] == {"police": "020 1", "desk": "010 2"}
    assert ("catalogue", "all", 0) in seen.bells and ("case", "r1", 3) in seen.bells
    assert {bell[1] for bell in seen.bells if bell[0] == "shelter"} == {"wilg", "nood", "linde", "beuk"}


async def test_what_goes_on_goes_on_in_the_other_organization(case_database: Database) -> None:
    await do(case_database, lambda tx: hold_place(tx, NOOR, ["linde-1"], "h1", NOW))
    await ask(case_database, "beuk", who=NOOR)
    await offer(case_database, "beuk-1")
    await merge(case_database)
    await do(case_database, lambda tx: release_hold(tx, HER, "h1", NOW))
    case = await choose(case_database, "beuk", who=HER)
    assert case.state == "confirmed"
    stranger = await refused(case_database, lambda tx: withdraw_case(tx, NOOR, "r1", "not_needed", NOW, ZONE))
    assert isinstance(stranger, NotFound)  # a session from before
    await do(case_database, lambda tx: withdraw_case(tx, MARK, "r1", "not_needed", NOW, ZONE))  # a colleague now


async def test_a_role_that_would_be_there_twice_is_there_once(case_database: Database) -> None:
    await further(
        case_database,
        *(("noor", "oever", "police"), ("mark", "elsewhere", "police")),
        *(("lucia", "elsewhere", "desk"), ("lucia", "oever", "desk")),
    )
    async with looking(case_database) as seen:
        await merge(case_database)
    dropped = [(row["subject"], row["before"]["role"]) for row in seen.journal if row["action"] == "end_role"]
    assert sorted(dropped) == [("person lucia", "desk"), ("person mark", "police"), ("person noor", "police")]
    left = rows_of(await every_row(case_database), "appointment")
    assert [(row["person_id"], row["organization_id"], row["role"]) for row in left] == [("lucia", "oever", "desk")]


async def test_the_plan_names_what_moves_and_what_stops(case_database: Database) -> None:
    await run(case_database, "update shelter set organization_id = 'elsewhere' where id = 'wilg'")
    await further(case_database, ("noor", "oever", "police"), ("lucia", "elsewhere", "desk"))
    numbers, other = {"police": "010 1", "desk": "010 2"}, {"police": "020 1"}
    plan = await do(case_database, lambda tx: plan_merge(tx, "elsewhere", "oever", numbers, other, NOW))
    assert [one.id for one in plan.shelters] == ["wilg"] and [one.id for one in plan.people] == ["noor"]
    assert plan.roles == [("Lucia", "desk")] and [tuple(one) for one in plan.dropped] == [("noor", "Noor", "police")]
    assert (plan.gained, plan.lost) == ({"desk": "010 2"}, ["police"])


async def test_a_plan_that_is_not_true_any_more_is_shown_again(case_database: Database) -> None:
    plan = await do(case_database, lambda tx: plan_merge(tx, "elsewhere", "oever", {}, {}, NOW))
    await run(case_database, "update shelter set organization_id = 'elsewhere' where id = 'wilg'")
    assert (await refused(case_database, merging_of(seen=plan.stamp))).code == "facts_changed"


async def test_the_hand_over_of_a_merged_organization_stays_its_own(case_database: Database) -> None:
    """Those who left a case to others, and may be on the road, see it in the other organization too."""
    await ask(case_database, "beuk", who=NOOR)
    await offer(case_database, "beuk-1")
    await choose(case_database, "beuk", who=NOOR)
    await do(case_database, lambda tx: hand_over_case(tx, NOOR, "r1", Holder("oever", "coordinator"), NOW))
    await do(case_database, lambda tx: take_over_case(tx, LUCIA, "r1", NOW))
    await merge(case_database)

    async def check(tx: Transaction) -> None:
        assert [one.id for one in await list_left_cases(tx, "oever", "police", NOW)] == ["r1"]
        [parties] = await list_parties(tx, ["r1"])
        assert parties.former == {"oever police"}
        assert {line.organization_id for line in await list_case_events(tx, "r1") if line.what == "handed_over"} == {"oever"}

    await do(case_database, check)
    stored = rows_of(await every_row(case_database), "case_event")
    assert {row["organization_id"] for row in stored if row["what"] == "handed_over"} == {"elsewhere"}  # as it was then


async def test_an_offer_to_those_who_have_the_case_is_taken_back(case_database: Database) -> None:
    await ask(case_database, "beuk")
    await do(case_database, lambda tx: hand_over_case(tx, MARK, "r1", Holder("elsewhere", "police"), NOW))
    await merge(case_database)
    [case] = rows_of(await every_row(case_database), "case_record")
    assert (case["organization_id"], case["handed_organization_id"], case["handed_at"]) == ("oever", None, None)


async def test_sessions_of_those_who_move_end_and_every_process_hears_it(case_database: Database) -> None:
    for person in ("noor", "mark"):
        await run(
            case_database,
            "insert into session (token_hash, person_id, created_at, used_at) values (:token, :person, :now, :now)",
            token=person.encode(), person=person, now=NOW,
        )  # fmt: skip
    async with looking(case_database) as seen:
        await merge(case_database)
    assert {key[1]: row for key, row in seen.changed.items() if key[0] == "session"} == {b"noor": {"ended_at": NOW}}
    assert ("session", b"noor".hex(), 0) in seen.bells


async def test_limits_count_for_both_together_and_refuse_nothing_that_goes_on(case_database: Database) -> None:
    rest = "beds, cots, state, since, observed_at"
    place = f"n || '', shelter_id, kind_code, 9 + n, 'x' || n, {rest} from place, generate_series(1, 12) n where id = 'linde-1'"
    await run(case_database, f"insert into place (id, shelter_id, kind_code, position, label, {rest}) select {place}")
    whose = "case when n < 7 then 'elsewhere' else 'oever' end, 'police', case when n < 7 then 'noor' else 'mark' end"
    columns = "id, place_id, type, organization_id, role, person_id, created_at, expires_at"
    values = f"n || '', n || '', 'hold', {whose}, :now, :ends from generate_series(1, 12) n"
    await run(case_database, f"insert into claim ({columns}) select {values}", now=NOW, ends=NOW + HOUR)
    counts = await do(case_database, lambda tx: count_moving(tx, "elsewhere", "oever", NOW))
    assert counts == (6, 12, 0)
    await merge(case_database)
    claims = rows_of(await every_row(case_database), "claim")
    assert {(row["organization_id"], row["ended_at"]) for row in claims} == {("oever", None)}
    refusal = await refused(case_database, lambda tx: hold_place(tx, EMRE, ["beuk-1"], "new", NOW))
    assert refusal.code == "holds_of_organization"


@pytest.mark.parametrize(("one", "other"), [("elsewhere", "elsewhere"), ("elsewhere", "nothing")])
async def test_only_into_another_one_that_is_there(case_database: Database, one: str, other: str) -> None:
    assert isinstance(await refused(case_database, merging_of(one, other)), Invalid)


async def test_only_administrators_merge_and_none_that_would_see_more_by_it(case_database: Database) -> None:
    assert isinstance(await refused(case_database, merging_of(who=HANNEKE)), NotAllowed)
    assert isinstance(await refused(case_database, merging_of(who=GERDA)), NotAllowed)
    await further(case_database, ("wouter", "elsewhere", "police"))
    for one, other in (("elsewhere", "oever"), ("desk", "elsewhere")):
        assert (await refused(case_database, merging_of(one, other))).code == "own_role"


async def test_a_merged_organization_does_not_begin_again_and_leads_on(case_database: Database) -> None:
    await merge(case_database)
    assert (await refused(case_database, merging_of())).code == "organization_merged"
    again = await refused(case_database, lambda tx: end_organization(tx, WOUTER, "elsewhere", NOW))
    assert again.code == "organization_merged"
    await merge(case_database, "oever", "desk")
    rows = {row["id"]: row["merged_into_id"] for row in rows_of(await every_row(case_database), "organization")}
    assert rows == {"desk": None, "elsewhere": "desk", "oever": "desk"}


# --- at the same time


@pytest.fixture
def locked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """False: organizations are read as they are, and not locked."""

    async def unlocked(tx: Transaction, organization_id: str) -> Organization | None:
        return await tx.get(Organization, organization_id)

    if not request.param:
        monkeypatch.setattr(merging, "get_locked_organization", unlocked)
        for module in (holds, case_hand_over):
            monkeypatch.setattr(module, "lock_organization", unlocked_organization)
    return bool(request.param)


async def both(pools: tuple[Database, Database], first: Action, second: Action) -> str:
    """Return the outcome of the second, which begins before the first commits; without a lock it may end before that."""
    async with not_yet_committed(pools[0], first):
        waiting = asyncio.create_task(outcome(pools[1], second))
        await asyncio.wait([waiting, asyncio.create_task(waits(pools[0]))], return_when=asyncio.FIRST_COMPLETED)
    (said,) = await asyncio.gather(waiting, return_exceptions=True)
    return said if isinstance(said, str) else type(said).__name__  # without a lock, a constraint may be all that is in the way


@pytest.mark.parametrize("locked", [False, True], indirect=True, ids=["no lock", "lock"])
@pytest.mark.parametrize("second", [("elsewhere", "oever"), ("elsewhere", "desk"), ("oever", "elsewhere")])
async def test_of_two_merges_at_once_one_is_done_and_the_other_is_told(
    pools: tuple[Database, Database], locked: bool, second: tuple[str, str]
) -> None:
    said = await both(pools, merging_of("elsewhere", "oever"), merging_of(*second))
    rows = {row["id"]: row["merged_into_id"] for row in rows_of(await every_row(pools[0]), "organization")}

    def check() -> None:
        assert said == ("invalid" if second[0] == "oever" else "organization_merged")
        assert rows == {"desk": None, "elsewhere": "oever", "oever": None}

    goes(locked, check)


NEW: dict[str, Action] = {
    "hold": lambda tx: hold_place(tx, NOOR, ["linde-1"], "h1", NOW),
    "hand over": lambda tx: hand_over_case(tx, MARK, "r1", Holder("elsewhere", "police"), NOW),
}


@pytest.mark.parametrize("locked", [False, True], indirect=True, ids=["no lock", "lock"])
@pytest.mark.parametrize("what", NEW)
async def test_nothing_new_begins_in_an_organization_that_goes_up_in_another(
    pools: tuple[Database, Database], locked: bool, what: str
) -> None:
    await ask(pools[0], "beuk")
    said = await both(pools, merging_of(), NEW[what])
    after = await every_row(pools[0])
    left = [row for table in ("claim", "case_record") for row in rows_of(after, table)]

    def check() -> None:
        assert said == "invalid"
        assert all("elsewhere" not in (row["organization_id"], row.get("handed_organization_id")) for row in left)

    goes(locked, check)


async def test_everything_at_once_finds_no_deadlock(pools: tuple[Database, Database]) -> None:
    await ask(pools[0], "beuk", "linde", who=NOOR)
    await run(pools[0], "update shelter set organization_id = 'elsewhere' where id in ('beuk', 'nood')")
    actions: list[Action] = [
        merging_of("elsewhere", "oever"),
        merging_of("oever", "elsewhere"),
        merging_of("desk", "elsewhere"),
        lambda tx: hold_place(tx, NOOR, ["beuk-1", "beuk-2"], "h1", NOW),
        lambda tx: hold_place(tx, MARK, ["nood-1", "nood-2"], "h2", NOW),
        lambda tx: hand_over_case(tx, NOOR, "r1", Holder("oever", "police"), NOW),
        lambda tx: change_organization(tx, WOUTER, "elsewhere", OrganizationFacts("Verderop"), NOW),
        answering("linde-1"),
        answering("beuk-1", who=ILSE),
    ]
    said = await all_at_once(pools, actions)
    assert said[0] in ("done", "invalid", "organization_merged", "organization_ended")
    assert not {"busy", "DBAPIError", "DeadlockDetectedError", "AssertionError", "IntegrityError"} & set(said)
    rows = {row["id"]: row["merged_into_id"] for row in rows_of(await every_row(pools[0]), "organization")}
    assert sorted(one for one in rows if rows[one] is not None) in (["desk", "elsewhere"], ["desk", "oever"], ["elsewhere"])
