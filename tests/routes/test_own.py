"""A rule for one's own names in the path what it is checked on, and is checked before the handler is reached."""

from typing import Literal

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.websockets import WebSocket

from bedboard.routes.call import Call
from bedboard.routes.frontdoor import FrontDoor
from bedboard.routes.guard import guard
from bedboard.routes.row import Row, SocketRow
from bedboard.rules.access import Actor, Rule
from tests.build.site import TRUST, Site

Own = Literal["shelter", "place"]


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/staff/everything", "shelter"),
        ("/api/v1/places/{place_id:id}", "shelter"),
        ("/staff/{shelter_id:id}", "place"),
        ("/staff/{shelter_id:path}", "shelter"),
    ],
)
def test_a_row_for_ones_own_that_does_not_name_it_cannot_be_written(path: str, own: Own) -> None:
    async def page(call: Call) -> Response:
        return Response()

    async def socket(websocket: WebSocket, actor: Actor) -> None:
        pass

    rule = Rule(frozenset({"manager"}), own=own)
    with pytest.raises(ValueError, match=f"names no {own}_id"):
        Row("GET", path, page, "new", rule)
    with pytest.raises(ValueError, match=f"names no {own}_id"):
        SocketRow(path, socket, "new", rule)


@pytest.mark.parametrize(("own", "number"), [("shelter", ""), ("place", "-1")])
async def test_a_stranger_does_not_reach_a_planted_handler(standing: Site, own: Own, number: str) -> None:
    reached = []

    async def page(call: Call) -> Response:
        reached.append(call.path)
        return Response()

    rule = Rule(frozenset({"machine"}), own=own)
    app = Starlette(routes=[guard(Row("GET", f"/api/planted/{{{own}_id:id}}", page, "planted", rule, scope="any"))])
    app.state.process = standing.process
    transport = httpx.ASGITransport(app=FrontDoor(app, standing.process.settings, standing.clock))
    headers = {"Authorization": "Bearer demo-shelter-linde"}
    async with httpx.AsyncClient(transport=transport, base_url=standing.url, headers=headers, verify=TRUST) as api:
        statuses = [(await api.get(f"/api/planted/{one}{number}")).status_code for one in ("linde", "wilg", "nowhere")]
    assert statuses == [200, 404, 404]
    assert reached == [f"/api/planted/linde{number}"]
