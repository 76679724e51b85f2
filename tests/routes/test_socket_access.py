"""A socket opens for its own audience only, by a cookie on pages and by a token in the API."""

from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

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


@pytest.mark.parametrize("role", [*CLIENTS, "none", "wrong"])
async def test_an_api_socket_opens_for_its_own_audience_only(standing: Site, role: str) -> None:
    token = {"machine": "demo-shelter-linde", "none": None}.get(role, f"demo-{role}")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    code = await closed_with(f"{standing.live_url}/api/v1/live", additional_headers=headers)
    may = role in SEEKERS | {"machine"}
    assert code == (None if may else 4401 if role in ("none", "wrong") else 4403)


async def test_a_cookie_opens_no_api_socket_and_a_token_no_page_socket(
    standing: Site, people: dict[str, httpx.AsyncClient]
) -> None:
    session = cookie(people["police"])
    assert await closed_with(f"{standing.live_url}/api/v1/live", additional_headers=session) == 4401
    token = {"Authorization": "Bearer demo-police"}
    url = f"{standing.live_url}/live?view=board"
    assert await closed_with(url, additional_headers=token, origin=standing.url) == 4401
