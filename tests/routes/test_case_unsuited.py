"""A shelter where no place suits the household is not asked, neither by a page nor by a program: one rule for both."""

from tests.build.api import begin, call, kept
from tests.build.forms import People, main, people, see, site
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures

MAN = {"adults": {"man": 1}}
FIELDS = {"adults.man": "1", "arrival": "open", "key": "k"}


async def test_a_program_is_refused_with_the_field(site: Site) -> None:
    before = await kept(site)
    told = await call(site, "demo-police", "/requests", MAN | {"shelters": ["beuk"]}, 422)
    assert [(one["field"], one["code"]) for one in told["errors"]] == [("shelters.0", "does_not_suit")]
    assert await kept(site) == before


async def test_a_program_that_names_a_place_asks_to_discuss_it(site: Site) -> None:
    body = MAN | {"shelters": ["beuk"], "places": ["linde-1"]}
    assert (await call(site, "demo-police", "/requests", body, 422))["errors"][0]["code"] == "not_asked"
    await call(site, "demo-police", "/requests", body | {"places": ["beuk-1"]}, 201)


async def test_more_shelters_of_a_program_are_held_against_the_household_too(site: Site) -> None:
    case_id = await begin(site, "ceder", adults={"man": 1})
    told = await call(site, "demo-police", f"/requests/{case_id}/shelters", {"shelters": ["beuk"]}, 422)
    assert [(one["field"], one["code"]) for one in told["errors"]] == [("shelters.0", "does_not_suit")]


async def test_a_page_refuses_the_same(site: Site, people: People) -> None:
    mark, before = await people("mark"), await kept(site)
    page = await mark.post("/requests", data=FIELDS | {"ask.beuk": "women"})
    assert page.status_code == 422 and "Beuk: hier past geen plek bij deze mensen" in main(page.text)
    assert await kept(site) == before


async def test_a_place_that_was_asked_for_by_name_may_still_be_discussed(site: Site, people: People) -> None:
    """Its page says that it does not suit, and why; asking is then what somebody chose to do."""
    mark = await people("mark")
    page = await mark.post("/requests/new", data={"adults.man": "1", "arrival": "open", "place": "beuk-1"})
    assert "past niet:" in main(page.text)
    reply = await mark.post("/requests", data=FIELDS | {"ask.beuk": "women", "place": "beuk-1"})
    assert reply.status_code == 303 and "Beuk" in main(await see(mark, reply.headers["location"].rpartition("/")[2]))
