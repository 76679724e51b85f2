"""Step-up: prove once more who you are, before what a stolen session must not be able to do."""

import json

from starlette.responses import RedirectResponse, Response

from bedboard.actions.sign_in_lines import Method, note_sign_in
from bedboard.actions.signin import unlock_session
from bedboard.routes.call import Call
from bedboard.routes.kept import kept_of
from bedboard.routes.parse import own_path
from bedboard.routes.proofs import own_use_options, prove_own, refused, take_answer
from bedboard.routes.replies import page
from bedboard.routes.signin import is_demo
from bedboard.rules.devices import is_fresh
from bedboard.rules.refusals import NotAllowed
from bedboard.schemas.access_forms import StepUpForm
from bedboard.store.access import get_proven_at


async def show_step_up(call: Call) -> Response:
    """Ask for the proof. When there is a fresh one, lead on: to a page, or to the press that waits with its fields."""
    kept = kept_of(call)
    back = own_path(kept.fields["back"] if kept else call.query.get("back", "/"))
    async with call.transaction() as tx:
        fresh = is_fresh(await get_proven_at(tx, call.session_hash), call.now)
    if fresh and kept is None:
        return RedirectResponse(back, 303, {"Cache-Control": "no-store"})
    context = {
        "fresh": fresh,
        "back": back,
        "to": own_path(kept.fields["to"]) if kept else None,
        "fields": json.loads(kept.fields["form"]) if kept else {},
    }
    return page(call, "pages/step_up.html", context)


async def post_step_up_options(call: Call) -> Response:
    return await own_use_options(call, "step_up")


async def post_step_up(call: Call) -> Response:
    """Note that the person of this session has just proven who they are. In a demo one tap proves it."""
    form, device, passkey_id = await call.form(StepUpForm), None, None
    if not form.proof and not is_demo(call):
        raise NotAllowed("not_a_demo")
    try:
        challenge = await take_answer(call, form.proof, "step_up", call.session_hash) if form.proof else None
        async with call.transaction() as tx:
            person_id = call.actor.id
            if challenge is not None:
                person, passkey = await prove_own(call, tx, form.proof, challenge)
                person_id, device, passkey_id = person.id, passkey.label, passkey.id
            limits = call.process.identity.limits
            await unlock_session(tx, call.session_hash, person_id, limits, call.now, passkey_id=passkey_id)
            said: Method = "passkey" if passkey_id else "tap"
            await note_sign_in(tx, call.actor, "step_up", call.now, method=said, device=device)
    except NotAllowed as refusal:
        await refused(call, "step_up", refusal)
        raise
    if call.wants_fragment:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return RedirectResponse(own_path(form.back), 303, {"Cache-Control": "no-store"})
