"""Proofs of identity: the options of a ceremony, the answer of a device, and signing in with it.

A ceremony takes two calls of one browser. The first gives a challenge, bound to a secret that only this browser has; the second
brings the answer. Browsers can do this with scripts only (`web/static/js/passkey.js`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel
from starlette.responses import Response

from bedboard.actions.ceremony import Party, challenge_in, make_options, use_options
from bedboard.actions.outgoing import send_later
from bedboard.actions.passkeys import Proven, give_challenge, prove, use_challenge
from bedboard.actions.sign_in_lines import What, note_refused
from bedboard.actions.signin import hash_token, sign_in, sign_out
from bedboard.routes.call import Call
from bedboard.routes.kept import keep
from bedboard.routes.replies import json_bytes
from bedboard.routes.signin import welcome
from bedboard.rules.devices import CHALLENGE_LASTS, Purpose
from bedboard.rules.refusals import Invalid, NotAllowed
from bedboard.schemas.access_forms import OptionsForm, SignInForm
from bedboard.store.database import Transaction
from bedboard.store.passkeys import list_passkeys
from bedboard.views.objects import to_json

Model = TypeVar("Model", bound=BaseModel)
LABELS = {"label": "device_kind"}  # elsewhere a label is that of a place


async def device_form(call: Call, model: type[Model]) -> Model:
    """Return the form about a device as this model. Refusals: Malformed, Invalid, with the names of a device."""
    try:
        return await call.form(model)
    except Invalid as refusal:
        raise Invalid(*(replace(one, field=LABELS.get(one.field, one.field)) for one in refusal.fields)) from None


def party_of(call: Call) -> Party:
    """Return this deployment as devices know it: by the address that people open."""
    address = call.process.settings.public_url
    catalogue = call.process.board.catalogue
    return Party(urlsplit(address).hostname or "", address, catalogue.name if catalogue else "bedboard")


def _once(call: Call) -> str:
    """Return the name of the cookie that ties a challenge to a browser in which nobody is signed in."""
    return f"{call.process.identity.cookie}-once"


def once_hash(call: Call) -> bytes:
    return hash_token(call.request.cookies.get(_once(call), ""))


def options(given: dict[str, Any]) -> Response:
    return json_bytes(to_json(given))


async def _own(tx: Transaction, person_id: str) -> Sequence[bytes]:
    return [one.credential_id for one in await list_passkeys(tx, person_id)]


async def own_use_options(call: Call, purpose: Purpose) -> Response:
    """Give the options with which the person of this session proves who they are."""
    await call.form(OptionsForm)
    async with call.transaction() as tx:
        challenge = await give_challenge(tx, purpose, call.session_hash, call.process.clock)
        known = await _own(tx, call.actor.id)
    return options(use_options(party_of(call), known, challenge))


async def own_make_options(
    call: Call, tx: Transaction, purpose: Purpose, bound_hash: bytes, person_id: str, name: str
) -> Response:
    """Give the options with which this person makes a passkey."""
    challenge = await give_challenge(tx, purpose, bound_hash, call.process.clock)
    return options(make_options(party_of(call), person_id, name, await _own(tx, person_id), challenge))


async def take_answer(call: Call, answer: str, purpose: Purpose, bound_hash: bytes) -> bytes:
    """Use up the challenge that the answer has signed, and return it.

    Refusals: NotAllowed `passkey_refused` and `challenge_over`.
    """
    challenge = challenge_in(answer)
    async with call.transaction() as tx:
        counts = await use_challenge(tx, challenge, purpose, bound_hash, call.now)
    if not counts:
        raise NotAllowed("challenge_over")
    return challenge


async def tell_added(tx: Transaction, person_id: str, now: datetime) -> None:
    """Tell the devices of a person that a passkey or an account was added: somebody else may have done it."""
    await send_later(tx, [(person_id, "access")], now)


async def refused(call: Call, what: What, refusal: NotAllowed) -> None:
    """Write down that a proof was refused. The transaction of the proof itself is lost."""
    async with call.transaction() as tx:
        await note_refused(tx, call.known_actor, what, call.network, refusal.code, call.now)


async def prove_own(call: Call, tx: Transaction, answer: str, challenge: bytes) -> Proven:
    return await prove(tx, party_of(call), answer, challenge, call.now)


async def post_sign_in_options(call: Call) -> Response:
    """Give the options with which anybody with a passkey of this deployment signs in."""
    await call.form(OptionsForm)
    secret = call.process.clock.new_token()
    async with call.transaction() as tx:
        challenge = await give_challenge(tx, "sign_in", hash_token(secret), call.process.clock)
    response = options(use_options(party_of(call), (), challenge))
    response.set_cookie(
        _once(call),
        secret,
        max_age=int(CHALLENGE_LASTS.total_seconds()),
        httponly=True,
        secure=call.process.settings.secure,
        samesite="strict",
        path="/",
    )
    return response


async def post_sign_in(call: Call) -> Response:
    """Sign in with a passkey; a refusal stands on the page of signing in."""
    form, clock = await call.form(SignInForm), call.process.clock
    try:
        challenge = await take_answer(call, form.proof, "sign_in", once_hash(call))
        async with call.transaction() as tx:
            person, passkey = await prove_own(call, tx, form.proof, challenge)
            await sign_out(tx, call.session_hash, call.now)
            token = await sign_in(tx, person, clock, call.network, method="passkey", passkey=passkey)
    except NotAllowed as refusal:
        await refused(call, "sign_in", refusal)
        return keep(call, "/sign-in", {"next": form.next}, refusal)
    return await welcome(call, person, token, form.next)


async def post_unlock_options(call: Call) -> Response:
    return await own_use_options(call, "unlock")
