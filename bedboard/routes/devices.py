"""Mijn apparaten: one's own passkeys and the journal of signing in with them; and the same for the people one helps."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.responses import RedirectResponse, Response

from bedboard.actions.ceremony import check_made
from bedboard.actions.enrolment import MadeCode, make_code
from bedboard.actions.passkeys import add_passkey, end_passkey, name_passkey
from bedboard.routes.call import Call
from bedboard.routes.kept import drop_one, keep, kept_of
from bedboard.routes.proofs import device_form, own_make_options, party_of, take_answer, tell_added
from bedboard.routes.replies import http_status, page
from bedboard.rules.devices import LABELS, PASSKEYS_ADVISED, may_enrol
from bedboard.rules.refusals import Conflict, NotAllowed, Refusal
from bedboard.schemas.access_forms import AddForm, EndForm, LabelForm, OptionsForm
from bedboard.schemas.forms import PageForm
from bedboard.schemas.parse import parse_form
from bedboard.store.access import get_session_passkey, list_people, note_seen
from bedboard.store.accounts import get_account_of, list_accounts_of
from bedboard.store.alerts import lock_person
from bedboard.store.passkeys import list_passkeys, list_passkeys_of
from bedboard.store.sign_ins import list_sign_ins
from bedboard.views.access import CodeView, account_view, code_view, device_views

LINES_SHOWN = 20  # of one's own journal
LINES_ON_PAGE = 50  # of everybody's
PEOPLE_SHOWN = 50  # on one page
JOURNAL_SHOWN = timedelta(days=366)


def _code(call: Call) -> CodeView | None:
    """Return the code that was just made, as long as it counts."""
    kept = kept_of(call)
    return None if kept is None else code_view(kept.fields, call.now)


def _keep_code(call: Call, path: str, made: MadeCode) -> Response:
    """Show the code on the page that follows, for this browser alone."""
    fields = {"code": made.code, "name": made.person.name, "until": made.until.isoformat()}
    return keep(call, f"{path}?code=1", fields)


def _with_code(call: Call, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """Show a page with the code that was just made, once: a reload or Back says that it was shown."""
    made = _code(call)
    shown = {"made": made, "was_shown": made is None and call.query.get("code") == "1"}
    response = page(call, template, {**context, **shown}, status)
    if made is not None:
        drop_one(call, response)
    return response


def _refusal(call: Call) -> Refusal | None:
    kept = kept_of(call)
    return kept.refusal if kept else None


async def show_devices(call: Call) -> Response:
    refusal = _refusal(call)
    async with call.transaction() as tx:
        passkeys = await list_passkeys(tx, call.actor.id)
        here = await get_session_passkey(tx, call.session_hash)
        account = await get_account_of(tx, call.actor.id)
        await note_seen(tx, call.session_hash, call.now)
        lines = await list_sign_ins(tx, call.actor.id, call.now - JOURNAL_SHOWN, call.now + timedelta(days=1), LINES_SHOWN)
    call.process.identity.forget(call.session_hash)  # the addition is seen now
    context = {
        "devices": device_views(passkeys, here),
        "account": account_view(account),
        "new": call.query.get("new"),
        "advised": PASSKEYS_ADVISED,
        "labels": LABELS,
        "lines": lines,
        "enrol_at": f"{call.process.settings.public_url}/enrol",
        "refusal": refusal,
    }
    return _with_code(call, "pages/devices.html", context, http_status(refusal) if refusal else 200)


async def post_device_options(call: Call) -> Response:
    """Give the options with which the person makes one more passkey on this device."""
    await device_form(call, LabelForm)
    async with call.transaction() as tx:
        return await own_make_options(call, tx, "add", call.session_hash, call.actor.id, call.actor.name)


async def post_device(call: Call) -> Response:
    """Add a passkey that was made on this device."""
    form = await device_form(call, AddForm)
    try:
        challenge = await take_answer(call, form.proof, "add", call.session_hash)
        made = check_made(party_of(call), form.proof, challenge)
        async with call.transaction() as tx:
            await lock_person(tx, call.actor.id)
            await add_passkey(
                tx, call.actor, made, form.label, call.process.clock, method="passkey", session_hash=call.session_hash
            )
            await tell_added(tx, call.actor.id, call.now)
    except (NotAllowed, Conflict) as refusal:
        return keep(call, "/devices", {}, refusal)
    return RedirectResponse("/devices?new=1", 303, {"Cache-Control": "no-store"})


async def post_label(call: Call) -> Response:
    """Give one's own passkey another name, one of the list."""
    form = await device_form(call, LabelForm)
    async with call.transaction() as tx:
        await name_passkey(tx, call.actor, call.path_params["passkey_id"], form.label)
    return RedirectResponse("/devices", 303, {"Cache-Control": "no-store"})


