"""A site whose pulse only the test rings."""

from collections.abc import AsyncIterator

import pytest

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.site import Site, served


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """Serve the small board; neither its own pulse nor the end of an idle session gets in the way."""
    async with served(board_database.url, clock, own_pulse=False, session_idle_minutes=600) as site:
        yield site
