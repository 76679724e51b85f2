"""The front door: one ASGI layer around the router, with the rules that hold for every request."""

from collections.abc import Mapping
from contextlib import ExitStack

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from bedboard.clock import Clock
from bedboard.process import process_of
from bedboard.routes.parse import address_of
from bedboard.routes.replies import refuse
from bedboard.rules.refusals import Busy, Malformed, NotAllowed, NotFound, Refusal
from bedboard.settings import Settings

PARTS = ("text/css", "text/javascript")
OF_PARTS = {"Cache-Control", "X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Strict-Transport-Security"}
"""Headers that mean something with a stylesheet or a script of a page. The others would be 3 KB of a first load."""

TRUSTED_TYPES = "; require-trusted-types-for 'script'; trusted-types fragments"
"""Text becomes elements in one way only, that of `web/static/js/fragments.js`."""
HEALTH = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})
"""Paths that a proxy may ask for under any name of this machine."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_from_us(headers: Headers, origins: frozenset[str]) -> bool:
    """Return whether a page of ours sent this: Origin must say so, and Sec-Fetch-Site must not contradict it.

    A browser that is old, or that comes by plain http, does not send the second; none lets a page choose either.
    """
    return _says_one_of(headers, "origin", origins) and {*headers.getlist("sec-fetch-site")} <= {"same-origin"}


def _says_one_of(headers: Headers, name: str, known: frozenset[str]) -> bool:
    """Return whether the header is there once: of two, a proxy before us may have read the other."""
    said = headers.getlist(name)
    return len(said) == 1 and said[0] in known


def _is_doubled(headers: Headers) -> bool:
    """Return whether a header that we read is there twice, where the first and the last reader would read another one."""
    return any(len(headers.getlist(name)) > 1 for name in ("authorization", "content-type", "idempotency-key", "if-match"))


class FrontDoor:
    """Check the host, and for pages where every change comes from; add a request id and headers."""

    def __init__(self, app: Starlette, settings: Settings, clock: Clock) -> None:
        self.app = app
        self._hosts = settings.hosts
        self._origins = settings.origins
        self._clock = clock
        sockets = " ".join(sorted(origin.replace("http", "ws", 1) for origin in self._origins))
        self._headers: Mapping[str, str] = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": f"default-src 'self'; connect-src 'self' {sockets}; base-uri 'none'; "
            "form-action 'self'; frame-ancestors 'none'; object-src 'none'" + TRUSTED_TYPES,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        } | ({"Strict-Transport-Security": "max-age=31536000"} if settings.secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        code = self._close_code(Headers(scope=scope)) if scope["type"] == "websocket" else None
        if code is not None:
            await receive()
            await send({"type": "websocket.close", "code": code})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["app"] = self.app
        request = Request(scope, receive)
        request.state.request_id = self._clock.new_id()  # always our own: another one could be a name, and it is logged

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_part = scope["path"].startswith("/static/") and headers.get("content-type", "").startswith(PARTS)
                for name, value in self._headers.items():
                    if not is_part or name in OF_PARTS:
                        headers.setdefault(name, value)
                if not is_part:
                    headers["X-Request-Id"] = request.state.request_id
            await send(message)

        refusal = self._refusal(request)
        if refusal is not None:
            await refuse(request, refusal)(scope, receive, send_with_headers)
        elif scope["path"] in HEALTH or scope["path"].startswith("/static/"):
            await self.app(scope, receive, send_with_headers)
        else:
            await self._answer(request, receive, send_with_headers)

    def _close_code(self, headers: Headers) -> int | None:
        """Return the code with which a socket is refused before anybody is asked who they are; None: it is let through."""
        if not _says_one_of(headers, "host", self._hosts) or _is_doubled(headers):
            return 1008
        return None if self.app.state.process.health.is_fit else 1013

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        """Answer a call that counts: with too many at once it is refused from memory, before anybody is looked up."""
        with ExitStack() as until_answered:
            try:
                until_answered.enter_context(process_of(request).admission.call(address_of(request)))
            except Busy as busy:
                await refuse(request, busy)(request.scope, receive, send)
                return
            await self.app(request.scope, receive, send)

    def _refusal(self, request: Request) -> Refusal | None:
        path: str = request.scope["path"]  # not the URL's: that is put together with what the caller says the host is
        if path in HEALTH:
            return None
        if not _says_one_of(request.headers, "host", self._hosts):
            return Malformed("wrong_host")
        if _is_doubled(request.headers):
            return Malformed("doubled_header")
        if not path.isprintable():
            return NotFound("no_such_page")  # the router would let "/board\n" be "/board"
        try:
            process_of(request).health.check_fit()
        except Refusal as refusal:
            return None if path.startswith("/static/") else refusal
        if request.method in SAFE_METHODS or path.startswith("/api/"):
            return None  # the API takes no cookie, so nobody else's page can use it in somebody's name
        if not is_from_us(request.headers, self._origins):
            return NotAllowed("wrong_origin")
        return None
