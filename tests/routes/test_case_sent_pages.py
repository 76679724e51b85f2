"""The page on which shelters are chosen, once they were asked: Back and a second press make no second case."""

import re
from urllib.parse import urlsplit

import httpx

from tests.build.api import sql
from tests.build.forms import WOMAN, People, main, people, site
from tests.build.pages import Form, Forms
from tests.build.site import Site, facts

__all__ = ["people", "site"]  # fixtures


async def choose(browser: httpx.AsyncClient) -> tuple[str, Form]:
    """Come from a search to the shelters that may be asked; give the address of that page, and its form."""
    reply = await browser.post("/requests/new", data={**WOMAN, "page": "search", "key": "of-the-search"})
    return str(reply.url), asking(reply)


def asking(page: httpx.Response) -> Form:
    [form] = [one for one in Forms(page.text).found if one.action == "/requests"]
    return form


async def send(browser: httpx.AsyncClient, form: Form, *shelters: str) -> httpx.Response:
    fields = {name: value for name, value in form.fields.items() if not name.startswith("ask.")}
    return await browser.post("/requests", data=fields | {f"ask.{one}": form.fields[f"ask.{one}"] for one in shelters})


async def test_back_says_that_it_was_sent_and_does_not_offer_to_send_it_again(site: Site, people: People) -> None:
    mark = await people("mark")
    where, form = await choose(mark)
    case = (await send(mark, form, "linde")).headers["location"]
    site.pass_time(minutes=3)
    back = await mark.get(where)
    words = main(back.text)
    assert back.status_code == 200
    assert "Verstuurd 14:00" in words and "1 vrouw, zwanger" in words
    assert f'href="{case}"' in back.text
    assert [one.action for one in Forms(back.text.partition("<main")[2].partition("</main>")[0]).found] == ["/requests/new"]
    assert "ask." not in back.text


async def test_the_same_form_sent_twice_gives_the_same_case(site: Site, people: People) -> None:
    mark = await people("mark")
    _, form = await choose(mark)
    first = (await send(mark, form, "linde", "beuk")).headers["location"]
    assert (await send(mark, form, "linde", "beuk")).headers["location"] == first
    before = await facts(site)
    other = await send(mark, form, "ceder")
    assert other.status_code == 409
    assert "Dit was al verstuurd. Er is niets nog een keer gevraagd." in main(other.text) and first in other.text
    assert await facts(site) == before
    assert await sql(site, "select count(*) from case_record") == [(1,)]


async def test_a_page_that_is_drawn_again_and_one_that_was_refused_keep_their_key(people: People) -> None:
    mark = await people("mark")
    where, form = await choose(mark)
    again = asking(await mark.get(where))
    assert again.fields["key"] == form.fields["key"] != "of-the-search"
    refused = await send(mark, form)
    assert asking(refused).fields["key"] == form.fields["key"]
    first = (await send(mark, form, "linde")).headers["location"]
    assert first in (await mark.get(str(refused.url))).text, "the page of the refusal is a page of the same form"


async def test_the_same_people_can_be_asked_for_once_more_by_a_new_beginning(site: Site, people: People) -> None:
    mark = await people("mark")
    where, form = await choose(mark)
    first = (await send(mark, form, "linde")).headers["location"]
    [begin] = [
        one for one in Forms((await mark.get(where)).text).found if one.action == "/requests/new" and "key" not in one.fields
    ]
    page = await mark.post(begin.action, data=begin.fields)
    assert urlsplit(str(page.url)).query != urlsplit(where).query
    second = (await send(mark, asking(page), "beuk")).headers["location"]
    assert second != first
    assert await sql(site, "select count(*) from case_record") == [(2,)]


async def test_a_colleague_with_the_same_key_has_a_form_of_their_own(people: People) -> None:
    mark, emre = await people("mark"), await people("emre")
    _, form = await choose(mark)
    first = (await send(mark, form, "linde")).headers["location"]
    assert (await send(emre, form, "linde")).headers["location"] != first


async def test_nothing_is_ticked_when_more_shelters_are_asked_after_the_first_ones(site: Site, people: People) -> None:
    mark = await people("mark")
    _, form = await choose(mark)
    case = (await send(mark, form, "linde")).headers["location"]
    more = (await mark.get(f"{case}/more")).text
    assert re.findall(r'name="ask\.(\w+)"', more) and " checked" not in more.partition("<main")[2].partition("</main>")[0]


async def test_an_ask_of_nobody_says_what_to_do_where_the_button_is(people: People) -> None:
    mark = await people("mark")
    _, form = await choose(mark)
    refused = await send(mark, form)
    assert refused.status_code == 422
    foot = refused.text.partition('class="save-foot"')[2].partition("</form>")[0]
    assert "Kies ten minste één locatie." in main(f"<main>{foot}</main>") and "dit ontbreekt" not in refused.text
    case = (await send(mark, form, "linde")).headers["location"]
    page = await mark.get(f"{case}/more")
    [more] = [one for one in Forms(page.text).found if one.action == f"{case}/shelters"]
    refused = await mark.post(more.action, data={"key": more.fields["key"]})
    assert refused.status_code == 422 and "Kies ten minste één locatie." in main(refused.text)
