"""The OpenAPI document, made from the commands and objects of this API; a test asks the running API whether it is true."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import Response

from bedboard.routes.api.case_commands import (
    AddressObject,
    AskedObject,
    CaseObject,
    CasesObject,
    PostAnswer,
    PostArrival,
    PostCase,
    PostChoice,
    PostDecision,
    PostOutcome,
    PostShelters,
)
from bedboard.routes.api.commands import (
    BoardObject,
    FoundObject,
    HoldObject,
    HoldsObject,
    KnownShelterObject,
    PatchPlace,
    PostConfirm,
    PutOccupancy,
    ShelterObject,
)
from bedboard.routes.api.operations import IF_MATCH, KEY, Problem, either, id_in_path, operation, ref
from bedboard.routes.api.search import PostHold, PostSearch
from bedboard.routes.replies import json_bytes
from bedboard.views.objects import to_json

MODELS: tuple[type[BaseModel], ...] = (
    AddressObject,
    AskedObject,
    BoardObject,
    FoundObject,
    HoldObject,
    HoldsObject,
    KnownShelterObject,
    PatchPlace,
    PostAnswer,
    PostArrival,
    PostChoice,
    PostConfirm,
    PostDecision,
    PostHold,
    PostOutcome,
    PostCase,
    PostSearch,
    PostShelters,
    Problem,
    PutOccupancy,
    CaseObject,
    CasesObject,
    ShelterObject,
)

DESCRIPTION = """\
Shelter places for victims of human trafficking: what is free now.

A change of any place, and `confirm`, confirm the whole shelter. A repeated `Idempotency-Key` compares the body byte by byte.

`/api/v1/live` is a WebSocket with the same token: first `{type: snapshot, as_of, shelters}`, then `{type: shelter, shelter}`
for each that changes (also when its news ages), and `{type: pulse, at}` every 5 s; no pulse for 15 s means: not live. A shelter
with a lower version never replaces a higher one. It closes with 4401 when the token has ended, 4403 when the role has no live
board, 1013 to try again later.

A search is kept live by asking again when a `shelter` message has come. A profile is neither stored nor logged. A place that is
held ends by itself at `expires_at`; a program holds three places at most, its organization ten.

