"""Every address of bedboard, in one place."""

from starlette.convertors import register_url_convertor
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from bedboard.routes import board, desk, live, signin, static
from bedboard.routes.api import openapi, shelters
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
        socket("/live", live.page_socket, "live"),
        route("/static/{path:path}", static.show_static, "static", ["GET"]),
        route("/health", show_health, "health", ["GET"]),
        route("/api/v1/openapi.json", openapi.show_openapi, "api_openapi", ["GET"]),
        route("/api/v1/board", shelters.show_board, "api_board", ["GET"]),
        route("/api/v1/shelters/{shelter_id:id}", shelters.show_shelter, "api_shelter", ["GET"]),
        route("/api/v1/shelters/{shelter_id:id}/occupancy", shelters.put_occupancy, "api_occupancy", ["PUT"]),
        route("/api/v1/shelters/{shelter_id:id}/confirm", shelters.post_confirm, "api_confirm", ["POST"]),
        route("/api/v1/places/{place_id:id}", shelters.patch_place, "api_place", ["PATCH"]),
        socket("/api/v1/live", live.api_socket, "api_live"),
    ]
