"""The shelter as it now is: in the answer to a change of it, and in the answer to a refusal."""

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.responses import Response

from bedboard.routes.call import Call
from bedboard.routes.row import Endpoint
from bedboard.rules.refusals import Conflict, Invalid, NotFound, Refusal, VersionMismatch
from bedboard.store.board import ShelterRow, get_shelter
from bedboard.views.cards import Card


async def read_shelter(call: Call, shelter_id: str) -> ShelterRow:
    """Read the shelter from the database. Refusal: NotFound."""
    async with call.process.database.reading() as tx:
        row = await get_shelter(tx, shelter_id)
    if row is None:
        raise NotFound("no_such_shelter")
    return row


def card_of(call: Call, row: ShelterRow) -> Card:
    """Return the card of a shelter at the moment of the call. Refusal: Unavailable while nothing has been read."""
    return call.process.board.make_card(row, call.catalogue, call.now)


def showing_present(show: Callable[[Call, Refusal], Awaitable[Response]]) -> Callable[[Endpoint], Endpoint]:
    """Let a handler answer a refused press with `show`: the reason, and what is true now."""

    def wrap(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        async def tried(call: Call) -> Response:
            try:
                return await endpoint(call)
            except (Conflict, Invalid, VersionMismatch) as refusal:
                return await show(call, refusal)

        return tried

    return wrap
