"""The questions of a proxy and of the people on duty to one process. The answers tell nothing of the board."""

from starlette.responses import PlainTextResponse, Response

from bedboard.routes.call import Call
from bedboard.views.objects import to_json


async def show_health(_call: Call) -> Response:
    """Say that this process runs."""
    return PlainTextResponse("ok\n")


async def show_live(_call: Call) -> Response:
    """Say that this process runs, for programs that want JSON. One that hangs does not answer."""
    return _answer(200, {"live": True, "reasons": {"process": "ok"}})


async def show_ready(call: Call) -> Response:
    """Say whether this process can show the board and save changes, with a word for each thing that this needs."""
    health = call.process.health
    is_ready = health.is_ready
    return _answer(200 if is_ready else 503, {"ready": is_ready, "reasons": dict(health.words())})


def _answer(status: int, document: dict[str, object]) -> Response:
    return Response(to_json(document), status, {"Cache-Control": "no-store"}, media_type="application/json")
