"""The pages without any script: forms as they are drawn, sent as a browser sends them; and the fragments for a script."""

from contextlib import aclosing

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.pages import Forms, follow, forms, press, state
from tests.build.site import Site, served


async def test_staff_sign_in_change_a_place_take_it_back_and_confirm_without_scripts(site: Site) -> None:
    async with site.client() as browser:
        page = await follow(browser, await browser.get("/"))  # to the sign-in page
        [me] = [one for one in forms(page, "/sign-in/demo") if ("person", "sanne") in one.buttons]
        page = await follow(browser, await follow(browser, await press(browser, me, ("person", "sanne"))))
        assert page.url.path == "/staff/linde"

        [occupy] = [
            f for f in forms(page, "/staff/linde/places/linde-1", status="occupied") if "expected_free_at" not in f.fields
        ]
        page = await follow(browser, await press(browser, occupy))
        assert page.url.path == "/staff/linde"
        assert await state(site, "linde-1") == "occupied"

        [undo] = forms(page, "/staff/linde/undo")
        page = await follow(browser, await press(browser, undo))
        assert await state(site, "linde-1") == "free"
        assert forms(page, "/staff/linde/undo") == []

        [confirm] = forms(page, "/staff/linde/confirm")
        site.clock.move(minutes=20)
        page = await follow(browser, await press(browser, confirm))
        async with site.api("demo-police") as police:
            assert (await police.get("/shelters/linde")).json()["confirmed_at"] == "2026-03-11T13:20:00Z"

        [out] = forms(page, "/sign-out?of=shift")
        assert (await press(browser, out)).headers["location"] == "/sign-in?shift=over"
        assert (await browser.get("/staff/linde")).status_code == 303


async def test_every_way_to_change_a_place_is_a_form_on_the_page(site: Site) -> None:
    browser = await site.sign_in("sanne")
    page = await browser.get("/staff/linde")
    [reasons] = [f for f in forms(page, "/staff/linde/places/linde-1", status="closed") if f.buttons]
    assert ("reason", "cleaning") in reasons.buttons
    page = await follow(browser, await press(browser, reasons, ("reason", "cleaning")))
    assert await state(site, "linde-1") == "closed"

    [until] = [f for f in forms(page, "/staff/linde/places/linde-3") if "expected_free_at" in f.fields]
    page = await follow(browser, await press(browser, until, typed={"expected_free_at": "2026-03-14T10:30"}))
    async with site.api("demo-police") as police:
        shelter = (await police.get("/shelters/linde")).json()
    assert next(p for p in shelter["places"] if p["id"] == "linde-3")["expected_free_at"] == "2026-03-14T09:30:00Z"

    [numbers] = forms(page, "/staff/linde/occupancy")
    page = await follow(browser, await press(browser, numbers, typed={"empty.cosm": "0", "empty.women": "0"}))
    async with site.api("demo-police") as police:
        counts = (await police.get("/shelters/linde")).json()["counts"]
    assert (counts["cosm"]["free"], counts["women"]["free"]) == (0, 0)
    await browser.aclose()


async def test_closing_without_a_reason_says_so_and_shows_what_is_true_now(site: Site) -> None:
    browser = await site.sign_in("sanne")
    page = await browser.get("/staff/linde")
    [reasons] = [f for f in forms(page, "/staff/linde/places/linde-1", status="closed") if f.buttons]
    refused = await press(browser, reasons)
    assert refused.status_code == 422
    assert "kies waarom de plek dicht is" in refused.text
    assert "Reden" in refused.text
    assert len(forms(refused, "/staff/linde/places/linde-1")) == len(forms(page, "/staff/linde/places/linde-1"))
    assert {f.fields["key"] for f in Forms(refused.text).found if "key" in f.fields}.isdisjoint({reasons.fields["key"]})
    assert await state(site, "linde-1") == "free"
    await browser.aclose()


async def test_more_than_there_are_places_is_explained_with_the_numbers(site: Site) -> None:
    browser = await site.sign_in("sanne")
    [numbers] = forms(await browser.get("/staff/linde"), "/staff/linde/occupancy")
    refused = await press(browser, numbers, typed={"empty.cosm": "5", "empty.women": "0"})
    assert refused.status_code == 422
    assert "5 leeg kan niet: er zijn 3 plekken" in refused.text
    await browser.aclose()


async def test_a_form_that_is_sent_twice_is_one_change(site: Site) -> None:
    browser = await site.sign_in("sanne")
    [occupy] = [
        f
        for f in forms(await browser.get("/staff/linde"), "/staff/linde/places/linde-1", status="occupied")
        if "expected_free_at" not in f.fields
    ]
    first, second = await press(browser, occupy), await press(browser, occupy)
    assert (first.status_code, first.headers["location"]) == (303, second.headers["location"])
    async with site.api("demo-police") as police:
        assert (await police.get("/shelters/linde")).json()["version"] == 2
    await browser.aclose()


