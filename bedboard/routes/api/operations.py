"""How a call is described in the OpenAPI document: what comes back, what may go wrong, which headers it takes."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from bedboard.routes.call import needs_body
from bedboard.routes.row import Operation, Row
from bedboard.rules.clients import Scope
from bedboard.schemas.answers import ShelterObject
from bedboard.schemas.cases import AskedObject, CaseObject
from bedboard.schemas.fields import ID_PATTERN

PROBLEMS = {
    "400": "What was sent cannot be read",
    "401": "No token, or one that does not count",
    "403": "Not for this role, or not for this token; `scope` is the one that it lacks",
    "404": "Not there, or not for you to know",
    "409": "It conflicts with what is true now, which mostly comes along as `present`. `key_in_use`: the same call is still "
    "at work; repeat it with the same key. `overtaken`: something newer than `observed_at` is known; look again, and send that",
    "412": "Another version than `If-Match` names",
    "413": "Larger than 64 KiB",
    "422": "Some fields cannot be right; `errors` lists them",
    "429": "Too often, and nothing was saved; `Retry-After` says when again",
    "503": "Not now; `Retry-After` says when to try again. `busy`: others came first for too long, `database_away`: the "
    "database does not answer, `database_read_only` and `database_full`: it takes no change; nothing was saved. "
    "`perhaps_saved`: it went silent during the save; repeat with the same key",
}


class FieldProblem(BaseModel):
    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457. `present` is what is true now, with a 409 or 412: the shelter, or the request as the caller may see it.

    `scope`: the one that the token lacks, with a 403.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] | None = None
    present: ShelterObject | CaseObject | AskedObject | None = None
    scope: Scope | None = None


def ref(model: type[Any]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def either(*models: type[Any]) -> dict[str, Any]:
    return {"anyOf": [ref(model) for model in models]}


def _json(schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    return {media_type: {"schema": schema}}


def id_in_path(name: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": f"^{ID_PATTERN}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same call gives the stored answer again for 24 hours; nothing is done twice.",
    "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
}
TAG_PATTERN = '(W/)?"?[0-9]{1,18}-[0-9]{1,18}"?'
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The `ETag` as last read, or several with commas between them: nothing is done when the version is another "
    "one by now. A call that changes something and does not name this header refuses it.",
    "schema": {"type": "string", "pattern": f"^(\\*|{TAG_PATTERN}(, *{TAG_PATTERN})*)$"},
}


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


API_VERSION = {"API-Version": _header("The version of the API.")}
RETRY_AFTER = {"Retry-After": _header("Seconds after which the same call may be tried again.", "integer")}
AUTHENTICATE = {"WWW-Authenticate": _header("Bearer.")}
SCOPE_LACKS = {"WWW-Authenticate": _header("Only when a scope is missing: Bearer, and the scope that the token lacks.")}
HEADERS_OF = {"401": AUTHENTICATE, "403": SCOPE_LACKS, "429": RETRY_AFTER, "503": RETRY_AFTER}
"""The headers of a refusal, by its status, besides `API-Version`."""
EVERY_CHANGE = ("400", "413", "422")
"""The problems of each call that changes something or has a body: what was sent may be nonsense."""


def _problem(status: str) -> dict[str, Any]:
    return {
        "description": PROBLEMS[status],
        "headers": API_VERSION | HEADERS_OF.get(status, {}),
        "content": _json(ref(Problem), "application/problem+json"),
    }


def describe(row: Row, operation: Operation, names: Iterable[str]) -> dict[str, Any]:
    """Return the description of the operation of a row; `names`: the parts of its path that vary."""
    answer: dict[str, Any] = {"description": "Done"}
    if operation.answers:
        answer["content"] = _json(ref(operation.answers[0]) if len(operation.answers) == 1 else either(*operation.answers))
    headers = (
        {}
        if operation.version_of is None
        else {"ETag": _header(f"The epoch of the database, a hyphen, and the {operation.version_of}'s version.")}
    )
    headers |= {"Location": _header("Where it is from now on.")} if operation.has_location else {}
    problems = {*operation.problems.split(), *(() if row.method == "GET" else EVERY_CHANGE), "429"}  # every token has a rate
    parameters = [id_in_path(name) for name in names]
    parameters += [KEY] if operation.takes_key else []
    parameters += [IF_MATCH] if operation.takes_version else []
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": "Every token may." if row.scope == "any" else f"The token needs the scope `{row.scope}`.",
        "security": [{"token": [] if row.scope == "any" else [row.scope]}],
        "parameters": parameters,
        "responses": {
            str(operation.status): answer | {"headers": API_VERSION | headers},
            **{status: _problem(status) for status in sorted(problems)},
        },
    }
    if operation.body is not None:
        described["requestBody"] = {"required": needs_body(operation.body), "content": _json(ref(operation.body))}
    return described
