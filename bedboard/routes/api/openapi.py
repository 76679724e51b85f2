"""The OpenAPI document, made from the commands and objects of this API; a test asks the running API whether it is true."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import Response

from bedboard.routes.api.commands import (
    BoardObject,
    FoundObject,
    HoldObject,
    HoldsObject,
    KnownShelterObject,
    PatchPlace,
    PostConfirm,
    Problem,
    PutOccupancy,
    ShelterObject,
)
from bedboard.routes.api.search import PostHold, PostSearch
from bedboard.routes.parse import IdConvertor
from bedboard.routes.replies import json_bytes
from bedboard.views.objects import to_json

MODELS: tuple[type[BaseModel], ...] = (
    BoardObject,
    FoundObject,
    HoldObject,
    HoldsObject,
    KnownShelterObject,
    PatchPlace,
    PostConfirm,
    PostHold,
    PostSearch,
    Problem,
    PutOccupancy,
    ShelterObject,
)
PROBLEMS = {
    "400": "What was sent cannot be read",
    "401": "No token, or one that does not count",
    "403": "Not for this role",
    "404": "Not there, or not for you to know",
    "409": "It conflicts with what is true now, which comes along as `present`",
    "412": "Another version than `If-Match` names",
    "413": "Larger than 64 KiB",
    "422": "Some fields cannot be right; `errors` lists them",
    "503": "The database does not answer; nothing was saved",
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any], type: str = "application/json") -> dict[str, Any]:
    return {type: {"schema": schema}}


def _id(name: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": f"^{IdConvertor.regex}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same call gives the stored answer again for 24 hours; nothing is done twice.",
    "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The shelter's version as last read.",
    "schema": {"type": "string", "pattern": '^(\\*|"?[0-9]{1,18}"?)$'},
}
ETAG = {"ETag": {"description": "The shelter's version.", "schema": {"type": "string"}}}


def _operation(
    id: str,
    summary: str,
    answer: dict[str, Any],
    problems: str,
    parameters: tuple[dict[str, Any], ...] = (),
    body: type[BaseModel] | None = None,
    *,
    body_needed: bool = True,
    etag: bool = True,
    status: str = "200",
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": id,
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            status: {"description": "Done"}
            | ({"content": _json(answer)} if answer else {})
            | ({"headers": ETAG} if etag else {}),
            **{
                code: {"description": PROBLEMS[code], "content": _json(_ref("Problem"), "application/problem+json")}
                for code in problems.split()
            },
        },
    }
    if body is not None:
        operation["requestBody"] = {"required": body_needed, "content": _json(_ref(body.__name__))}
    return operation


DESCRIPTION = """\
Shelter places for victims of human trafficking: what is free now.

A change of any place, and `confirm`, confirm the whole shelter. A repeated `Idempotency-Key` compares the body byte by byte.

`/api/v1/live` is a WebSocket with the same token: first `{type: snapshot, as_of, shelters}`, then `{type: shelter, shelter}`
for each that changes (also when its news ages), and `{type: pulse, at}` every 5 s; no pulse for 15 s means: not live. A shelter
with a lower version never replaces a higher one. It closes with 4401 when the token has ended, 4403 when the role has no live
board, 1013 to try again later.

A search is kept live by asking again when a `shelter` message has come. A profile is neither stored nor logged. A place that is
held ends by itself at `expires_at`; a program holds three places at most, its organization ten.
"""


def build_document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    _, schemas = models_json_schema([(model, "validation") for model in MODELS], ref_template="#/components/schemas/{model}")
    writes = "400 401 403 404 409 412 413 422 503"
    shelter, either = _ref("ShelterObject"), {"anyOf": [_ref("ShelterObject"), _ref("KnownShelterObject")]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "bedboard",
            "version": "1",
            "description": DESCRIPTION,
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas["$defs"],
        },
        "paths": {
            "/api/v1/board": {
                "get": _operation("getBoard", "Everything the caller may see", _ref("BoardObject"), "401 403 503", etag=False)
            },
            "/api/v1/shelters/{shelter_id}": {
                "get": _operation("getShelter", "One shelter", either, "401 403 404 503", (_id("shelter_id"),))
            },
            "/api/v1/places/{place_id}": {
                "patch": _operation(
                    "patchPlace", "Change one place", shelter, writes, (_id("place_id"), KEY, IF_MATCH), PatchPlace
                )
            },
            "/api/v1/shelters/{shelter_id}/occupancy": {
                "put": _operation(
                    "putOccupancy", "Numbers per kind", shelter, writes, (_id("shelter_id"), KEY, IF_MATCH), PutOccupancy
                )
            },
            "/api/v1/shelters/{shelter_id}/confirm": {
                "post": _operation(
                    "postConfirm",
                    "Still correct",
                    shelter,
                    writes,
                    (_id("shelter_id"), KEY, IF_MATCH),
                    PostConfirm,
                    body_needed=False,
                )
            },
            "/api/v1/search": {
                "post": _operation(
                    "postSearch",
                    "Which places suit this person tonight",
                    _ref("FoundObject"),
                    "400 401 403 413 422 503",
                    (),
                    PostSearch,
                    body_needed=False,
                    etag=False,
                )
            },
            "/api/v1/places/{place_id}/holds": {
                "post": _operation(
                    "postHold",
                    "Keep a place for 30 minutes",
                    _ref("HoldObject"),
                    "400 401 403 404 409 413 422 503",
                    (_id("place_id"), KEY),
                    PostHold,
                    body_needed=False,
                    etag=False,
                    status="201",
                )
            },
            "/api/v1/holds": {
                "get": _operation("getHolds", "One's own live holds", _ref("HoldsObject"), "401 403 503", etag=False)
            },
            "/api/v1/holds/{claim_id}": {
                "delete": _operation(
                    "deleteHold",
                    "Let a place go",
                    {},
                    "401 403 404 409 422 503",
                    (_id("claim_id"), KEY),
                    etag=False,
                    status="204",
                )
            },
            "/api/v1/holds/{claim_id}/extend": {
                "post": _operation(
                    "extendHold",
                    "30 minutes longer, once",
                    _ref("HoldObject"),
                    "401 403 404 409 422 503",
                    (_id("claim_id"), KEY),
                    etag=False,
                )
            },
        },
    }


DOCUMENT = to_json(build_document())


async def show_openapi(request: Request) -> Response:
    return json_bytes(DOCUMENT)
