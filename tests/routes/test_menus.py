"""The menu of the people who oversee: the same on every page of theirs."""

import re

import httpx
import pytest

PAGES = {
    "admin": (
        "/",
        "/manage",
        "/manage/shelters",
        "/manage/kinds",
        "/manage/import",
        "/regions",
        "/people",
        "/devices",
        "/help",
    ),
    "auditor": ("/", "/audit", "/audit/sign-ins", "/regions", "/devices", "/help", "/who-to-call"),
    "policy": ("/monitor", "/regions", "/devices", "/help"),
}
OWN = {"/people", "/devices", "/help", "/who-to-call"}
"""The pages of everybody: the links to them are in the foot."""


def menu_of(page: str) -> tuple[list[str], list[str]]:
    """Return the addresses in the menu, and those that are marked as the page itself."""
    nav = page.partition("<nav")[2].partition("</nav>")[0]
    links = re.findall(r'<a[^>]*href="([^"]+)"([^>]*)>', nav)
    return [address for address, _ in links], [address for address, more in links if "aria-current" in more]


@pytest.mark.parametrize("role", PAGES)
async def test_the_menu_of_an_overseer_is_the_same_on_every_page(people: dict[str, httpx.AsyncClient], role: str) -> None:
    menus = {}
    for path in PAGES[role]:
        answer = await people[role].get(path)
        assert answer.status_code == 200, path
        menus[path], marked = menu_of(answer.text)
        assert marked == ([] if path in OWN else [path]), path
    assert len({tuple(menu) for menu in menus.values()}) == 1, menus


@pytest.mark.parametrize("role", ["police", "coordinator", "desk"])
@pytest.mark.parametrize("path", sorted(OWN - {"/people"}))
async def test_a_page_of_everybody_leads_a_seeker_to_the_pages_for_seeking(
    people: dict[str, httpx.AsyncClient], role: str, path: str
) -> None:
    assert menu_of((await people[role].get(path)).text)[0][:3] == ["/", "/search", "/requests"]
