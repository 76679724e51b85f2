"""The board as it stood equals the board that was shown then, whatever happened before and after."""

from datetime import timedelta

import pytest

from bedboard.actions.manage.closing import close_shelter
from bedboard.actions.retention import forgetting, keep_pictures
from bedboard.rules import past
from bedboard.rules.freshness import USUAL_LIMITS
from bedboard.rules.retention import Terms
from bedboard.store import past as stored
from bedboard.store.database import Database
from bedboard.views.past import past_steps
from tests.build import NOW, actor
from tests.build.cases import HOUR, MORNING, bring_to
from tests.build.pasts import Chronicle, board_now, live
from tests.build.rows import do, every_row


@pytest.mark.parametrize("seed", range(4))
async def test_every_moment_is_told_as_it_was_shown(
    board_database: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "CHANGES_BETWEEN", 5)
    chronicle = Chronicle(board_database)
    assert await live(chronicle, seed, 60) > 30
    await chronicle.check()
    pictures = [key for key in await every_row(board_database) if key[0] == "picture"]
    assert len(pictures) > 3


@pytest.mark.parametrize("state", ["asking", "chosen", "provisional", "confirmed", "housed", "arrived", "ended", "cancelled"])
async def test_reserved_places_are_told_as_they_were_shown(case_database: Database, state: str) -> None:
    chronicle = Chronicle(case_database)
    await chronicle.note()
    chronicle.at += HOUR
    await bring_to(case_database, state, at=chronicle.at)
    await chronicle.note()
    for hours in (1, 5, 20):
        chronicle.at = MORNING + hours * HOUR
        await chronicle.note()
    await chronicle.check()


async def test_no_picture_is_taken_of_a_shelter_that_is_closed(board_database: Database) -> None:
    wouter = actor("admin", "wouter", ())
    await do(board_database, lambda tx: close_shelter(tx, wouter, "ceder", NOW))
    await do(board_database, lambda tx: stored.take_pictures(tx, NOW + HOUR))
    pictured = {key[1] for key in await every_row(board_database) if key[0] == "picture"}
    assert "linde" in pictured and "ceder" not in pictured


async def test_a_line_that_is_not_understood_breaks_the_comparison(
    board_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the checks above can fail."""
    chronicle = Chronicle(board_database)
    await live(chronicle, 1, 30)
    monkeypatch.setitem(past.STEPS, "place", past.STEPS["change_shelter"])
    with pytest.raises(AssertionError):
        await chronicle.check()


async def test_others_go_first_after_each_shelter_of_the_past(board_database: Database) -> None:
    catalogue, cards = await board_now(board_database, NOW)
    past = await do(board_database, lambda tx: stored.list_past(tx, NOW))
    words = await do(board_database, lambda tx: stored.list_words_since(tx, NOW))
    assert len(list(past_steps(past, words, catalogue, USUAL_LIMITS, NOW))) == len(past) == len(cards) > 1


async def test_a_picture_is_kept_as_long_as_the_journal(board_database: Database) -> None:
    """The role that serves deletes it: it has the right to."""
    await do(board_database, lambda tx: stored.take_pictures(tx, NOW))
    forget, second = forgetting(Terms())["pictures"], timedelta(seconds=1)
    term = NOW + Terms().journal
    assert await do(board_database, lambda tx: forget(tx, term - second)) == 0
    assert await do(board_database, lambda tx: forget(tx, term + second)) == 3


async def test_one_of_all_processes_takes_the_pictures(board_database: Database) -> None:
    assert [await do(board_database, lambda tx: keep_pictures(tx, NOW)) for _ in range(2)] == [True, False]
