"""Situations of tests/routes/test_clock.py: tokens of programs, and a file that somebody looks at."""

from datetime import datetime

from bedboard.actions.manage.roster import keep_draft
from bedboard.actions.manage.tokens import TokenFacts, make_token, rotate_token
from tests.build import NOW, actor
from tests.build.cases import HOUR
from tests.build.clock import DAY
from tests.build.rows import do
from tests.build.site import Site


async def _a_token(site: Site) -> None:
    """Make the token "first" for a program of the police that counts for a month."""
    wouter, facts = actor("admin", "wouter", ()), TokenFacts("zoeker", "police", {"read"}, 30, None, "oever")
    await do(site.process.database, lambda tx: make_token(tx, wouter, "zoeker", "first", facts, NOW))


async def a_token(site: Site) -> datetime:
    await _a_token(site)
    return NOW + 30 * DAY


async def a_rotated_token(site: Site) -> datetime:
    """Its new token is "second"."""
    await _a_token(site)
    wouter = actor("admin", "wouter", ())
    await do(site.process.database, lambda tx: rotate_token(tx, wouter, "zoeker", "second", NOW))
    return NOW + DAY


async def a_new_token_of_a_shelter(site: Site) -> datetime:
    anneke, facts = actor("manager", "anneke", ("linde", "ceder")), TokenFacts("roster", "machine", {"read"}, 30, "linde")
    await do(site.process.database, lambda tx: make_token(tx, anneke, "roster", "first", facts, NOW))
    return NOW + 7 * DAY


async def a_file(site: Site) -> datetime:
    """Somebody looks at a file with one shelter, and does not save it."""
    wouter, said = actor("admin", "wouter", ()), '{"file": "", "rows": [[2, "shelter", "Beuk", "new", 1, []]]}'
    await do(site.process.database, lambda tx: keep_draft(tx, wouter, said, site.process.seal, NOW))
    return NOW + 2 * HOUR
