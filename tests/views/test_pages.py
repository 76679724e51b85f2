"""The templates of a process, read before anybody comes."""

from bedboard.app import build_app
from bedboard.settings import WEB, Settings
from bedboard.store.database import Database
from tests.build import SEAL, FixedClock

TEMPLATES = {path.relative_to(WEB / "templates").as_posix() for path in (WEB / "templates").rglob("*.html")}


async def ready(database_url: str, clock: FixedClock, *, reads_templates: bool) -> list[int]:
    """Return by language how many templates a process has ready when it lets the first visitor in."""
    settings = Settings(demo=True, database_url=database_url)
    app = build_app(settings, SEAL, clock, has_jobs=False, has_watch=False, reads_templates=reads_templates).app
    async with app.router.lifespan_context(app):
        return [len(one.cache or ()) for one in app.state.process.pages._environments.values()]


async def test_no_visitor_waits_for_a_template_to_be_compiled(board_database: Database, clock: FixedClock) -> None:
    assert await ready(board_database.url, clock, reads_templates=True) == [len(TEMPLATES)] * 2
    few = await ready(board_database.url, clock, reads_templates=False)
    assert max(few) < len(TEMPLATES) / 2  # without it the first visitors compile the others
