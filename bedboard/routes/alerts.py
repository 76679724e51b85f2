"""Alerts: leave the profile of a search, look at it again, stop; and the devices that may be woken.

The profile is sealed before it leaves this module for the database; the stored reply to the call does not contain it.
"""

from base64 import urlsafe_b64decode

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from starlette.responses import RedirectResponse, Response

from bedboard.actions.alerts import IsSame, add_alert, add_device, read_alert, remove_device, stop_alert
from bedboard.actions.idempotency import Reply
from bedboard.live.alerts import would_do
from bedboard.routes.call import Call
from bedboard.routes.kept import refusal_of
from bedboard.routes.parse import own_path
from bedboard.routes.profiles import open_profile, seal_profile
from bedboard.routes.search import answer_search, profile_fields, search_page
from bedboard.routes.strip import strip_reply
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound
from bedboard.schemas.forms import AlertForm, DeviceForm, OwnForm
from bedboard.schemas.parse import parse_form
from bedboard.schemas.profile import SearchProfile, profile_of, read_profile, write_profile
from bedboard.store.alerts import Device
from bedboard.store.seal import Seal, SealedNeeds


async def post_alert(call: Call) -> Response:
    """Let every process watch for this profile from now on, for a day at most."""
    process, everything = call.process, await call.fields()
    fields = profile_fields(everything)
    form = parse_form(AlertForm, {name: value for name, value in everything.items() if name not in fields})
    try:
        said, catalogue = read_profile(fields), call.catalogue
        profile = profile_of(said, catalogue, call.now)
        if not profile.asked():
            raise Invalid(FieldError("adults", "say_for_whom"))
        seen = would_do(await process.searches.found(call.actor.key, call.actor.role, profile, None))
        sealed, alert_id = seal_profile(process.seal, said), process.clock.new_id()
        is_same = _waits_for(process.seal, said)
        done = await call.once(  # nothing of the profile goes with the key, not even a fingerprint
            form.key,
            work=lambda tx: add_alert(tx, call.actor, alert_id, sealed, sorted(seen), call.now, is_same),
            reply=lambda saved_id: Reply(200, saved_id.encode()),
            shown=lambda saved_id: process.alerts.reached(saved_id, present=True),
        )
    except (Conflict, Invalid) as refusal:
        if call.wants_fragment:
            return await strip_reply(call, refusal)
        return await answer_search(call, fields, refusal)
    if call.wants_fragment:
        return await strip_reply(call, None)
    return RedirectResponse(f"/alerts/{done.reply.body.decode()}", 303)


def _waits_for(seal: Seal, said: SearchProfile) -> IsSame:
    """Return the function that says whether a sealed profile is this one; one that cannot be opened is another."""
    fields = write_profile(said)

    def is_same(sealed: SealedNeeds) -> bool:
        try:
            return write_profile(open_profile(seal, sealed)) == fields
        except ValueError:
            return False

    return is_same


async def show_alert(call: Call) -> Response:
    """Show what is found now for the profile of an alert of the actor's own; the actor has then seen its news."""
    alert_id = call.path_params["alert_id"]
    async with call.transaction() as tx:
        alert = await read_alert(tx, call.actor, alert_id, call.now)
    try:
        fields = write_profile(open_profile(call.process.seal, alert.profile))
    except ValueError:
        raise NotFound("no_such_waiting") from None
    return await search_page(call, fields, refusal_of(call))


async def post_alert_stop(call: Call) -> Response:
    alert_id, form = call.path_params["alert_id"], await call.form(OwnForm)
    await call.once(
        form.key,
        work=lambda tx: stop_alert(tx, call.actor, alert_id, call.now.astimezone(call.catalogue.zone)),
        reply=lambda _: Reply(200, b""),
    )
    await call.process.alerts.reached(alert_id, present=False)
    if call.wants_fragment:
        return await strip_reply(call, None)
    back = own_path(form.back)
    return RedirectResponse("/search" if back.partition("?")[0] == f"/alerts/{alert_id}" else back, 303)


async def post_device(call: Call) -> Response:
    """Keep or drop a device that may be woken; a repeated press changes nothing, so it needs no key."""
    push = call.process.push
    if push is None:
        raise NotFound("no_such_page")
    form = await call.form(DeviceForm)
    if not push.allows(form.endpoint):
        raise Invalid(FieldError("endpoint", "wrong"))
    async with call.transaction() as tx:
        if form.do == "subscribe":
            device = Device(form.endpoint, _public_key(form.p256dh), _secret(form.auth))
            await add_device(tx, call.actor, call.session_hash, device, call.process.seal, call.now)
        else:
            await remove_device(tx, call.actor, form.endpoint)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _bytes(field: str, text: str, length: int) -> bytes:
    try:
        found = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        found = b""
    if len(found) != length:
        raise Invalid(FieldError(field, "wrong"))
    return found


def _public_key(text: str) -> str:
    """Return the text if it is a point of the curve, uncompressed. Refusal: Invalid."""
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes("p256dh", text, 65))
    except ValueError:
        raise Invalid(FieldError("p256dh", "wrong")) from None
    return text


def _secret(text: str) -> str:
    _bytes("auth", text, 16)
    return text
