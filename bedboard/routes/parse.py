"""From what was sent to typed commands, or to a refusal that names every field that is wrong."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError
from starlette.convertors import Convertor
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from bedboard.rules.refusals import FieldError, Invalid, Malformed

LARGEST_BODY_BYTES = 64 * 1024
MOST_FINDINGS = 20

Model = TypeVar("Model", bound=BaseModel)


class IdConvertor(Convertor[str]):
    """The form of our ids; anything else in their place is an address that does not exist."""

    regex = "[a-z0-9][a-z0-9-]{0,63}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def _read_time(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise PydanticCustomError("datetime_form", "a time is written like 2026-03-11T14:00:00+01:00") from None


Moment = Annotated[AwareDatetime, BeforeValidator(_read_time)]
"""An aware time as ISO 8601; pydantic alone would also take the digits of a Unix time."""

KeyText = Annotated[str, Field(max_length=255)]
"""An idempotency key as a form carries it."""

ID = re.compile(rf"^{IdConvertor.regex}\Z")


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


def parse_json(model: type[Model], body: bytes) -> Model:
    """Strictly: text is not a number. Refusals: Malformed `not_json`, Invalid."""
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        wrong = _findings(error)
        if any(one["type"] == "json_invalid" for one in wrong):
            raise Malformed("not_json") from None
        raise Invalid(*map(_field_error, wrong)) from None


def _findings(error: ValidationError) -> list[Any]:
    """The first of them: who sends thousands of wrong fields needs no words about each."""
    return list(error.errors(include_url=False, include_input=False)[:MOST_FINDINGS])


def parse_form(model: type[Model], fields: Mapping[str, Any]) -> Model:
    """Refusal: Invalid."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise Invalid(*map(_field_error, _findings(error))) from None


CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "string_type": "not_text",
    "dict_type": "not_an_object",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
}


def _field_error(error: Any) -> FieldError:
    """Pydantic's finding in our words; `field` is a path like kinds.cosm.free, empty for the whole."""
    name = ".".join(str(part) for part in error["loc"] if part != "[key]")
    kind: str = error["type"]
    context = error.get("ctx", {})
    if kind in CODES:
        return FieldError(name, CODES[kind])
    if kind == "literal_error":
        return FieldError(
            name, "not_one_of", {"allowed": context["expected"].replace("'", "").replace(" or ", ", ").split(", ")}
        )
    if kind == "greater_than_equal":
        return FieldError(name, "too_small", {"least": context["ge"]})
    if kind == "less_than_equal":
        return FieldError(name, "too_large", {"most": context["le"]})
    if kind in ("string_too_long", "too_long"):
        return FieldError(name, "too_long", {"most": context["max_length"]})
    if kind.startswith(("int_", "float_", "finite")):
        return FieldError(name, "not_a_number")
    if kind.startswith(("datetime_", "timezone_", "date_", "time_")):
        return FieldError(name, "not_a_time")
    return FieldError(name, "wrong")


def local_moment(field: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    """What a `datetime-local` input sends, in the deployment's zone; None for nothing. Refusal: Invalid `not_a_time`.

    An hour that the change to summer time skips is read as the clock then stands, an hour later.
    """
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(FieldError(field, "not_a_time")) from None


def if_match(request: Request) -> int | None:
    """The version that the caller believes to be the present one; None when it does not say or accepts any ("*")."""
    value = request.headers.get("if-match")
    if value is None or value.strip() == "*":
        return None
    digits = value.strip().strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise Invalid(FieldError("If-Match", "not_a_number"))
    return int(digits)
