"""The calls of the API that read cases, and the reading of one case for its caller."""

from collections.abc import Mapping
from datetime import timedelta

from starlette.responses import Response

from bedboard.routes.call import Call
from bedboard.routes.case_reads import opener_of, read_cases, read_sought
from bedboard.routes.replies import json_bytes
from bedboard.rules.access import SEEKERS
from bedboard.rules.refusals import NotFound
from bedboard.schemas import cases as shapes
from bedboard.store.cases import AskedRow, get_ask, get_case, list_asked, list_cases_of, list_claims_of_all, list_open_cases
from bedboard.store.database import Transaction
from bedboard.store.tables.board import ClaimRecord
from bedboard.views.case_objects import asked_object, case_object
from bedboard.views.cases import case_view
from bedboard.views.objects import to_json

OVER_SHOWN = timedelta(hours=24)  # how long a case that is over stays in the list

Shown = shapes.CaseObject | shapes.AskedObject
"""A case as the caller may see it."""


async def show_cases(call: Call) -> Response:
    """Answer with the caller's cases, without telephones: those come with a single case."""
    actor, since = call.actor, call.now - OVER_SHOWN
    _ = call.catalogue  # before anything has been read every shelter would be missing
    shown: list[Shown]
    async with call.transaction() as tx:
        if actor.role in SEEKERS:
            own = await list_cases_of(tx, actor.organization_id or "", actor.role, since)
            every = {row.id: row for row in (*(await list_open_cases(tx) if actor.role == "desk" else ()), *own)}
            shown = [case_object(case) for case in await read_cases(tx, call, list(every.values()))]
        else:
            rows = [row for shelter_id in sorted(actor.shelter_ids) for row in await list_asked(tx, shelter_id, since)]
            claims = await list_claims_of_all(tx, [row.record.id for row in rows])
            shown = [one for row in rows if (one := _asked(call, row, claims)) is not None]
    answer: shapes.CasesObject = {"requests": shown}
    return json_bytes(to_json(answer))


async def show_case(call: Call) -> Response:
    async with call.transaction() as tx:
        shown = await read_present(tx, call, call.path_params["case_id"])
    return json_bytes(to_json(shown), version=shown["version"], epoch=call.epoch)


async def read_present(tx: Transaction, call: Call, case_id: str, shelter_id: str | None = None) -> Shown:
    """Read the case as the caller may see it. `shelter_id`: for which of its shelters a caller asks; None: for any.

    A telephone in it is a disclosure, written down in this transaction. Refusal: NotFound, also for callers who may not see
    the case.
    """
    actor = call.actor
    _ = call.catalogue
    if actor.role in SEEKERS:
        return await read_sought(tx, call, case_id)
    row = await get_case(tx, case_id)
    for one in sorted(actor.shelter_ids) if shelter_id is None else {shelter_id} & actor.shelter_ids:
        ask = await get_ask(tx, case_id, one)
        if row is not None and ask is not None:
            shown = _asked(call, AskedRow(row, ask), await list_claims_of_all(tx, [case_id]))
            if shown is not None:
                return shown
    raise NotFound("no_such_request")


def _asked(call: Call, asked: AskedRow, claims: Mapping[str, ClaimRecord]) -> shapes.AskedObject | None:
    """Return a case as one of its shelters sees it; None: the shelter is no longer on the board."""
    row, ask = asked
    case = case_view(row, [ask], claims, call.process.board.cards, opener_of(call.process), call.actor, call.now)
    return asked_object(case, ask.shelter_id)
