"""Rights that are lost while an action waits for a lock. In the control they are asked for before it waits, and still count."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from bedboard.actions import answers, case_arrival, case_hand_over, case_holds, case_lock, cases, disclosures, holds, roles
from bedboard.actions.answers import confirm_case, end_stay, refuse_case, take_arrival
from bedboard.actions.case_arrival import change_arrival
from bedboard.actions.case_hand_over import hand_over_case, take_over_case
from bedboard.actions.case_holds import release_case_holds
from bedboard.actions.cases import ask_more, open_case, resume_case, withdraw_case
from bedboard.actions.disclosures import disclose_address, disclose_telephone
from bedboard.actions.holds import Holder, hold_place
from bedboard.rules.access import Actor
from bedboard.store.claims import Promise, get_promise
from bedboard.store.database import Database, Transaction
from bedboard.store.disclosures import lock_looks
from bedboard.store.shelters import Rooms, get_rooms
from tests.actions.races import Action, answering, choosing, overtaken
from tests.build import NOW, SEAL
from tests.build.cases import EMRE, HANNEKE, HOUR, LUCIA, MARK, NEEDS, SANNE, ZONE, ask, bring_to
from tests.build.holds import hold
from tests.build.rows import do, every_row, goes

RIGHTS: dict[str, tuple[str, Actor, Callable[[Actor], Action], str]] = {
    # the state of the case; the actor; the action; the statement that takes the right away
    "a shelter's answer": (
        "asking",
        SANNE,
        lambda who: answering("linde-1", claim="late", who=who),
        "delete from membership where person_id = 'sanne'",
    ),
    "an answer of the desk": (
        "asking",
        HANNEKE,
        lambda who: answering("linde-2", claim="late", who=who),
        "update person set role = 'auditor' where id = 'hanneke'",
    ),
    "an arrival": (
        "confirmed",
        SANNE,
        lambda who: lambda tx: take_arrival(tx, who, "r1", "linde", NOW, ZONE, arrived=True),
        "update person set ended_at = now() where id = 'sanne'",
    ),
    "a choice": (
        "asking",
        EMRE,
        lambda who: choosing("linde", who=who),
        "update person set role = 'auditor' where id = 'emre'",
    ),
    "more shelters": (
        "asking",
        EMRE,
        lambda who: lambda tx: ask_more(tx, who, "r1", {"beuk": "women"}, NOW),
        "update person set ended_at = now() where id = 'emre'",
    ),
    "a withdrawal": (
        "confirmed",
        EMRE,
        lambda who: lambda tx: withdraw_case(tx, who, "r1", "no_place", NOW, ZONE),
        "update person set ended_at = now() where id = 'emre'",
    ),
    "a search that goes on": (
        "confirmed",
        EMRE,
        lambda who: lambda tx: resume_case(tx, who, "r1", NOW),
        "update person set ended_at = now() where id = 'emre'",
    ),
    "another hour of arrival": (
        "confirmed",
        EMRE,
        lambda who: lambda tx: change_arrival(tx, who, "r1", NOW + HOUR, NOW),
        "update person set ended_at = now() where id = 'emre'",
    ),
    "a confirmation": (
        "chosen",
        HANNEKE,
        lambda who: lambda tx: confirm_case(tx, who, "r1", NOW, ZONE),
        "update person set role = 'auditor' where id = 'hanneke'",
    ),
    "a refusal": (
        "chosen",
        HANNEKE,
        lambda who: lambda tx: refuse_case(tx, who, "r1", "other", NOW),
        "update person set ended_at = now() where id = 'hanneke'",
    ),
    "the end of a stay": (
        "housed",
        HANNEKE,
        lambda who: lambda tx: end_stay(tx, who, "r1", "other", NOW.date(), NOW, ZONE),
        "update person set role = 'auditor' where id = 'hanneke'",
    ),
    "the address": (
        "confirmed",
        HANNEKE,
        lambda who: lambda tx: disclose_address(tx, who, "r1", SEAL, NOW),
        "update person set ended_at = now() where id = 'hanneke'",
    ),
    "holds that are given back": (
        "with a hold",
        EMRE,
        lambda who: lambda tx: release_case_holds(tx, who, "r1", NOW),
        "update person set ended_at = now() where id = 'emre'",
    ),
    "a hand-over": (
        "asking",
        EMRE,
        lambda who: lambda tx: hand_over_case(tx, who, "r1", Holder("oever", "coordinator"), NOW),
        "update person set ended_at = now() where id = 'emre'",
    ),
    "a case that is taken over": (
        "handed over",
        LUCIA,
        lambda who: lambda tx: take_over_case(tx, who, "r1", NOW),
        "update person set role = 'auditor' where id = 'lucia'",
    ),
    "another case": (
        "asking",
        EMRE,
        lambda who: lambda tx: open_case(tx, who, "r2", NEEDS, None, {"beuk": "women"}, NOW),
        "update person set ended_at = now() where id = 'emre'",
    ),
    "a hold": (
        "asking",
        EMRE,
        lambda who: lambda tx: hold_place(tx, who, ["linde-2"], "h1", NOW),
        "update person set role = 'auditor' where id = 'emre'",
    ),
    "a hold for a caller": (
        "asking",
        SANNE,
        lambda who: lambda tx: hold_place(tx, who, ["linde-2"], "h1", NOW, Holder("oever", "police")),
        "delete from membership where person_id = 'sanne'",
    ),
    "a telephone without a hold": (
        "asking",
        EMRE,
        lambda who: lambda tx: disclose_telephone(tx, who, "wilg", SEAL, NOW, is_stale=True),
        "update person set role = 'auditor' where id = 'emre'",
    ),
}
AT_THE_SHELTERS = (
    *("a choice", "a withdrawal", "a search that goes on", "another hour of arrival", "a confirmation", "a refusal"),
    *("a hold", "a hold for a caller", "holds that are given back"),
    "a case that is taken over",
)
"""Those that lock a shelter after something else, and so may wait a second time."""


async def lock_cases(tx: Transaction) -> None:
    """Lock the cases and the organizations, as somebody else at work on them."""
    await (await tx.connection()).execute(text("select id from organization for no key update"))
    await (await tx.connection()).execute(text("select id from case_record for no key update"))


async def lock_shelters(tx: Transaction) -> None:
    await (await tx.connection()).execute(text("select id from shelter for no key update"))


async def lock_looks_of_emre(tx: Transaction) -> None:
    await lock_looks(tx, EMRE)


TELEPHONE = "a telephone without a hold"
WAITS = [
    (TELEPHONE, lock_looks_of_emre),
    *((what, lock_cases) for what in RIGHTS if what != TELEPHONE),
    *((what, lock_shelters) for what in AT_THE_SHELTERS),
]


def ask_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every action believe in the rights as they were when the call came in."""

    async def earlier(*_: object) -> bool:
        return True  # as it was when the call came in

    def with_rights(reading: Callable[..., Awaitable[Rooms | Promise]]) -> Callable[..., Awaitable[Rooms | Promise]]:
        async def read(*asked: object) -> Rooms | Promise:
            return (await reading(*asked))._replace(works_there=True, has_role=True)

        return read

    readers = {"get_rooms": with_rights(get_rooms), "get_promise": with_rights(get_promise)}
    for module in (answers, case_arrival, case_hand_over, case_holds, case_lock, cases, disclosures, holds, roles):
        for name, reader in ({"may_act": earlier, "still_has_role": earlier} | readers).items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, reader)


@pytest.mark.parametrize("asks_late", [False, True], ids=["asked before it waits", "asked under the lock"])
@pytest.mark.parametrize(("what", "others"), WAITS, ids=[f"{what} {others.__name__}" for what, others in WAITS])
async def test_people_who_lose_the_right_while_they_wait_change_and_see_nothing(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, what: str, others: Action, asks_late: bool
) -> None:
    so_far, who, action, takes_away = RIGHTS[what]
    if so_far == "with a hold":
        await hold(pools[0])
        await ask(pools[0], "linde")
    elif so_far == "handed over":
        await bring_to(pools[0], "asking")
        await do(pools[0], lambda tx: hand_over_case(tx, MARK, "r1", Holder("oever", "coordinator"), NOW))
    else:
        await bring_to(pools[0], so_far)
    if not asks_late:
        ask_early(monkeypatch)
    before = await every_row(pools[0])
    said = await overtaken(pools, others, action(who), takes_away)
    after = await every_row(pools[0])
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}

    def check() -> None:
        assert said in ("no_such_request", "no_such_place", "not_your_role")
        assert {key[0] for key in changed} <= {"person", "membership"}

    goes(asks_late, check)
