"""Every address of bedboard, in one place."""

from starlette.convertors import register_url_convertor
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from bedboard.routes import (
    answers,
    asked,
    board,
    criteria,
    desk,
    holds,
    live,
    mine,
    request_pages,
    requests,
    search,
    signin,
    static,
    waiting,
)
from bedboard.routes.api import openapi, shelters
from bedboard.routes.api import requests as api_requests
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
        route("/sign-in/demo", signin.take_demo_sign_in, "sign_in_demo", ["POST"]),
        route("/sign-out", signin.take_sign_out, "sign_out", ["POST"]),
        route("/language", signin.set_language, "set_language", ["POST"]),
        route("/theme", signin.set_theme, "set_theme", ["POST"]),
        route("/desk/{shelter_id:id}", desk.show_desk, "desk", ["GET"]),
        route("/desk/{shelter_id:id}/places/{place_id:id}", desk.take_place, "desk_places", ["POST"]),
        route("/desk/{shelter_id:id}/confirm", desk.take_confirm, "desk_confirm", ["POST"]),
        route("/desk/{shelter_id:id}/undo", desk.take_undo, "desk_undo", ["POST"]),
        route("/desk/{shelter_id:id}/occupancy", desk.take_occupancy, "desk_occupancy", ["POST"]),
        route("/desk/{shelter_id:id}/places/{place_id:id}/hold", desk.take_hold, "desk_hold", ["POST"]),
        route("/desk/{shelter_id:id}/holds/{claim_id:id}/release", desk.take_release, "desk_release", ["POST"]),
        route("/desk/{shelter_id:id}/requests", asked.show_asked, "desk_asked", ["GET"]),
        route("/desk/{shelter_id:id}/requests/{request_id:id}/answer", answers.take_answer, "desk_answer", ["POST"]),
        route("/desk/{shelter_id:id}/requests/{request_id:id}/arrival", answers.take_arrived, "desk_arrival", ["POST"]),
        route("/search", search.search, "search", ["GET", "POST"]),
        route("/search/nothing", search.take_nothing, "search_nothing", ["POST"]),
        route("/search/wait", waiting.take_wait, "wait", ["POST"]),
        route("/waiting/{waiting_id:id}", waiting.show_waiting, "waiting", ["GET"]),
        route("/waiting/{waiting_id:id}/stop", waiting.take_stop, "waiting_stop", ["POST"]),
        route("/push", waiting.take_device, "push", ["POST"]),
        route("/sw.js", static.show_service_worker, "service_worker", ["GET"]),
        route("/mine", mine.show_mine, "mine", ["GET"]),
        route("/shelters/{shelter_id:id}", holds.show_shelter, "shelter", ["GET"]),
        route("/shelters/{shelter_id:id}/call", holds.take_call, "shelter_call", ["POST"]),
        route("/places/{place_id:id}/hold", holds.take_hold, "hold_place", ["POST"]),
        route("/holds/{claim_id:id}/extend", holds.take_extend, "hold_extend", ["POST"]),
        route("/holds/{claim_id:id}/release", holds.take_release, "hold_release", ["POST"]),
        route("/requests", request_pages.show_requests, "requests", ["GET"]),
        route("/requests", requests.take_open, "request_open", ["POST"]),
        route("/requests/new", request_pages.take_new, "request_new", ["POST"]),
        route("/requests/{case_id:id}", request_pages.show_request, "request", ["GET"]),
        route("/requests/{case_id:id}/more", request_pages.show_more, "request_more", ["GET"]),
        route("/requests/{case_id:id}/shelters", requests.take_ask, "request_ask", ["POST"]),
        route("/requests/{case_id:id}/choose", requests.take_choose, "request_choose", ["POST"]),
        route("/requests/{case_id:id}/place", requests.take_place, "request_place", ["POST"]),
        route("/requests/{case_id:id}/withdraw", requests.take_withdraw, "request_withdraw", ["POST"]),
        route("/requests/{case_id:id}/outcome", requests.take_outcome, "request_outcome", ["POST"]),
        route("/requests/{case_id:id}/address", requests.take_address, "request_address", ["POST"]),
        route("/requests/{case_id:id}/answer", requests.take_answer, "request_answer", ["POST"]),
        route("/requests/{case_id:id}/decide", requests.take_decide, "request_decide", ["POST"]),
        route("/requests/{case_id:id}/arrival", requests.take_arrival_by_telephone, "request_arrival", ["POST"]),
        route("/manage/{shelter_id:id}/criteria", criteria.show_criteria, "criteria", ["GET"]),
        route("/manage/{shelter_id:id}/criteria", criteria.take_criteria, "criteria_save", ["POST"]),
        route("/manage/{shelter_id:id}/places/{place_id:id}/criteria", criteria.show_criteria, "place_criteria", ["GET"]),
        route(
            "/manage/{shelter_id:id}/places/{place_id:id}/criteria",
            criteria.take_place_criteria,
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
        route("/api/v1/requests", api_requests.show_requests, "api_requests", ["GET"]),
        route("/api/v1/requests", api_requests.post_request, "api_request_open", ["POST"]),
        route("/api/v1/requests/{request_id:id}", api_requests.show_request, "api_request", ["GET"]),
        route("/api/v1/requests/{request_id:id}/shelters", api_requests.post_shelters, "api_request_shelters", ["POST"]),
        route("/api/v1/requests/{request_id:id}/answers", api_requests.post_answer, "api_request_answers", ["POST"]),
        route("/api/v1/requests/{request_id:id}/choose", api_requests.post_choice, "api_request_choose", ["POST"]),
        route("/api/v1/requests/{request_id:id}/decide", api_requests.post_decision, "api_request_decide", ["POST"]),
        route("/api/v1/requests/{request_id:id}/arrival", api_requests.post_arrival, "api_request_arrival", ["POST"]),
        route("/api/v1/requests/{request_id:id}/withdraw", api_requests.post_withdrawal, "api_request_withdraw", ["POST"]),
        route("/api/v1/requests/{request_id:id}/outcome", api_requests.post_outcome, "api_request_outcome", ["POST"]),
        route("/api/v1/requests/{request_id:id}/address", api_requests.post_address, "api_request_address", ["POST"]),
        socket("/api/v1/live", live.api_socket, "api_live"),
    ]
