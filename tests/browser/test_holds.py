"""Keeping a place while one calls: a coordinator's laptop, a detective's phone and a shelter's phone, all at once."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations
from tests.build.site import Site, served

TELEPHONE = "CANARY-TEL-linde"
LEFT = re.compile(r"nog (30:00|29:\d\d)")


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The small board, on which nobody is signed out when half an hour passes at once."""
    async with served(board_database.url, clock, session_idle_minutes=600) as site:
        yield site


@pytest.fixture
async def people(browser: Browser, site: Site) -> AsyncIterator[tuple[Page, Page, Page]]:
    """Staff of Linde, a coordinator on a laptop, and police on a phone at night, in this order."""
    pages = (
        await open_page(browser, site, "sanne", PHONE),
        await open_page(browser, site, "lucia", LAPTOP),
        await open_page(browser, site, "mark", PHONE, "dark"),
    )
    yield pages
    for page in pages:
        assert complaints(page) == []
        await page.context.close()


async def visit(page: Page, site: Site, path: str) -> None:
    await page.goto(site.url + path)
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    await page.evaluate("window.sameDocument = true")


def hold_button(page: Page, place: str) -> Locator:
    return page.locator(f'form[action="/places/{place}/hold"] button')


def row(page: Page) -> Locator:
    return page.locator("#strip .hold")


def tile(page: Page, place: str) -> Locator:
    return page.locator(f"#tile-{place} > summary")


async def hold_for_a_caller(staff: Page, place: str, caller: str) -> None:
    await tile(staff, place).click()
    await staff.locator(f"#tile-{place} .caller > summary").click()
    await staff.locator(f'#tile-{place} .caller button[value="{caller}"]').click()


async def test_a_hold_shows_its_telephone_ticks_and_is_heard_at_once_in_the_shelter(
    people: tuple[Page, Page, Page], site: Site
) -> None:
    staff, coordinator, detective = people
    await visit(coordinator, site, "/shelters/linde")
    await visit(detective, site, "/")
    await hold_button(coordinator, "linde-1").click()
    telephone = row(coordinator).locator(f'a[href="tel:{TELEPHONE}"]')
    await expect(telephone).to_be_in_viewport()
    await expect(telephone).to_be_focused()
    await expect(row(coordinator).locator(".left")).to_have_text(LEFT)
    shown = await row(coordinator).locator(".left").inner_text()
    await expect(row(coordinator).locator(".left")).not_to_have_text(shown, timeout=3000)
    await expect(coordinator.locator("#place-linde-1")).to_contain_text("vastgehouden")
    await expect(hold_button(coordinator, "linde-1")).to_have_count(0)
    assert await coordinator.evaluate("window.sameDocument") is True

    await expect(tile(staff, "linde-1")).to_contain_text("Stichting Oever (zorgcoördinator)")
    await expect(tile(staff, "linde-1").locator(".left")).to_have_text(LEFT)
    await expect(staff.get_by_role("status").filter(has_text="linde")).to_have_count(0)
    told = staff.locator("#bell p")
    await expect(told).to_have_text(re.compile(r"1: vastgehouden tot 14:30 door Stichting Oever \(zorgcoördinator\)"))
    await expect(detective.locator("#shelter-linde .claim")).to_have_text(re.compile("nog (30:00|29:)"))
    await expect(detective.locator("#strip .hold")).to_have_count(0)
    for page in (coordinator, staff, detective):
        assert await violations(page) == []

    await told.get_by_role("button", name="Gezien").click()
    await expect(told).to_have_count(0)
    await row(coordinator).get_by_role("button", name="Geef vrij").click()
    await expect(row(coordinator)).to_have_count(0)
    await expect(hold_button(coordinator, "linde-1")).to_be_visible()
    await expect(tile(staff, "linde-1")).to_contain_text("vrij")
    await expect(detective.locator("#shelter-linde .claim")).to_have_count(0)


