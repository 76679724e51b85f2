"""The calls of the API, one row each, and the document that is made of them."""

from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from bedboard.routes import live
from bedboard.routes.api import cases as api_cases
from bedboard.routes.api import search as api_search
from bedboard.routes.api import shelters
from bedboard.routes.api.openapi import build_document
from bedboard.routes.call import Call
from bedboard.routes.replies import json_bytes
from bedboard.routes.row import Operation, Row, SocketRow
from bedboard.rules.access import (
    DESK,
    EVERYBODY,
    OVERSEERS,
    OWN_REPORTING,
    PUBLIC,
    REPORTERS,
    SEEKERS,
    SEEKING,
    SEEKING_OR_REPORTING,
    Rule,
)
from bedboard.schemas.answers import BoardObject, FoundObject, HoldObject, HoldsObject, KnownShelterObject, ShelterObject
from bedboard.schemas.cases import (
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
    PostWithdrawal,
)
from bedboard.schemas.commands import PatchPlace, PostConfirm, PostHold, PostSearch, PutOccupancy
from bedboard.views.objects import to_json

WRITES = "400 401 403 404 409 412 413 422 503"
CASE_WRITES = "400 401 403 404 409 413 422 503"
KNOWN = (ShelterObject, KnownShelterObject)
ASKED = (CaseObject, AskedObject)


async def show_openapi(_call: Call) -> Response:
    return json_bytes(DOCUMENT)


def change_shelter(name: str, summary: str, body: type[BaseModel]) -> Operation:
    """Describe a call that changes a shelter and gives it back."""
    return Operation(name, summary, WRITES, (ShelterObject,), body, takes_key=True, takes_version=True, version_of="shelter")


def change_case(name: str, summary: str, body: type[BaseModel], answers: tuple[Any, ...] = (CaseObject,)) -> Operation:
    """Describe a call that changes a case and gives it back."""
    return Operation(name, summary, CASE_WRITES, answers, body, takes_key=True, version_of="request")


