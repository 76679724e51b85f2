"""The end of the way to the provider of OpenID Connect: a session, a code to type, an account, an unlock or a proof."""

from starlette.responses import RedirectResponse, Response

from bedboard.actions.accounts import add_account, end_account, find_account
from bedboard.actions.enrolment import enrol_account, try_code
from bedboard.actions.sign_in_lines import What, note_refused, note_sign_in
from bedboard.actions.signin import sign_in, sign_out, unlock_session
from bedboard.routes.account_way import Way, drop_way, provider_of, use_way, way_of
from bedboard.routes.call import Call
from bedboard.routes.kept import keep, kept_of
from bedboard.routes.proofs import tell_added
from bedboard.routes.replies import http_status, page
from bedboard.routes.signin import welcome
from bedboard.rules.devices import AccountPurpose
from bedboard.rules.refusals import Conflict, Locked, NotAllowed, Refusal, SignInNeeded, Unavailable
from bedboard.schemas.access_forms import CodeForm, EndForm, OptionsForm
from bedboard.store.alerts import lock_person

CODE = "/sign-in/account/code"
LINES: dict[AccountPurpose, What] = {
    "account_sign_in": "sign_in",
    "account_unlock": "unlock",
    "account_step_up": "step_up",
    "account_add": "account_added",
}


async def show_done(call: Call) -> Response:
    """Do what the answer of the provider allows: sign in, ask for a code, connect, unlock or note the proof."""
    provider_of(call)
    way = way_of(call, "back")
    if way is None:
        return keep(call, _start_of(call), {}, NotAllowed("challenge_over"))
    try:
        if way.refusal:
            raise Unavailable(way.refusal) if way.refusal == "provider_away" else NotAllowed(way.refusal)
        if way.purpose == "account_sign_in":
            return await _sign_in(call, way)
        return drop_way(call, await _of_session(call, way))
    except (NotAllowed, Conflict, Unavailable) as refusal:
        return drop_way(call, await _refused(call, way, refusal))


def _start_of(call: Call) -> str:
    """Return the page on which a refusal to sign in stands. That of signing in leads on, if somebody is signed in."""
    return "/sign-in" if call.known_actor is None else "/refused"


async def _refused(call: Call, way: Way, refusal: Refusal) -> Response:
    """Write the refusal down, and show it where the person began."""
    async with call.transaction() as tx:
        line, actor = LINES[way.purpose], call.known_actor
        await note_refused(tx, actor, line, call.network, refusal.code, call.now, method="oidc")
    if way.purpose == "account_sign_in":
        return keep(call, _start_of(call), {"next": way.leads_to}, refusal)
    return keep(call, "/devices" if way.purpose == "account_add" else "/refused", {}, refusal)


async def _sign_in(call: Call, way: Way) -> Response:
    """Begin a session for the person of the account; ask for a code where nobody has it."""
    async with call.transaction() as tx:
        is_known = await find_account(tx, bytes.fromhex(way.subject), call.now) is not None
    if not is_known:
        return RedirectResponse(CODE, 303, {"Cache-Control": "no-store"})
    if not await use_way(call, way):
        raise NotAllowed("challenge_over")
    async with call.transaction() as tx:
        found = await find_account(tx, bytes.fromhex(way.subject), call.now)
        if found is None:
            raise NotAllowed("account_refused")
        person, account = found
        await sign_out(tx, call.session_hash, call.now)
        token = await sign_in(tx, person, call.process.clock, call.network, method="oidc", account=account)
    return drop_way(call, await welcome(call, person, token, way.leads_to))


async def _of_session(call: Call, way: Way) -> Response:
    """Do for the session that began this way what its answer allows. Refusals: SignInNeeded, NotAllowed, Conflict."""
    actor = call.known_actor
    if actor is None or way.session != call.session_hash.hex():
        raise NotAllowed("not_your_session")
    if not await use_way(call, way):
        raise NotAllowed("challenge_over")
    identity, subject_hash = call.process.identity, bytes.fromhex(way.subject)
    async with call.transaction() as tx:
        if way.purpose == "account_add":
            if actor.is_locked:
                raise Locked("session_locked")
            await lock_person(tx, actor.id)
            clock = call.process.clock
            await add_account(tx, actor, subject_hash, clock, method="oidc", session_hash=call.session_hash)
            await tell_added(tx, actor.id, call.now)
        else:
            found = await find_account(tx, subject_hash, call.now)
            if found is None:
                raise NotAllowed("account_unknown")
            person, account = found
            await unlock_session(tx, call.session_hash, person.id, identity.limits, call.now, account_id=account.id)
            await note_sign_in(tx, actor, LINES[way.purpose], call.now, method="oidc")
    identity.forget(call.session_hash)
    return RedirectResponse(way.leads_to, 303, {"Cache-Control": "no-store"})


# --- an account that nobody has yet


def _unknown(call: Call) -> Way:
    """Return the way of a browser whose account nobody has. Refusal: SignInNeeded where there is none."""
    way = way_of(call, "back")
    if way is None or not way.subject or way.purpose != "account_sign_in":
        raise SignInNeeded("sign_in_needed")
    return way


async def show_code(call: Call) -> Response:
    """Ask for the code that connects the account."""
    provider_of(call)
    _unknown(call)
    kept = kept_of(call)
    refusal = kept.refusal if kept else None
    return page(call, "pages/account_code.html", {"refusal": refusal}, http_status(refusal) if refusal else 200)


async def post_code(call: Call) -> Response:
    """Connect the account with the code, and sign in."""
    provider_of(call)
    form, way, process = await call.form(CodeForm), _unknown(call), call.process
    try:
        async with call.transaction() as tx:
            tried = await try_code(tx, form.code, process.seal, call.network, call.now)
        if isinstance(tried, Refusal):
            raise tried
        if not await use_way(call, way):
            return drop_way(call, keep(call, "/sign-in", {}, NotAllowed("challenge_over")))
        async with call.transaction() as tx:
            await sign_out(tx, call.session_hash, call.now)
            subject_hash = bytes.fromhex(way.subject)
            person, token = await enrol_account(tx, form.code, subject_hash, process.seal, process.clock, call.network)
            await tell_added(tx, person.id, call.now)
    except (NotAllowed, Conflict) as refusal:
        return keep(call, CODE, {}, refusal)
    return drop_way(call, await welcome(call, person, token, "/devices?new=account"))


async def post_end(call: Call) -> Response:
    """Remove one's own account, and end what was opened with it."""
    form = await call.form(EndForm)
    try:
        async with call.transaction() as tx:
            await end_account(tx, call.actor, call.actor.id, call.now, also_last=form.last == "yes")
    except Conflict as refusal:
        return keep(call, "/devices", {}, refusal)
    call.process.identity.forget(call.session_hash)  # perhaps it was this session's own
    return RedirectResponse("/devices", 303, {"Cache-Control": "no-store"})


async def post_end_of(call: Call) -> Response:
    """Remove the account of somebody whom the actor may help."""
    await call.form(OptionsForm)
    async with call.transaction() as tx:
        await end_account(tx, call.actor, call.path_params["person_id"], call.now, also_last=True)
    return RedirectResponse("/people", 303, {"Cache-Control": "no-store"})