async def test_undo_is_offered_for_ten_seconds_to_who_tapped_and_to_nobody_else(site: Site) -> None:
    browser, other = await site.sign_in("sanne"), await site.sign_in("anneke")
    reply = await browser.post("/staff/linde/places/linde-1", data={"status": "occupied", "key": "k1"})
    where = reply.headers["location"]
    assert forms(await browser.get(where), "/staff/linde/undo")
    assert forms(await other.get(where), "/staff/linde/undo") == []
    [undo] = forms(await browser.get(where), "/staff/linde/undo")
    assert (await press(other, undo)).status_code == 409
    site.clock.move(seconds=10)
    assert forms(await browser.get(where), "/staff/linde/undo") == []
    site.clock.move(seconds=6)
    late = await press(browser, undo)
    assert late.status_code == 409
    assert "Terugdraaien kan niet meer" in late.text and 'id="staff-linde"' in late.text
    assert await state(site, "linde-1") == "occupied"
    await browser.aclose()
    await other.aclose()


async def test_the_staff_page_tells_its_script_for_how_long_a_tap_can_be_taken_back(
    board_database: Database, clock: FixedClock
) -> None:
    async with served(board_database.url, clock, undo_seconds=25) as site:
        async with aclosing(await site.sign_in("sanne")) as sanne:
            assert 'id="outbox" data-person="sanne" data-undo-seconds="25"' in (await sanne.get("/staff/linde")).text
            reply = await press(sanne, forms(await sanne.get("/staff/linde"), "/staff/linde/places/linde-1")[0])
            site.clock.move(seconds=24)
            assert forms(await sanne.get(reply.headers["location"]), "/staff/linde/undo")
            site.clock.move(seconds=1)
            assert forms(await sanne.get(reply.headers["location"]), "/staff/linde/undo") == []


async def test_an_older_tap_is_told_that_something_newer_is_known(site: Site) -> None:
    browser = await site.sign_in("sanne")
    await browser.post("/staff/linde/places/linde-1", data={"status": "occupied", "key": "k1"})
    late = {"status": "free", "key": "k2", "observed_at": "2026-03-11T12:59:00Z"}
    refused = await browser.post("/staff/linde/places/linde-1", data=late)
    assert refused.status_code == 409
    assert "14:00" in refused.text
    assert await state(site, "linde-1") == "occupied"
    await browser.aclose()


async def test_a_script_gets_the_section_the_offer_to_undo_and_an_empty_notice(site: Site) -> None:
    browser = await site.sign_in("sanne")
    browser.headers["HX-Request"] = "true"
    done = await browser.post("/staff/linde/places/linde-1", data={"status": "occupied", "key": "k1"})
    assert done.status_code == 200
    assert "<html" not in done.text
    assert done.text.count('id="staff-linde"') == done.text.count('id="undo"') == done.text.count('id="notice"') == 1
    assert len(forms(done, "/staff/linde/undo")) == 1
    again = await browser.post("/staff/linde/places/linde-1", data={"status": "occupied", "key": "k1"})
    assert (again.status_code, len(forms(again, "/staff/linde/undo"))) == (200, 1)
    confirmed = await browser.post("/staff/linde/confirm", data={"key": "k3"})
    assert forms(confirmed, "/staff/linde/undo") == []
    refused = await browser.post("/staff/linde/places/linde-1", data={"status": "closed", "key": "k4"})
    assert refused.status_code == 422
    assert refused.text.count('id="staff-linde"') == refused.text.count('id="undo"') == refused.text.count('id="notice"') == 1
    await browser.aclose()


async def test_a_script_whose_session_has_ended_is_told_so(site: Site) -> None:
    async with site.client() as browser:
        reply = await browser.post("/staff/linde/confirm", data={"key": "k"}, headers={"HX-Request": "true"})
    assert reply.status_code == 401
    assert "<html" not in reply.text and 'id="notice"' in reply.text


async def test_the_board_chooses_by_kind_unit_and_whom_it_takes(site: Site) -> None:
    browser = await site.sign_in("mark")
    for query, names in {
        "": {"linde", "ceder", "wilg"},
        "kind=men": {"ceder"},
        "kind=women": {"linde", "wilg"},
        "unit=noord": {"linde", "wilg"},
        "unit=noord&kind=men": set(),
        "takes=men": {"ceder"},
        "takes=women&kind=cosm&unit=noord": {"linde"},
    }.items():
        page = (await browser.get(f"/?{query}")).text
        assert {name for name in ("linde", "ceder", "wilg") if f'id="shelter-{name}"' in page} == names, query
    await browser.aclose()


