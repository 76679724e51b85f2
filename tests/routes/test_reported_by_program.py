"""A place that a program opens: everybody reads that a program said so, until a person confirms the shelter."""

from contextlib import aclosing

from tests.build.site import Site

SAYS = "laatst doorgegeven door het systeem van de opvang"


async def test_the_board_says_that_a_program_reported_last(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as mark, aclosing(await site.sign_in("sanne")) as sanne:
        pages = [(mark, "/"), (mark, "/shelters/linde"), (sanne, "/staff/linde")]

        async def said() -> list[bool]:
            async with site.api("demo-police") as api:
                told = (await api.get("/shelters/linde")).json()["reported_by_system"]
            found = (await mark.post("/search", data={"adults.woman": "1", "arrival": "open"})).text
            shown = [(await browser.get(path)).text for browser, path in pages]
            return [told, *(SAYS in text.partition('id="lot-wilg')[0] for text in (found, *shown))]

        assert await said() == [False] * 5
        async with site.api("demo-shelter-linde") as program:
            before = (await program.get("/shelters/linde")).json()["confirmed_at"]
            assert (await program.patch("/places/linde-3", json={"status": "free"})).status_code == 200
            assert (await program.get("/shelters/linde")).json()["confirmed_at"] == before, "it confirms nothing"
        assert await said() == [True] * 5
        assert (await sanne.post("/staff/linde/confirm", data={"key": "k"})).status_code == 303
        assert await said() == [False] * 5
