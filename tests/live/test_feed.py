"""The whole way in one process: a tap by API, a message on a socket."""

import asyncio
import json

from websockets.asyncio.client import connect

from tests.conftest import Site


async def test_a_change_reaches_an_open_socket(site: Site) -> None:
    headers = {"Authorization": "Bearer demo-police"}
    async with connect(f"{site.live_url}/api/v1/live", additional_headers=headers) as socket, asyncio.timeout(5):
        snapshot = json.loads(await socket.recv())
        assert [shelter["id"] for shelter in snapshot["shelters"]] == ["ceder", "linde", "wilg"]
        async with site.api("demo-shelter-linde") as api:
            reply = await api.patch("/places/linde-1", json={"status": "occupied"})
            assert reply.status_code == 200
        message = json.loads(await socket.recv())
        assert message["type"] == "shelter"
        assert message["shelter"] == reply.json()
