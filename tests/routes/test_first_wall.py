"""What every answer tells a browser, whatever was asked; and the file that says where to report a fault of security."""

import re
from datetime import datetime, timedelta

import httpx
import pytest

from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from bedboard.store.database import Database
from tests.build import NOW, FixedClock
from tests.build.site import TRUST, Site, served

TOLD = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
SECURITY_TXT = "/.well-known/security.txt"
PATHS = sorted({re.sub(r"\{\w+:\w+\}", "linde", row.path) for row in ROWS if isinstance(row, Row)})


def told(reply: httpx.Response) -> dict[str, str | None]:
    return {name: reply.headers.get(name) for name in (*TOLD, "strict-transport-security")}


async def test_every_address_tells_the_browser_the_same(standing: Site, people: dict[str, httpx.AsyncClient]) -> None:
    for role in ("none", "staff", "auditor"):
        for path in PATHS:
            assert (path, told(await people[role].get(path))) == (path, TOLD | {"strict-transport-security": None})


async def test_over_https_every_address_insists_on_it(board_database: Database) -> None:
    """The site itself hears plain http here, as behind a proxy."""
    async with (
        served(board_database.url, FixedClock(), public_url="https://bedboard.example") as site,
        httpx.AsyncClient(base_url=site.url, headers={"Host": "bedboard.example"}, verify=TRUST) as browser,
    ):
        for path in PATHS:
            assert (path, told(await browser.get(path))) == (path, TOLD | {"strict-transport-security": "max-age=31536000"})
        for path in ("/static/css/bedboard.css", "/static/js/staff.js", "/static/icons/bedboard.svg"):
            assert (await browser.get(path)).headers["strict-transport-security"] == "max-age=31536000"
        refused = await browser.get("/", headers={"Host": "evil.example"})
        assert refused.status_code == 421 and refused.headers["strict-transport-security"] == "max-age=31536000"


async def test_without_a_contact_there_is_no_file_that_names_one(people: dict[str, httpx.AsyncClient]) -> None:
    assert (await people["none"].get(SECURITY_TXT)).status_code == 404


@pytest.mark.parametrize("contact", ["mailto:security@bedboard.example", "https://bedboard.example/contact"])
async def test_the_file_for_faults_of_security_names_the_contact_and_counts_for_a_while(
    board_database: Database, contact: str
) -> None:
    async with (
        served(board_database.url, FixedClock(), security_contact=contact) as site,
        httpx.AsyncClient(base_url=site.url, verify=TRUST) as stranger,
    ):
        reply = await stranger.get(SECURITY_TXT)
        assert reply.status_code == 200 and reply.headers["content-type"] == "text/plain; charset=utf-8"
        lines = [line.split(": ", 1) for line in reply.text.splitlines()]
        assert [name for name, _ in lines] == ["Contact", "Expires", "Preferred-Languages", "Canonical"]
        fields = dict(lines)
        assert fields["Contact"] == contact and fields["Canonical"] == f"{site.url}{SECURITY_TXT}"
        assert fields["Expires"].endswith("Z")
        assert NOW < datetime.fromisoformat(fields["Expires"]) < NOW + timedelta(days=365)  # RFC 9116: less than a year
