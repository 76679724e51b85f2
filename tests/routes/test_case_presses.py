"""Cases without scripts: refused presses, repeated presses, the people who see a case, and nothing that stays of it."""

import logging
import re

import pytest
from sqlalchemy import text

from bedboard.log import set_up_log
from bedboard.store.cases import get_case
from bedboard.store.database import Database
from tests import build
from tests.build import hearing
from tests.build.cases import ILSE, say
from tests.build.forms import FORM, FRAGMENT, People, begin, done, main, offer, offered, people, press, see, site
from tests.build.profiles import CANARIES, CANARY
from tests.build.rows import everything
from tests.build.site import Site, as_owner, facts

__all__ = ["people", "site"]  # fixtures


# ---- wrong input, and once


@pytest.mark.parametrize(
    ("what", "data", "status"),
    [
        ("choose", {"shelter": "linde"}, 409),
        ("choose", {"shelter": "nowhere"}, 409),
        ("choose", {"shelter": "beuk", "within": "2881"}, 422),
        ("choose", {"shelter": "beuk", "arrives_at": "soon"}, 422),
        ("choose", {"shelter": "beuk", "arrives_at": "2026-03-11T13:00"}, 422),
        ("choose", {"shelter": "beuk", "arrives_at": "2026-03-14T13:00"}, 422),
        ("choose", {"shelter": "beuk\x00"}, 422),
        ("choose", {}, 422),
        ("withdraw", {"why": "no more"}, 422),
        ("withdraw", {}, 422),
        ("outcome", {"slept": "hotel"}, 409),
        ("outcome", {"slept": "x" * 99}, 422),
        ("address", {}, 403),
        ("shelters", {"ask.nowhere": "women"}, 422),
        ("shelters", {}, 422),
        ("place", {"shelter": "nowhere", "place": "beuk-1"}, 404),
        ("place", {"shelter": "beuk", "place": "nood-1"}, 422),
    ],
)
async def test_an_impossible_press_is_refused_and_the_page_says_why(
    site: Site, people: People, what: str, data: dict[str, str], status: int
) -> None:
    mark = await people("mark")
    case = await begin(mark, "linde", "beuk")
    await offer(site, "beuk-1", case)
    before = await facts(site)
    key = {} if what == "address" else {"key": "k"}
    page = await mark.post(f"/requests/{case}/{what}", data=data | key, headers={"Content-Type": FORM})
    fragment = await mark.post(f"/requests/{case}/{what}", data=data | key, headers=FRAGMENT | {"Content-Type": FORM})
    assert (page.status_code, fragment.status_code) == (status, status), page.text
    assert 'id="notice"' in fragment.text
    if status != 404:
        assert '<div class="notice">' in page.text and "Traceback" not in page.text
        assert what == "shelters" or ("<html" not in fragment.text and '<section id="case"' in fragment.text)
    assert await facts(site) == before


@pytest.mark.parametrize(
    ("what", "data", "status"),
    [
        ("answer", {"shelter": "linde", "answer": "yes"}, 422),
        ("answer", {"shelter": "linde", "answer": "no"}, 422),
        ("answer", {"shelter": "linde", "answer": "no", "reason": "tired"}, 422),
        ("answer", {"shelter": "linde", "answer": "no", "reason": "contra_indication"}, 422),
        ("answer", {"shelter": "linde", "answer": "perhaps"}, 422),
        ("answer", {"shelter": "linde", "answer": "yes", "place": "linde-3"}, 409),
        ("answer", {"shelter": "linde", "answer": "yes", "place": "beuk-1"}, 422),
        ("answer", {"shelter": "ceder", "answer": "discuss"}, 404),
        ("decide", {"decision": "confirm"}, 409),
        ("decide", {"decision": "confirm", "reason": "other"}, 422),
        ("decide", {"decision": "refuse"}, 422),
        ("decide", {"decision": "refuse", "reason": "tired"}, 422),
        ("decide", {"decision": "perhaps"}, 422),
        ("arrival", {"shelter": "linde", "arrival": "arrived"}, 409),
        ("arrival", {"shelter": "linde", "arrival": "perhaps"}, 422),
        ("choose", {"shelter": "linde"}, 404),
        ("withdraw", {"why": "no_place"}, 404),
    ],
)
async def test_an_impossible_press_of_the_desk_is_refused(
    site: Site, people: People, what: str, data: dict[str, str], status: int
) -> None:
    case = await begin(await people("mark"), "linde")
    before = await facts(site)
    reply = await (await people("hanneke")).post(f"/requests/{case}/{what}", data=data | {"key": "k"})
    assert reply.status_code == status, reply.text
    assert await facts(site) == before


