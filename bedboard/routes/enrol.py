"""Enrolment: the page on which a code is typed and a passkey is made."""

from starlette.responses import Response

from bedboard.actions.ceremony import check_made
from bedboard.actions.enrolment import enrol, try_code
from bedboard.actions.signin import sign_out
from bedboard.routes.call import Call
from bedboard.routes.kept import keep, kept_of
from bedboard.routes.proofs import device_form, own_make_options, party_of, take_answer, tell_added
from bedboard.routes.replies import http_status, page
from bedboard.routes.signin import welcome
from bedboard.rules.devices import LABELS, finding_part, read_code
from bedboard.rules.refusals import Conflict, NotAllowed, Refusal
from bedboard.schemas.access_forms import EnrolForm, EnrolOptionsForm
from bedboard.store.people import get_person


async def show_enrol(call: Call) -> Response:
    kept = kept_of(call)
    refusal = kept.refusal if kept else None
    context = {"labels": LABELS, "refusal": refusal, "fields": kept.fields if kept else {}}
    return page(call, "pages/enrol.html", context, http_status(refusal) if refusal else 200)


def _bound(call: Call, code: str) -> bytes:
    """Return the hash that ties the challenge to the code for which it was given."""
    return call.process.seal.digest(f"enrol {finding_part(read_code(code))}")


async def post_enrol_options(call: Call) -> Response:
    """Try the code, and give the options with which its person makes a passkey. The code is not used up yet."""
    form = await device_form(call, EnrolOptionsForm)
    async with call.transaction() as tx:
        tried = await try_code(tx, form.code, call.process.seal, call.network, call.now)
    if isinstance(tried, Refusal):
        raise tried
    async with call.transaction() as tx:
        person = await get_person(tx, tried.person_id)
        if person is None or person.ended_at is not None:
            raise NotAllowed("wrong_code")
        return await own_make_options(call, tx, "enrol", _bound(call, form.code), person.id, person.name)


async def post_enrol(call: Call) -> Response:
    """Make the passkey that the code allows, and sign in with it; a refusal stands on the page of the code."""
    form, process = await device_form(call, EnrolForm), call.process
    try:
        challenge = await take_answer(call, form.proof, "enrol", _bound(call, form.code))
        made = check_made(party_of(call), form.proof, challenge)
        async with call.transaction() as tx:
            tried = await try_code(tx, form.code, process.seal, call.network, call.now)
        if isinstance(tried, Refusal):
            raise tried
        async with call.transaction() as tx:
            await sign_out(tx, call.session_hash, call.now)
            person, token = await enrol(tx, form.code, made, form.label, process.seal, process.clock, call.network)
            await tell_added(tx, person.id, call.now)
    except (NotAllowed, Conflict) as refusal:
        return keep(call, "/enrol", {"label": form.label}, refusal)
    return await welcome(call, person, token, "/devices?new=1")
