"""Keep a form and a refusal for the page after a press, so that no page in a browser's history came by POST.

A press without scripts is answered with a redirect. The contents of the next page (the fields of the form, a refusal) wait in
a cookie of their own: sealed, for this session and this page only, for a limited time. The address has nothing but a random id,
so Back, a reload and every tab show their own page. Nothing is kept on the server.
"""

import hashlib
import hmac
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from starlette.responses import RedirectResponse, Response

from bedboard.routes.call import Call
from bedboard.rules.refusals import FieldError, Refusal

KEPT = timedelta(hours=2)
MOST_KEPT = 6
MOST_BYTES = 6000  # of all these cookies together: a proxy commonly takes 8 KiB in one header
LARGEST_BYTES = 3900  # of one cookie with its name: a browser takes 4096
ID_DIGITS = 12
ID = re.compile(rf"[0-9a-f]{{{ID_DIGITS}}}")


@dataclass(frozen=True, slots=True)
class Kept:
    """The contents of a page. `fields`: of the form. `discloses`: the page shows an address or a telephone number, once."""

    fields: Mapping[str, str]
    refusal: Refusal | None = None
    discloses: bool = False


@dataclass(frozen=True, slots=True)
class _Cookie:
    name: str
    size: int
    until: datetime
    page: str
    kept: Kept


