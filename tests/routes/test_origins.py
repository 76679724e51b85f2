"""Another website cannot use somebody's session: whatever it calls itself in Origin, and whatever name it reaches us by."""

import asyncio
import re
from collections.abc import Callable

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bedboard.routes import frontdoor, live
from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from tests.build import PATIENCE
from tests.build.lines import cookie
from tests.build.site import Site, facts

FORMS = {"status": "occupied", "key": "stolen", "change": "1", "empty.cosm": "0", "language": "en", "theme": "dark"}
UNSAFE = [
    "/staff/linde/places/linde-1",
    "/staff/linde/confirm",
    "/staff/linde/undo",
    "/staff/linde/occupancy",
    "/sign-out",
    "/sign-in/demo",
    "/language",
    "/theme",
    "/",
    "/nowhere",
]


def port(site: Site) -> int:
    return int(site.url.rpartition(":")[2])


# `u` is http://127.0.0.1:<port>, `p` the port.
STRANGERS: dict[str, Callable[[str, int], str | None]] = {
    "missing": lambda u, p: None,
    "empty": lambda u, p: "",
    "null": lambda u, p: "null",
    "other port": lambda u, p: f"http://127.0.0.1:{p + 1}",
    "no port": lambda u, p: "http://127.0.0.1",
    "other scheme": lambda u, p: f"https://127.0.0.1:{p}",
    "socket scheme": lambda u, p: f"ws://127.0.0.1:{p}",
    "no scheme": lambda u, p: f"127.0.0.1:{p}",
    "ours as a suffix": lambda u, p: f"http://evil.example#{u}",
    "ours as a prefix": lambda u, p: f"{u}.evil.example",
    "ours as a subdomain": lambda u, p: f"http://127.0.0.1.evil.example:{p}",
    "below ours": lambda u, p: f"http://evil.127.0.0.1:{p}",
    "ours as the user": lambda u, p: f"{u}@evil.example",
    "a user at ours": lambda u, p: f"http://evil@127.0.0.1:{p}",
    "uppercase": lambda u, p: u.upper(),
    "trailing dot": lambda u, p: f"http://127.0.0.1.:{p}",
    "trailing slash": lambda u, p: f"{u}/",
    "with a path": lambda u, p: f"{u}/staff/linde",
    "two of them": lambda u, p: f"{u} http://evil.example",
    "a list": lambda u, p: f"{u}, {u}",
    "another name of this machine": lambda u, p: f"http://[::1]:{p}",
    "as a number": lambda u, p: f"http://2130706433:{p}",
    "any": lambda u, p: "*",
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_stranger_changes_nothing_on_any_page(
    standing: Site, people: dict[str, httpx.AsyncClient], stranger: str
) -> None:
    origin = STRANGERS[stranger](standing.url, port(standing))
    headers = cookie(people["staff"]) | ({"Origin": origin} if origin is not None else {})
    before = await facts(standing)
    for path in UNSAFE:
        reply = await people["api"].post(path, data=FORMS, headers=headers)
        assert (path, reply.status_code) == (path, 403)
        assert "set-cookie" not in reply.headers
    assert await facts(standing) == before
    assert (await people["staff"].get("/staff/linde")).status_code == 200  # still signed in


FORM_ROWS = [row for row in ROWS if isinstance(row, Row) and row.method != "GET" and not row.is_api]
EVERY_FORM = sorted({re.sub(r"\{\w+:id\}", "linde", row.path) for row in FORM_ROWS})
SITES = ("same-origin", "same-site", "cross-site", "none", None)
"""What Sec-Fetch-Site can say; None: the browser does not send it."""
OUTSIDE = SITES[1:4]
FROM_ELSEWHERE = "Dit bericht kwam van een andere website"


def from_(origin: str | None, site: str | None) -> dict[str, str]:
    said = {"Origin": origin, "Sec-Fetch-Site": site, "Accept-Language": "nl"}
    return {name: value for name, value in said.items() if value is not None}


async def refused_forms(browser: httpx.AsyncClient, headers: dict[str, str], forms: list[str]) -> list[str]:
    """Return the forms that say that they came from another website."""
    replies = [(path, await browser.post(path, headers=headers)) for path in forms]
    return [path for path, reply in replies if reply.status_code == 403 and FROM_ELSEWHERE in reply.text]


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_no_form_takes_a_stranger_whatever_the_browser_says(
    standing: Site, people: dict[str, httpx.AsyncClient], stranger: str
) -> None:
    origin = STRANGERS[stranger](standing.url, port(standing))
    before = await facts(standing)
    for site in SITES:
        headers = from_(origin, site) | cookie(people["staff"])
        assert await refused_forms(people["api"], headers, EVERY_FORM) == EVERY_FORM, site
    assert await facts(standing) == before


@pytest.mark.parametrize("site", SITES)
async def test_no_form_takes_our_name_when_the_browser_contradicts_it(
    standing: Site, people: dict[str, httpx.AsyncClient], site: str | None
) -> None:
    refused = await refused_forms(people["none"], from_(standing.url, site), EVERY_FORM)
    assert refused == (EVERY_FORM if site in OUTSIDE else [])


async def test_two_answers_to_where_a_form_comes_from_are_none(standing: Site, people: dict[str, httpx.AsyncClient]) -> None:
    ours, same = ("Origin", standing.url), ("Sec-Fetch-Site", "same-origin")
    for doubled in ([ours, ours], [ours, same, ("Sec-Fetch-Site", "cross-site")], [ours, ("Origin", "http://evil.example")]):
        assert (await people["api"].post("/theme", data={"theme": "dark"}, headers=doubled)).status_code == 403
    assert (await people["api"].post("/theme", data={"theme": "dark"}, headers=[ours, same])).status_code == 303


async def test_without_the_check_every_form_takes_strangers(
    standing: Site, people: dict[str, httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control for the tests above: nothing else refuses in these words."""
    monkeypatch.setattr(frontdoor, "is_from_us", lambda *_: True)
    assert await refused_forms(people["api"], from_("http://evil.example", "cross-site"), EVERY_FORM) == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECTX", "post"])
async def test_no_other_method_goes_past_the_check_of_the_origin(
    standing: Site, people: dict[str, httpx.AsyncClient], method: str
) -> None:
    reply = await people["api"].request(method, "/staff/linde/confirm", headers={"Origin": "http://evil.example"})
    assert reply.status_code in (400, 403, 405)


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_stranger_gets_no_live_board(standing: Site, people: dict[str, httpx.AsyncClient], stranger: str) -> None:
    origin = STRANGERS[stranger](standing.url, port(standing))
    headers = cookie(people["police"]) | ({"Origin": origin} if origin is not None else {})
    async with connect(f"{standing.live_url}/live?view=board", additional_headers=headers) as line:
        with pytest.raises(ConnectionClosed):
            await line.recv()
        assert line.close_code == 4403


@pytest.mark.parametrize("is_checked", [True, False], ids=["", "without the check"])
@pytest.mark.parametrize("site", SITES)
async def test_a_page_that_the_browser_calls_foreign_gets_no_live_board(
    standing: Site,
    people: dict[str, httpx.AsyncClient],
    monkeypatch: pytest.MonkeyPatch,
    site: str | None,
    is_checked: bool,
) -> None:
    if not is_checked:
        monkeypatch.setattr(live, "is_from_us", lambda *_: True)
    headers = cookie(people["police"]) | from_(standing.url, site)
    async with connect(f"{standing.live_url}/live?view=board", additional_headers=headers) as line:
        try:
            await line.send("{}")
            said = str(await line.recv())
        except ConnectionClosed:
            said = f"closed with {line.close_code}"
    if site in OUTSIDE and is_checked:
        assert said == "closed with 4403"
    else:
        assert "snapshot" in said


async def test_both_names_of_a_demo_on_this_machine_are_its_own(standing: Site, people: dict[str, httpx.AsyncClient]) -> None:
    for name in ("127.0.0.1", "localhost"):
        origin = standing.url.replace("127.0.0.1", name)
        reply = await people["none"].post("/theme", data={"theme": "dark"}, headers={"Origin": origin})
        assert reply.status_code == 303


async def raw(site: Site, head: str) -> int:
    """The status of a request that is written byte by byte."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port(site))
    try:
        writer.write(head.encode("latin-1"))
        async with asyncio.timeout(PATIENCE):
            line = await reader.readline()
        return int(line.split()[1])
    finally:
        writer.close()
        await writer.wait_closed()


HOSTS: dict[str, str] = {
    "another": "evil.example",
    "another with our port": "evil.example:{port}",
    "no port": "127.0.0.1",
    "other port": "127.0.0.1:1",
    "uppercase": "LOCALHOST:{port}",
    "trailing dot": "localhost.:{port}",
    "userinfo": "127.0.0.1:{port}@evil.example",
    "user at ours": "evil@127.0.0.1:{port}",
    "two": "127.0.0.1:{port}, evil.example",
    "hides the path behind the health check": "127.0.0.1:{port}/health?",
    "hides the path behind another host's health check": "evil.example/health?",
    "hides the path behind the api": "127.0.0.1:{port}/api/?",
    "hides the path behind a fragment": "127.0.0.1:{port}/health#",
    "empty": "",
}


@pytest.mark.parametrize("host", HOSTS)
async def test_a_foreign_host_is_turned_away_on_every_address(
    standing: Site, people: dict[str, httpx.AsyncClient], host: str
) -> None:
    session = cookie(people["staff"])["Cookie"]
    named = HOSTS[host].format(port=port(standing))
    before = await facts(standing)
    body = "key=rebound"
    for head in (
        "GET /staff/linde HTTP/1.1",
        "GET /sign-in HTTP/1.1",
        "GET /api/v1/board HTTP/1.1",
        "GET /nowhere HTTP/1.1",
        "POST /staff/linde/confirm HTTP/1.1",
    ):
        more = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        rest = f"{more}\r\n{body}" if head.startswith("POST") else "\r\n"
        status = await raw(
            standing, f"{head}\r\nHost: {named}\r\nCookie: {session}\r\nAuthorization: Bearer demo-police\r\n{rest}"
        )
        assert (head, status) in ((head, 421), (head, 400))
    assert await facts(standing) == before


async def test_a_request_without_a_host_is_turned_away(standing: Site) -> None:
    assert await raw(standing, "GET /sign-in HTTP/1.1\r\n\r\n") in (400, 421)
    assert await raw(standing, "GET /sign-in HTTP/1.0\r\n\r\n") in (400, 421)


async def test_our_own_host_is_let_in(standing: Site) -> None:
    """The control for the tests above."""
    for name in ("127.0.0.1", "localhost"):
        assert await raw(standing, f"GET /sign-in HTTP/1.1\r\nHost: {name}:{port(standing)}\r\n\r\n") == 200


async def test_a_forwarded_host_is_not_believed(standing: Site, people: dict[str, httpx.AsyncClient]) -> None:
    reply = await people["none"].get("/", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert reply.headers["location"] == "/sign-in"


async def test_the_health_check_may_be_asked_by_any_name_and_tells_nothing(standing: Site) -> None:
    assert await raw(standing, "GET /health HTTP/1.1\r\nHost: 10.0.0.7:8000\r\n\r\n") == 200


UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.mark.parametrize("names", [("{ours}", "evil.example"), ("evil.example", "{ours}"), ("{ours}", "{ours}")])
async def test_of_two_hosts_neither_counts(standing: Site, names: tuple[str, str]) -> None:
    hosts = "".join(f"Host: {name.format(ours=standing.url.partition('//')[2])}\r\n" for name in names)
    assert await raw(standing, f"GET /sign-in HTTP/1.1\r\n{hosts}\r\n") in (400, 421)
    assert await raw(standing, f"GET /live?view=board HTTP/1.1\r\n{hosts}{UPGRADE}\r\n") in (400, 403)


@pytest.mark.parametrize("host", ["evil.example", "[", "127.0.0.1", "", "127.0.0.1:{port}"])
@pytest.mark.parametrize("path", ["/live?view=staff&shelter=linde", "/api/v1/live"])
async def test_a_socket_is_refused_under_a_name_that_is_not_ours(
    standing: Site, people: dict[str, httpx.AsyncClient], host: str, path: str
) -> None:
    who = f"Cookie: {cookie(people['staff'])['Cookie']}\r\nAuthorization: Bearer demo-police\r\nOrigin: {standing.url}\r\n"
    named = host.format(port=port(standing))
    status = await raw(standing, f"GET {path} HTTP/1.1\r\nHost: {named}\r\n{who}{UPGRADE}\r\n")
    assert status == 101 if named != host else status in (400, 403)
