"""Five single beds of one house, for five men who may be split: asked for, offered and chosen together."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import text

from bedboard.actions.answers import answer_case
from bedboard.actions.cases import open_case
from bedboard.actions.setup import add_shelter
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.fit import Profile
from bedboard.store.database import Database
from tests.build import NOW, SEAL, actor, place, shelter
from tests.build.cases import HANNEKE, MARK, NEEDS, choose
from tests.build.rows import do

FIVE = [f"wilgen-{number}" for number in range(1, 6)]
MEN = Profile(man=5, group=5, split=True)


@pytest.fixture
async def singles(case_database: Database) -> Database:
    """The board of cases, and wilgen: five single beds for men, one with two, and one of another kind."""
    rooms = [place(name, "men") for name in FIVE]
    rooms += [place("wilgen-two", "men", beds=2), place("wilgen-desk", "cosm")]
    async with case_database.transaction() as tx:
        await add_shelter(tx, shelter("wilgen", rooms), SEAL, NOW)
        await (await tx.connection()).execute(text("insert into membership values ('sanne', 'wilgen')"))
    return case_database


STAFF = actor("staff", "sanne", ("wilgen",))


async def ask(database: Database, case_id: str = "r1") -> None:
    await do(database, lambda tx: open_case(tx, MARK, case_id, NEEDS, "noord", {"wilgen": "men"}, NOW))


async def say_yes(
    database: Database, places: Sequence[str] = FIVE, household: Profile | None = MEN, at: datetime = NOW
) -> None:
    said = ShelterAnswer("yes", places[0], more_place_ids=tuple(places[1:]))
    work = partial(answer_case, actor=HANNEKE, case_id="r1", shelter_id="wilgen", said=said, claim_id=f"o-{places[0]}", now=at)
    await do(database, lambda tx: work(tx, needs=lambda _: household))


async def bring_to(database: Database, how_far: str) -> None:
    await ask(database)
    await say_yes(database)
    if how_far != "asking":
        await choose(database, "wilgen")
