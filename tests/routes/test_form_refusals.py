"""Every bad form is refused with a page and with a fragment; odd addresses give nothing away."""

import re
from typing import NamedTuple

import httpx
import pytest

from tests.build.site import Site, facts


class BadForm(NamedTuple):
    """A form that staff of linde send, and how it is refused; `part` is in the page that comes back."""

    path: str
    content: bytes
    status: int
    part: str = ""
    type: str = "application/x-www-form-urlencoded"


TAP = "places/linde-1"
BAD_FORMS: dict[str, BadForm] = {
    "not a form": BadForm(TAP, b'{"status": "free"}', 400, type="application/json"),
    "no type": BadForm(TAP, b"status=free&key=a", 400, type=""),
    "a file": BadForm(TAP, b"--x\r\n\r\n", 400, type="multipart/form-data; boundary=x"),
    "empty": BadForm(TAP, b"", 422),
    "no key": BadForm(TAP, b"status=free", 422),
    "an empty key": BadForm(TAP, b"status=free&key=", 422),
    "a long key": BadForm(TAP, b"status=free&key=" + b"k" * 256, 422),
    "a key with a NUL": BadForm(TAP, b"status=free&key=a%00b", 422),
    "a key in UTF-8": BadForm(TAP, b"status=free&key=%C3%A9", 422),
    "no status": BadForm(TAP, b"key=a", 422),
    "another status": BadForm(TAP, b"status=held&key=a", 422),
    "status twice, the last wrong": BadForm(TAP, b"status=free&status=x&key=a", 422),
    "status twice": BadForm(TAP, b"status=occupied&status=free&key=a", 422, 'data-field="status"'),
    "the same status twice": BadForm(TAP, b"status=free&status=free&key=a", 422, 'data-field="status"'),
    "the key twice": BadForm(TAP, b"status=free&key=a&key=b", 422, 'data-field="key"'),
    "an unknown field": BadForm(TAP, b"status=free&key=a&name=Jansen", 422),
    "an unknown field with tags": BadForm(TAP, b"status=free&key=a&%3Cscript%3E=1", 422, "&lt;script&gt;"),
    "a reason that is none": BadForm(TAP, b"status=closed&reason=party&key=a", 422),
    "a reason with a NUL": BadForm(TAP, b"status=closed&reason=%00&key=a", 422),
    "closed without a reason": BadForm(TAP, b"status=closed&key=a", 422),
    "until no time": BadForm(TAP, b"status=occupied&expected_free_at=soon&key=a", 422),
    "until the past": BadForm(TAP, b"status=occupied&expected_free_at=2020-01-01T10:00&key=a", 422),
    "until the last year": BadForm(TAP, b"status=occupied&expected_free_at=9999-12-31T23:59&key=a", 422),
    "until the first year": BadForm(TAP, b"status=occupied&expected_free_at=0001-01-01T00:00&key=a", 422),
    "seen in the future": BadForm(TAP, b"status=free&observed_at=2026-03-12T10:00:00Z&key=a", 422),
    "seen at an endless number": BadForm(TAP, b"status=free&observed_at=1e400&key=a", 422),
    "seen at no number": BadForm(TAP, b"status=free&observed_at=nan&key=a", 422),
    "seen at a huge number": BadForm(TAP, b"status=free&observed_at=" + b"9" * 5_000 + b"&key=a", 422),
    "seen before what is known": BadForm(TAP, b"status=free&observed_at=2026-03-11T11:00:00Z&key=a", 409),
    "invalid UTF-8": BadForm(TAP, b"status=\xff\xfe&key=a", 422),
    "escaped invalid UTF-8": BadForm(TAP, b"status=%FF%FE&key=a", 422),
    "too large": BadForm(TAP, b"status=free&key=" + b"k" * 70_000, 413),
    "ten thousand fields": BadForm(TAP, b"&".join(b"f%d=1" % n for n in range(8_000)), 400),
    "an unknown place": BadForm("places/linde-9", b"status=free&key=a", 404),
    "someone else's place": BadForm("places/ceder-1", b"status=free&key=a", 404),
    "an odd place": BadForm("places/LINDE-1", b"status=free&key=a", 404),
    "confirm without a key": BadForm("confirm", b"", 422),
    "undo nothing": BadForm("undo", b"key=a", 422),
    "undo no number": BadForm("undo", b"key=a&change=x", 422),
    "undo a huge number": BadForm("undo", b"key=a&change=" + b"9" * 5_000, 422),
    "undo the number after the largest": BadForm("undo", b"key=a&change=9223372036854775808", 422),
    "undo what never was": BadForm("undo", b"key=a&change=4611686018427387904", 404),
    "undo below zero": BadForm("undo", b"key=a&change=-1", 422),
    "undo how the shelter began": BadForm("undo", b"key=a&change=1", 404),
    "no numbers": BadForm("occupancy", b"key=a", 422),
    "a number that is none": BadForm("occupancy", b"key=a&empty.cosm=many", 422),
    "a number of many digits": BadForm("occupancy", b"key=a&empty.cosm=" + b"1" * 5_000, 422),
    "more than places": BadForm("occupancy", b"key=a&empty.cosm=4", 422),
    "below nothing": BadForm("occupancy", b"key=a&empty.cosm=-1", 422),
    "a kind that is not here": BadForm("occupancy", b"key=a&empty.men=1", 422),
    "a kind without a name": BadForm("occupancy", b"key=a&empty.=1", 422),
    "a kind with a NUL": BadForm("occupancy", b"key=a&empty.%00=1", 422),
    "a kind with tags": BadForm("occupancy", b"key=a&empty.%3Cb%3E=1", 422, "&lt;b&gt;"),
}


