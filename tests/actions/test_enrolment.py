"""Codes with which people make a passkey: the people who may make one, its single use, its term, and how wrong ones count."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bedboard.actions import enrolment
from bedboard.actions.ceremony import NewPasskey
from bedboard.actions.enrolment import MadeCode, enrol, forget_codes, make_code, try_code
from bedboard.actions.passkeys import end_passkey
from bedboard.rules.access import Actor, Role
from bedboard.rules.devices import CODE_LASTS, MOST_TRIES, MOST_WRONG_CODES, WRONG_WITHIN
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound, Refusal, TooMany
from bedboard.store.database import Database
from bedboard.store.passkeys import list_passkeys
from bedboard.store.tables.passkeys import EnrolCode
from tests.actions.races import all_at_once
from tests.build import NOW, SEAL, FixedClock, actor
from tests.build.rows import do, everything, looking, refused, run

HANNEKE, WOUTER = actor("desk", "hanneke", ()), actor("admin", "wouter", ())
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
PROTECTED = pytest.mark.parametrize("is_protected", [True, False], ids=["protected", "control"])


def made(name: str = "one") -> NewPasskey:
    return NewPasskey(name.encode(), b"key", 0)


async def code_of(database: Database, clock: FixedClock, person: str = "mark", who: Actor = HANNEKE) -> str:
    code: MadeCode = await do(database, lambda tx: make_code(tx, who, person, SEAL, clock))
    return code.code


async def use(database: Database, clock: FixedClock, code: str, name: str = "one") -> str:
    _, token = await do(database, lambda tx: enrol(tx, code, made(name), "phone", SEAL, clock, "public"))
    return str(token)


async def tried(database: Database, code: str, clock: FixedClock, network: str = "public") -> str:
    """ "right", or the code of the refusal."""
    found: EnrolCode | Refusal = await do(database, lambda tx: try_code(tx, code, SEAL, network, clock.now()))
    return found.code if isinstance(found, Refusal) else "right"


async def test_a_code_is_five_words_of_which_only_hashes_are_kept(board_database: Database, clock: FixedClock) -> None:
    async with looking(board_database) as seen:
        code = await code_of(board_database, clock)
    assert len(code.split("-")) == 5
    [(_, row)] = [(key, row) for key, row in seen.added.items() if key[0] == "enrol_code"]
    assert (row["person_id"], row["made_at"], row["wrong_count"], row["ended_at"]) == ("mark", NOW, 0, None)
    kept = await everything(board_database)
    assert code not in kept and code.replace("-", " ") not in kept
    [line] = [row for key, row in seen.added.items() if key[0] == "sign_in"]
    assert (line["actor_id"], line["person_id"], line["what"]) == ("hanneke", "mark", "code_made")


@pytest.mark.parametrize("typed", [str, str.upper, lambda code: code.replace("-", " "), lambda code: f"  {code}. "])
async def test_a_code_counts_however_it_is_typed(
    board_database: Database, clock: FixedClock, typed: Callable[[str], str]
) -> None:
    code = await code_of(board_database, clock)
    assert await tried(board_database, typed(code), clock) == "right"


async def test_enrolling_makes_a_passkey_and_a_session_once(board_database: Database, clock: FixedClock) -> None:
    code = await code_of(board_database, clock)
    async with looking(board_database) as seen:
        await use(board_database, clock, code)
    tables = sorted(str(key[0]) for key in seen.added)
    assert tables == ["passkey", "session", "sign_in", "sign_in"]
    assert [bell[0] for bell in seen.bells] == ["devices"]


@PROTECTED
async def test_a_code_is_used_once(
    board_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, is_protected: bool
) -> None:
    code = await code_of(board_database, clock)
    await use(board_database, clock, code)
    if not is_protected:
        monkeypatch.setattr(enrolment, "_counts", lambda row, now: row is not None)
    if is_protected:
        assert (
            await refused(board_database, lambda tx: enrol(tx, code, made("two"), "phone", SEAL, clock, None))
        ).code == "wrong_code"
        assert await tried(board_database, code, clock) == "wrong_code"
    else:
        await use(board_database, clock, code, "two")


async def test_of_two_at_once_one_uses_the_code(
    pools: tuple[Database, Database], case_database: Database, clock: FixedClock
) -> None:
    code = await code_of(case_database, clock)
    uses = [
        (lambda tx, name=name: enrol(tx, code, made(name), "phone", SEAL, clock, None))
        for name in ("one", "two", "three", "four")
    ]
    assert sorted(await all_at_once(pools, uses)) == ["done", "wrong_code", "wrong_code", "wrong_code"]


@pytest.mark.parametrize(("late", "said"), [(-1, "right"), (0, "wrong_code"), (1, "wrong_code")])
async def test_a_code_counts_for_a_quarter_of_an_hour_to_the_second(
    board_database: Database, clock: FixedClock, late: int, said: str
) -> None:
    code = await code_of(board_database, clock)
    clock.move(seconds=CODE_LASTS.total_seconds() + late)
    assert await tried(board_database, code, clock) == said
    if said == "right":
        await use(board_database, clock, code)
    else:
        with pytest.raises(NotAllowed):
            await use(board_database, clock, code)


async def test_without_its_term_a_late_code_would_count(
    board_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment, "CODE_LASTS", CODE_LASTS + timedelta(hours=1))
    code = await code_of(board_database, clock)
    clock.move(seconds=CODE_LASTS.total_seconds() + 1)
    assert await tried(board_database, code, clock) == "right"


async def test_only_the_newest_code_of_a_person_counts(board_database: Database, clock: FixedClock) -> None:
    first, second = await code_of(board_database, clock), await code_of(board_database, clock)
    assert (await tried(board_database, first, clock), await tried(board_database, second, clock)) == ("wrong_code", "right")


def with_wrong_end(code: str) -> str:
    return "-".join([*code.split("-")[:3], "kast", "boot"])


@PROTECTED
async def test_the_end_of_a_code_can_be_guessed_a_few_times_only(
    board_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, is_protected: bool
) -> None:
    monkeypatch.setattr(enrolment, "MOST_TRIES", MOST_TRIES if is_protected else 1_000)
    code, other = await code_of(board_database, clock), await code_of(board_database, clock, "lucia")
    for _ in range(MOST_TRIES):
        assert await tried(board_database, with_wrong_end(code), clock) == "wrong_code"
    assert await tried(board_database, code, clock) == ("wrong_code" if is_protected else "right")
    assert await tried(board_database, other, clock) == "right", "other people notice nothing"


async def test_a_flood_of_wrong_codes_is_refused_and_keeps_no_real_person_out(
    board_database: Database, clock: FixedClock
) -> None:
    code = await code_of(board_database, clock)
    said = [await tried(board_database, f"kast boot {n}", clock) for n in range(MOST_WRONG_CODES + 5)]
    assert said == ["wrong_code"] * MOST_WRONG_CODES + ["too_many"] * 5
    assert await tried(board_database, "kast boot", clock, "private") == "wrong_code", "another network is another count"
    assert await tried(board_database, code, clock) == "right"
    assert await tried(board_database, with_wrong_end(code), clock) == "wrong_code", "a mistyped end is answered as before"
    clock.move(seconds=WRONG_WITHIN.total_seconds() + 1)
    assert await tried(board_database, "kast boot", clock) == "wrong_code"


async def test_a_refusal_of_too_many_says_when_to_come_back(board_database: Database, clock: FixedClock) -> None:
    for n in range(MOST_WRONG_CODES):
        await tried(board_database, f"kast {n}", clock)
    found = await do(board_database, lambda tx: try_code(tx, "kast", SEAL, "public", clock.now()))
    assert isinstance(found, TooMany) and found.retry_after_seconds == WRONG_WITHIN.total_seconds()


@pytest.mark.parametrize(
    ("who", "person", "may"),
    [
        (ANNEKE, "sanne", True),
        (ANNEKE, "kofi", True),
        (ANNEKE, "mark", False),
        (ANNEKE, "wouter", False),
        (HANNEKE, "mark", True),
        (HANNEKE, "sanne", True),
        (HANNEKE, "anneke", True),
        (HANNEKE, "wouter", False),  # a desk does not become an administrator
        (HANNEKE, "gerda", False),
        (WOUTER, "gerda", True),
        (WOUTER, "hanneke", True),
        (actor("police", "mark", ()), "lucia", False),
        (actor("police", "mark", ()), "mark", True),  # for another device of one's own
        (actor("staff", "sanne", ("linde",)), "sanne", True),
        (actor("staff", "sanne", ("linde",)), "anneke", False),
        (actor("auditor", "gerda", ()), "mark", False),
        (actor("desk", "demo-desk", (), "client"), "mark", False),
        (HANNEKE, "nobody", False),
    ],
)
async def test_a_code_is_made_for_the_people_one_may_help(
    board_database: Database, clock: FixedClock, who: Actor, person: str, may: bool
) -> None:
    if may:
        assert await code_of(board_database, clock, person, who)
    else:
        assert isinstance(
            await refused(board_database, lambda tx: make_code(tx, who, person, SEAL, clock)), NotFound | NotAllowed
        )


async def test_a_manager_makes_none_for_somebody_who_also_works_elsewhere(board_database: Database, clock: FixedClock) -> None:
    """The code lets its maker sign in as that person, and so into the other shelter."""
    await run(board_database, "insert into membership values ('sanne', 'wilg')")
    assert isinstance(await refused(board_database, lambda tx: make_code(tx, ANNEKE, "sanne", SEAL, clock)), NotFound)


@pytest.mark.parametrize("role", ["auditor", "police"])
async def test_a_role_that_was_lost_makes_no_code(board_database: Database, clock: FixedClock, role: Role) -> None:
    await run(board_database, f"update person set role = '{role}' where id = 'hanneke'")  # noqa: S608
    assert isinstance(await refused(board_database, lambda tx: make_code(tx, HANNEKE, "mark", SEAL, clock)), NotAllowed)


async def test_a_manager_that_lost_a_shelter_helps_nobody_there(board_database: Database, clock: FixedClock) -> None:
    """The session still remembers it for some seconds."""
    await use(board_database, clock, await code_of(board_database, clock, "sanne", ANNEKE))
    [passkey] = await do(board_database, lambda tx: list_passkeys(tx, "sanne"))
    await run(board_database, "delete from membership where (person_id, shelter_id) = ('anneke', 'linde')")
    assert isinstance(await refused(board_database, lambda tx: make_code(tx, ANNEKE, "sanne", SEAL, clock)), NotFound)
    ending = await refused(board_database, lambda tx: end_passkey(tx, ANNEKE, "sanne", passkey.id, clock.now()))
    assert isinstance(ending, NotFound)


async def test_a_role_that_was_lost_ends_no_passkey(board_database: Database, clock: FixedClock) -> None:
    await use(board_database, clock, await code_of(board_database, clock))
    [passkey] = await do(board_database, lambda tx: list_passkeys(tx, "mark"))
    await run(board_database, "update person set role = 'auditor' where id = 'hanneke'")
    ending = await refused(board_database, lambda tx: end_passkey(tx, HANNEKE, "mark", passkey.id, clock.now()))
    assert isinstance(ending, NotAllowed)


async def test_somebody_who_has_left_gets_no_code_and_uses_none(board_database: Database, clock: FixedClock) -> None:
    code = await code_of(board_database, clock)
    await run(board_database, "update person set ended_at = now() where id = 'mark'")
    assert isinstance(await refused(board_database, lambda tx: make_code(tx, HANNEKE, "mark", SEAL, clock)), NotFound)
    with pytest.raises(NotAllowed):
        await use(board_database, clock, code)


async def test_a_passkey_that_is_known_is_not_made_twice(board_database: Database, clock: FixedClock) -> None:
    await use(board_database, clock, await code_of(board_database, clock))
    code = await code_of(board_database, clock, "lucia")
    assert isinstance(await refused(board_database, lambda tx: enrol(tx, code, made(), "phone", SEAL, clock, None)), Conflict)


async def test_ending_a_passkey_ends_its_sessions_and_rings_for_each(board_database: Database, clock: FixedClock) -> None:
    for name in ("one", "two"):
        await use(board_database, clock, await code_of(board_database, clock), name)
    first, _ = [one.id for one in await do(board_database, lambda tx: list_passkeys(tx, "mark"))]
    await run(board_database, "update session set passkey_id = :id, proven_by = :id", id=first)
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: end_passkey(tx, HANNEKE, "mark", first, clock.now()))
    assert sum(key[0] == "session" and "ended_at" in row for key, row in seen.changed.items()) == 2
    assert [bell[0] for bell in seen.bells] == ["session", "session"]
    assert isinstance(await refused(board_database, lambda tx: end_passkey(tx, HANNEKE, "mark", first, clock.now())), NotFound)


async def test_a_passkey_that_ends_by_hand_ends_its_sessions_too(board_database: Database, clock: FixedClock) -> None:
    await use(board_database, clock, await code_of(board_database, clock))
    async with looking(board_database) as seen:
        await run(board_database, "update passkey set ended_at = now()")
    assert any(key[0] == "session" and "ended_at" in row for key, row in seen.changed.items())


async def test_codes_are_forgotten_after_a_day(board_database: Database, clock: FixedClock) -> None:
    await code_of(board_database, clock)
    assert await do(board_database, lambda tx: forget_codes(tx, NOW + enrolment.CODES_KEPT)) == 0
    later = NOW + enrolment.CODES_KEPT + timedelta(seconds=1)
    assert await do(board_database, lambda tx: forget_codes(tx, later)) == 1
