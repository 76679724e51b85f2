"""A site whose pulse only the test rings."""

from collections.abc import AsyncIterator

import pytest

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.site import Site, start_site, stop_site


@pytest.fixture
async def site(board: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """Serve the small board; neither its own pulse nor the end of an idle session gets in the way."""
    site, server, running = await start_site(board.url, clock, own_pulse=False, session_idle_minutes=600)
    yield site
    await stop_site(server, running)
