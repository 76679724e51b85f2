"""Tokens: row, journal and bells of each change, the rights of managers, and nothing at all after a refusal."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bedboard.actions.manage.common import stamp_of
from bedboard.actions.manage.organizations import end_organization
from bedboard.actions.manage.people import PersonFacts, change_person
from bedboard.actions.manage.tokens import TokenFacts, end_token, make_token, rotate_token, token_facts
from bedboard.actions.setup import add_organization
from bedboard.actions.signin import hash_token
from bedboard.rules.access import Actor
from bedboard.rules.clients import MOST_TOKENS, OVERLAP
from bedboard.store.clients import note_use
from bedboard.store.database import Database, Transaction
from tests.build import CALLBACKS, NOW, actor
from tests.build.rows import codes, do, find_client, looking, refused

WOUTER = actor("admin", "wouter", ())
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
ROSTER = TokenFacts("roster", "machine", {"report", "answer"}, 90, "linde")
SEARCHER = TokenFacts("zoeker", "police", {"search"}, 30, None, "oever")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ENDS = NOW + 90 * DAY
SEEN = stamp_of(token_facts(ENDS, None, None, ["report", "answer"]))


async def made(database: Database, new: TokenFacts = ROSTER, who: Actor = ANNEKE, token: str = "first") -> Any:  # noqa: S107
    return await do(database, lambda tx: make_token(tx, who, new.name, token, new, NOW))


async def counts(database: Database, *tokens: str, at: Any = NOW) -> list[bool]:
    async def look(tx: Transaction) -> list[bool]:
        return [await find_client(tx, hash_token(one), at, demo=False) is not None for one in tokens]

    found: list[bool] = await do(database, look)
    return found


def told(seen: Any) -> list[tuple[str, str, Any, Any]]:
    return [(row["action"], row["subject"], row["before"], row["after"]) for row in seen.journal]


async def test_a_manager_makes_a_token_that_acts_for_the_organization_of_the_shelter(board_database: Database) -> None:
    async with looking(board_database) as seen:
        await made(board_database)
    row = seen.added["client", "roster"]
    assert (row["role"], row["shelter_id"], row["organization_id"], row["demo"]) == ("machine", "linde", "oever", False)
    assert (row["scopes"], row["expires_at"], row["used_at"]) == (["report", "answer"], ENDS, None)
    after: dict[str, Any] = {"name": "roster", "role": "machine", "organization": "oever", "shelter": "linde"}
    after |= {"expires_at": ENDS.isoformat(), "ended_at": None, "rotated_at": None, "scopes": ["report", "answer"]}
    assert told(seen) == [("add_token", "client roster", None, after)]
    assert row["token_hash"] == hash_token("first") and "'first'" not in repr((seen.added, seen.journal, seen.bells))


async def test_a_token_counts_until_its_end_and_not_a_second_longer(board_database: Database) -> None:
    await made(board_database)
    assert [(await counts(board_database, "first", at=ENDS + later * SECOND))[0] for later in (-1, 0)] == [True, False]


async def test_a_rotation_leaves_the_old_token_for_a_day(board_database: Database) -> None:
    await made(board_database)
    later = NOW + 10 * DAY
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: rotate_token(tx, ANNEKE, "roster", "second", later, SEEN))
    changed = seen.changed["client", "roster"]
    assert (changed["expires_at"], changed["previous_until"]) == (later + 90 * DAY, later + OVERLAP)
    before = {"expires_at": ENDS.isoformat(), "rotated_at": None}
    after = {"expires_at": (later + 90 * DAY).isoformat(), "rotated_at": later.isoformat()}
    assert told(seen) == [("rotate_token", "client roster", before, after)] and seen.bells == []
    assert await counts(board_database, "first", "second", at=later + OVERLAP - SECOND) == [True, True]
    assert await counts(board_database, "first", "second", at=later + OVERLAP) == [False, True]


async def test_a_second_rotation_waits_for_the_end_of_the_first_and_then_ends_the_oldest(board_database: Database) -> None:
    await made(board_database)
    await do(board_database, lambda tx: rotate_token(tx, ANNEKE, "roster", "second", NOW))
    early = await refused(board_database, lambda tx: rotate_token(tx, ANNEKE, "roster", "third", NOW + OVERLAP - SECOND))
    assert early.code == "rotated_lately"
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: rotate_token(tx, ANNEKE, "roster", "third", NOW + OVERLAP))
    assert seen.bells == [("session", hash_token("first").hex(), 0)]
    assert await counts(board_database, "first", "second", "third", at=NOW + OVERLAP) == [False, True, True]


async def test_the_end_is_at_once_for_both_tokens_and_every_process_hears_it(board_database: Database) -> None:
    await made(board_database)
    await do(board_database, lambda tx: rotate_token(tx, ANNEKE, "roster", "second", NOW))
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: end_token(tx, WOUTER, "roster", NOW + SECOND))
    assert told(seen)[0][:2] == ("end_token", "client roster")
    assert set(seen.bells) == {("session", hash_token(one).hex(), 0) for one in ("first", "second")}
    assert await counts(board_database, "first", "second") == [False, False]
    for late in (
        lambda tx: end_token(tx, WOUTER, "roster", NOW),
        lambda tx: rotate_token(tx, WOUTER, "roster", "third", NOW),
    ):
        assert (await refused(board_database, late)).code == "token_ended"


async def test_what_another_has_changed_meanwhile_is_not_overwritten(board_database: Database) -> None:
    await made(board_database)
    await do(board_database, lambda tx: rotate_token(tx, WOUTER, "roster", "second", NOW, SEEN))
    for late in (
        lambda tx: rotate_token(tx, ANNEKE, "roster", "third", NOW + 2 * DAY, SEEN),
        lambda tx: end_token(tx, ANNEKE, "roster", NOW, SEEN),
    ):
        assert (await refused(board_database, late)).code == "facts_changed"


@pytest.mark.parametrize(
    ("who", "new", "code"),
    [
        (ANNEKE, TokenFacts("roster", "machine", {"report"}, 90, "wilg"), "not_your_role"),
        (ANNEKE, SEARCHER, "not_your_role"),
        (actor("manager", "anneke", ("wilg",)), TokenFacts("roster", "machine", {"report"}, 90, "wilg"), "no_such_shelter"),
        (actor("staff", "sanne", ("linde",)), ROSTER, "not_your_role"),
        (actor("admin", "mark", ()), ROSTER, "not_your_role"),  # he is none any more
    ],
)
async def test_a_manager_makes_tokens_for_the_own_shelters_alone(
    board_database: Database, who: Actor, new: TokenFacts, code: str
) -> None:
    assert (await refused(board_database, lambda tx: make_token(tx, who, "x", "t", new, NOW))).code == code


async def test_to_a_manager_tokens_of_others_and_of_the_demo_are_not_there(board_database: Database) -> None:
    await made(board_database, TokenFacts("wilgen", "machine", {"report"}, 90, "wilg"), WOUTER, "a")
    await made(board_database, SEARCHER, WOUTER, "b")
    for who, client_id in ((ANNEKE, "wilgen"), (ANNEKE, "zoeker"), (ANNEKE, "demo-shelter-linde"), (WOUTER, "demo-police")):
        for late in (
            lambda tx, w=who, c=client_id: end_token(tx, w, c, NOW),
            lambda tx, w=who, c=client_id: rotate_token(tx, w, c, "t", NOW),
        ):
            assert (await refused(board_database, late)).code == "no_such_token"


async def test_a_manager_who_has_lost_the_shelter_ends_nothing_there(board_database: Database) -> None:
    await made(board_database)
    moved = PersonFacts("Anneke", "oever", "manager", frozenset({"ceder"}))
    await do(board_database, lambda tx: change_person(tx, WOUTER, "anneke", moved, NOW))
    assert (await refused(board_database, lambda tx: end_token(tx, ANNEKE, "roster", NOW))).code == "no_such_shelter"


async def test_a_name_is_given_once_while_its_token_counts(board_database: Database) -> None:
    await made(board_database)
    assert codes(await refused(board_database, lambda tx: make_token(tx, WOUTER, "x", "t", ROSTER, NOW))) == [
        ("program", "program_taken")
    ]
    await do(board_database, lambda tx: end_token(tx, ANNEKE, "roster", NOW))
    await do(board_database, lambda tx: make_token(tx, ANNEKE, "again", "t", ROSTER, NOW))


async def test_a_shelter_has_so_many_tokens_and_no_more(board_database: Database) -> None:
    for number in range(MOST_TOKENS):
        await made(board_database, TokenFacts(f"p{number}", "machine", {"read"}, 30, "linde"), token=f"t{number}")
    full = await refused(board_database, lambda tx: make_token(tx, ANNEKE, "x", "t", ROSTER, NOW))
    assert (full.code, full.detail) == ("tokens_full", {"most": MOST_TOKENS})
    await do(board_database, lambda tx: make_token(tx, ANNEKE, "x", "t", ROSTER, NOW + 30 * DAY))  # the others have expired


async def test_an_organization_with_a_token_cannot_end(board_database: Database) -> None:
    await do(board_database, lambda tx: add_organization(tx, "kade", "Stichting Kade", CALLBACKS))
    await made(board_database, TokenFacts("zoeker", "police", {"search"}, 30, None, "kade"), WOUTER)
    used = await refused(board_database, lambda tx: end_organization(tx, WOUTER, "kade", NOW))
    assert (used.code, used.detail) == ("organization_in_use", {"people": 0, "shelters": 0, "tokens": 1})
    await do(board_database, lambda tx: end_token(tx, WOUTER, "zoeker", NOW))
    await do(board_database, lambda tx: end_organization(tx, WOUTER, "kade", NOW))
    gone = await refused(board_database, lambda tx: make_token(tx, WOUTER, "x", "t", SEARCHER_OF_KADE, NOW))
    assert codes(gone) == [("organization", "unknown_organization")]


SEARCHER_OF_KADE = TokenFacts("zoeker", "police", {"search"}, 30, None, "kade")


async def test_the_last_use_is_noted_once_an_hour(board_database: Database) -> None:
    await made(board_database)
    hour = timedelta(hours=1)
    for later, noted in ((timedelta(), NOW), (hour - SECOND, NOW), (hour, NOW + hour)):
        await do(board_database, partial(note_use, client_id="roster", now=NOW + later, every=hour))
        found = await do(board_database, lambda tx: find_client(tx, hash_token("first"), NOW, demo=False))
        assert found.used_at == noted
