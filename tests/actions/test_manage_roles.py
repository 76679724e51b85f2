"""The roles that can be had at an organization, wherever one is given: refused with the field, and nothing is saved."""

from typing import Any

import pytest

from bedboard.actions.manage.organizations import (
    OrganizationFacts,
    change_organization,
    end_organization,
    found_organization,
)
from bedboard.actions.manage.people import PersonFacts, add_appointment, appoint_person, change_person, end_person
from bedboard.actions.manage.shelters import ShelterFacts, change_shelter
from bedboard.actions.manage.tokens import TokenFacts, make_token
from bedboard.rules.refusals import Conflict, NotFound
from bedboard.store.database import Database
from tests.build import NOW, SEAL, actor
from tests.build.rows import codes, do, looking, refused, run

WOUTER = actor("admin", "wouter", ())
OF_OTHER = [("organization", "runs_other_shelters")]
NO_NUMBER = [("organization", "no_callback")]
TIMES = ["08:00", "16:00", "21:30"]


@pytest.fixture(autouse=True)
async def kade(board_database: Database) -> None:
    """A second organization, which runs wilg, and has no number under which anybody is called back."""
    await do(board_database, lambda tx: found_organization(tx, WOUTER, "kade", OrganizationFacts("Kade"), NOW))
    await run(board_database, "update shelter set organization_id = 'kade' where id = 'wilg'")


def token(role: str, organization: str, name: str = "een-programma") -> TokenFacts:
    return TokenFacts(name, role, {"read"}, 30, None, organization)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("act", "wrong"),
    [
        (lambda tx: appoint_person(tx, WOUTER, "bo", PersonFacts("Bo", "kade", "staff", frozenset({"linde"})), NOW), OF_OTHER),
        (
            lambda tx: appoint_person(tx, WOUTER, "bo", PersonFacts("Bo", "kade", "manager", frozenset({"linde"})), NOW),
            OF_OTHER,
        ),
        (
            lambda tx: appoint_person(tx, WOUTER, "bo", PersonFacts("Bo", "kade", "staff", frozenset({"linde", "wilg"})), NOW),
            [("shelters", "run_by_other")],
        ),
        (lambda tx: appoint_person(tx, WOUTER, "bo", PersonFacts("Bo", "kade", "police"), NOW), NO_NUMBER),
        (lambda tx: change_person(tx, WOUTER, "lucia", PersonFacts("Lucia", "kade", "coordinator"), NOW), NO_NUMBER),
        (
            lambda tx: change_person(tx, WOUTER, "sanne", PersonFacts("Sanne", "oever", "staff", frozenset({"wilg"})), NOW),
            OF_OTHER,
        ),
        (lambda tx: add_appointment(tx, WOUTER, "gerda", "kade", "desk", NOW), NO_NUMBER),
        (lambda tx: add_appointment(tx, WOUTER, "anneke", "kade", "manager", NOW), OF_OTHER),
        (lambda tx: make_token(tx, WOUTER, "c9", "t" * 43, token("police", "kade"), NOW), NO_NUMBER),
    ],
)
async def test_a_role_that_cannot_be_had_is_refused_with_its_field(
    board_database: Database, act: Any, wrong: list[tuple[str, str]]
) -> None:
    async with looking(board_database) as seen:
        assert codes(await refused(board_database, act)) == wrong
    assert seen.nothing


async def test_a_number_comes_first_and_stays_as_long_as_somebody_has_the_role(board_database: Database) -> None:
    kade = OrganizationFacts("Kade", {"police": "010 12 34 56 78"})
    await do(board_database, lambda tx: change_organization(tx, WOUTER, "kade", kade, NOW))
    await do(board_database, lambda tx: appoint_person(tx, WOUTER, "bo", PersonFacts("Bo", "kade", "police"), NOW))
    async with looking(board_database) as seen:
        refusal = await refused(
            board_database, lambda tx: change_organization(tx, WOUTER, "kade", OrganizationFacts("Kade"), NOW)
        )
    assert codes(refusal) == [("telephone_police", "callback_in_use")] and seen.nothing
    await do(board_database, lambda tx: end_person(tx, WOUTER, "bo", NOW))
    await do(board_database, lambda tx: change_organization(tx, WOUTER, "kade", OrganizationFacts("Kade"), NOW))
    assert codes(await refused(board_database, lambda tx: end_person(tx, WOUTER, "bo", NOW))) == NO_NUMBER, "coming back"


