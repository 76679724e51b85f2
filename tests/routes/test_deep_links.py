"""A deep link survives signing in, and signing in leads to no page but one of ours that the person may open."""

from contextlib import aclosing
from html import unescape
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests.build.pages import forms
from tests.build.sessions import site
from tests.build.site import Site

__all__ = ["site"]  # fixtures

HOSTILE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "/@evil.example",
    "/.//evil.example",
    "/%2F%2Fevil.example",
    "/%2f%2fevil.example/%2e%2e",
    "/%5Cevil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "/\r\nSet-Cookie: a=b",
    "/shelters/linde\r\nSet-Cookie: a=b",
    "/shelters/linde\x00",
    "/shelters/lindé",
    "/shelters/../api/v1/board",
    "/" + "a" * 5000,
    "/search?" + "a" * 5000,
    "/sign-out",
    "/sign-in",
    "/sign-in?next=//evil.example",
    "/sign-in/demo",
    "/language",
    "/search/alert",
    "/shelters/linde/call",
    "/api/v1/board",
    "/static/css/bedboard.css",
    "/strip",
    "/health",
    "/refused",
    "/live",
    "/nothing-here",
    "",
    " ",
]


async def sign_in(browser: httpx.AsyncClient, where: str, person: str) -> str:
    """Open the sign-in page at this address, and press its button; give where it leads."""
    page = await browser.get(where)
    assert page.status_code == 200
    form = next(one for one in forms(page, "/sign-in/demo") if ("person", person) in one.buttons)
    reply = await browser.post(form.action, data=form.fields | {"person": person})
    assert reply.status_code == 303
    return str(reply.headers["location"])


@pytest.mark.parametrize(
    ("person", "link"),
    [
        ("mark", "/shelters/linde"),
        ("mark", "/?kind=cosm&unit=noord"),
        ("lucia", "/requests/appel-boom-citroen-dak"),
        ("hanneke", "/requests"),
        ("sanne", "/staff/linde"),
        ("anneke", "/manage/linde/criteria"),
        ("mark", "/search?kept=0123456789ab"),
    ],
)
async def test_signing_in_leads_to_the_page_that_was_asked_for(site: Site, person: str, link: str) -> None:
    async with site.client() as browser:
        reply = await browser.get(link)
        assert reply.status_code == 303
        assert await sign_in(browser, reply.headers["location"], person) == link
        assert (await browser.get(reply.headers["location"])).headers["location"] == link  # signed in already, in another tab


@pytest.mark.parametrize(
    ("person", "link", "home"),
    [
        ("sanne", "/shelters/linde", "/"),
        ("sanne", "/staff/ceder", "/"),
        ("sanne", "/staff/nowhere", "/"),
        ("sanne", "/manage/linde/criteria", "/"),
        ("mark", "/staff/linde", "/search"),
        ("wouter", "/search", "/"),
        ("mark", "/", "/search"),
    ],
)
async def test_who_may_not_see_the_page_comes_home_without_an_error(site: Site, person: str, link: str, home: str) -> None:
    async with site.client() as browser:
        assert await sign_in(browser, f"/sign-in?next={quote(link)}", person) == home
        reply = await browser.get(home)
        while reply.status_code == 303:
            reply = await browser.get(reply.headers["location"])
        assert reply.status_code == 200


@pytest.mark.parametrize("link", HOSTILE)
async def test_it_leads_to_no_other_host_and_to_nothing_that_is_no_page(site: Site, link: str) -> None:
    async with site.client() as browser:
        for reply in (
            await browser.get("/sign-in", params={"next": link}),
            await browser.post("/sign-in/demo", data={"person": "mark", "next": link}),
            await browser.get("/sign-in", params={"next": link}),
        ):
            where = reply.headers.get("location", "/")
            assert where in ("/", "/search") and "a=b" not in str(reply.headers), where
            assert reply.status_code in (200, 303)


async def test_a_session_that_is_over_leads_back_to_the_page_of_the_button(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.pass_time(hours=9)
        page = {"Referer": f"{site.url}/shelters/linde?kept=1"}
        reply = await browser.post("/shelters/linde/call", data={"key": "1"}, headers=page)
        assert (reply.status_code, reply.headers["location"]) == (303, "/sign-in?ended=1")
        sign_in_page = await browser.get(reply.headers["location"], headers=page)
        assert "U bent niet ingelogd, of niet meer" in sign_in_page.text
        [form, *_] = forms(sign_in_page, "/sign-in/demo")
        assert unescape(form.fields["next"]) == "/shelters/linde?kept=1"
        [language] = forms(sign_in_page, "/language")
        english = await browser.post("/language", data=language.fields | {"language": "en"})
        assert await sign_in(browser, english.headers["location"], "mark") == "/shelters/linde?kept=1"


@pytest.mark.parametrize(
    "other", ["https://evil.example/shelters/linde", "//evil.example/", "", "about:blank", "/shelters/linde"]
)
async def test_the_page_of_another_site_is_no_page_to_go_back_to(site: Site, other: str) -> None:
    async with site.client() as browser:
        [form, *_] = forms(await browser.get("/sign-in?ended=1", headers={"Referer": other}), "/sign-in/demo")
        assert form.fields["next"] == "/"


async def test_a_link_of_this_site_is_short_and_has_no_host(site: Site) -> None:
    async with site.client() as browser:
        for path in ("/shelters/linde", "/search?" + "a" * 3000, "//evil.example", "/shelters/linde?x=//evil.example"):
            reply = await browser.get(site.url + path)
            where = urlsplit(reply.headers.get("location", "/"))
            assert (where.scheme, where.netloc) == ("", "") and len(where.query) < 1200, path