async def post_end(call: Call) -> Response:
    """Remove one's own passkey, and end what was opened with it."""
    form, passkey_id = await call.form(EndForm), call.path_params["passkey_id"]
    try:
        async with call.transaction() as tx:
            await end_passkey(tx, call.actor, call.actor.id, passkey_id, call.now, also_last=form.last == "yes")
    except Conflict as refusal:
        return keep(call, "/devices", {}, refusal)
    call.process.identity.forget(call.session_hash)  # perhaps it was this session's own
    return RedirectResponse("/devices", 303, {"Cache-Control": "no-store"})


async def post_own_code(call: Call) -> Response:
    """Make a code for another device of one's own."""
    await call.form(OptionsForm)
    async with call.transaction() as tx:
        made = await make_code(tx, call.actor, call.actor.id, call.process.seal, call.process.clock)
    return _keep_code(call, "/devices", made)


# --- the people one helps


async def show_people(call: Call) -> Response:
    """Show the people whose code the actor may make, with their passkeys."""
    number = parse_form(PageForm, {name: value for name, value in call.query.items() if name == "page"}).page
    async with call.transaction() as tx:
        every = [one for one in await list_people(tx) if may_enrol(call.actor, one.role, one.shelter_ids)]
        people = every[(number - 1) * PEOPLE_SHOWN : number * PEOPLE_SHOWN]
        passkeys = await list_passkeys_of(tx, [one.id for one in people])
        accounts = await list_accounts_of(tx, [one.id for one in people])
    context = {
        "people": [(one, device_views(passkeys.get(one.id, []), None), account_view(accounts.get(one.id))) for one in people],
        "enrol_at": f"{call.process.settings.public_url}/enrol",
        "pages": {
            "newer": f"?page={number - 1}" if number > 1 else None,
            "older": f"?page={number + 1}" if number * PEOPLE_SHOWN < len(every) else None,
        },
    }
    return _with_code(call, "pages/people.html", context)


async def post_code(call: Call) -> Response:
    """Make a code for somebody whom the actor may help."""
    await call.form(OptionsForm)
    async with call.transaction() as tx:
        made = await make_code(tx, call.actor, call.path_params["person_id"], call.process.seal, call.process.clock)
    return _keep_code(call, "/people", made)


async def post_end_of(call: Call) -> Response:
    """Remove a passkey of somebody whom the actor may help."""
    await call.form(OptionsForm)
    person_id, passkey_id = call.path_params["person_id"], call.path_params["passkey_id"]
    async with call.transaction() as tx:
        await end_passkey(tx, call.actor, person_id, passkey_id, call.now, also_last=True)
    return RedirectResponse("/people", 303, {"Cache-Control": "no-store"})


async def show_sign_ins(call: Call) -> Response:
    """Show everybody's journal of signing in, the newest first, for an auditor."""
    number = parse_form(PageForm, {name: value for name, value in call.query.items() if name == "page"}).page
    since, until = call.now - JOURNAL_SHOWN, call.now + timedelta(days=1)
    async with call.transaction() as tx:
        lines = await list_sign_ins(tx, None, since, until, LINES_ON_PAGE + 1, (number - 1) * LINES_ON_PAGE)
    context = {
        "lines": lines[:LINES_ON_PAGE],
        "pages": {
            "newer": f"?page={number - 1}" if number > 1 else None,
            "older": f"?page={number + 1}" if len(lines) > LINES_ON_PAGE else None,
        },
    }
    return page(call, "pages/sign_ins.html", context)
