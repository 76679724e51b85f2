"""Where a replay may send, with which tokens, and which nights."""

from datetime import date
from pathlib import Path

import pytest

from bedboard.city.programmes import Unusable, choose_days
from bedboard.city.target import check_url, demo_token, read_tokens
from tests.city.rows import FIRST, bed_row, on, read


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000/", "https://[::1]:8443", "http://127.9.9.9"])
def test_this_machine_may_be_sent_to(url: str) -> None:
    assert check_url(url, own_tokens=False) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://bedboard.example",
        "http://10.0.0.1:8000",
        "http://0.0.0.0:8000",
        "http://localhost.example:8000",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1.evil.example",
        "ftp://127.0.0.1",
        "127.0.0.1:8000",
        "http://127.0.0.1:port",
        "http://[::1",
        "http://127.0.0.1:8000/board",
        "",
    ],
)
def test_another_machine_and_what_is_no_address_are_refused(url: str) -> None:
    with pytest.raises(Unusable):
        check_url(url, own_tokens=False)


def test_another_machine_takes_tokens_of_its_own_and_https() -> None:
    assert check_url("https://bedboard.example", own_tokens=True) == "https://bedboard.example"
    with pytest.raises(Unusable, match="https only"):
        check_url("http://bedboard.example", own_tokens=True)


def test_tokens_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text("# shelter token\nt1 abc\n\nt2 def\n")
    token_of = read_tokens(path)
    assert [token_of("t1"), token_of("t2"), token_of("t3")] == ["abc", "def", None]
    assert demo_token("t1") == "demo-shelter-t1"


@pytest.mark.parametrize("content", [b"", b"t1\n", b"t1 secret extra\n", b"t1 demo-shelter-t1\n", b"t1 s\xe9cret\n"])
def test_a_file_of_tokens_that_cannot_be_used_is_refused_without_repeating_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens"
    path.write_bytes(content)
    with pytest.raises(Unusable) as caught:
        read_tokens(path)
    assert "secret" not in str(caught.value)
    with pytest.raises(Unusable):
        read_tokens(tmp_path / "none")


def test_days_are_chosen_from_the_first_to_the_last(tmp_path: Path) -> None:
    days = read(tmp_path, bed_row(), on(1, bed_row()), on(3, bed_row()))
    assert [day.on.day for day in choose_days(days, date(2024, 1, 2), date(2024, 1, 4))] == [2, 4]
    for first, last in ((date(2024, 2, 1), date(2024, 2, 2)), (date(2024, 1, 4), FIRST)):
        with pytest.raises(Unusable, match="these dates are: 2024-01-01, 2024-01-02, 2024-01-04"):
            choose_days(days, first, last)
