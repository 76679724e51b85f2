"""What every answer carries, and what a call that is repeated gets."""

import asyncio
import gzip
import hashlib
import re
from collections.abc import Mapping

import httpx
import pytest
from sqlalchemy import text

from bedboard.clock import Clock
from bedboard.views.pieces import Audience
from tests.build import PATIENCE
from tests.build.api import correct
from tests.build.site import Site, facts

FREE = {"status": "free"}
OCCUPIED = {"status": "occupied"}


def api(token: str, **headers: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in headers.items()}


LINDE = "demo-shelter-linde"
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    ("method", "path", "status", "headers"),
    [
        ("GET", "/api/v1/board", 200, api(LINDE)),
        ("GET", "/api/v1/shelters/linde", 200, api(LINDE)),
        ("GET", "/api/v1/openapi.json", 200, {}),
        ("GET", "/api/v1/board", 401, {}),
        ("GET", "/api/v1/nowhere", 404, {}),
        ("DELETE", "/api/v1/board", 405, {}),
        ("PATCH", "/api/v1/places/linde-1", 400, api(LINDE)),
        ("GET", "/api/v1/board", 421, {"Host": "evil.example"}),
        ("GET", "/", 303, {}),
        ("GET", "/sign-in", 200, {}),
        ("GET", "/nowhere", 404, {}),
        ("POST", "/sign-in", 403, {}),
        ("GET", "/totals/", 404, {}),
        ("GET", "/health", 200, {}),
    ],
)
async def test_every_answer_is_guarded_and_not_kept(
    people: dict[str, httpx.AsyncClient], method: str, path: str, status: int, headers: Mapping[str, str]
) -> None:
    reply = await people["api"].request(method, path, headers=dict(headers))
    assert reply.status_code == status
    assert {name: reply.headers.get(name) for name in HEADERS} == HEADERS
    assert reply.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert len(reply.headers["x-request-id"]) == 32
    if path.startswith("/api/"):
        assert reply.headers["api-version"] == "1"
        assert "set-cookie" not in reply.headers


async def test_pages_of_the_signed_in_are_not_kept_either(people: dict[str, httpx.AsyncClient]) -> None:
    for role, path in (("police", "/"), ("staff", "/"), ("staff", "/staff/linde"), ("staff", "/totals"), ("admin", "/")):
        reply = await people[role].get(path)
        assert reply.headers["cache-control"] == "no-store"
    for path in ("/language", "/theme", "/sign-in/demo"):
        form = {"language": "nl", "theme": "auto", "person": "mark"}
        assert (await people["none"].post(path, data=form)).headers["cache-control"] == "no-store"
        people["none"].cookies.clear()


async def test_a_static_file_is_kept_only_under_the_hash_of_its_content(people: dict[str, httpx.AsyncClient]) -> None:
    page = (await people["none"].get("/sign-in")).text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    kept = await people["none"].get(address)
    assert "immutable" in kept.headers["cache-control"]
    assert address.endswith("?v=" + hashlib.sha256(kept.content).hexdigest()[:12])
    assert b"@import" not in kept.content
    assert kept.headers["content-encoding"] == "br"
    asked = await people["none"].get(address.split("?")[0], headers={"Accept-Encoding": "identity"})
    assert asked.headers["cache-control"] == "no-cache"
    assert asked.content == kept.content
    assert kept.headers["x-content-type-options"] == "nosniff"


async def test_a_request_id_is_always_our_own(people: dict[str, httpx.AsyncClient]) -> None:
    """Another one could be a name: "Fatima-Jansen-1999" looks like an id."""
    seen = set()
    for given in ("abcd-1234-efgh", "Fatima-Jansen-1999", "0" * 32, "short"):
        reply = await people["api"].get("/health", headers={"X-Request-Id": given})
        assert re.fullmatch("[0-9a-f]{32}", reply.headers["x-request-id"]) and reply.headers["x-request-id"] != given
        seen.add(reply.headers["x-request-id"])
    assert len(seen) == 4


