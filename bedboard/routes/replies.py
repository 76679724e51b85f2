"""From a result or a refusal to a response: the status of each refusal, and its page, fragment or problem document."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.metadata import version
from math import ceil
from typing import Any
from urllib.parse import urlencode

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response

from bedboard.process import language_of, process_of, theme_of
from bedboard.routes.call import Call, call_of
from bedboard.routes.kept import keep, key_of, refusal_of
from bedboard.routes.parse import own_path
from bedboard.rules.contacts import Contact, Topic
from bedboard.rules.refusals import (
    Busy,
    Conflict,
    Invalid,
    Locked,
    Malformed,
    NotAllowed,
    NotFound,
    ProofNeeded,
    Refusal,
    SignInNeeded,
    TooMany,
    Unavailable,
    VersionMismatch,
)
from bedboard.views.contacts import answered_contact
from bedboard.views.objects import to_json
from bedboard.views.pages import Pages
from bedboard.views.pieces import pack

log = structlog.get_logger()

VERSION = version("bedboard")

STATUS: Mapping[type[Refusal], int] = {
    Malformed: 400,
    SignInNeeded: 401,
    NotAllowed: 403,
    ProofNeeded: 403,
    NotFound: 404,
    Conflict: 409,
    VersionMismatch: 412,
    Invalid: 422,
    Locked: 423,
    TooMany: 429,
    Unavailable: 503,
    Busy: 503,
}
OF_CODE = {"too_large": 413, "wrong_method": 405, "not_acceptable_type": 415, "wrong_host": 421}
WALL = "/?wall=1"
"""The only page of a wall screen."""
HTTP_CODES = {404: "no_such_page", 405: "wrong_method"}


def http_status(refusal: Refusal) -> int:
    return OF_CODE.get(refusal.code) or STATUS[type(refusal)]


def is_api(call: Call) -> bool:
    return call.path.startswith("/api/")


def html(call: Call, text: str, status: int | Refusal | None = 200) -> Response:
    """Answer with a page or fragment, compressed if the browser can read that: nothing in it is a secret to betray.

    `status`: a refusal that the text shows gives its own, and the header that says when to try again; None: there is none.
    """
    body = text.encode()
    is_packed = len(body) > 1000 and call.takes_gzip
    number = http_status(status) if isinstance(status, Refusal) else status or 200
    response = html_bytes(pack(body) if is_packed else body, number, is_packed=is_packed)
    if isinstance(status, Refusal):
        response.headers.update(retry_after(status))
    return response


def html_bytes(body: bytes, status: int = 200, *, is_packed: bool) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding, Cookie, Accept-Language"}
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, media_type="text/html; charset=utf-8")


def page_context(call: Call) -> Mapping[str, Any]:
    """Return what every page shows around its own content."""
    catalogue = call.process.board.catalogue

    def answered(topic: Topic, unit: str | None = None) -> Contact | None:
        return answered_contact(catalogue, topic, unit, call.now) if catalogue else None

    return {
        "actor": call.known_actor,
        "idle_seconds": int(call.process.identity.limits.idle.total_seconds()),
        "demo": call.process.settings.demo,
        "has_provider": call.process.provider is not None,
        "cast": call.process.settings.cast_speed > 0,
        "path": call.address,
        "kept_key": key_of(call),
        "theme": theme_of(call.request),
        "deployment": catalogue.name if catalogue else "",
        "answered": answered,
        "epoch": call.epoch,
        "version": VERSION,
        "problems_to": call.process.settings.problems_to,
    }


def page_text(call: Call, template: str, context: Mapping[str, Any]) -> str:
    return call.process.pages.render(call.language, template, {**page_context(call), **context})


def page(call: Call, template: str, context: Mapping[str, Any], status: int | Refusal | None = 200) -> Response:
    """Answer with a page; `status` as in `html`."""
    return html(call, page_text(call, template, context), status)


def api_headers(version: int | None = None, epoch: int | None = None) -> dict[str, str]:
    """Return the headers of an answer of the API. The `ETag` names the epoch too: in another one a version says nothing."""
    headers = {"Cache-Control": "no-store", "API-Version": "1"}
    if version is not None and epoch is not None:
        headers["ETag"] = f'"{epoch}-{version}"'
    return headers


def json_bytes(body: bytes, status: int = 200, version: int | None = None, epoch: int | None = None) -> Response:
    return Response(body, status, api_headers(version, epoch), media_type="application/json")


def retry_after(refusal: Refusal) -> dict[str, str]:
    """Return the header that says when the same call may be tried again; none for a refusal that stays one."""
    return {"Retry-After": str(refusal.retry_after_seconds)} if isinstance(refusal, (TooMany, Unavailable)) else {}


def detail_of(refusal: Refusal, now: datetime) -> Mapping[str, Any]:
    """Return what the words of a refusal need; for too many calls also the moment of the next try and the minutes until it."""
    if not isinstance(refusal, TooMany) or refusal.again_at <= now:
        return refusal.detail
    minutes = ceil((refusal.again_at - now) / timedelta(minutes=1))
    return {**refusal.detail, "again_at": refusal.again_at, "minutes": minutes}


def fields_of(refusal: Refusal) -> tuple[Any, ...]:
    return refusal.fields if isinstance(refusal, Invalid) else ()


def problem(call: Call, refusal: Refusal, status: int) -> Response:
    """Answer with application/problem+json (RFC 9457): our code, the wrong fields, and the present state."""
    return _problem(call.process.pages, call.language, refusal, status, call.now)


def problem_at_door(connection: HTTPConnection, refusal: Refusal) -> Response:
    """Answer so to the handshake of a program's socket."""
    process = process_of(connection)
    return _problem(process.pages, language_of(connection, None), refusal, http_status(refusal), process.clock.now())


