"""The calls of the API about cases, one row each."""

from typing import Any

from pydantic import BaseModel

from bedboard.routes.api import case_reads
from bedboard.routes.api import cases as api_cases
from bedboard.routes.row import Operation, Row
from bedboard.rules.access import DESK, REPORTERS, SEEKING, SEEKING_OR_REPORTING, Rule
from bedboard.schemas import cases as shapes

CASE_WRITES = "401 403 404 409 412 503"
ASKED = (shapes.CaseObject, shapes.AskedObject)


def change_case(
    name: str, summary: str, body: type[BaseModel] | None = None, answers: tuple[Any, ...] = (shapes.CaseObject,)
) -> Operation:
    """Describe a call that changes a case and gives it back."""
    return Operation(name, summary, CASE_WRITES, answers, body, takes_key=True, takes_version=True, version_of="request")


CASES: tuple[Row, ...] = (
    Row(
        "GET",
        "/api/v1/requests",
        case_reads.show_cases,
        "api_cases",
        SEEKING_OR_REPORTING,
        scope="read",
        operation=Operation(
            "getRequests",
            "One's own requests and those of colleagues; for the desk all that are open; for a shelter what it was asked",
            "401 403 503",
            (shapes.CasesObject,),
        ),
    ),
    Row(
        "POST",
        "/api/v1/requests",
        api_cases.post_case,
        "api_case_open",
        SEEKING,
        scope="request",
        operation=Operation(
            "postRequest",
            "Ask up to eight shelters for one case",
            "401 403 409 503",
            (shapes.CaseObject,),
            shapes.PostCase,
            takes_key=True,
            version_of="request",
            has_location=True,
            status=201,
        ),
    ),
    Row(
        "GET",
        "/api/v1/requests/{case_id:id}",
        case_reads.show_case,
        "api_case",
        SEEKING_OR_REPORTING,
        scope="read",
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
        scope="request",
        operation=change_case("postShelters", "Ask more shelters", shapes.PostShelters),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/answers",
        api_cases.post_answer,
        "api_case_answers",
        Rule(REPORTERS | {"desk", "police"}),
        scope="answer",
        operation=change_case("postAnswer", "What a shelter says", shapes.PostAnswer, ASKED),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/choose",
        api_cases.post_choice,
        "api_case_choose",
        SEEKING,
        scope="request",
        operation=change_case("postChoice", "Take one shelter's offer", shapes.PostChoice),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/decide",
        api_cases.post_decision,
        "api_case_decide",
        DESK,
        scope="answer",
        operation=change_case("postDecision", "The desk confirms, refuses, or ends a stay", shapes.PostDecision),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/arrival",
        api_cases.post_arrival,
        "api_case_arrival",
        Rule(REPORTERS | {"desk"}),
        scope="answer",
        operation=change_case("postArrival", "They came, or did not", shapes.PostArrival, ASKED),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/arrival-time",
        api_cases.post_arrival_time,
        "api_case_arrival_time",
        SEEKING,
        scope="request",
        operation=change_case("postArrivalTime", "They come at another time than was agreed", shapes.PostArrivalTime, ASKED),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/resume",
        api_cases.post_resumption,
        "api_case_resume",
        SEEKING,
        scope="request",
        operation=change_case("postResumption", "The chosen place falls through; look further with the same needs"),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/withdraw",
        api_cases.post_withdrawal,
        "api_case_withdraw",
        SEEKING,
        scope="request",
        operation=change_case("postWithdrawal", "Nothing is sought any more", shapes.PostWithdrawal),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/release-holds",
        api_cases.post_release,
        "api_case_release",
        SEEKING,
        scope="request",
        operation=change_case("postRelease", "Give back the holds that the request uses"),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/hand-over",
        api_cases.post_hand_over,
        "api_case_hand_over",
        SEEKING,
        scope="request",
        operation=change_case("postHandOver", "Offer the request to another organization or role", shapes.PostHandOver),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/take-over",
        api_cases.post_take_over,
        "api_case_take_over",
        SEEKING,
        scope="request",
        operation=change_case("postTakeOver", "Take over a request that is offered to one's own organization and role"),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/decline",
        api_cases.post_decline,
        "api_case_decline",
        SEEKING,
        scope="request",
        operation=Operation(
            "postDecline",
            "Leave a request that is offered to one's own organization and role with its requester",
            "401 403 404 409 503",
            takes_key=True,
            status=204,
        ),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/outcome",
        api_cases.post_outcome,
        "api_case_outcome",
        SEEKING,
        scope="request",
        operation=change_case("postOutcome", "Where the person sleeps", shapes.PostOutcome),
    ),
    Row(
        "POST",
        "/api/v1/requests/{case_id:id}/address",
        api_cases.post_address,
        "api_case_address",
        SEEKING,
        scope="request",
        operation=Operation(
            "postAddress",
            "Where the chosen shelter is; a look that is written down",
            "401 403 404 409 503",
            (shapes.AddressObject,),
        ),
    ),
)