@pytest.mark.parametrize("name", BAD_FORMS)
async def test_a_bad_form_is_refused_with_a_page_and_with_a_fragment_and_changes_nothing(
    standing: Site, people: dict[str, httpx.AsyncClient], name: str
) -> None:
    bad = BAD_FORMS[name]
    before = await facts(standing)
    words = []
    for language in ("nl", "en"):
        headers = {"Content-Type": bad.type, "Accept-Language": language} if bad.type else {"Accept-Language": language}
        whole = await people["staff"].post(f"/staff/linde/{bad.path}", content=bad.content, headers=headers)
        part = await people["staff"].post(
            f"/staff/linde/{bad.path}", content=bad.content, headers={**headers, "HX-Request": "true"}
        )
        assert (whole.status_code, part.status_code) == (bad.status, bad.status)
        assert whole.text.startswith("<!doctype html>") and "<html" not in part.text
        assert bad.part in whole.text and bad.part in part.text
        notice = re.search(r'id="notice"[^>]*>(.*)', part.text, re.S)
        assert notice is not None and len(re.sub(r"<[^>]+>|\s", "", notice[1])) > 10
        words.append(notice[1])
        if bad.status in (409, 422):  # the present state comes along
            assert 'id="staff-linde"' in whole.text and 'id="staff-linde"' in part.text
    assert await facts(standing) == before
    assert words[0] != words[1]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"person": ""}, 404),
        ({"person": "nobody"}, 404),
        ({"person": "Mark"}, 404),
        ({"person": "mark\x00"}, 404),
        ({"person": "mark\n"}, 404),
        ({"person": "' or 1=1"}, 404),
        ({"person": "a" * 60_000}, 404),
    ],
)
async def test_nobody_signs_in_as_somebody_who_is_not(
    people: dict[str, httpx.AsyncClient], form: dict[str, str], status: int
) -> None:
    reply = await people["none"].post("/sign-in/demo", data=form)
    assert (reply.status_code, "set-cookie" in reply.headers) == (status, False)


@pytest.mark.parametrize("query", ["change=abc", "change=-1", "change=" + "9" * 5_000, "change=%00", "change=٣", "x=%FF"])
async def test_an_odd_question_in_the_address_is_ignored(people: dict[str, httpx.AsyncClient], query: str) -> None:
    assert (await people["staff"].get(f"/staff/linde?{query}")).status_code == 200


@pytest.mark.parametrize(
    "query", ["kind=villa", "kind=%00", "unit=%FF", "takes=all", "kind=" + "k" * 9_000, "kind=cosm&kind=x"]
)
async def test_a_filter_that_is_none_shows_the_whole_board(people: dict[str, httpx.AsyncClient], query: str) -> None:
    reply = await people["police"].get(f"/?{query}")
    assert reply.status_code == 200
    assert reply.text.count("data-stamp=") == 3


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/css",
        "/static/nowhere.css",
        "/static/../templates/base.html",
        "/static/%2e%2e/templates/base.html",
        "/static/..%2F..%2Fpyproject.toml",
        "/static//etc/passwd",
        "/static/%2Fetc%2Fpasswd",
        "/static/css%00.css",
        "/static/" + "a" * 5_000,
        "/static/%FF",
    ],
)
async def test_only_files_below_the_static_folder_are_given(people: dict[str, httpx.AsyncClient], path: str) -> None:
    assert (await people["api"].get(path)).status_code == 404


async def test_a_bug_is_told_to_a_script_with_a_notice_so_that_it_is_not_taken_for_another_machine(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("bedboard.routes.staff.confirm_shelter", break_down)
    sanne = await site.sign_in("sanne")
    reply = await sanne.post("/staff/linde/confirm", data={"key": "k" * 20}, headers={"HX-Request": "true"})
    assert reply.status_code == 500
    assert '<div id="notice" role="alert" data-code="internal">' in reply.text and "<html" not in reply.text
    page = await sanne.post("/staff/linde/confirm", data={"key": "l" * 20})
    assert page.status_code == 500 and "<html" in page.text
    await sanne.aclose()
