"""Reading what was sent: a body, a form, the version that a caller knows, and the parts of a path."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.convertors import Convertor
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from bedboard.rules.refusals import FieldError, Invalid, Malformed
from bedboard.schemas.fields import ID_PATTERN

LARGEST_BODY_BYTES = 64 * 1024


class IdConvertor(Convertor[str]):
    """The form of our ids; with anything else in their place an address does not exist."""

    regex = ID_PATTERN

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def own_path(path: str) -> str:
    """Only a page of our own: one slash at the start, and nothing that a browser would read as another host; else "/"."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if ours and path.isprintable() and path.isascii() else "/"


async def read_body(request: Request) -> bytes:
    """The whole body. Refusals: Malformed `too_large`, without reading further; Malformed when the caller leaves halfway."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY_BYTES:
                raise Malformed("too_large")
    except ClientDisconnect:
        raise Malformed("malformed") from None
    return bytes(body)


async def read_form(request: Request) -> Mapping[str, str]:
    """A form's fields as text, without the empty ones; may be asked twice. Refusal: Malformed."""

    async def body() -> bytes:
        return await read_body(request)

    return await read_fields(request, body)


async def read_fields(request: Request, read: Callable[[], Awaitable[bytes]]) -> Mapping[str, str]:
    """Return a form's fields as text, without the empty ones; may be called twice. Refusal: Malformed."""
    if (known := getattr(request.state, "form", None)) is not None:
        fields: Mapping[str, str] = known
        return fields
    if request.headers.get("content-type", "").split(";")[0] != "application/x-www-form-urlencoded":
        raise Malformed("not_a_form")
    body = await read()

    async def replay() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        form: FormData = await Request(request.scope, replay).form(max_files=0, max_fields=200)
    except (HTTPException, ClientDisconnect, UnicodeDecodeError) as error:
        raise Malformed("not_a_form") from error
    request.state.form = {name: value for name, value in form.multi_items() if isinstance(value, str) and value != ""}
    return dict(request.state.form)


def if_match(request: Request) -> int | None:
    """The version that the caller believes to be the present one; None when it does not say or accepts any ("*")."""
    value = request.headers.get("if-match")
    if value is None or value.strip() == "*":
        return None
    digits = value.strip().strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise Invalid(FieldError("If-Match", "not_a_number"))
    return int(digits)
