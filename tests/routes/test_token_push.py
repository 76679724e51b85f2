"""A new token wakes the managers of its shelter with one word; its maker knows already."""

from contextlib import aclosing

from tests.build import until
from tests.build.push import has, quiet, serving, site
from tests.build.site import Site

__all__ = ["site"]  # a fixture
ROSTER = {"program": "roster-linde", "scopes.report": "on", "lasts": "90", "key": "k"}


async def test_a_new_token_wakes_the_managers_of_its_shelter_once(site: Site) -> None:
    async with (
        serving() as service,
        aclosing(await site.sign_in("anneke")) as anneke,
        aclosing(await site.sign_in("wouter")) as wouter,
    ):
        assert (await anneke.post("/push", data=service.subscription())).status_code == 204
        form = ROSTER | {"role": "machine", "shelter": "linde"}
        for press in (form, form):  # the second press is the first one once more
            await wouter.post("/manage/tokens", data=press)
        await until(has(service, 1), "the manager is woken")
        await wouter.post("/manage/tokens", data=form | {"shelter": "wilg", "key": "k2"})  # anneke works elsewhere
        await anneke.post("/manage/linde/tokens", data=ROSTER | {"program": "own", "key": "k3"})  # she makes it herself
        await wouter.post("/manage/tokens", data=form | {"program": "Jan Jansen", "key": "k4"})  # it is refused
        await quiet(site)
        assert [service.read(body) for _, _, body in service.got] == [b'{"what":"token"}']
