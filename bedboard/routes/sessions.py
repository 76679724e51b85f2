"""The session of this browser: unlock it, or exchange it for one of a wall screen or of a shift."""

from starlette.responses import RedirectResponse, Response

from bedboard.actions.sign_in_lines import Method, note_sign_in
from bedboard.actions.signin import exchange_session, unlock_session
from bedboard.routes.call import Call
from bedboard.routes.parse import own_path
from bedboard.routes.proofs import prove_own, refused, take_answer
from bedboard.routes.replies import WALL, page
from bedboard.routes.signin import is_demo, signed_in
from bedboard.rules.refusals import NotAllowed
from bedboard.rules.sessions import SessionKind
from bedboard.schemas.forms import UnlockForm
from bedboard.store.board import list_shelters
from bedboard.store.database import Transaction
from bedboard.store.people import list_sessions
from bedboard.store.tables.passkeys import Passkey


async def prove_identity(call: Call, tx: Transaction, form: UnlockForm, challenge: bytes | None) -> tuple[str, Passkey | None]:
    """Return the id of the person who unlocks, and their passkey. Refusal: NotAllowed.

    `challenge` None: there is no answer of a passkey. In a demo one tap proves it.
    """
    if challenge is not None:
        person, passkey = await prove_own(call, tx, form.proof, challenge)
        return person.id, passkey
    if not is_demo(call):
        raise NotAllowed("not_a_demo")
    return form.person, None


async def post_unlock(call: Call) -> Response:
    """Unlock the session for its own person; a page without scripts goes back to where it was."""
    form, identity = await call.form(UnlockForm), call.process.identity
    try:
        challenge = await take_answer(call, form.proof, "unlock", call.session_hash) if form.proof else None
        async with call.transaction() as tx:
            person_id, passkey = await prove_identity(call, tx, form, challenge)
            passkey_id = None if passkey is None else passkey.id
            await unlock_session(tx, call.session_hash, person_id, identity.limits, call.now, passkey_id=passkey_id)
            method: Method = "tap" if passkey is None else "passkey"
            device = None if passkey is None else passkey.label
            await note_sign_in(tx, call.actor, "unlock", call.now, method=method, device=device)
    except NotAllowed as refusal:
        if form.proof:
            await refused(call, "unlock", refusal)
        raise
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
