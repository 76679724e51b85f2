"""The session of this browser: unlock it, or exchange it for one of a wall screen or of a shift."""

from starlette.responses import RedirectResponse, Response

from bedboard.actions.signin import exchange_session, unlock_session
from bedboard.routes.call import Call
from bedboard.routes.parse import own_path
from bedboard.routes.replies import WALL, page
from bedboard.routes.signin import is_demo, signed_in
from bedboard.rules.refusals import NotAllowed
from bedboard.rules.sessions import SessionKind
from bedboard.schemas.forms import UnlockForm
from bedboard.store.board import list_shelters
from bedboard.store.people import list_sessions


def prove_identity(call: Call, form: UnlockForm) -> str:
    """Return the id of the person who unlocks. Refusal: NotAllowed.

    In a demo one tap proves it. The check of a passkey will stand here, and return the id of its owner.
    """
    if not is_demo(call):
        raise NotAllowed("not_a_demo")
    return form.person


async def post_unlock(call: Call) -> Response:
    """Unlock the session for its own person; a page without scripts goes back to where it was."""
    form, identity = await call.form(UnlockForm), call.process.identity
    person_id = prove_identity(call, form)
    async with call.transaction() as tx:
        await unlock_session(tx, call.session_hash, person_id, identity.limits, call.now)
    identity.forget(call.session_hash)
    if call.wants_fragment:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return RedirectResponse(own_path(form.back), 303, {"Cache-Control": "no-store"})


async def _exchange(call: Call, kind: SessionKind, path: str) -> Response:
    async with call.transaction() as tx:
        token = await exchange_session(tx, call.session_hash, kind, call.process.clock)
    return signed_in(call, path, token)


async def show_wall(call: Call) -> Response:
    """Ask whether this screen becomes a wall screen, with the filter in the address."""
    back = f"/?{call.query}" if call.query.get("wall") == "1" else WALL
    hours = call.process.settings.shift_hours
    return page(call, "pages/wall.html", {"back": back, "shift_hours": hours, "catalogue": call.catalogue})


async def post_wall(call: Call) -> Response:
    """Open the wall screen on this browser; the session of the person ends here."""
    back = own_path((await call.fields()).get("back", ""))
    return await _exchange(call, "wall", back if back.startswith(WALL) else WALL)


async def show_shift(call: Call) -> Response:
    """Say what a shift on this device means, and ask for the press that begins it, or ends it where it goes on."""
    ends_at, actor = None, call.actor
    async with call.transaction() as tx:
        shelters = await list_shelters(tx, actor.shelter_ids)
        if actor.session == "shift":
            session = (await list_sessions(tx, [call.session_hash])).get(call.session_hash)
            ends_at = session and session.created_at + call.process.identity.limits.shift
    context = {
        "name": ", ".join(shelter.name for shelter in shelters),
        "ends_at": ends_at,
        "shift_hours": call.process.settings.shift_hours,
    }
    return page(call, "pages/shift.html", context)


async def post_shift(call: Call) -> Response:
    """Let a manager work on this device as the shift does; the manager's own session ends here."""
    return await _exchange(call, "shift", "/")
