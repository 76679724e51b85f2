"""A shift on a shelter's device: its meaning is said before it begins, and its end is said too."""

import re
from contextlib import aclosing
from html import unescape

import httpx
import pytest

from tests.build.pages import follow, forms, press
from tests.build.site import Site


def words(page: httpx.Response) -> str:
    main = page.text.partition("<main")[2].partition("</main>")[0].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def test_a_manager_reads_what_a_shift_means_and_begins_it_with_one_press_of_its_own(site: Site) -> None:
    async with aclosing(await site.sign_in("anneke")) as browser:
        home = await browser.get("/staff/linde")
        assert forms(home, "/shift") == [], "no press begins a shift without these words"
        assert 'href="/shift"' in home.text
        page = await browser.get("/shift")
        assert "Dit toestel blijft dan 12 uur open voor Ceder, Linde, ook als u wegloopt." in words(page)
        assert "Het vergrendelt niet." in words(page)
        assert (await browser.get("/manage/linde/criteria")).status_code == 200, "looking at the page begins nothing"
        [begin] = forms(page, "/shift")
        await follow(browser, await press(browser, begin))
        assert (await browser.get("/manage/linde/criteria")).status_code == 403


@pytest.mark.parametrize("person", ["sanne", "anneke"])
async def test_during_a_shift_it_is_said_until_when_and_its_end_is_one_press_that_is_confirmed_in_words(
    site: Site, person: str
) -> None:
    async with aclosing(await site.sign_in(person)) as browser:
        if person == "anneke":
            await browser.post("/shift")
        site.clock.move(hours=2)
        assert 'href="/shift"' in (await browser.get("/staff/linde")).text
        page = await browser.get("/shift")
        assert "tot 02:00, ook als u wegloopt." in words(page), "twelve hours after 14:00"
        assert forms(page, "/shift") == []
        out = next(form for form in forms(page, "/sign-out?of=shift"))
        page = await follow(browser, await press(browser, out))
        assert page.url.path == "/sign-in"
        assert "De dienst op dit toestel is beëindigd. Het toont niets meer van de opvang." in words(page)
        assert (await browser.get("/staff/linde")).headers["location"].startswith("/sign-in")


async def test_signing_out_otherwise_says_nothing_of_a_shift(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        assert (await browser.post("/sign-out")).headers["location"] == "/sign-in"
        assert "dienst" not in words(await browser.get("/sign-in")).partition("Politie")[0].lower()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/staff", "Mijn opvang"),
        ("/totals", "Alle locaties samen"),
        ("/manage/linde/looks", "Wie keek hier?"),
        ("/manage/linde/criteria", "Wie past hier?"),
        ("/help", "Hulp"),
    ],
)
async def test_a_page_has_one_name_in_the_navigation_its_title_and_its_heading(site: Site, path: str, name: str) -> None:
    async with aclosing(await site.sign_in("anneke")) as browser:
        page = await browser.get(path)
        for tag in ("title", "h1"):
            found = unescape(re.search(rf"<{tag}>(.*?)</{tag}>", page.text, re.S)[1])  # type: ignore[index]
            assert found.startswith(name), tag
        for other in ("/staff", "/staff/linde", "/totals", "/manage/linde/criteria", "/manage/linde/looks"):
            nav = (await browser.get(other)).text.partition("<nav")[2].partition("</nav>")[0]
            assert set(re.findall(rf'href="{re.escape(path)}"[^>]*>([^<]*)<', nav)) <= {name, "Linde"}, other
