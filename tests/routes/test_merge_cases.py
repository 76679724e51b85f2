"""The case of an organization that goes up in another one, on the pages of its new colleagues and of its shelter."""

from bedboard.actions.manage.merging import merge_organizations
from tests.build import NOW, actor, until
from tests.build.forms import People, begin
from tests.build.forms import people as people
from tests.build.forms import site as site
from tests.build.rows import do
from tests.build.site import Site

WOUTER = actor("admin", "wouter", ())


async def test_new_colleagues_see_the_case_and_its_time_line_says_how_it_came(site: Site, people: People) -> None:
    noor, mark, ilse = [await people(name) for name in ("noor", "mark", "ilse")]
    case = await begin(noor, "beuk")
    assert (await mark.get(f"/requests/{case}")).status_code == 404
    await do(site.process.database, lambda tx: merge_organizations(tx, WOUTER, "elsewhere", "oever", NOW))

    async def is_signed_out() -> bool:
        return (await noor.get("/requests")).status_code != 200

    await until(is_signed_out, "the session of before has ended")
    page = await mark.get(f"/requests/{case}")
    assert page.status_code == 200 and "ging mee naar een andere organisatie" in page.text

    async def is_named() -> bool:
        asked = (await ilse.get("/staff/beuk")).text
        return "Stichting Oever" in asked and "Elders" not in asked

    await until(is_named, "the shelter sees the new organization")
