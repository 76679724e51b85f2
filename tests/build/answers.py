"""Answers of a shelter in a case, as they are refused."""

from datetime import datetime

from bedboard.actions.answers import answer_case
from bedboard.rules.access import Actor
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.refusals import Refusal
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.cases import SANNE
from tests.build.rows import refused

YES = ShelterAnswer("yes", "linde-1")


async def refused_answer(
    database: Database, said: ShelterAnswer, who: Actor = SANNE, shelter: str = "linde", at: datetime = NOW
) -> Refusal:
    return await refused(database, lambda tx: answer_case(tx, who, "r1", shelter, said, "new", at))
