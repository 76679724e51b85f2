"""The figures for the program that watches over bedboard. Without its token there is no such page."""

from hmac import compare_digest

from starlette.responses import Response

from bedboard.readings import take_readings
from bedboard.routes.call import Call
from bedboard.rules.refusals import NotFound

FORMAT = "text/plain; version=0.0.4; charset=utf-8"


async def show_metrics(call: Call) -> Response:
    """Show the figures of all processes of this `bedboard serve`. Refusal: NotFound, for everybody without the token."""
    wanted = call.process.settings.metrics_token
    scheme, _, token = call.request.headers.get("authorization", "").partition(" ")
    if wanted is None or scheme.lower() != "bearer" or not compare_digest(token.strip().encode(), wanted.encode()):
        raise NotFound("no_such_page")
    take_readings(call.process)
    figures = call.process.figures.text(call.process.clock.monotonic())
    return Response(figures, headers={"Cache-Control": "no-store"}, media_type=FORMAT)
