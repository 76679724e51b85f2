"""A socket opens for its own audience only, by a cookie on pages and by a token in the API."""

import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.build.access import CLIENTS, PERSONS, SEEKERS, SHELTER
from tests.build.lines import cookie
from tests.build.site import Site


async def closed_with(url: str, **options: Any) -> int | None:
    """The code that a socket is closed with at once; None when it says something instead."""
    async with connect(url, **options) as line:
        try:
            await line.send("{}")
            await line.recv()
        except ConnectionClosed:
            return line.close_code
    return None


@pytest.mark.parametrize(
    "asked",
    [
        "view=board",
        "view=search",
        "view=staff&shelter=linde",
        "view=staff&shelter=wilg",
        "view=staff&shelter=nowhere",
        "view=totals",
        "view=x",
        "",
    ],
)
@pytest.mark.parametrize("role", [*PERSONS, "none"])
async def test_a_page_socket_opens_for_its_own_audience_only(
    standing: Site, people: dict[str, httpx.AsyncClient], role: str, asked: str
) -> None:
    may = (role in SEEKERS and asked in ("view=board", "view=search")) or (
        role in SHELTER and asked in ("view=staff&shelter=linde", "view=totals")
    )
    code = await closed_with(
        f"{standing.live_url}/live?{asked}",
        additional_headers=cookie(people[role]),
        origin=standing.url,
    )
    assert code == (None if may else 4401 if role == "none" else 4403)


async def refused_with(url: str, **options: Any) -> tuple[int, str, str] | None:
    """The status, code and challenge with which a handshake is refused; None when the socket says something."""
    try:
        async with connect(url, **options) as line:
            await line.recv()
    except InvalidStatus as error:
        told = error.response
        code = json.loads(told.body or b"{}")["code"]
        return told.status_code, code, told.headers.get("WWW-Authenticate", "")
    return None


@pytest.mark.parametrize("role", [*CLIENTS, "none", "wrong"])
async def test_an_api_socket_opens_for_its_own_audience_only(
    standing: Site, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = {"machine": "demo-shelter-linde", "none": None}.get(role, f"demo-{role}")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    told = await refused_with(f"{standing.live_url}/api/v1/live", additional_headers=headers)
    may, is_nobody = role in SEEKERS | {"machine"}, role in ("none", "wrong")
    wanted = (401, "sign_in_needed", "Bearer") if is_nobody else (403, "not_your_role", "")
    assert told == (None if may else wanted), "a program reads the status of the handshake"
    assert "without completing handshake" not in caplog.text  # the server has answered, and knows it


async def test_a_cookie_opens_no_api_socket_and_a_token_no_page_socket(
    standing: Site, people: dict[str, httpx.AsyncClient]
) -> None:
    session = cookie(people["police"])
    told = await refused_with(f"{standing.live_url}/api/v1/live", additional_headers=session)
    assert told is not None and told[0] == 401
    token = {"Authorization": "Bearer demo-police"}
    url = f"{standing.live_url}/live?view=board"
    assert await closed_with(url, additional_headers=token, origin=standing.url) == 4401