async def test_a_stale_shelter_is_never_counted_as_free(site: Site) -> None:
    browser = await site.sign_in("mark")
    page = (await browser.get("/")).text
    assert page.split('id="total-free"')[1].split("<b>")[1].startswith("4<")  # linde 2, ceder 2, and not wilg's one
    site.clock.move(hours=8)
    await site.stay()
    site.process.board.age()
    page = (await browser.get("/")).text
    assert page.split('id="total-free"')[1].split("<b>")[1].startswith("0<")
    await browser.aclose()


async def test_no_page_has_a_script_or_a_style_of_its_own(site: Site) -> None:
    visits = {
        "mark": ["/", "/wall", "/shelters/linde", "/nowhere"],
        "sanne": ["/staff/linde", "/totals", "/staff/wilg"],
        "wouter": ["/"],
    }
    async with site.client() as stranger:
        pages = [await stranger.get("/sign-in")]
    for person, paths in visits.items():
        browser = await site.sign_in(person)
        pages += [await browser.get(path) for path in paths]
        await browser.aclose()
    for page in pages:
        parsed = Forms(page.text)
        assert parsed.handlers == [], page.url
        assert None not in parsed.scripts, page.url
        assert all(src is not None and src.startswith("/static/") for src in parsed.scripts)
        assert all(one.action.startswith("/") for one in parsed.found)


async def test_a_page_has_the_script_for_passkeys_once_and_only_where_it_is_used(site: Site) -> None:
    visits = {
        "sanne": {"/staff/linde": 0, "/totals": 0, "/shift": 0, "/devices": 1},  # a shift
        "mark": {"/": 1, "/devices": 1},  # a page that locks is unlocked with it
    }
    for person, pages in visits.items():
        browser = await site.sign_in(person)
        for path, count in pages.items():
            page = await browser.get(path)
            assert (page.status_code, page.text.count("js/passkey")) == (200, count), path
        await browser.aclose()
    async with aclosing(await site.open_wall()) as wall:
        assert "js/passkey" not in (await wall.get("/?wall=1")).text
    async with site.client() as stranger:
        for path in ("/sign-in", "/enrol"):
            assert (await stranger.get(path)).text.count("js/passkey") == 1


async def test_every_page_speaks_the_language_of_the_device_or_of_the_choice(site: Site) -> None:
    browser = await site.sign_in("sanne")
    assert '<html lang="nl"' in (await browser.get("/staff/linde", headers={"Accept-Language": "nl"})).text
    assert '<html lang="en"' in (await browser.get("/staff/linde", headers={"Accept-Language": "en-GB"})).text
    assert '<html lang="nl"' in (await browser.get("/staff/linde", headers={"Accept-Language": "fr"})).text
    page = await browser.get("/staff/linde")
    [choice] = [form for form in forms(page, "/language") if ("language", "en") in form.buttons]
    page = await follow(browser, await press(browser, choice, ("language", "en")))
    assert page.url.path == "/staff/linde" and '<html lang="en"' in page.text
    [dark] = [form for form in forms(page, "/theme") if ("theme", "dark") in form.buttons]
    page = await follow(browser, await press(browser, dark, ("theme", "dark")))
    assert page.url.path == "/staff/linde" and 'data-theme="dark"' in page.text
    await browser.aclose()


async def test_the_packed_board_is_the_plain_one_and_each_choice_has_its_own_cards(site: Site) -> None:
    browser = await site.sign_in("mark")
    cards = {}
    for address in ("/", "/?kind=women", "/?unit=zuid", "/?takes=men", "/"):
        plain = await browser.get(address, headers={"Accept-Encoding": "identity"})
        packed = await browser.get(address, headers={"Accept-Encoding": "gzip"})
        assert (packed.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
        assert packed.text == plain.text
        assert len(packed.content) == len(plain.content) > 2 * int(packed.headers["content-length"])
        cards[address] = plain.text.count("<article")
        assert "</html>" in plain.text and "<cards>" not in plain.text
    assert cards == {"/": 3, "/?kind=women": 2, "/?unit=zuid": 1, "/?takes=men": 1}
    await browser.aclose()


async def test_parts_of_a_page_carry_only_headers_that_mean_something_there(site: Site) -> None:
    async with site.client() as browser:
        for path, is_part in (("css/bedboard.css", True), ("js/staff.js", True), ("icons/bedboard.svg", False)):
            headers = (await browser.get(f"/static/{path}")).headers
            assert headers["x-content-type-options"] == "nosniff" and "cross-origin-resource-policy" in headers, path
            assert ("content-security-policy" in headers) != is_part, "an icon may be opened as a page"
        worker = await browser.get("/sw.js")
        assert "content-security-policy" in worker.headers, "a worker obeys the policy it came with"
        assert "content-security-policy" in (await browser.get("/static/css/none.css")).headers