def _kinds(kind: type[Refusal] = Refusal) -> Iterable[type[Refusal]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _kinds(one)


def _write_refusal(refusal: Refusal) -> dict[str, Any]:
    said = dict(vars(refusal))
    if "fields" in said:
        said["fields"] = [[one.field, one.code, one.detail] for one in said["fields"]]
    return {"kind": type(refusal).__name__, "said": said}


def _read_refusal(written: Mapping[str, Any]) -> Refusal:
    [kind] = [one for one in _kinds() if one.__name__ == written["kind"]]
    said = dict(written["said"])
    if "fields" in said:
        said["fields"] = tuple(FieldError(*one) for one in said["fields"])
    refusal = kind.__new__(kind, said["code"])
    vars(refusal).update(said)
    return refusal


def _write_moment(value: object) -> dict[str, str]:
    if not isinstance(value, datetime):
        raise TypeError(f"a refusal that cannot be kept: {type(value).__name__}")
    return {"moment": value.isoformat()}


def _read_moment(value: dict[str, Any]) -> Any:
    return datetime.fromisoformat(value["moment"]) if value.keys() == {"moment"} else value


def _session(call: Call) -> str:
    """Return a mark of the session of this browser, also of no session at all."""
    return hashlib.sha256(b"kept " + call.request.cookies.get(call.process.identity.cookie, "").encode()).hexdigest()[:32]


def key_of(call: Call) -> str:
    """Return the key with which the scripts of this session keep choices in a tab (`web/static/js/kept.js`), as base64."""
    token = call.request.cookies.get(call.process.identity.cookie, "")
    return b64encode(hmac.digest(token.encode(), b"choices", "sha256")).decode()


def _prefix(call: Call) -> str:
    return f"{call.process.identity.cookie}-kept-"


def _names(call: Call) -> list[str]:
    """Return the names of the cookies that this module has set. Another page of this host may have set one that looks alike."""
    prefix = _prefix(call)
    return [name for name in call.request.cookies if name.startswith(prefix) and ID.fullmatch(name.removeprefix(prefix))]


def _open(call: Call, name: str) -> _Cookie | None:
    """Return what a cookie keeps; None if it was changed, is too old or belongs to another session."""
    sealed = call.request.cookies[name]
    try:
        read = json.loads(call.process.seal.open_packed(sealed.encode()), object_hook=_read_moment)
        if read["session"] != _session(call) or read["name"] != name or read["until"] <= call.now:
            return None
        refusal = None if read["refusal"] is None else _read_refusal(read["refusal"])
        kept = Kept(read["fields"], refusal, read["discloses"])
        return _Cookie(name, len(name) + len(sealed), read["until"], read["page"], kept)
    except (InvalidToken, KeyError, TypeError, ValueError):  # the last three: another version of bedboard has sealed it
        return None


def kept_of(call: Call) -> Kept | None:
    """Return what was kept for the page that is called; None if there is nothing (any more)."""
    kept_id = call.query.get("kept", "")
    name = _prefix(call) + kept_id
    if not ID.fullmatch(kept_id) or name not in call.request.cookies:
        return None
    found = _open(call, name)
    return found.kept if found is not None and found.page == call.path else None


def refusal_of(call: Call) -> Refusal | None:
    """Return the refusal that the page that is called has to show."""
    kept = kept_of(call)
    return None if kept is None else kept.refusal


def _seal(call: Call, name: str, page: str, kept: Kept) -> str:
    refusal = None if kept.refusal is None else _write_refusal(kept.refusal)
    written = {
        "name": name,
        "session": _session(call),
        "until": call.now + KEPT,
        "page": page,
        "fields": dict(kept.fields),
        "refusal": refusal,
        "discloses": kept.discloses,
    }
    return call.process.seal.close_packed(json.dumps(written, default=_write_moment, separators=(",", ":"))).decode()


def keep(
    call: Call,
    page: str,
    fields: Mapping[str, str] | None = None,
    refusal: Refusal | None = None,
    *,
    discloses: bool = False,
) -> Response:
    """Redirect to this page of ours, and keep its contents.

    A script does not follow a redirect: it gets the refusal at once. A form that does not fit into a cookie, which none of ours
    does, loses its fields, and a refusal of hundreds of fields its list.
    """
    if call.wants_fragment and refusal is not None:
        raise refusal
    path, _, query = page.partition("?")
    kept_id = call.process.clock.new_id()[-ID_DIGITS:]
    name = _prefix(call) + kept_id
    short = None if refusal is None else _shortened(refusal)
    for kept in (Kept(fields or {}, refusal, discloses), Kept({}, refusal, discloses), Kept({}, short, discloses)):
        sealed = _seal(call, name, path, kept)
        if len(name) + len(sealed) <= LARGEST_BYTES:
            break
    rest = [part for part in query.split("&") if part and not part.startswith("kept=")]
    response = RedirectResponse(f"{path}?{'&'.join([*rest, f'kept={kept_id}'])}", 303, {"Cache-Control": "no-store"})
    _make_room(call, response, len(name) + len(sealed))
    secure, seconds = call.process.settings.secure, int(KEPT.total_seconds())
    response.set_cookie(name, sealed, max_age=seconds, httponly=True, secure=secure, samesite="strict", path="/")
    return response


def _shortened(refusal: Refusal) -> Refusal:
    short = _read_refusal(_write_refusal(refusal))
    if hasattr(short, "fields"):
        short.fields = ()
    return short


def _make_room(call: Call, response: Response, size: int) -> None:
    """Drop the cookies that cannot be opened, and the oldest ones until one more fits."""
    found = [one for one in map(lambda name: _open(call, name), _names(call)) if one is not None]
    stays: set[str] = set()
    for one in sorted(found, key=lambda one: one.until, reverse=True)[: MOST_KEPT - 1]:
        size += one.size
        if size > MOST_BYTES:
            break
        stays.add(one.name)
    for name in _names(call):
        if name not in stays:
            drop(call, response, name)


def drop(call: Call, response: Response, name: str) -> None:
    secure = call.process.settings.secure
    response.delete_cookie(name, path="/", httponly=True, secure=secure, samesite="strict")


def drop_one(call: Call, response: Response) -> None:
    """Drop what was kept for the page that is called, so that it counts once."""
    drop(call, response, _prefix(call) + call.query.get("kept", ""))


def drop_all(call: Call, response: Response) -> None:
    """Drop everything that this browser keeps for its pages."""
    for name in _names(call):
        drop(call, response, name)
