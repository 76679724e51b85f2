"""Places that are kept: a hold, and a reservation for a case."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bedboard.actions.answers import answer_case
from bedboard.actions.cases import open_case
from bedboard.actions.holds import Held, Holder, hold_place
from bedboard.rules.access import Actor
from bedboard.rules.cases import ShelterAnswer
from bedboard.store.database import Database
from bedboard.store.seal import SealedNeeds
from tests.build import NOW
from tests.build.cases import MARK, SANNE
from tests.build.rows import do

HALF_HOUR = timedelta(minutes=30)


async def hold(
    board_database: Database,
    who: Actor = MARK,
    places: Sequence[str] = ("linde-1",),
    claim_id: str = "h1",
    at: datetime = NOW,
    given_to: Holder | None = None,
) -> Held:
    held: Held = await do(board_database, lambda tx: hold_place(tx, who, places, claim_id, at, given_to))
    return held


async def reserve(board_database: Database, who: Actor) -> None:
    """linde-1, for a case of theirs."""
    await do(board_database, lambda tx: open_case(tx, who, "r1", SealedNeeds(b"?", None), None, {"linde": "cosm"}, NOW))
    said = ShelterAnswer("yes", "linde-1")
    await do(board_database, lambda tx: answer_case(tx, SANNE, "r1", "linde", said, "reserved", NOW))
