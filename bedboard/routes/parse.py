"""Reading what was sent: a body, a form, the version that a caller knows, and the parts of a path."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, NamedTuple

from starlette.convertors import Convertor
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request

from bedboard.rules.refusals import FieldError, Invalid, Malformed
from bedboard.schemas.fields import ID_PATTERN
from bedboard.schemas.parse import check_once

LARGEST_BODY_BYTES = 64 * 1024
LARGEST_UPLOAD_BYTES = 1024 * 1024  # more than any file that is taken, so that a larger one is refused in words
LONGEST_FILE_NAME = 80
LONGEST_ADDRESS = 1000  # of a page of ours, with its query


class IdConvertor(Convertor[str]):
    """The form of our ids; with anything else in their place an address does not exist."""

    regex = ID_PATTERN

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def own_path(path: str) -> str:
    """Return the path if it is a page of our own, which no browser reads as another host; otherwise "/"."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and len(path) <= LONGEST_ADDRESS
    return path if ours and path.isprintable() and path.isascii() else "/"


def address_of(connection: HTTPConnection) -> str | None:
    """Return the caller's address, for counting in memory only; None when it is not known.

    Behind a proxy of `FORWARDED_ALLOW_IPS` it is the one that the proxy names.
    """
    return (connection.client.host or None) if connection.client else None


def network_of(connection: HTTPConnection) -> str | None:
    """Return the class of the caller's address, never the address; None when it is not known."""
    try:
        address = ip_address(address_of(connection) or "")
    except ValueError:
        return None
    return "loopback" if address.is_loopback else "private" if address.is_private else "public"


async def read_body(request: Request, most: int = LARGEST_BODY_BYTES) -> bytes:
    """Return the whole body. Refusals: Malformed `too_large`, without reading further, or when the caller leaves halfway."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise Malformed("too_large")
    except ClientDisconnect:
        raise Malformed("malformed") from None
    return bytes(body)


async def _read_form(request: Request, body: bytes, *, files: int, fields: int) -> FormData:
    async def replay() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        return await Request(request.scope, replay).form(max_files=files, max_fields=fields)
    except (HTTPException, ClientDisconnect, UnicodeDecodeError) as error:
        raise Malformed("not_a_form") from error


class Upload(NamedTuple):
    """A file that somebody has chosen. `name`: as its device calls it, for nobody but them."""

    name: str
    content: bytes


async def read_upload(request: Request, name: str) -> Upload | None:
    """Return the file in this field of a form; None: none was chosen. Refusal: Malformed."""
    form = await _read_form(request, await read_body(request, LARGEST_UPLOAD_BYTES), files=1, fields=10)
    file = form.get(name)
    try:
        content = await file.read() if isinstance(file, UploadFile) else b""
        return Upload(_file_name(file), content) if isinstance(file, UploadFile) and content else None
    finally:
        await form.close()


def _file_name(file: UploadFile) -> str:
    """Return the last part of the name of a file, without signs that cannot be shown."""
    last = re.split(r"[/\\]", file.filename or "")[-1]
    return "".join(sign for sign in last if sign.isprintable())[:LONGEST_FILE_NAME]


async def read_fields(request: Request, body: bytes) -> Mapping[str, str]:
    """Return the fields of the form in `body` as text, without the empty ones. Refusals: Malformed, Invalid `doubled`."""
    form = await _read_form(request, body, files=0, fields=200)
    return check_once([(name, value) for name, value in form.multi_items() if isinstance(value, str) and value != ""])


class Known(NamedTuple):
    """The version that a caller knows, and the epoch of the database in which it was read."""

    epoch: int
    version: int


TAG = re.compile(r'(?:W/)?"?(\d{1,18})-(\d{1,18})"?', re.ASCII)  # a proxy that packs an answer makes its tag a weak one


def if_match(request: Request) -> list[Known] | None:
    """Return the versions of which the caller believes one to be the present; None if it names none or accepts any ("*").

    Refusal: Invalid.
    """
    lines = request.headers.getlist("if-match")
    if not lines or lines == ["*"]:
        return None
    tags = [TAG.fullmatch(one.strip()) for one in ",".join(lines).split(",")]
    known = [Known(int(tag[1]), int(tag[2])) for tag in tags if tag is not None]
    if len(known) < len(tags):
        raise Invalid(FieldError("If-Match", "not_a_tag"))
    return known
