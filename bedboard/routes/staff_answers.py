"""The presses of a shelter's people under a case: the answer, and whether they came.

A reason says something about a person, so no fingerprint of a press contains it: every button is a form with a key of its own.
"""

from collections.abc import Awaitable, Callable

from starlette.responses import RedirectResponse, Response

from bedboard.actions.opening import open_request
from bedboard.routes.call import Call
from bedboard.routes.case_work import Task, answer_work, arrival_work, do_once
from bedboard.routes.replies import html, notice
from bedboard.routes.staff import keep_staff, staff_section
from bedboard.routes.staff_cases import draw_asked
from bedboard.rules.refusals import Conflict, Invalid, NotFound, Refusal
from bedboard.schemas.case_forms import EmptyForm, StaffAnswerForm, StaffArrivalForm
from bedboard.store.board import get_shelter


async def _reply(call: Call, refusal: Refusal | None) -> Response:
    """Answer a script with the shelter's cases and places as they now are, and with the refusal."""
    async with call.transaction() as tx:
        row = await get_shelter(tx, call.path_params["shelter_id"])
        asked = await draw_asked(tx, call)
    if row is None:
        raise NotFound("no_such_shelter")
    text = str(asked) + staff_section(call, row) + notice(call, refusal)
    return html(call, text, refusal)


async def _press_of_staff(call: Call, read: Callable[[], Awaitable[Task]]) -> Response:
    """Do a press once; a refused one is answered with the reason and with what is true now. `read` makes a task of the form."""
    try:
        await do_once(call, await read())
    except (Conflict, Invalid) as refusal:
        return await _reply(call, refusal) if call.wants_fragment else keep_staff(call, refusal)
    if call.wants_fragment:
        return await _reply(call, None)
    return RedirectResponse(f"/staff/{call.path_params['shelter_id']}", 303)


async def post_opening(call: Call) -> Response:
    """Note that somebody has opened a request; only a script sends this, and it needs no answer."""
    await call.form(EmptyForm)
    async with call.transaction() as tx:
        await open_request(tx, call.actor, call.path_params["case_id"], call.path_params["shelter_id"])
    return Response(status_code=204)


async def post_answer(call: Call) -> Response:
    async def read() -> Task:
        press = await call.form(StaffAnswerForm)
        work = answer_work(call, call.path_params["shelter_id"], press.said)
        return Task(press.key, work, (press.answer, *(press.said.place_ids or [""])))

    return await _press_of_staff(call, read)


async def post_arrival(call: Call) -> Response:
    async def read() -> Task:
        press = await call.form(StaffArrivalForm)
        work = arrival_work(call, call.path_params["shelter_id"], arrived=press.arrived == "yes")
        return Task(press.key, work, (press.arrived,))

    return await _press_of_staff(call, read)
