"""Every address of bedboard, in one place."""

from starlette.convertors import register_url_convertor
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from bedboard.routes import (
    alerts,
    board,
    case_pages,
    cases,
    criteria,
    holds,
    live,
    search,
    signin,
    staff,
    staff_answers,
    staff_cases,
    static,
    strip,
)
from bedboard.routes.api import cases as api_cases
from bedboard.routes.api import openapi, shelters
from bedboard.routes.api import search as api_search
from bedboard.routes.guard import route, socket
from bedboard.routes.parse import IdConvertor

register_url_convertor("id", IdConvertor())


async def show_health(request: Request) -> Response:
    """That this process runs; nothing about what it knows."""
    return PlainTextResponse("ok\n")


def all_routes() -> list[BaseRoute]:
    """Raises RuntimeError when one of them is missing in the table of access."""
    return [
        route("/", board.show_home, "home", ["GET"]),
        route("/totals", board.show_totals, "totals", ["GET"]),
        route("/sign-in", signin.show_sign_in, "sign_in", ["GET"]),
        route("/sign-in/demo", signin.post_demo_sign_in, "sign_in_demo", ["POST"]),
        route("/sign-out", signin.post_sign_out, "sign_out", ["POST"]),
        route("/language", signin.post_language, "language", ["POST"]),
        route("/theme", signin.post_theme, "theme", ["POST"]),
        route("/staff/{shelter_id:id}", staff.show_staff, "staff", ["GET"]),
        route("/staff/{shelter_id:id}/places/{place_id:id}", staff.post_place, "staff_places", ["POST"]),
        route("/staff/{shelter_id:id}/confirm", staff.post_confirm, "staff_confirm", ["POST"]),
        route("/staff/{shelter_id:id}/undo", staff.post_undo, "staff_undo", ["POST"]),
        route("/staff/{shelter_id:id}/occupancy", staff.post_occupancy, "staff_occupancy", ["POST"]),
        route("/staff/{shelter_id:id}/places/{place_id:id}/hold", staff.post_hold, "staff_hold", ["POST"]),
        route("/staff/{shelter_id:id}/holds/{claim_id:id}/release", staff.post_release, "staff_release", ["POST"]),
        route("/staff/{shelter_id:id}/requests", staff_cases.show_asked, "staff_asked", ["GET"]),
        route("/staff/{shelter_id:id}/requests/{case_id:id}/answer", staff_answers.post_answer, "staff_answer", ["POST"]),
        route("/staff/{shelter_id:id}/requests/{case_id:id}/arrival", staff_answers.post_arrival, "staff_arrival", ["POST"]),
        route("/search", search.search, "search", ["GET", "POST"]),
        route("/search/nothing", search.post_nothing, "search_nothing", ["POST"]),
        route("/search/alert", alerts.post_alert, "alert_add", ["POST"]),
        route("/alerts/{alert_id:id}", alerts.show_alert, "alert", ["GET"]),
        route("/alerts/{alert_id:id}/stop", alerts.post_alert_stop, "alert_stop", ["POST"]),
        route("/push", alerts.post_device, "push", ["POST"]),
        route("/sw.js", static.show_service_worker, "service_worker", ["GET"]),
        route("/strip", strip.show_strip, "strip", ["GET"]),
        route("/shelters/{shelter_id:id}", holds.show_shelter, "shelter", ["GET"]),
        route("/shelters/{shelter_id:id}/call", holds.post_call, "shelter_call", ["POST"]),
        route("/places/{place_id:id}/hold", holds.post_hold, "hold_place", ["POST"]),
        route("/holds/{claim_id:id}/extend", holds.post_extend, "hold_extend", ["POST"]),
        route("/holds/{claim_id:id}/release", holds.post_release, "hold_release", ["POST"]),
        route("/requests", case_pages.show_requests, "requests", ["GET"]),
        route("/requests", cases.post_case, "request_open", ["POST"]),
        route("/requests/new", case_pages.post_case_new, "request_new", ["POST"]),
        route("/requests/{case_id:id}", case_pages.show_request, "request", ["GET"]),
        route("/requests/{case_id:id}/more", case_pages.show_more, "request_more", ["GET"]),
        route("/requests/{case_id:id}/shelters", cases.post_shelters, "request_ask", ["POST"]),
        route("/requests/{case_id:id}/choose", cases.post_choice, "request_choose", ["POST"]),
        route("/requests/{case_id:id}/place", cases.post_place, "request_place", ["POST"]),
        route("/requests/{case_id:id}/withdraw", cases.post_withdrawal, "request_withdraw", ["POST"]),
        route("/requests/{case_id:id}/outcome", cases.post_outcome, "request_outcome", ["POST"]),
        route("/requests/{case_id:id}/address", cases.post_address, "request_address", ["POST"]),
        route("/requests/{case_id:id}/answer", cases.post_answer, "request_answer", ["POST"]),
        route("/requests/{case_id:id}/decide", cases.post_decision, "request_decide", ["POST"]),
        route("/requests/{case_id:id}/arrival", cases.post_arrival, "request_arrival", ["POST"]),
        route("/manage/{shelter_id:id}/criteria", criteria.show_criteria, "criteria", ["GET"]),
        route("/manage/{shelter_id:id}/criteria", criteria.post_criteria, "criteria_save", ["POST"]),
        route("/manage/{shelter_id:id}/places/{place_id:id}/criteria", criteria.show_criteria, "place_criteria", ["GET"]),
        route(
            "/manage/{shelter_id:id}/places/{place_id:id}/criteria",
            criteria.post_place_criteria,
            "place_criteria_save",
            ["POST"],
        ),
        socket("/live", live.page_socket, "live"),
        route("/static/{path:path}", static.show_static, "static", ["GET"]),
        route("/health", show_health, "health", ["GET"]),
        route("/api/v1/openapi.json", openapi.show_openapi, "api_openapi", ["GET"]),
        route("/api/v1/board", shelters.show_board, "api_board", ["GET"]),
        route("/api/v1/shelters/{shelter_id:id}", shelters.show_shelter, "api_shelter", ["GET"]),
        route("/api/v1/shelters/{shelter_id:id}/occupancy", shelters.put_occupancy, "api_occupancy", ["PUT"]),
        route("/api/v1/shelters/{shelter_id:id}/confirm", shelters.post_confirm, "api_confirm", ["POST"]),
        route("/api/v1/places/{place_id:id}", shelters.patch_place, "api_place", ["PATCH"]),
        route("/api/v1/search", api_search.post_search, "api_search", ["POST"]),
        route("/api/v1/places/{place_id:id}/holds", api_search.post_hold, "api_place_holds", ["POST"]),
        route("/api/v1/holds", api_search.show_holds, "api_holds", ["GET"]),
        route("/api/v1/holds/{claim_id:id}", api_search.delete_hold, "api_hold", ["DELETE"]),
        route("/api/v1/holds/{claim_id:id}/extend", api_search.post_extend, "api_hold_extend", ["POST"]),
        route("/api/v1/requests", api_cases.show_requests, "api_requests", ["GET"]),
        route("/api/v1/requests", api_cases.post_request, "api_request_open", ["POST"]),
        route("/api/v1/requests/{case_id:id}", api_cases.show_request, "api_request", ["GET"]),
        route("/api/v1/requests/{case_id:id}/shelters", api_cases.post_shelters, "api_request_shelters", ["POST"]),
        route("/api/v1/requests/{case_id:id}/answers", api_cases.post_answer, "api_request_answers", ["POST"]),
        route("/api/v1/requests/{case_id:id}/choose", api_cases.post_choice, "api_request_choose", ["POST"]),
        route("/api/v1/requests/{case_id:id}/decide", api_cases.post_decision, "api_request_decide", ["POST"]),
        route("/api/v1/requests/{case_id:id}/arrival", api_cases.post_arrival, "api_request_arrival", ["POST"]),
        route("/api/v1/requests/{case_id:id}/withdraw", api_cases.post_withdrawal, "api_request_withdraw", ["POST"]),
        route("/api/v1/requests/{case_id:id}/outcome", api_cases.post_outcome, "api_request_outcome", ["POST"]),
        route("/api/v1/requests/{case_id:id}/address", api_cases.post_address, "api_request_address", ["POST"]),
        socket("/api/v1/live", live.api_socket, "api_live"),
    ]
