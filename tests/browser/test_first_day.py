"""The first day of a deployment, on its pages: from the code on the terminal to a search that finds a place."""

import os
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.build import PATIENCE
from tests.build.deploy import NAME, Deployment, blocks, deployment
from tests.build.fronts import front
from tests.build.screens import LAPTOP, PHONE
from tests.build.virtual_devices import device

URL = f"https://{NAME}"
STEPS = ("2. Write the settings", "3. Make the database", "4. Set up the board")


@pytest.fixture
async def made() -> AsyncIterator[tuple[Deployment, str]]:
    """A deployment as its page makes it, served behind TLS, and the code of its first administrator."""
    with deployment() as made:
        said = [made.run(block) for heading in STEPS for block in blocks()[heading]]
        async with made.serving(made.ports[0]), front(made, "plain"):
            yield made, said[-1].splitlines()[0]


@pytest.fixture
async def world(chromium: str, made: tuple[Deployment, str]) -> AsyncIterator[Browser]:
    """A browser in which the public name leads to the deployment, and which takes its certificate for a right one."""
    deployment, _ = made
    options = [f"--host-resolver-rules=MAP {NAME}:443 127.0.0.1:{deployment.tls_port}"]
    options += [f"--ignore-certificate-errors-spki-list={deployment.key_hash}"]
    options += ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=PATIENCE * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=options)
        yield browser
        await browser.close()


async def enrol(page: Page, code: str) -> None:
    await page.goto(f"{URL}/enrol")
    await page.locator("#code").fill(code.replace("-", " "))
    await page.locator("#label").select_option("phone")
    await page.get_by_role("button", name="Maak een passkey").click()
    await expect(page).to_have_url(f"{URL}/devices?new=1")


async def add(page: Page, path: str, **fields: str) -> None:
    """Fill in the form of this page that adds something, and press its button."""
    await page.goto(f"{URL}/manage{path}")
    await fill_in(page, **fields)


async def fill_in(page: Page, **fields: str) -> None:
    form = page.locator(".manage-add form").first
    for name, value in fields.items():
        field = form.locator(f'[name="{name}"]')
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(value)  # a value or a label
        else:
            await field.fill(value)
    await form.get_by_role("button", name="Toevoegen").click()
    await expect(page.locator(".is-saved")).to_be_visible()


async def code_for(page: Page, person: str) -> str:
    """Make a code for a colleague, and read it from the page, as it is told by telephone."""
    await page.goto(f"{URL}/people")
    await page.locator("li", has_text=person).get_by_role("button", name="Maak een code").click()
    words = page.locator(".code")
    await expect(words).to_be_visible()
    return str(await words.inner_text())


async def test_from_the_code_on_the_terminal_to_a_search_that_finds_a_place(
    world: Browser, made: tuple[Deployment, str]
) -> None:
    _, code = made
    async with device(world, LAPTOP) as (admin, _), device(world) as (manager, _), device(world, PHONE) as (detective, _):
        await enrol(admin, code)
        await add(admin, "/organizations", name="Stichting Kade")
        await add(admin, "/organizations", name="Politie Oost", telephone_police="088 123 45 67")
        await add(
            admin,
            "/shelters",
            organization="Stichting Kade",
            unit="Oost-Nederland",
            name="Beuk",
            telephone="010 123 45",
            address="Kade 3, Zwolle",
        )
        await admin.get_by_role("navigation").get_by_role("link", name="Plekken", exact=True).click()
        await fill_in(admin, label="kamer", kind="Vrouwenopvang", beds="2", count="3")
        await admin.goto(f"{URL}/manage/people")
        await admin.locator(".manage-add label", has_text=re.compile("^ ?Beuk$")).locator("input").check()
        await fill_in(admin, organization="Stichting Kade", name="Ada Bos", role="manager")
        await add(admin, "/people", organization="Politie Oost", name="Ed Vos", role="police")

        await enrol(manager, await code_for(admin, "Ada Bos"))
        await manager.goto(URL)
        await open_first_place(manager)
        await manager.get_by_role("link", name="Wie past hier?").click()
        await manager.locator('.answer:has([name="criteria.woman"][value="yes"])').click()
        await manager.get_by_role("button", name="Opslaan").click()
        await expect(manager.locator("#main")).to_contain_text("Opgeslagen")

        await enrol(detective, await code_for(admin, "Ed Vos"))
        await detective.goto(f"{URL}/search")
        await detective.locator('#profile label:has([name="adults.woman"][value="1"])').click()
        found = detective.locator("#results .match").first
        await expect(found).to_contain_text("Beuk")
        await expect(found).to_contain_text("Oost-Nederland")
        await expect(found).to_contain_text("past: vrouw")
        await expect(found).to_contain_text("actueel")


async def open_first_place(page: Page) -> None:
    """Say on Mijn opvang that the first place is free, and that the rest is as it stands there."""
    tile = page.locator(".tile").first
    await tile.locator("summary").first.click()
    await tile.locator('form:has([value="free"]) button').first.click()
    await expect(tile.locator(".state")).to_have_text("vrij")
    await page.get_by_role("button", name="Klopt de rest ook?").click()
    await expect(page.locator("#main")).not_to_contain_text("nog nooit bevestigd")
