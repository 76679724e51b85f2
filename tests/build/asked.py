"""The requests to a shelter on its own page, read and answered as a browser without scripts does."""

import re
from html import unescape
from typing import Any

import httpx

from tests.build.api import begin, call
from tests.build.pages import Form, follow, forms, press
from tests.build.site import Site

WOMAN: dict[str, Any] = {"adults": {"woman": 1}, "needs": ["lvb"], "statuses": ["eu"], "arrives_after": "22:00"}
FRAGMENT = {"HX-Request": "true"}
NOTHING = "Er zijn nu geen aanvragen aan deze locatie."


def asked(page: httpx.Response) -> str:
    """Return the visible part of `#asked`, as plain words."""
    section = page.text.partition('<section id="asked"')[2].partition("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", section.partition(">")[2])).split())


def told(page: httpx.Response) -> list[str]:
    """Return the words that the bell says, once, of the things that are there."""
    return [unescape(re.sub(r"<[^>]+>", "", one)) for one in re.findall(r'data-told="([^"]*)"', page.text)]


def answers(page: httpx.Response, case_id: str, shelter: str = "linde", **fields: str) -> list[Form]:
    return forms(page, f"/staff/{shelter}/requests/{case_id}/answer", **fields)


async def yes_to(site: Site, browser: httpx.AsyncClient) -> tuple[str, Form]:
    """Ask linde; give the case, and the form on its page that says yes with the first place."""
    case_id = await begin(site, "linde", **WOMAN)
    [form] = answers(await browser.get("/staff/linde"), case_id, answer="yes", place="linde-1")
    return case_id, form


async def answer(browser: httpx.AsyncClient, case_id: str, shelter: str = "linde", **fields: str) -> httpx.Response:
    """As a browser does without scripts: the button on the page, and where that leads."""
    page = await browser.get(f"/staff/{shelter}")
    [form] = answers(page, case_id, shelter, **fields)
    return await follow(browser, await press(browser, form))


async def chosen(site: Site, browser: httpx.AsyncClient, shelter: str = "linde", **more: object) -> str:
    """A case for which the first place of this shelter is chosen."""
    case_id = await begin(site, shelter, **WOMAN)
    await answer(browser, case_id, shelter, answer="yes", place=f"{shelter}-1")
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": shelter} | more)
    return case_id