async def test_the_etag_is_the_version_and_guards_a_change(site: Site) -> None:
    async with site.api(LINDE) as client:
        shown = await client.get("/shelters/linde")
        epoch = site.process.board.epoch
        assert shown.headers["etag"] == f'"{epoch}-{shown.json()["version"]}"' == f'"{epoch}-1"'
        first = await client.patch("/places/linde-1", json=OCCUPIED, headers={"If-Match": shown.headers["etag"]})
        assert (first.status_code, first.headers["etag"]) == (200, f'"{epoch}-2"')
        before = await facts(site)
        late = await client.patch("/places/linde-2", json=OCCUPIED, headers={"If-Match": shown.headers["etag"]})
        assert late.status_code == 412
        assert late.json()["present"] == first.json()
        assert await facts(site) == before
        for any_version in (first.headers["etag"], "*"):
            reply = await client.post("/shelters/linde/confirm", json=correct("cosm"), headers={"If-Match": any_version})
            assert reply.status_code == 200


async def test_who_changed_something_reads_it_back_at_once(site: Site) -> None:
    async with site.api(LINDE) as client, site.api("demo-police") as police:
        for number in range(1, 4):
            changed = (await client.patch(f"/places/linde-{number}", json=OCCUPIED)).json()
            board = (await police.get("/board")).json()
            assert next(one for one in board["shelters"] if one["id"] == "linde") == changed
            assert (await police.get("/shelters/linde")).json() == changed


async def test_a_repeated_call_gets_the_stored_answer_and_does_nothing(site: Site) -> None:
    async with site.api(LINDE) as client:
        first = await client.patch("/places/linde-1", json=OCCUPIED, headers={"Idempotency-Key": "k"})
        await client.patch("/places/linde-1", json=FREE, headers={"Idempotency-Key": "k2"})
        before = await facts(site)
        again = await client.patch("/places/linde-1", json=OCCUPIED, headers={"Idempotency-Key": "k"})
        assert (again.status_code, again.content, again.headers["etag"]) == (200, first.content, first.headers["etag"])
        assert await facts(site) == before


async def test_a_key_means_one_call_of_one_client_for_a_day(site: Site) -> None:
    key = {"Idempotency-Key": "k"}
    async with site.api(LINDE) as client, site.api("demo-shelter-ceder") as other:
        await client.patch("/places/linde-1", json=OCCUPIED, headers=key)
        before = await facts(site)
        for reply in (
            await client.patch("/places/linde-1", json=FREE, headers=key),
            await client.patch("/places/linde-2", json=OCCUPIED, headers=key),
            await client.patch("/places/linde-1", json=OCCUPIED, headers={**key, "If-Match": '"1-2"'}),
            await client.post("/shelters/linde/confirm", json=correct("cosm"), headers=key),
        ):
            problem = reply.json()
            assert (reply.status_code, problem["errors"][0]["field"]) in ((422, "Idempotency-Key"), (422, "status"))
        assert await facts(site) == before
        assert (await other.post("/shelters/ceder/confirm", json=correct("men"), headers=key)).status_code == 200
        site.clock.move(hours=24, seconds=1)
        assert (await client.patch("/places/linde-1", json=FREE, headers=key)).json()["version"] == 3


async def test_a_refused_call_may_be_tried_again_with_its_key(site: Site) -> None:
    key = {"Idempotency-Key": "k"}
    async with site.api(LINDE) as client:
        early = {"status": "free", "observed_at": "2026-03-11T13:02:00Z"}
        assert (await client.patch("/places/linde-1", json=early, headers=key)).status_code == 422
        site.clock.move(minutes=2)
        assert (await client.patch("/places/linde-1", json=early, headers=key)).status_code == 200


async def keys_in_use(site: Site) -> int:
    async with site.process.database.transaction() as tx:
        sql = """select count(*) from pg_locks l join pg_database d on d.oid = l.database
                 where l.locktype = 'advisory' and d.datname = current_database()"""
        return int((await (await tx.connection()).execute(text(sql))).scalar_one())


