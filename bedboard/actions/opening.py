"""Opening a request: somebody of a shelter has seen it, so it stops ringing on all pages of that shelter."""

from bedboard.actions.roles import check_role
from bedboard.rules.access import Actor
from bedboard.rules.refusals import NotFound
from bedboard.store.bell import ring
from bedboard.store.cases import list_asks
from bedboard.store.database import Transaction


async def open_request(tx: Transaction, actor: Actor, case_id: str, shelter_id: str) -> None:
    """Tell every process that the request was opened. Nothing is stored: it changes nothing but a sound.

    Refusals: NotFound, also where the shelter was not asked; NotAllowed.
    """
    await check_role(tx, actor)
    if shelter_id not in [ask.shelter_id for ask in await list_asks(tx, case_id)]:
        raise NotFound("no_such_request")
    await ring(tx, "opened", f"{shelter_id} {case_id}")
