"""The calls of the API, one row each, and the document that is made of them."""

from pydantic import BaseModel
from starlette.responses import Response

from bedboard.routes import contacts, live
from bedboard.routes.api import search as api_search
from bedboard.routes.api import shelters
from bedboard.routes.api.case_table import CASES
from bedboard.routes.api.openapi import build_document
from bedboard.routes.call import Call
from bedboard.routes.replies import json_bytes
from bedboard.routes.row import Operation, Row, SocketRow
from bedboard.rules.access import (
    EVERYBODY,
    OVERSEERS,
    OWN_PLACE_REPORTING,
    OWN_REPORTING,
    PUBLIC,
    REPORTERS,
    SEEKERS,
    SEEKING,
    SEEKING_OR_REPORTING,
    Rule,
)
from bedboard.schemas.answers import (
    BoardObject,
    ContactsObject,
    FoundObject,
    HoldObject,
    HoldsObject,
    KnownShelterObject,
    ShelterObject,
)
from bedboard.schemas.commands import PatchPlace, PostConfirm, PostHold, PostSearch, PutOccupancy
from bedboard.views.objects import to_json

WRITES = "401 403 404 409 412 503"
KNOWN = (ShelterObject, KnownShelterObject)


async def show_openapi(_call: Call) -> Response:
    return json_bytes(DOCUMENT)


def change_shelter(name: str, summary: str, body: type[BaseModel]) -> Operation:
    """Describe a call that changes a shelter and gives it back."""
    return Operation(name, summary, WRITES, (ShelterObject,), body, takes_key=True, takes_version=True, version_of="shelter")


API: tuple[Row | SocketRow, ...] = (
    Row("GET", "/api/v1/openapi.json", show_openapi, "api_openapi", PUBLIC, identifies=False),
    Row(
        "GET",
        "/api/v1/board",
        shelters.show_board,
        "api_board",
        Rule(SEEKERS | REPORTERS | OVERSEERS),
        scope="any",
        operation=Operation("getBoard", "Everything the caller may see", "401 403 503", (BoardObject,)),
    ),
    Row(
        "GET",
        "/api/v1/contacts",
        contacts.show_contacts,
        "api_contacts",
        EVERYBODY,
        scope="any",
        operation=Operation("getContacts", "Whom to call besides shelters", "401 403 503", (ContactsObject,)),
    ),
    Row(
        "GET",
        "/api/v1/shelters/{shelter_id:id}",
        shelters.show_shelter,
        "api_shelter",
        Rule(SEEKERS | REPORTERS | OVERSEERS),
        scope="any",
        operation=Operation("getShelter", "One shelter", "401 403 404 503", KNOWN, version_of="shelter"),
    ),
    Row(
        "PUT",
        "/api/v1/shelters/{shelter_id:id}/occupancy",
        shelters.put_occupancy,
        "api_occupancy",
        OWN_REPORTING,
        scope="report",
        operation=change_shelter("putOccupancy", "Numbers per kind", PutOccupancy),
    ),
    Row(
        "POST",
        "/api/v1/shelters/{shelter_id:id}/confirm",
        shelters.post_confirm,
        "api_confirm",
        OWN_REPORTING,
        scope="report",
        operation=change_shelter("postConfirm", "Some kinds are still correct", PostConfirm),
    ),
    Row(
        "PATCH",
        "/api/v1/places/{place_id:id}",
        shelters.patch_place,
        "api_place",
        OWN_PLACE_REPORTING,
        scope="report",
        operation=change_shelter("patchPlace", "Change one place", PatchPlace),
    ),
    Row(
        "POST",
        "/api/v1/search",
        api_search.post_search,
        "api_search",
        SEEKING,
        scope="search",
        operation=Operation("postSearch", "Which places suit this person tonight", "401 403 503", (FoundObject,), PostSearch),
    ),
    Row(
        "POST",
        "/api/v1/places/{place_id:id}/holds",
        api_search.post_hold,
        "api_place_holds",
        SEEKING_OR_REPORTING,
        scope="request",
        operation=Operation(
            "postHold",
            "Keep a place for 30 minutes",
            "401 403 404 409 503",
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
        scope="request",
        operation=Operation("getHolds", "One's own live holds", "401 403 503", (HoldsObject,)),
    ),
    Row(
        "DELETE",
        "/api/v1/holds/{claim_id:id}",
        api_search.delete_hold,
        "api_hold",
        SEEKING_OR_REPORTING,
        scope="request",
        operation=Operation("deleteHold", "Let a place go", "401 403 404 409 503", takes_key=True, status=204),
    ),
    Row(
        "POST",
        "/api/v1/holds/{claim_id:id}/extend",
        api_search.post_extend,
        "api_hold_extend",
        SEEKING_OR_REPORTING,
        scope="request",
        operation=Operation("extendHold", "30 minutes longer, once", "401 403 404 409 503", (HoldObject,), takes_key=True),
    ),
    *CASES,
    SocketRow("/api/v1/live", live.api_socket, "api_live", SEEKING_OR_REPORTING, scope="any"),
)

DOCUMENT = to_json(build_document(API))
