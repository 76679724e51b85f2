"""Waiting until a place is free: leave the profile of a search, look at it again, stop; and which devices may be woken.

The profile is sealed before it leaves this module for the database; what is remembered of a call does not contain it.
"""

from base64 import urlsafe_b64decode
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bedboard.actions.alerts import add_alert, add_device, read_alert, remove_device, stop_alert
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.live.alerts import would_do
from bedboard.process import actor_of, catalogue_of, process_of
from bedboard.routes.parse import own_path, read_form
from bedboard.routes.profiles import open_profile, seal_profile
from bedboard.routes.replies import wants_fragment
from bedboard.routes.search import profile_fields, search_page
from bedboard.routes.strip import Press, strip_reply
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound
from bedboard.schemas.fields import KeyText
from bedboard.schemas.parse import parse_form
from bedboard.schemas.profile import profile_of, read_profile, write_profile
from bedboard.store.alerts import Device


class AlertForm(BaseModel):
    """Of the search page, whose fields come along: they are what is waited for."""

    model_config = ConfigDict(extra="forbid")
    key: KeyText
    page: Literal["search"] = "search"


async def post_alert(request: Request) -> Response:
    """From now on, for a day at most, every process watches for this profile."""
    process, actor, now = process_of(request), actor_of(request), process_of(request).clock.now()
    form = await read_form(request)
    fields = profile_fields(form)
    press = parse_form(AlertForm, {name: value for name, value in form.items() if name not in fields})
    try:
        said = read_profile(fields)
        catalogue = catalogue_of(request)
        profile = profile_of(said, catalogue, now)
        if not profile.asked():
            raise Invalid(FieldError("adults", "say_for_whom"))
        seen = would_do(profile, process.board.cards.values(), catalogue)
        sealed, alert_id = seal_profile(process.seal, said), process.clock.new_id()
        done = await apply_once(
            process.database,
            actor,
            make_key(press.key, request.url.path),  # nothing of the profile, not even a fingerprint
            now,
            lambda tx: add_alert(tx, actor, alert_id, sealed, sorted(seen), now),
            lambda id: Reply(200, id.encode()),
        )
    except (Conflict, Invalid) as refusal:
        return await strip_reply(request, refusal) if wants_fragment(request) else await search_page(request, fields, refusal)
    alert_id = done.reply.body.decode()
    if done.result is not None:
        await process.alerts.reached(alert_id, present=True)
    return await strip_reply(request, None) if wants_fragment(request) else RedirectResponse(f"/alerts/{alert_id}", 303)


async def show_alert(request: Request) -> Response:
    """What is found now for a profile of one's own that is waiting; whoever looks has heard the news."""
    process, alert_id = process_of(request), request.path_params["alert_id"]
    async with process.database.transaction() as tx:
        waiting = await read_alert(tx, actor_of(request), alert_id, process.clock.now())
    try:
        fields = write_profile(open_profile(process.seal, waiting.profile_sealed))
    except ValueError:
        raise NotFound("no_such_waiting") from None
    return await search_page(request, fields, path=f"/alerts/{alert_id}")


async def post_alert_stop(request: Request) -> Response:
    process, actor, alert_id = process_of(request), actor_of(request), request.path_params["alert_id"]
    press = parse_form(Press, await read_form(request))
    await apply_once(
        process.database,
        actor,
        make_key(press.key, request.url.path),
        process.clock.now(),
        lambda tx: stop_alert(tx, actor, alert_id),
        lambda _: Reply(200, b""),
    )
    await process.alerts.reached(alert_id, present=False)
    if wants_fragment(request):
        return await strip_reply(request, None)
    back = own_path(press.back)
    return RedirectResponse("/search" if back == f"/alerts/{alert_id}" else back, 303)


class DevicePress(BaseModel):
    """As a browser's push subscription says it: where to, its public key and its secret."""

    model_config = ConfigDict(extra="forbid")
    do: Literal["subscribe", "unsubscribe"]
    endpoint: Annotated[str, Field(max_length=1000)]
    p256dh: Annotated[str, Field(max_length=100)] = ""
    auth: Annotated[str, Field(max_length=40)] = ""


async def post_device(request: Request) -> Response:
    """Repeating it changes nothing, so it needs no key."""
    process, actor = process_of(request), actor_of(request)
    if process.push is None:
        raise NotFound("no_such_page")
    press = parse_form(DevicePress, await read_form(request))
    if not process.push.allows(press.endpoint):
        raise Invalid(FieldError("endpoint", "wrong"))
    if press.do == "subscribe":
        device = Device(press.endpoint, _public_key(press.p256dh), _secret(press.auth))
        async with process.database.transaction() as tx:
            await add_device(tx, actor, device, process.clock.now())
    else:
        async with process.database.transaction() as tx:
            await remove_device(tx, actor, press.endpoint)
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
    """A point of the curve, uncompressed. Refusal: Invalid."""
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes("p256dh", text, 65))
    except ValueError:
        raise Invalid(FieldError("p256dh", "wrong")) from None
    return text


def _secret(text: str) -> str:
    _bytes("auth", text, 16)
    return text