async def test_the_same_key_twice_at_once_is_done_once(site: Site) -> None:
    """The shelter is locked, so the first call waits with its key in use, and the second hears so before long."""
    key = {"Idempotency-Key": "k"}
    async with site.api(LINDE) as client:
        async with site.process.database.transaction() as tx:
            await (await tx.connection()).execute(text("select 1 from shelter where id = 'linde' for update"))
            first = asyncio.create_task(client.patch("/places/linde-1", json=OCCUPIED, headers=key))
            async with asyncio.timeout(PATIENCE):
                while not await keys_in_use(site):
                    pass
            second = await client.patch("/places/linde-1", json=OCCUPIED, headers=key)
            assert second.status_code == 409
            assert second.json()["code"] == "key_in_use"
            assert second.json()["present"]["version"] == 1
        assert (await first).status_code == 200
        async with site.process.database.transaction() as tx:
            count = await (await tx.connection()).execute(text("select count(*) from journal where action = 'place'"))
            assert count.scalar_one() == 1


async def test_five_times_the_same_call_at_once_is_one_change(site: Site) -> None:
    key = {"Idempotency-Key": "k"}
    async with site.api(LINDE) as client:
        replies = await asyncio.gather(*(client.patch("/places/linde-1", json=OCCUPIED, headers=key) for _ in range(5)))
        done = [reply for reply in replies if reply.status_code == 200]
        assert {reply.status_code for reply in replies} <= {200, 409}
        assert len({reply.content for reply in done}) == 1
        assert (await client.get("/shelters/linde")).json()["version"] == 2


async def test_a_caller_who_leaves_in_the_middle_of_a_body_is_no_bug(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, port = site.url.rpartition(":")
    for path, media_type in (
        ("/api/v1/places/linde-1", "application/json"),
        ("/sign-in/demo", "application/x-www-form-urlencoded"),
    ):
        _, writer = await asyncio.open_connection("127.0.0.1", int(port))
        head = (
            f"{'PATCH' if 'api' in path else 'POST'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {site.url}\r\n"
            f"Authorization: Bearer {LINDE}\r\nContent-Type: {media_type}\r\nContent-Length: 100\r\n\r\n"
        )
        writer.write(head.encode() + b"{")
        await writer.drain()
        for _ in range(5):  # lets the server read the head
            await site.process.identity.active_tokens([])
        writer.close()
        await writer.wait_closed()
    async with site.api("demo-police") as police:
        for _ in range(3):
            assert (await police.get("/board")).status_code == 200
    assert '"bug"' not in capsys.readouterr().out


async def test_clients_tokens_of_a_deployment_are_kept_as_hashes_only(site: Site) -> None:
    async with site.process.database.transaction() as tx:
        rows = await (await tx.connection()).execute(text("select row_to_json(c)::text from client c"))
        assert all(LINDE not in row[0].replace(f'"id":"{LINDE}"', "") for row in rows)
    assert len(Clock().new_token()) >= 43


async def test_the_board_is_packed_once_for_all_and_never_older_than_a_change(site: Site) -> None:
    board, audience = site.process.board, Audience("api", "")
    async with site.api("demo-police") as police, site.api("demo-shelter-linde") as linde:
        packed = await police.get("/board")
        plain = await police.get("/board", headers={"Accept-Encoding": "br, gzip; q=0.000, identity"})
        assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", plain.headers["vary"])
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content
        kept = board.answer(audience, packed=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(board, "pieces", None)  # nothing is joined again
            assert board.answer(audience, packed=True) is kept
            assert board.answer(audience, packed=False) == packed.content
        assert gzip.decompress(kept) == packed.content
        assert [one["id"] for one in (await linde.get("/board")).json()["shelters"]] == ["linde"]

        assert (await linde.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
        for headers in ({}, {"Accept-Encoding": "identity"}):
            shelters = (await police.get("/board", headers=headers)).json()["shelters"]
            places = {place["id"]: place["status"] for one in shelters for place in one["places"]}
            assert places["linde-1"] == "occupied"

        site.clock.move(seconds=1)
        assert (await police.get("/board")).json()["as_of"] > plain.json()["as_of"]


async def test_a_tag_that_a_proxy_has_made_weak_is_the_same_version(site: Site) -> None:
    async with site.api(LINDE) as client:
        tag = (await client.get("/shelters/linde")).headers["etag"]
        for status in (200, 412):  # the second names the version of before
            reply = await client.patch("/places/linde-1", json=OCCUPIED, headers={"If-Match": f"W/{tag}"})
            assert reply.status_code == status
