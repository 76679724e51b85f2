"""A file with a whole shelter, and a token that is shown once, with and without scripts."""

import re

import pytest
from playwright.async_api import Browser, FilePayload, Page, ViewportSize, expect

from tests.build.api import sql
from tests.build.screens import LAPTOP, PHONE, complaints, open_page
from tests.build.site import Site

WAYS = pytest.mark.parametrize(
    ("size", "scripts"), [(PHONE, True), (PHONE, False), (LAPTOP, True)], ids=["phone", "no scripts", "laptop"]
)
HEADER = "rij;naam;organisatie;eenheid;telefoon;adres;locatie;plek;soort;bedden;aantal;rol"
FILE = f"""{HEADER}
locatie;Beuk;Stichting Oever;Limburg;010 555;Kade 3 te Zwolle
plek;;;;;;Beuk;kamer;women;2;3
persoon;Zoë Bos;Stichting Oever;;;;Beuk;;;;;manager
"""


async def choose(page: Page, text: str) -> None:
    """Choose a file as a spreadsheet in the Netherlands writes it, and see what it would do."""
    file: FilePayload = {"name": "lijst.csv", "mimeType": "text/csv", "buffer": text.encode("cp1252")}
    await page.set_input_files("#field-file", files=file)
    await page.get_by_role("button", name="Bekijk wat er gebeurt").click()


@WAYS
async def test_a_file_is_corrected_and_then_saved(browser: Browser, site: Site, size: ViewportSize, scripts: bool) -> None:
    page = await open_page(browser, site, "wouter", size, scripts=scripts, path="/manage")
    await page.get_by_role("main").get_by_role("link", name="Alles uit één bestand halen").click()
    if scripts:
        await expect(page.locator("#file-chosen")).to_have_text("Nog geen bestand gekozen")
        await page.set_input_files("#field-file", {"name": "zomer.csv", "mimeType": "text/csv", "buffer": b"x"})
        await expect(page.locator("#file-chosen")).to_have_text("zomer.csv")
    await choose(page, FILE.replace("kamer", "Fatima"))
    await expect(page.locator("#rows-title")).to_contain_text("1 regel klopt nog niet")
    await expect(page.locator(".wrong-list")).to_contain_text("Een naam van een mens kan niet")
    await choose(page, FILE)
    await expect(page.locator("#rows-title")).to_contain_text("Alles klopt")
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"] if scripts else True
    await page.get_by_role("button", name=re.compile("^Sla .* op$")).click()
    await expect(page.locator(".is-saved")).to_be_visible()
    await page.go_back()  # the page of before, as it is now: nothing is sent again
    await expect(page.get_by_role("button", name="Bekijk wat er gebeurt")).to_be_visible()
    assert [
        tuple(one)
        for one in await sql(site, "select count(*) from place p join shelter s on s.id = p.shelter_id where s.name = 'Beuk'")
    ] == [(3,)]
    assert [tuple(one) for one in await sql(site, "select role from person where name = 'Zoë Bos'")] == [("manager",)]
    assert complaints(page) == []
    await page.context.close()


@WAYS
async def test_a_token_is_shown_once(browser: Browser, site: Site, size: ViewportSize, scripts: bool) -> None:
    page = await open_page(browser, site, "anneke", size, scripts=scripts, path="/manage")
    await page.get_by_role("main").get_by_role("link", name="Tokens").first.click()
    await page.get_by_label("Programma").fill("Jan Jansen")
    await page.get_by_label("Geldig").select_option("90")
    await page.get_by_role("button", name="Toevoegen").click()
    await expect(page.locator("#notice .notice")).to_be_visible()
    await page.get_by_label("Programma").fill("roster")
    await page.get_by_label("doorgeven wat er vrij is").check()
    await page.get_by_role("button", name="Toevoegen").click()
    shown = page.locator(".code.token")
    token = (await shown.inner_text()).strip()
    async with site.api(token) as api:
        assert (await api.get("/board")).status_code == 200
    await page.reload()
    await expect(page.get_by_role("heading", name="roster")).to_be_visible()
    await expect(shown).to_have_count(0)
    await page.get_by_text("Vernieuwen").click()
    await page.get_by_role("button", name="Maak een nieuw token").click()
    await expect(shown).not_to_have_text(token)
    await page.get_by_text("Laten stoppen").click()
    await page.get_by_role("button", name="Laat dit token stoppen").click()
    await expect(page.locator(".facts")).to_contain_text("gestopt")
    assert [one for one in complaints(page) if "422" not in one] == []
    await page.context.close()