def _problem(pages: Pages, language: str, refusal: Refusal, status: int, now: datetime) -> Response:

    def words(macro: str, *args: Any) -> str:
        return pages.macro(language, "words/refusals.html", macro, *args)

    document: dict[str, Any] = {
        "type": f"urn:bedboard:refusal:{refusal.code}",
        "title": words("problem_title", status, refusal.code),
        "status": status,
        "detail": words("refusal", refusal.code, detail_of(refusal, now)),
        "code": refusal.code,
    }
    if isinstance(refusal, Invalid):
        document["errors"] = [
            {"field": one.field, "code": one.code, "detail": words("field_error", one.code, one.detail)}
            for one in refusal.fields
        ]
    document |= {name: refusal.detail[name] for name in ("present", "scope") if name in refusal.detail}
    headers = api_headers() | {"Content-Language": language} | retry_after(refusal)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "scope" in refusal.detail:  # RFC 6750
        headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{refusal.detail["scope"]}"'
    return Response(to_json(document), status, headers, media_type="application/problem+json")


def notice_html(pages: Pages, language: str, refusal: Refusal, now: datetime) -> str:
    """Draw the refusal as an element that a page shows in place of its notice."""
    context = {"code": refusal.code, "detail": detail_of(refusal, now), "fields": fields_of(refusal)}
    return pages.render(language, "fragments/_notice.html", context)


EMPTY_NOTICE = '<div id="notice" role="alert"></div>'


def notice(call: Call, refusal: Refusal | None) -> str:
    """Draw the element with the refusal; for None the empty one, which takes an earlier refusal away."""
    if refusal is None:
        return EMPTY_NOTICE
    return notice_html(call.process.pages, call.language, refusal, call.now)


