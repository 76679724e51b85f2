"""place.js: news on Mijn opvang moves nothing under a finger, and marks only what changed."""

from playwright.async_api import Page, expect

from tests.build.scripted_pages import section
from tests.build.scripted_server import Server
from tests.build.scripted_tabs import open_staff_page


async def test_an_open_tile_with_typed_text_survives_an_update(server: Server, tab: Page) -> None:
    connection = await open_staff_page(server, tab)
    await tab.locator("#tile-p1 summary").click()
    typed = tab.locator("#tile-p1 input[name=expected_free_at]")
    await typed.fill("tomorrow")
    await tab.evaluate("window.kept = document.activeElement; document.querySelector('#tile-p2').kept = true")
    await connection.update(section("2.0", p0="free", p1="occupied", p2="free"))
    await expect(tab.locator("#tile-p1 .state")).to_have_text("occupied")
    assert await shown_tiles(tab) == ["tile-p0", "tile-p1", "tile-p2"]
    await expect(tab.locator("#tile-p1")).to_have_attribute("open", "")
    await expect(typed).to_have_value("tomorrow")
    assert await tab.evaluate("window.kept === document.activeElement && document.querySelector('#tile-p2').kept")


async def shown_tiles(tab: Page) -> list[str]:
    ids: list[str] = await tab.evaluate("[...document.querySelectorAll('.tile')].map((tile) => tile.id)")
    return ids


async def test_only_what_changed_is_marked_and_a_new_stamp_alone_is_no_change(server: Server, tab: Page) -> None:
    await tab.add_init_script("""
        addEventListener("DOMContentLoaded", () => {
            window.marked = new Set();
            const note = ({ target }) => target.classList.contains("changed") && window.marked.add(target.id);
            new MutationObserver((all) => all.forEach(note)).observe(document, { subtree: true, attributeFilter: ["class"] });
        })""")
    connection = await open_staff_page(server, tab)
    await connection.update(section("2.0", p1="free", p2="free").replace("drawn", "drawn again"))
    await expect(tab.locator("section")).to_have_attribute("data-stamp", "2.0")
    assert await tab.evaluate("[...window.marked]") == []
    await connection.update(section("3.0", p1="free", p2="occupied"))
    await expect(tab.locator("#tile-p2 .state")).to_have_text("occupied")
    assert await tab.evaluate("[...window.marked]") == ["tile-p2"]
    await tab.clock.run_for(400)
    await expect(tab.locator(".changed")).to_have_count(0)


async def test_a_finger_that_is_down_does_not_press_what_takes_the_place_of_a_button(server: Server, tab: Page) -> None:
    connection = await open_staff_page(server, tab)
    await tab.locator("#tile-p1 summary").click()
    await tab.locator("#tile-p1").get_by_role("button", name="free").hover()
    await tab.mouse.down()
    await connection.update(
        section("2.0", p1="free", p2="free")
        .replace('value="free"', 'value="closed"')
        .replace(">free</button", ">closed</button")
    )
    await expect(tab.locator("#tile-p1").get_by_role("button", name="closed")).to_be_visible()
    await tab.mouse.up()
    await connection.update(section("3.0", p1="occupied", p2="free"))
    await expect(tab.locator("#tile-p1 .state")).to_have_text("occupied")
    assert server.posts == []
