"""The confirmation of a shelter that is left when taps that confirmed it are undone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedboard.rules.freshness import Confirmation, Confirming, confirmation_left

T = datetime(2026, 3, 11, 14, tzinfo=UTC)


def at(minute: int) -> datetime:
    return T + timedelta(minutes=minute)


def known(minute: int | None, by: str = "person", **kinds: int) -> Confirmation:
    return Confirmation(None if minute is None else at(minute), by, {kind: at(one) for kind, one in kinds.items()})


def report(minute: int, before: Confirmation | None = None, *, undone: bool = False, by: str = "person") -> Confirming:
    return Confirming(at(minute), by, undone, before)


@pytest.mark.parametrize(
    ("reports", "present", "left"),
    [
        ([report(5, known(0), undone=True)], known(5), known(0)),
        ([report(5, known(0, "client"), undone=True)], known(5), known(0, "client")),
        ([report(5, known(0), undone=True), report(6, known(5))], known(6), known(6)),
        ([report(5, known(0)), report(6, known(5), undone=True)], known(6), known(5)),
        ([report(5, known(0), undone=True), report(6, known(5), undone=True)], known(6), known(0)),
        ([report(5, known(0), undone=True), report(3)], known(5), known(3)),  # the second one had waited on a phone
        ([report(5, known(7), undone=True)], known(7), known(7)),  # the tap had waited: it made nothing newer
        ([report(5, known(None, cosm=1), undone=True)], known(5), known(None, cosm=1)),
        ([report(5, known(0, "client", cosm=2), undone=True)], known(5), known(0, "client", cosm=2)),
        ([report(5, known(0), undone=True)], known(5, "client", men=6), known(0, "client", men=6)),
        ([report(5, known(0, men=2), undone=True), report(8, known(5))], known(8), known(8)),
        ([report(5, undone=True)], known(5), known(5)),  # nobody knows how it was before
    ],
)
def test_what_is_left(reports: Sequence[Confirming], present: Confirmation, left: Confirmation) -> None:
    assert confirmation_left(reports, present) == left


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=6))
def test_it_is_as_if_the_undone_ones_had_never_been(said: list[tuple[int, bool]]) -> None:
    reports = [report(minute, known(0), undone=undone) for minute, undone in said]
    newest = max([0, *(minute for minute, undone in said if not undone)])
    assert confirmation_left(reports, known(60)).at == at(newest)
