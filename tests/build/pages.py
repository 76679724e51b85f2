"""Pages without any script: forms as they are drawn, sent as a browser sends them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx

from tests.build.site import Site


@dataclass
class Form:
    """A form as a browser sees it: hidden and typed fields, and its buttons with a name of their own."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Forms(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.scripts: list[str | None] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.handlers += [name for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        if tag in ("script", "style"):
            self.scripts.append(given.get("src"))
        if tag == "form":
            self.found.append(Form(given["action"], given.get("method", "get")))
        elif tag == "input" and given.get("name"):
            self.found[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button" and given.get("name"):
            self.found[-1].buttons.append((given["name"], given["value"]))


def forms(page: httpx.Response, action: str, **fields: str) -> list[Form]:
    return [
        one
        for one in Forms(page.text).found
        if one.action == action and one.method == "post" and fields.items() <= one.fields.items()
    ]


async def press(
    browser: httpx.AsyncClient, form: Form, button: tuple[str, str] | None = None, typed: dict[str, str] | None = None
) -> httpx.Response:
    sent = form.fields | (typed or {}) | (dict([button]) if button else {})
    return await browser.post(form.action, data=sent)


async def follow(browser: httpx.AsyncClient, reply: httpx.Response) -> httpx.Response:
    assert reply.status_code == 303, reply.text
    where = reply.headers["location"]
    assert where.startswith("/") and not urlsplit(where).netloc
    return await browser.get(where)


async def state(site: Site, place: str) -> str:
    async with site.api("demo-police") as police:
        shelter = (await police.get(f"/shelters/{place.rpartition('-')[0]}")).json()
    return next(str(one["status"]) for one in shelter["places"] if one["id"] == place)


async def look_at(browser: httpx.AsyncClient, path: str, fields: dict[str, str], key: str = "k") -> httpx.Response:
    return await browser.post(path, data={**fields, "do": "preview", "key": key})
