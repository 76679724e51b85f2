"""What a shelter's people press under a request: the answer, and whether they came.

A reason says something about a person, so no fingerprint of a press contains it: every button is a form with a key of its own.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bedboard.actions.answers import answer_case, take_arrival
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.process import actor_of, process_of
from bedboard.routes.case_reads import show_done
from bedboard.routes.parse import KeyText, parse_form, read_form
from bedboard.routes.replies import html, http_status, notice, wants_fragment
from bedboard.routes.staff import staff_page, staff_section
from bedboard.routes.staff_cases import draw_asked
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.refusals import Conflict, Invalid, NotFound, Refusal
from bedboard.store.board import get_shelter
from bedboard.store.database import Transaction

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Code = Annotated[str, Field(max_length=40)]


class AnswerPress(BaseModel):
    """`place`: with yes, which one; `reason`: with no; `criterion`: with a contra-indication."""

    model_config = ConfigDict(extra="forbid")
    key: KeyText
    answer: Literal["yes", "discuss", "no"]
    place: Id | None = None
    reason: Code | None = None
    criterion: Code | None = None


class ArrivalPress(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: KeyText
    arrived: Literal["yes", "no"]


async def _reply(request: Request, refusal: Refusal | None) -> Response:
    """For a script: what the shelter is asked and its places, as they are now, and what was refused."""
    shelter_id = request.path_params["shelter_id"]
    async with process_of(request).database.transaction() as tx:
        row = await get_shelter(tx, shelter_id)
        asked = await draw_asked(tx, request)
    if row is None:
        raise NotFound("no_such_shelter")
    text = str(asked) + staff_section(request, row) + notice(request, refusal)
    return html(request, text, http_status(refusal) if refusal else 200)


async def _press(
    request: Request, key: str, choice: tuple[str, ...], work: Callable[[Transaction, datetime], Awaitable[LockedCase]]
) -> Response:
    """Does one press once. `choice`: what is pressed, as far as it says nothing about a person."""
    process, actor, now = process_of(request), actor_of(request), process_of(request).clock.now()
    asked = make_key(key, request.url.path, *choice)
    done = await apply_once(process.database, actor, asked, now, lambda tx: work(tx, now), lambda _: Reply(200, b""))
    if done.result is not None:
        await show_done(request, done.result)
    if wants_fragment(request):
        return await _reply(request, None)
    return RedirectResponse(f"/staff/{request.path_params['shelter_id']}", 303)


def _showing_present(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A refused press is answered with the reason and what is true now."""

    async def tried(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (Conflict, Invalid) as refusal:
            return await (_reply if wants_fragment(request) else staff_page)(request, refusal)

    return tried


@_showing_present
async def post_answer(request: Request) -> Response:
    process, actor, asked = process_of(request), actor_of(request), request.path_params
    press = parse_form(AnswerPress, await read_form(request))
    said = ShelterAnswer(press.answer, press.place, press.reason, press.criterion)
    claim_id = process.clock.new_id()

    async def work(tx: Transaction, now: datetime) -> LockedCase:
        return await answer_case(tx, actor, asked["case_id"], asked["shelter_id"], said, claim_id, now)

    return await _press(request, press.key, (press.answer, press.place or ""), work)


@_showing_present
async def post_arrival(request: Request) -> Response:
    process, actor, asked = process_of(request), actor_of(request), request.path_params
    press = parse_form(ArrivalPress, await read_form(request))

    async def work(tx: Transaction, now: datetime) -> LockedCase:
        return await take_arrival(
            tx, actor, asked["case_id"], asked["shelter_id"], now, process.pages.zone, arrived=press.arrived == "yes"
        )

    return await _press(request, press.key, (press.arrived,), work)