def refuse(request: Request, refusal: Refusal) -> Response:
    """Return the answer to a refusal, in the form that the caller can use."""
    call, status = call_of(request), http_status(refusal)
    if is_api(call):
        return problem(call, refusal, status)
    is_page = request.method in ("GET", "HEAD") and not call.wants_fragment
    if isinstance(refusal, SignInNeeded) and not call.wants_fragment:
        return RedirectResponse(_sign_in_address(call), 303, {"Cache-Control": "no-store"})
    if refusal.code == "wall_session" and is_page:
        return RedirectResponse(WALL, 303, {"Cache-Control": "no-store"})
    if call.wants_fragment:
        response = html(call, notice(call, refusal), status)
    elif isinstance(refusal, Locked):
        response = page(call, "pages/locked.html", {"is_press": not is_page or refusal_of(call) is not None}, status)
    else:
        detail = detail_of(refusal, call.now)
        context = {"status": status, "code": refusal.code, "detail": detail, "fields": fields_of(refusal)}
        response = page(call, "pages/refusal.html", context, status)
    response.headers.update(retry_after(refusal))
    return response


def _sign_in_address(call: Call) -> str:
    """Return the address of the sign-in page, which leads on to the page that was asked for."""
    if call.request.method == "POST":
        return "/sign-in?ended=1"  # the browser says on which page the button stands
    wanted = own_path(call.address)
    return "/sign-in" if wanted == "/" else f"/sign-in?{urlencode({'next': wanted})}"


def on_refusal(request: Request, refusal: Refusal) -> Response:
    """Answer to a refusal of a handler. For a press without scripts it waits at an address of its own.

    A press in a locked session leads back to its page, which says after the unlock that nothing was done. What no form of ours
    sends (`Malformed`) is answered at once: a program sent it, and it must not depend on anything kept.
    """
    log.info("refused", code=refusal.code, status=http_status(refusal))
    call = call_of(request)
    is_press = request.method == "POST" and not is_api(call) and not call.wants_fragment
    if is_press and not isinstance(refusal, (Malformed, SignInNeeded)):
        return keep(call, call.came_from if isinstance(refusal, Locked) else "/refused", refusal=refusal)
    return refuse(request, refusal)


async def lead_to_proof(call: Call, refusal: ProofNeeded) -> Response:
    """Answer a call that needs a fresh proof of its person: lead to the page for that, where a press waits with its fields."""
    log.info("refused", code=refusal.code, status=http_status(refusal))
    refusal.detail["demo"] = call.process.settings.demo
    if call.wants_fragment:
        return refuse(call.request, refusal)
    if call.request.method != "POST" or call.is_upload:
        # A file cannot wait: it is to be chosen again.
        address = f"/step-up?{urlencode({'back': call.came_from if call.is_upload else call.address})}"
        return RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    form = json.dumps(dict(await call.fields()))
    return keep(call, "/step-up", {"to": call.path, "back": call.came_from, "form": form})


async def show_refused(call: Call) -> Response:
    """Show why a press was refused that has no page of its own to show it."""
    refusal = refusal_of(call)
    return refuse(call.request, refusal) if refusal else RedirectResponse("/", 303, {"Cache-Control": "no-store"})


async def on_http(request: Request, error: Exception) -> Response:
    """Answer to a refusal of the router itself: no such address, another method."""
    if not isinstance(error, HTTPException):
        raise error
    code = HTTP_CODES.get(error.status_code, "malformed")
    refusal: Refusal = NotFound(code) if error.status_code == 404 else Malformed(code)
    response = refuse(request, refusal)
    response.headers.update(error.headers or {})
    return response


def on_bug(request: Request, error: Exception) -> Response:
    """Log a bug once with the request's id, and answer without details."""
    log.error("bug", exc_info=error)
    call, refusal = call_of(request), Refusal("internal", request_id=request.state.request_id)
    if is_api(call):
        return problem(call, refusal, 500)
    if call.wants_fragment:
        return html(call, notice(call, refusal), 500)
    context = {"status": 500, "code": refusal.code, "detail": refusal.detail, "fields": ()}
    return page(call, "pages/refusal.html", context, 500)
