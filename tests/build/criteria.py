"""The pages of criteria without any script: read, filled in as a browser has them, and sent."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any

import httpx
from sqlalchemy import text

from tests.build.site import Site

LINDE = "/manage/linde/criteria"
PLACE = "/manage/linde/places/linde-1/criteria"


class Filled(HTMLParser):
    """The fields that a browser would send from the form on this page, its buttons aside."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._action, self._inside = action, False
        self._select: str | None = None
        self._option: bool | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given["action"] == self._action
        if not self._inside:
            return
        if tag == "select":
            self._select = given["name"]
        elif tag == "option":
            self._option = "selected" in given
        elif tag == "input" and ("checked" in given or given.get("type") not in ("radio", "checkbox")):
            self.fields[given["name"]] = given.get("value", "on")

    def handle_data(self, data: str) -> None:
        if self._option is not None and self._select is not None:
            if self._option or self._select not in self.fields:
                self.fields[self._select] = data
            self._option = None


def filled(reply: httpx.Response, action: str = LINDE) -> dict[str, str]:
    return Filled(reply.text, action).fields


def typed(fields: dict[str, str]) -> dict[str, str]:
    """Leave out the fields that every drawing of the form makes new."""
    return {name: value for name, value in fields.items() if name not in ("key", "version") and value}


def outcome(reply: httpx.Response, example: str) -> str:
    found = re.search(rf'<li id="outcome-{example}">(.*?)</li>', reply.text, re.DOTALL)
    assert found, example
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def notice(reply: httpx.Response) -> str:
    found = re.search(r'id="notice" role="alert"[^>]*>(.*?)</div>\s*</div>', reply.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


@asynccontextmanager
async def signed_in(site: Site, person: str | None) -> AsyncIterator[httpx.AsyncClient]:
    browser = await site.sign_in(person) if person else site.client()
    try:
        yield browser
    finally:
        await browser.aclose()


async def press(browser: httpx.AsyncClient, do: str, action: str = LINDE, /, **changes: str | None) -> httpx.Response:
    """Opens the page, fills in the changes (criteria__man="yes"; None: nothing), and presses the button."""
    fields = filled(await browser.get(action), action) | {"do": do}
    for name, value in changes.items():
        fields[name.replace("__", ".")] = value or ""
    return await browser.post(action, data=fields)


async def stored(site: Site) -> dict[str, Any]:
    async with site.process.database.transaction() as tx:
        query = text("""select s.version, s.criteria, s.limits, s.languages, s.intake_from_minutes, s.intake_until_minutes,
                        p.criteria as own from shelter s join place p on p.shelter_id = s.id where p.id = 'linde-1'""")
        return dict((await (await tx.connection()).execute(query)).one()._mapping)


async def finds(site: Site, profile: dict[str, Any]) -> dict[str, str]:
    """Which places of linde a search gives now, and how they fit."""
    async with site.api("demo-police") as api:
        found = (await api.post("/search", json=profile)).json()
    return {one["place"]: one["fit"] for one in found["matches"] if one["shelter"] == "linde"}
