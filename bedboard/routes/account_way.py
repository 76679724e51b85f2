"""The way to the provider of OpenID Connect and back: to sign in, to connect an account, to unlock and to prove again.

A person leaves for another site and comes back, which takes four steps:

1. A press begins: it makes a state, a nonce and a verifier, and keeps them in a sealed cookie for this way alone.
2. A page of ours leads to the provider. The Content-Security-Policy lets no form go there.
3. The provider leads back (`CALLBACK`). Another site began this call, so the browser withholds the cookie of the session, which
   is `SameSite=Strict`; the cookie of the way is `Lax`, and comes along. Here the answer of the provider is checked.
4. A page of ours leads on. That call begins with us, so the cookie of the session comes along, and is set or used.
"""

import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from cryptography.fernet import InvalidToken
from starlette.responses import RedirectResponse, Response

from bedboard.actions.passkeys import give_challenge, use_challenge
from bedboard.actions.signin import hash_token
from bedboard.routes.call import Call
from bedboard.routes.kept import keep, kept_of
from bedboard.routes.parse import own_path
from bedboard.routes.replies import page
from bedboard.rules.devices import CHALLENGE_LASTS, AccountPurpose
from bedboard.rules.refusals import NotAllowed, NotFound, Unavailable
from bedboard.schemas.access_forms import AccountForm

if TYPE_CHECKING:
    from bedboard.provider import Provider

CALLBACK, LEAVE, DONE = (f"/sign-in/account/{part}" for part in ("callback", "leave", "done"))
Stage = Literal["out", "back"]


class Way(NamedTuple):
    """The way of one browser to the provider and back, as its cookie keeps it.

    `stage`: on its way out, or back with an answer. `secret`: of a challenge that counts once, and on the way out the verifier.
    `session`: the hash of the session that it is about, as hexadecimal digits; empty to sign in. On the way back there is a
    `subject`, the hash of an account, or the code of a `refusal`.
    """

    stage: Stage
    purpose: AccountPurpose
    state: str
    secret: str
    begun_at: str
    session: str
    leads_to: str
    nonce: str = ""
    subject: str = ""
    refusal: str = ""


def provider_of(call: Call) -> "Provider":
    if call.process.provider is None:
        raise NotFound("no_such_page")
    return call.process.provider


def _cookie(call: Call) -> str:
    return f"{call.process.identity.cookie}-account"


def _keep_way(call: Call, response: Response, way: Way) -> Response:
    response.set_cookie(
        _cookie(call),
        call.process.seal.close_packed(json.dumps(way)).decode(),
        max_age=int(CHALLENGE_LASTS.total_seconds()),
        httponly=True,
        secure=call.process.settings.secure,
        samesite="lax" if way.stage == "out" else "strict",
        path="/",
    )
    return response


def drop_way(call: Call, response: Response) -> Response:
    response.delete_cookie(_cookie(call), path="/", httponly=True, secure=call.process.settings.secure, samesite="strict")
    return response


def way_of(call: Call, stage: Stage) -> Way | None:
    """Return the way that this browser is on, at this stage."""
    try:
        way = Way(*json.loads(call.process.seal.open_packed(call.request.cookies.get(_cookie(call), "").encode())))
    except (InvalidToken, ValueError, TypeError):
        return None
    return way if way.stage == stage else None


async def _begin(call: Call, purpose: AccountPurpose, leads_to: str) -> Response:
    """Lead to the provider. Refusals: NotFound where there is none; Unavailable."""
    provider, clock = provider_of(call), call.process.clock
    nonce, verifier = clock.new_token(), clock.new_token()
    async with call.transaction() as tx:
        state = (await give_challenge(tx, purpose, hash_token(verifier), clock)).decode()
    address = await provider.sign_in_address(state, nonce, verifier, again=purpose != "account_sign_in")
    session = "" if purpose == "account_sign_in" else call.session_hash.hex()
    way = Way("out", purpose, state, verifier, call.now.isoformat(), session, own_path(leads_to), nonce)
    return _keep_way(call, keep(call, LEAVE, {"address": address}), way)


async def post_sign_in(call: Call) -> Response:
    form = await call.form(AccountForm)
    try:
        return await _begin(call, "account_sign_in", form.next)
    except Unavailable as refusal:
        return keep(call, "/sign-in", {"next": form.next}, refusal)


async def post_unlock(call: Call) -> Response:
    return await _begin(call, "account_unlock", (await call.form(AccountForm)).back)


async def post_step_up(call: Call) -> Response:
    return await _begin(call, "account_step_up", (await call.form(AccountForm)).back)


async def post_account(call: Call) -> Response:
    """Begin to connect an account to the person of this session."""
    await call.form(AccountForm)
    return await _begin(call, "account_add", "/devices?new=account")


async def show_leave(call: Call) -> Response:
    """Lead to the page of the provider, by itself and with a link."""
    kept = kept_of(call)
    if kept is None:
        return RedirectResponse("/sign-in", 303, {"Cache-Control": "no-store"})
    return page(call, "pages/account_way.html", {"actor": None, "address": kept.fields["address"], "is_out": True})


async def show_callback(call: Call) -> Response:
    """Take what the provider answers, and lead on to our own page, which knows the session."""
    provider, way = provider_of(call), way_of(call, "out")
    response = page(call, "pages/account_way.html", {"actor": None, "address": DONE, "is_out": False})
    if way is None:
        return response
    subject, refusal = "", ""
    try:
        subject = (await _take_answer(call, provider, way)).hex()
    except (NotAllowed, Unavailable) as refused:
        refusal = refused.code
    secret = call.process.clock.new_token()
    async with call.transaction() as tx:
        state = (await give_challenge(tx, "account_done", hash_token(secret), call.process.clock)).decode()
    back = way._replace(stage="back", state=state, secret=secret, nonce="", subject=subject, refusal=refusal)
    return _keep_way(call, response, back)


async def _take_answer(call: Call, provider: "Provider", way: Way) -> bytes:
    """Return the hash of the account in the answer of the provider. Refusals: NotAllowed, Unavailable."""
    said = call.query.get("state", "")
    if said != way.state or not await use_way(call, way):
        raise NotAllowed("challenge_over")
    provider.check_answer(call.query.get("error"), call.query.get("iss"))
    begun_at = call.now.fromisoformat(way.begun_at)
    is_again = way.purpose != "account_sign_in"
    proof = await provider.prove(call.query.get("code", ""), way.nonce, way.secret, begun_at, again=is_again)
    return proof.subject_hash


async def use_way(call: Call, way: Way) -> bool:
    """Use up the challenge of this stage, in a transaction of its own, and return whether it counts."""
    purpose = way.purpose if way.stage == "out" else "account_done"
    async with call.transaction() as tx:
        return await use_challenge(tx, way.state.encode(), purpose, hash_token(way.secret), call.now)