async def test_a_hold_is_made_longer_once_and_never_leaves_the_screen_while_it_is_drawn_again(
    people: tuple[Page, Page, Page], site: Site
) -> None:
    staff, coordinator, _ = people
    await visit(coordinator, site, "/shelters/linde")
    await hold_button(coordinator, "linde-1").click()
    await expect(row(coordinator)).to_be_visible()
    await row(coordinator).locator(".tel").evaluate("(telephone) => { window.telephone = telephone }")
    await row(coordinator).get_by_role("button", name="Verleng 30 minuten").click()
    await expect(row(coordinator)).to_contain_text("15:00")
    await expect(row(coordinator).get_by_role("button", name="Verleng 30 minuten")).to_have_count(0)
    await expect(row(coordinator).locator(".left")).to_have_text(re.compile(r"nog (60:00|59:)"))

    async with coordinator.expect_request("**/strip") as asked:  # not the answer to what was asked before
        site.process.news.tell("person:lucia")
    await (await asked.value).response()
    await expect(row(coordinator)).to_have_count(1)
    assert await coordinator.evaluate("window.telephone.isConnected"), "the very same link, under the same finger"

    await tile(staff, "linde-1").click()
    await staff.locator("#tile-linde-1 .promised > summary").click()
    await staff.locator("#tile-linde-1").get_by_role("button", name="bezet").click()
    await expect(row(coordinator)).to_contain_text("Wordt niet meer voor u vastgehouden.")
    await expect(row(coordinator)).to_contain_text("Op het bord staat nu: bezet")
    await expect(row(coordinator).locator(".tel")).to_be_visible()
    assert await coordinator.evaluate("window.telephone.isConnected"), "perhaps that call is going on"
    assert await violations(coordinator) == []
    await row(coordinator).get_by_role("button", name="Sluiten").click()
    await expect(row(coordinator)).to_have_count(0)


async def test_when_the_time_is_over_the_row_says_so_and_the_place_is_free(people: tuple[Page, Page, Page], site: Site) -> None:
    staff, coordinator, _ = people
    await visit(coordinator, site, "/shelters/linde")
    await hold_button(coordinator, "linde-1").click()
    await expect(row(coordinator)).to_be_visible()
    site.clock.move(minutes=30)
    site.process.board.age()
    await expect(row(coordinator)).to_contain_text("Op het bord staat nu: vrij")
    await expect(row(coordinator).locator("form")).to_have_count(0)
    await expect(tile(staff, "linde-1")).to_contain_text("vrij")
    await hold_button(coordinator, "linde-1").click()
    await expect(row(coordinator).filter(has_text="15:00").locator(".tel")).to_be_focused()


async def test_staff_keep_a_place_for_who_calls_and_give_it_back(people: tuple[Page, Page, Page], site: Site) -> None:
    staff, coordinator, _ = people
    await hold_for_a_caller(staff, "linde-1", "oever police")
    await expect(tile(staff, "linde-1")).to_contain_text("Stichting Oever (politie)")
    await expect(staff.locator("#bell p")).to_have_count(0)  # one's own doing is no news
    await expect(staff.locator("#outbox li")).to_have_count(0)  # a hold is for now, so it never waits for a connection
    claim = coordinator.locator("#shelter-linde .claim")
    await expect(claim).to_have_text(re.compile(r"vastgehouden tot 14:30 nog (30:00|29:\d\d) · Stichting Oever \(politie\)"))
    await expect(coordinator.locator("#shelter-linde .figure")).to_contain_text("1")
    await tile(staff, "linde-1").click()
    assert await violations(staff) == []
    await staff.locator("#tile-linde-1 .caller:not(.promised) > summary").click()
    await staff.locator("#tile-linde-1").get_by_role("button", name="Geef vrij").click()
    await expect(tile(staff, "linde-1")).to_contain_text("vrij")
    await expect(claim).to_have_count(0)


async def test_a_press_without_a_connection_says_so_and_can_be_pressed_again(
    people: tuple[Page, Page, Page], site: Site
) -> None:
    _, coordinator, _ = people
    await visit(coordinator, site, "/shelters/linde")
    sent: list[str | None] = []

    async def lose_the_answer(route: Route) -> None:
        sent.append(route.request.post_data)
        await route.fetch()
        await route.abort()

    await coordinator.route("**/hold", lose_the_answer)
    form = coordinator.locator('form[action="/places/linde-1/hold"]')
    await form.locator("button").evaluate("(button) => { window.button = button }")
    await form.locator("button").click()
    await expect(coordinator.locator("#notice")).to_contain_text("Er kwam geen antwoord")
    await expect(row(coordinator)).to_have_count(1)  # it was held all the same, and the socket says so
    assert sent == [f"key={(sent[0] or '').removeprefix('key=')}"], "nothing but the key"
    complaints(coordinator).clear()  # the browser itself complains of the cut line