API: tuple[Row | SocketRow, ...] = (
    Row("GET", "/api/v1/openapi.json", show_openapi, "api_openapi", PUBLIC, identifies=False),
    Row(
        "GET",
        "/api/v1/board",
        shelters.show_board,
        "api_board",
        EVERYBODY,
        operation=Operation("getBoard", "Everything the caller may see", "401 403 503", (BoardObject,)),
    ),
    Row(
        "GET",
        "/api/v1/shelters/{shelter_id:id}",
        shelters.show_shelter,
        "api_shelter",
        Rule(SEEKERS | REPORTERS | OVERSEERS),
        operation=Operation("getShelter", "One shelter", "401 403 404 503", KNOWN, version_of="shelter"),
    ),
    Row(
        "PUT",
        "/api/v1/shelters/{shelter_id:id}/occupancy",
        shelters.put_occupancy,
        "api_occupancy",
        OWN_REPORTING,
        operation=change_shelter("putOccupancy", "Numbers per kind", PutOccupancy),
    ),
    Row(
        "POST",
        "/api/v1/shelters/{shelter_id:id}/confirm",
        shelters.post_confirm,
        "api_confirm",
        OWN_REPORTING,
        operation=change_shelter("postConfirm", "Still correct", PostConfirm),
    ),
    Row(
        "PATCH",
        "/api/v1/places/{place_id:id}",
        shelters.patch_place,
        "api_place",
        OWN_REPORTING,
        operation=change_shelter("patchPlace", "Change one place", PatchPlace),
    ),
    Row(
        "POST",
        "/api/v1/search",
        api_search.post_search,
        "api_search",
        SEEKING,
        operation=Operation(
            "postSearch", "Which places suit this person tonight", "400 401 403 413 422 503", (FoundObject,), PostSearch
        ),
    ),
    Row(
        "POST",
        "/api/v1/places/{place_id:id}/holds",
        api_search.post_hold,
        "api_place_holds",
        SEEKING_OR_REPORTING,
        operation=Operation(
            "postHold",
            "Keep a place for 30 minutes",
            "400 401 403 404 409 413 422 429 503",
            (HoldObject,),
            PostHold,
            takes_key=True,
            status=201,
        ),
    ),
    Row(
        "GET",
        "/api/v1/holds",
        api_search.show_holds,
        "api_holds",
        SEEKING,
        operation=Operation("getHolds", "One's own live holds", "401 403 503", (HoldsObject,)),
    ),
    Row(
        "DELETE",
        "/api/v1/holds/{claim_id:id}",
        api_search.delete_hold,
        "api_hold",
        SEEKING_OR_REPORTING,
        operation=Operation("deleteHold", "Let a place go", "401 403 404 409 422 503", takes_key=True, status=204),
    ),
    Row(
        "POST",
        "/api/v1/holds/{claim_id:id}/extend",
        api_search.post_extend,
        "api_hold_extend",
        SEEKING_OR_REPORTING,
        operation=Operation("extendHold", "30 minutes longer, once", "401 403 404 409 422 503", (HoldObject,), takes_key=True),
    ),
    Row(
        "GET",
        "/api/v1/requests",
        api_cases.show_cases,
        "api_cases",
        SEEKING_OR_REPORTING,
        operation=Operation(
            "getRequests",
            "One's own requests and those of colleagues; for the desk all that are open; for a shelter what it was asked",
            "401 403 503",
            (CasesObject,),
        ),
    ),
    Row(
        "POST",
        "/api/v1/requests",
        api_cases.post_case,
        "api_case_open",
        SEEKING,
        operation=Operation(
            "postRequest",
            "Ask up to eight shelters for one case",
            "400 401 403 409 413 422 429 503",
            (CaseObject,),
            PostCase,
            takes_key=True,
            version_of="request",
            has_location=True,
            status=201,
        ),
    ),
    Row(
        "GET",
        "/api/v1/requests/{case_id:id}",
        api_cases.show_case,
        "api_case",
        SEEKING_OR_REPORTING,
        operation=Operation(
            "getRequest", "One request, as the caller may see it", "401 403 404 503", ASKED, version_of="request"
        ),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/shelters",
        api_cases.post_shelters,
        "api_case_shelters",
        SEEKING,
        operation=change_case("postShelters", "Ask more shelters", PostShelters),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/answers",
        api_cases.post_answer,
        "api_case_answers",
        Rule(REPORTERS | {"desk", "police"}),
        operation=change_case("postAnswer", "What a shelter says", PostAnswer, ASKED),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/choose",
        api_cases.post_choice,
        "api_case_choose",
        SEEKING,
        operation=change_case("postChoice", "Take one shelter's offer", PostChoice),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/decide",
        api_cases.post_decision,
        "api_case_decide",
        DESK,
        operation=change_case("postDecision", "The desk confirms, refuses, or ends a stay", PostDecision),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/arrival",
        api_cases.post_arrival,
        "api_case_arrival",
        Rule(REPORTERS | {"desk"}),
        operation=change_case("postArrival", "They came, or did not", PostArrival, ASKED),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/resume",
        api_cases.post_resumption,
        "api_case_resume",
        SEEKING,
        operation=Operation(
            "postResumption",
            "The chosen place falls through; look further with the same needs",
            "401 403 404 409 422 503",
            (CaseObject,),
            takes_key=True,
            version_of="request",
        ),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/withdraw",
        api_cases.post_withdrawal,
        "api_case_withdraw",
        SEEKING,
        operation=change_case("postWithdrawal", "Nothing is sought any more", PostWithdrawal),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/release-holds",
        api_cases.post_release,
        "api_case_release",
        SEEKING,
        operation=Operation(
            "postRelease",
            "Give back the holds that the request uses",
            "401 403 404 409 422 503",
            (CaseObject,),
            takes_key=True,
            version_of="request",
        ),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/outcome",
        api_cases.post_outcome,
        "api_case_outcome",
        SEEKING,
        operation=change_case("postOutcome", "Where the person sleeps", PostOutcome),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/address",
        api_cases.post_address,
        "api_case_address",
        SEEKING,
        operation=Operation(
            "postAddress", "Where the chosen shelter is; a look that is written down", "401 403 404 409 503", (AddressObject,)
        ),
    ),
    SocketRow("/api/v1/live", live.api_socket, "api_live", SEEKING_OR_REPORTING),
)

DOCUMENT = to_json(build_document(API))