A request asks up to eight shelters for one case: `asking`; then one offer is chosen, and it is `confirmed`, waits for the desk
(`chosen`), or counts until the desk looks at it (`provisional`); then they have `arrived` (`housed` while the desk has still to
look). Or it is `withdrawn`, and `ended` once it was said where the person sleeps. `{type: requests}` on `/api/v1/live` says
that a request which concerns the caller has changed: ask for them again, and also after each `snapshot`. A call about a request
that is repeated with its `Idempotency-Key` is answered with the request as it now is; reasons, and where somebody sleeps, are
not compared, because they are not kept. An address is shown for 12 hours after the decision. Every look at an address or a
telephone is written down.
"""


def build_document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    _, schemas = models_json_schema([(model, "validation") for model in MODELS], ref_template="#/components/schemas/{model}")
    writes = "400 401 403 404 409 412 413 422 503"
    shelter, known = ref(ShelterObject), either(ShelterObject, KnownShelterObject)
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
                "get": operation("getBoard", "Everything the caller may see", ref(BoardObject), "401 403 503", version_of=None)
            },
            "/api/v1/shelters/{shelter_id}": {
                "get": operation("getShelter", "One shelter", known, "401 403 404 503", (id_in_path("shelter_id"),))
            },
            "/api/v1/places/{place_id}": {
                "patch": operation(
                    "patchPlace", "Change one place", shelter, writes, (id_in_path("place_id"), KEY, IF_MATCH), PatchPlace
                )
            },
            "/api/v1/shelters/{shelter_id}/occupancy": {
                "put": operation(
                    "putOccupancy", "Numbers per kind", shelter, writes, (id_in_path("shelter_id"), KEY, IF_MATCH), PutOccupancy
                )
            },
            "/api/v1/shelters/{shelter_id}/confirm": {
                "post": operation(
                    "postConfirm",
                    "Still correct",
                    shelter,
                    writes,
                    (id_in_path("shelter_id"), KEY, IF_MATCH),
                    PostConfirm,
                    body_needed=False,
                )
            },
            "/api/v1/search": {
                "post": operation(
                    "postSearch",
                    "Which places suit this person tonight",
                    ref(FoundObject),
                    "400 401 403 413 422 503",
                    (),
                    PostSearch,
                    body_needed=False,
                    version_of=None,
                )
            },
            "/api/v1/places/{place_id}/holds": {
                "post": operation(
                    "postHold",
                    "Keep a place for 30 minutes",
                    ref(HoldObject),
                    "400 401 403 404 409 413 422 429 503",
                    (id_in_path("place_id"), KEY),
                    PostHold,
                    body_needed=False,
                    version_of=None,
                    status="201",
                )
            },
            "/api/v1/holds": {
                "get": operation("getHolds", "One's own live holds", ref(HoldsObject), "401 403 503", version_of=None)
            },
            "/api/v1/holds/{claim_id}": {
                "delete": operation(
                    "deleteHold",
                    "Let a place go",
                    {},
                    "401 403 404 409 422 503",
                    (id_in_path("claim_id"), KEY),
                    version_of=None,
                    status="204",
                )
            },
            "/api/v1/holds/{claim_id}/extend": {
                "post": operation(
                    "extendHold",
                    "30 minutes longer, once",
                    ref(HoldObject),
                    "401 403 404 409 422 503",
                    (id_in_path("claim_id"), KEY),
                    version_of=None,
                )
            },
            **_request_paths(),
        },
    }


def _request_paths() -> dict[str, Any]:
    whole, asked, id = ref(CaseObject), either(CaseObject, AskedObject), id_in_path("case_id")
    writes = "400 401 403 404 409 413 422 503"

    def change(
        name: str, summary: str, body: type[BaseModel] | None, answer: dict[str, Any] = whole, problems: str = writes
    ) -> dict[str, Any]:
        return {"post": operation(name, summary, answer, problems, (id, KEY), body, version_of="request")}

    return {
        "/api/v1/requests": {
            "get": operation(
                "getRequests",
                "One's own requests and those of colleagues; for the desk all that are open; for a shelter what it was asked",
                ref(CasesObject),
                "401 403 503",
                version_of=None,
            ),
            "post": operation(
                "postRequest",
                "Ask up to eight shelters for one case",
                whole,
                "400 401 403 409 413 422 429 503",
                (KEY,),
                PostCase,
                version_of="request",
                location=True,
                status="201",
            ),
        },
        "/api/v1/requests/{case_id}": {
            "get": operation(
                "getRequest", "One request, as the caller may see it", asked, "401 403 404 503", (id,), version_of="request"
            )
        },
        "/api/v1/requests/{case_id}/shelters": change("postShelters", "Ask more shelters", PostShelters),
        "/api/v1/requests/{case_id}/answers": change("postAnswer", "What a shelter says", PostAnswer, asked),
        "/api/v1/requests/{case_id}/choose": change("postChoice", "Take one shelter's offer", PostChoice),
        "/api/v1/requests/{case_id}/decide": change("postDecision", "The desk confirms or refuses", PostDecision),
        "/api/v1/requests/{case_id}/arrival": change("postArrival", "They came, or did not", PostArrival, asked),
        "/api/v1/requests/{case_id}/withdraw": change(
            "postWithdrawal", "Nothing is sought any more", None, problems="401 403 404 409 422 503"
        ),
        "/api/v1/requests/{case_id}/outcome": change("postOutcome", "Where the person sleeps", PostOutcome),
        "/api/v1/requests/{case_id}/address": {
            "post": operation(
                "postAddress",
                "Where the chosen shelter is; a look that is written down",
                ref(AddressObject),
                "401 403 404 409 503",
                (id,),
                version_of=None,
            )
        },
    }


DOCUMENT = to_json(build_document())


async def show_openapi(request: Request) -> Response:
    return json_bytes(DOCUMENT)
