"""Static files, compressed once, cached by browsers for ever: their address carries a hash of their content."""

import gzip
import mimetypes
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import brotli
from starlette.responses import PlainTextResponse, Response

from bedboard.routes.call import Call
from bedboard.rules.refusals import NotFound
from bedboard.settings import WEB
from bedboard.views.files import content_of, sources_of
from bedboard.views.pages import SCREEN_LANGUAGES

STATIC = WEB / "static"
SECURITY_TXT = "/.well-known/security.txt"
SECURITY_TXT_COUNTS = timedelta(days=90)  # after this time a copy is old: another person may answer then
COMPRESSED = {".css", ".js", ".svg"}


class File(NamedTuple):
    """A file as it was when its sources were last `changed` (modification times in nanoseconds)."""

    sources: tuple[Path, ...]
    changed: tuple[int, ...]
    plain: bytes
    packed: Mapping[str, bytes]  # by coding, the smallest first; empty for a file that is packed already
    media_type: str


_files: dict[Path, File] = {}


def _changed(sources: tuple[Path, ...]) -> tuple[int, ...]:
    return tuple(source.stat().st_mtime_ns for source in sources)


def _load(path: Path) -> File:
    file = _files.get(path)
    if file is None or file.changed != _changed(file.sources):
        sources = sources_of(path)
        changed = _changed(sources)
        plain = content_of(path)
        packed = {"br": brotli.compress(plain), "gzip": gzip.compress(plain, mtime=0)} if path.suffix in COMPRESSED else {}
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        file = _files[path] = File(sources, changed, plain, packed, media_type)
    return file


async def show_service_worker(_call: Call) -> Response:
    """Answer at the root, because a service worker controls the pages below its own address; never from a cache."""
    headers = {"Cache-Control": "no-cache"}
    return Response(_load(STATIC / "js" / "sw.js").plain, 200, headers, media_type="text/javascript")


async def show_security_txt(call: Call) -> Response:
    """Say where to report a fault of security (RFC 9116). Refusal: NotFound while the settings have no contact."""
    settings = call.process.settings
    if settings.security_contact is None:
        raise NotFound("no_such_page")
    lines = (
        f"Contact: {settings.security_contact}",
        f"Expires: {(call.now + SECURITY_TXT_COUNTS).isoformat(timespec='seconds').replace('+00:00', 'Z')}",
        f"Preferred-Languages: {', '.join(SCREEN_LANGUAGES)}",
        f"Canonical: {settings.public_url}{SECURITY_TXT}",
    )
    return PlainTextResponse("".join(f"{line}\n" for line in lines))


async def show_static(call: Call) -> Response:
    """Answer with a file. Refusal: NotFound for everything that is not a file below the folder."""
    try:
        path = (STATIC / call.path_params["path"]).resolve(strict=True)
    except (OSError, ValueError):
        raise NotFound("no_such_page") from None
    if not path.is_relative_to(STATIC) or not path.is_file():
        raise NotFound("no_such_page")
    file = _load(path)
    lasting = "public, max-age=31536000, immutable" if "v" in call.query else "no-cache"
    headers = {"Cache-Control": lasting, "Vary": "Accept-Encoding"}
    for coding, body in file.packed.items():
        if call.takes(coding):
            return Response(body, 200, headers | {"Content-Encoding": coding}, media_type=file.media_type)
    return Response(file.plain, 200, headers, media_type=file.media_type)