async def test_a_press_counts_once(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    page = await see(mark, case)
    assert (await press(mark, page, "choose", shelter="beuk")).status_code == 303
    assert (await press(mark, page, "choose", shelter="beuk")).status_code == 303, "the very same press"
    assert main(await see(mark, case)).count("Beuk gekozen en bevestigd") == 1
    key = re.search(r'/choose" hx-boost="true"><input type="hidden" name="key" value="(\w+)"', page)
    assert key is not None
    other = await mark.post(f"/requests/{case}/choose", data={"shelter": "linde", "key": key[1]})
    assert other.status_code == 422, "the same key for something else"
    assert (await mark.post(f"/requests/{case}/choose", data={"shelter": "beuk", "key": "new"})).status_code == 409


async def test_a_script_gets_the_case_as_it_now_is(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    for reply in (
        await mark.get(f"/requests/{case}", headers=FRAGMENT),
        await mark.post(f"/requests/{case}/choose", data={"shelter": "beuk", "key": "k"}, headers=FRAGMENT),
    ):
        assert reply.status_code == 200
        assert f'<section id="case" data-own="/requests/{case}"' in reply.text and "<html" not in reply.text
    assert '<div id="notice" role="alert"></div>' in reply.text and "bevestigd" in reply.text
    address = await mark.post(f"/requests/{case}/address", headers=FRAGMENT | {"Content-Type": FORM})
    assert '<div id="address"' in address.text and "CANARY-ADR-beuk" in address.text and 'id="notice"' in address.text
    cases = await mark.get("/requests", headers=FRAGMENT)
    assert '<div id="cases" data-own="/requests">' in cases.text and "<html" not in cases.text


# ---- the people who see it


async def test_colleagues_see_and_do_everything_and_strangers_nothing(site: Site, people: People) -> None:
    mark, emre = await people("mark"), await people("emre")
    case = await offered(site, mark)
    assert case in (await emre.get("/requests")).text and case in (await emre.get("/")).text
    page = await see(emre, case)
    for name in ("noor", "lucia"):
        stranger, before = await people(name), await facts(site)
        assert case not in (await stranger.get("/requests")).text + (await stranger.get("/strip")).text
        for path in (f"/requests/{case}", f"/requests/{case}/more"):
            assert (await stranger.get(path)).status_code == 404
            fragment = await stranger.get(path, headers=FRAGMENT)
            assert fragment.status_code == 404 and case not in fragment.text
        for what, data in (
            ("choose", {"shelter": "beuk", "key": "a"}),
            ("choose", {"key": "wrong"}),
            ("withdraw", {"why": "no_place", "key": "b"}),
            ("outcome", {"slept": "hotel", "key": "c"}),
            ("address", {}),
            ("shelters", {"ask.linde": "cosm", "key": "d"}),
            ("shelters", {"key": "e"}),
        ):
            reply = await stranger.post(f"/requests/{case}/{what}", data=data, headers={"Content-Type": FORM})
            assert reply.status_code == 404, what
            absent = await stranger.post(f"/requests/nobodys/{what}", data=data, headers={"Content-Type": FORM})
            assert absent.status_code == 404 and main(absent.text) == main(reply.text), "as one that is not"
        assert await facts(site) == before
    reply = await press(emre, page, "choose", shelter="beuk")
    assert reply.status_code == 303
    assert "bevestigd" in await see(mark, case)


async def test_the_desk_sees_every_case_and_its_requester(site: Site, people: People) -> None:
    mark, noor, hanneke = await people("mark"), await people("noor"), await people("hanneke")
    one, other, own = await begin(mark, "linde"), await begin(noor, "linde"), await begin(hanneke, "beuk")
    page = (await hanneke.get("/requests")).text
    assert all(case in page for case in (one, other, own))
    assert "Elders (politie)" in page
    assert own in page.partition('id="own-name"')[2]
    assert "Elders (politie)" in await see(hanneke, other)
    await offer(site, "beuk-1", own)
    page = await done(hanneke, own, "choose", shelter="beuk")
    assert "bevestigd" in page, "what the desk asks it need not decide on twice"


async def test_the_strip_shows_the_most_urgent_case_and_the_number_of_others_on_every_page(site: Site, people: People) -> None:
    mark = await people("mark")
    with_yes = await begin(mark, "beuk", key="0")
    await offer(site, "beuk-1", with_yes)
    await say(site.process.database, "wilg", "discuss", case_id=(talking := await begin(mark, "wilg", key="1")), who=ILSE)
    for n in range(2, 6):
        site.clock.move(minutes=1)
        await begin(mark, "linde", key=str(n))
    for path in ("/", "/search", "/shelters/linde", "/strip"):
        page = (await mark.get(path)).text
        strip = page.partition('id="strip"')[2].partition("</section>")[0]
        assert f'href="/requests/{with_yes}"' in strip and "1 ja" in strip, path
        assert strip.count('class="case-row"') == 1 and "En nog 5 aanvragen" in main(f"<main>{strip}</main>")
    strip = (await mark.get(f"/requests/{with_yes}")).text.partition('id="strip"')[2].partition("</section>")[0]
    assert f'class="case-row" id="my-{talking}"' in strip, "the page shows the most urgent one itself"
    assert re.search(f'<i id="my-{with_yes}" data-found=.* hidden>', strip), "and still tells of its news"
    assert "En nog 4 aanvragen" in main(f"<main>{strip}</main>")


async def test_the_household_is_only_kept_sealed_and_erased_when_the_case_is_over(
    case_database: Database, site: Site, people: People, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def found() -> list[str]:
        said = await everything(case_database)
        return [word for word in CANARIES if word in said]

    mark = await people("mark")
    assert await found() == [], "these words mean something else here"
    set_up_log("debug")
    caplog.set_level(logging.INFO)
    try:
        async with hearing(case_database) as ear:
            assert (await mark.post("/requests/new", data=CANARY)).status_code == 200
            case = await begin(mark, "ceder", "beuk", needs=CANARY)
            await mark.post("/requests", data=CANARY | {"adults.man": "99", "ask.beuk": "women", "key": "wrong"})
            await mark.post(f"/requests/{case}/shelters", data={"ask.linde": "cosm", "key": "more"})
            for path in (f"/requests/{case}", f"/requests/{case}/more", "/requests", "/strip", "/"):
                assert (await mark.get(path)).status_code == 200
            async with case_database.transaction() as tx:
                record = await get_case(tx, case)
            assert record is not None and record.needs is not None
            opened = build.SEAL.open_needs(record.needs)
            assert all(word in opened for word in CANARIES), "the control"
            assert await found() == []
            hanneke = await people("hanneke")
            await done(hanneke, case, "answer", shelter="ceder", answer="no", criterion="wheelchair")
            assert await found() == ["wheelchair"], "a contra-indication is kept as long as the case lives"
            await done(mark, case, "withdraw", why="no_place")
            await done(mark, case, "outcome", slept="street")
            assert (await mark.get("/requests/nobodys")).status_code == 404
            rung = str(await ear.heard())
    finally:
        set_up_log("warning")
    said = capsys.readouterr()
    log = (said.out + said.err + caplog.text).lower()
    assert "no_such_request" in log, "the log was indeed written"
    assert case in rung
    assert [word for word in CANARIES if word in log + rung] == []
    async with as_owner(case_database) as tx:
        connection = await tx.connection()
        kept = (await connection.execute(text("select needs_sealed from case_record"))).scalar_one()
        tallies = await connection.execute(text("select count(*) from ask where reason is not null or criterion is not null"))
        assert (kept, tallies.scalar_one()) == (None, 0)
        await connection.execute(
            text("delete from tally_waiting where code = 'wheelchair'")
        )  # a number, without a case or a person
    assert await found() == []
