"""The board on which cases are tested, the connections of two processes, and cases that are not locked."""

from collections.abc import AsyncIterator

import pytest

from bedboard.actions import case_lock, cases
from bedboard.store.cases import get_case
from bedboard.store.database import Database
from tests.build.rows import unlocked_organization


@pytest.fixture
async def pools(case_database: Database) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes' worth of connections."""
    second = Database(case_database.url, case_database.marks, pool_size=30)
    yield case_database, second
    await second.dispose()


@pytest.fixture
def case_locked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """False: a case is read as it is, and not locked."""
    if not request.param:
        monkeypatch.setattr(case_lock, "lock_case_record", get_case)
        monkeypatch.setattr(cases, "lock_organization", unlocked_organization)  # which a choice takes before the case
    return bool(request.param)