async def test_a_manager_learns_nothing_of_somebody_who_left_elsewhere(board_database: Database) -> None:
    await run(board_database, "update person set organization_id = 'kade', ended_at = now() where id = 'mark'")
    anneke = actor("manager", "anneke", ("linde", "ceder"))
    refusals = [
        await refused(board_database, lambda tx, who=who: end_person(tx, anneke, who, NOW))  # type: ignore[misc]
        for who in ("mark", "nobody")
    ]
    assert [(type(one), one.code) for one in refusals] == [(NotFound, "no_such_person")] * 2


async def test_a_name_of_old_may_be_corrected_where_the_role_could_not_be_given_now(board_database: Database) -> None:
    await run(board_database, "update organization set telephones = '{}' where id = 'oever'")
    await do(board_database, lambda tx: change_person(tx, WOUTER, "mark", PersonFacts("Mark Bos", "oever", "police"), NOW))


async def test_two_programs_of_one_organization_have_two_names_whatever_the_capitals(board_database: Database) -> None:
    await do(board_database, lambda tx: make_token(tx, WOUTER, "c8", "s" * 43, token("police", "oever", "Een-programma"), NOW))
    refusal = await refused(board_database, lambda tx: make_token(tx, WOUTER, "c9", "t" * 43, token("police", "oever"), NOW))
    assert codes(refusal) == [("program", "program_taken")]


async def test_an_organization_that_has_ended_is_not_renamed(board_database: Database) -> None:
    await run(board_database, "update shelter set organization_id = 'oever' where id = 'wilg'")
    await do(board_database, lambda tx: end_organization(tx, WOUTER, "kade", NOW))
    refusal = await refused(board_database, lambda tx: change_organization(tx, WOUTER, "kade", OrganizationFacts("Kaap"), NOW))
    assert isinstance(refusal, Conflict) and refusal.code == "organization_ended"


# --- a shelter that goes to another organization


def moved(shelter_id: str, name: str, into: str) -> Any:
    facts = ShelterFacts(name, TIMES, into, "noord")
    return lambda tx: change_shelter(tx, WOUTER, shelter_id, facts, SEAL, NOW)


async def test_a_shelter_takes_its_people_and_tokens_along(board_database: Database) -> None:
    await run(board_database, "update shelter set unit_code = 'noord' where id = 'linde'")
    await run(board_database, "delete from membership where person_id = 'anneke' and shelter_id = 'linde'")
    machine = TokenFacts("rooster", "machine", {"report"}, 30, "linde")
    await do(board_database, lambda tx: make_token(tx, WOUTER, "c8", "s" * 43, machine, NOW))
    async with looking(board_database) as seen:
        await do(board_database, moved("linde", "Linde", "kade"))
    lines = [(row["action"], row.get("subject")) for row in seen.journal]
    assert ("change_person", "person sanne") in lines and ("change_token", "client c8") in lines
    new = PersonFacts("Sanne", "kade", "staff", frozenset({"linde", "wilg"}))
    await do(board_database, lambda tx: change_person(tx, WOUTER, "sanne", new, NOW))  # both are run by kade now


async def test_a_shelter_waits_for_people_who_work_for_another_one_of_its_organization(board_database: Database) -> None:
    async with looking(board_database) as seen:
        refusal = await refused(board_database, moved("linde", "Linde", "kade"))  # anneke manages ceder too
    assert codes(refusal) == [("organization", "people_elsewhere")] and seen.nothing