async def test_a_hold_of_staff_that_gets_no_answer_does_not_wait_to_be_sent_later(people: tuple[Page, Page, Page]) -> None:
    staff, _, _ = people
    await staff.route("**/hold", lambda route: route.abort())
    await hold_for_a_caller(staff, "linde-1", "oever police")
    await expect(staff.locator("#notice")).to_contain_text("Er kwam geen antwoord")
    await expect(staff.locator("#outbox li")).to_have_count(0)
    await expect(tile(staff, "linde-1")).to_contain_text("vrij")
    complaints(staff).clear()  # the browser itself complains of the cut line


async def test_the_sound_is_off_until_it_is_wanted_and_that_is_remembered(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    sound = page.get_by_role("switch", name="Geluid als iemand een plek vasthoudt")
    await expect(sound).to_have_attribute("aria-checked", "false")
    await page.evaluate("""() => {
      window.tones = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...given) { window.tones++; return start.apply(this, given); };
    }""")

    async def held_by_police(place: str) -> None:
        async with site.api("demo-police") as police:
            reply = await police.post(f"/places/{place}/holds", headers={"Idempotency-Key": place})
            assert reply.status_code == 201, reply.text

    await held_by_police("linde-1")
    await expect(page.locator("#bell p")).to_have_count(1)
    assert await page.evaluate("window.tones") == 0
    await sound.click()
    await expect(sound).to_have_attribute("aria-checked", "true")
    await page.wait_for_function("() => window.tones === 2")  # that is how it sounds
    await held_by_police("linde-2")
    await expect(page.locator("#bell p")).to_have_count(2)
    assert await page.evaluate("window.tones") == 4
    await page.reload()
    waiting = page.get_by_role("switch", name="Tik om geluid weer aan te zetten").first
    await expect(waiting).to_have_attribute("aria-checked", "false")  # more in test_sound.py
    await expect(page.locator("#bell p")).to_have_count(0)  # a hold that was there already is no news
    assert complaints(page) == []
    await page.context.close()


async def test_holding_calling_and_giving_back_work_without_scripts(browser: Browser, site: Site) -> None:
    detective = await open_page(browser, site, "mark", PHONE, scripts=False, path="/")
    await detective.locator("#shelter-linde").get_by_role("link", name="Vasthouden en bellen").click()
    await hold_button(detective, "linde-1").click()
    await expect(row(detective).locator(f'a[href="tel:{TELEPHONE}"]')).to_be_in_viewport()
    await row(detective).get_by_role("button", name="Verleng 30 minuten").click()
    await expect(row(detective)).to_contain_text("15:00")
    await expect(row(detective).get_by_role("button", name="Verleng 30 minuten")).to_have_count(0)

    staff = await open_page(browser, site, "sanne", PHONE, scripts=False)
    await expect(tile(staff, "linde-1")).to_contain_text("Stichting Oever (politie)")
    await hold_for_a_caller(staff, "linde-2", "oever coordinator")
    await expect(tile(staff, "linde-2")).to_contain_text("Stichting Oever (zorgcoördinator)")
    await tile(staff, "linde-2").click()
    await staff.locator("#tile-linde-2 .caller:not(.promised) > summary").click()
    await staff.locator("#tile-linde-2").get_by_role("button", name="Geef vrij").click()
    await expect(tile(staff, "linde-2")).to_contain_text("vrij")

    await row(detective).get_by_role("button", name="Geef vrij").click()
    await expect(row(detective)).to_have_count(0)
    await detective.goto(f"{site.url}/shelters/wilg")
    await detective.get_by_role("button", name="Toon het telefoonnummer").click()
    await expect(detective.locator('.calling a[href="tel:CANARY-TEL-wilg"]')).to_be_in_viewport()
    await detective.context.close()
    await staff.context.close()


async def test_the_pages_around_a_hold_fit_a_screen_of_320_pixels_and_a_thumb(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", {"width": 320, "height": 640}, "dark")
    await visit(page, site, "/shelters/linde")
    await hold_button(page, "linde-1").click()
    await expect(row(page)).to_be_visible()
    for path in ("/shelters/linde", "/"):
        await visit(page, site, path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert await violations(page) == []
        for target in await page.locator(":is(main button, #strip .tel, .card .on a):visible").all():
            box = await target.bounding_box()
            assert box is not None and box["height"] >= 47.5, await target.inner_text()
    await page.context.close()
