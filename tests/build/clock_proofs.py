"""Rows of docs/clock.md about codes, challenges and proofs, what one person may keep from others, and past evenings."""

import re
from contextlib import aclosing
from datetime import datetime

from bedboard.actions.enrolment import try_code
from bedboard.actions.passkeys import hash_challenge, use_challenge
from bedboard.actions.taking import take_place
from bedboard.rules.cases import ShelterAnswer, check_arrival
from bedboard.rules.devices import CHALLENGE_LASTS, CODE_LASTS, finding_part, is_fresh, is_living
from bedboard.rules.evenings import list_evenings
from bedboard.rules.refusals import Refusal
from bedboard.store.claims import count_kept
from bedboard.store.database import Transaction
from bedboard.store.passkeys import save_challenge
from bedboard.store.tables.passkeys import EnrolCode
from tests.build import NOW, SEAL
from tests.build.cases import HOUR, MARK, ZONE, ask
from tests.build.clock import At, Row, rule
from tests.build.holds import hold
from tests.build.rows import do
from tests.build.site import Site

CODE = "kast-boot-maan-riet-wolk"
BOUND = b"hash of a session"
ARRIVES_AT = NOW + 10 * HOUR
NOT_KNOWN = "nog niet bekend hoe vaak het vol was"


async def a_code(site: Site) -> datetime:
    finding_hash, code_hash = SEAL.digest(finding_part(CODE)), SEAL.digest(CODE)

    async def keep(tx: Transaction) -> None:
        tx.add(EnrolCode(finding_hash=finding_hash, code_hash=code_hash, person_id="mark", made_at=NOW))

    await do(site.process.database, keep)
    return NOW + HOUR / 4


async def a_challenge(site: Site) -> datetime:
    await do(site.process.database, lambda tx: save_challenge(tx, hash_challenge(b"c"), "unlock", BOUND, NOW))
    return NOW + HOUR / 12


async def a_proof(site: Site) -> datetime:
    async with aclosing(await site.sign_in("mark")):
        return NOW + HOUR / 12


async def a_kept_place(site: Site) -> datetime:
    await hold(site.process.database)
    return NOW + HOUR / 2


async def a_far_arrival(site: Site) -> datetime:
    """A household that comes ten hours from now: in two hours the police may take a place for it themselves."""
    await ask(site.process.database, "nood")
    return ARRIVES_AT - 8 * HOUR


async def an_evening(site: Site) -> datetime:
    return NOW + 8 * HOUR  # 22:00 in Amsterdam


async def evenings_of_men(at: At) -> object:
    found = re.search(r"Mannen: 2 plekken 1 locatie; (.*?) Ceder", await at.page("mark", "/regions"))
    return found and found[1]


async def is_code_right(at: At) -> object:
    async with at.site.process.database.transaction() as tx:
        return not isinstance(await try_code(tx, CODE, SEAL, "public", at.now), Refusal)


async def does_challenge_count(at: At) -> object:
    """Return whether it counts; it stays for the next look, as if nobody had used it."""
    found: list[bool] = []

    async def use(tx: Transaction) -> None:
        found.append(await use_challenge(tx, b"c", "unlock", BOUND, at.now))

    await at.tried(use)
    return found == [True]


async def is_proof_fresh(at: At) -> object:
    return is_fresh(await at.one("select proven_at from session where person_id = 'mark'"), at.now)


async def kept_by_mark(at: At) -> object:
    async with at.site.process.database.transaction() as tx:
        return (await count_kept(tx, "oever", MARK.id, None, at.now))[0]


async def is_taking_refused(at: At) -> object:
    said = ShelterAnswer("yes", "nood-1")
    return await at.tried(lambda tx: take_place(tx, MARK, "r1", "nood", said, "c1", at.now, ZONE, ARRIVES_AT))


def taken_at(now: datetime) -> str:
    try:
        check_arrival(ARRIVES_AT, now, is_taken=True)
    except Refusal as refusal:
        return refusal.code
    return "may"


OF_PROOFS = (
    Row(
        "code",
        a_code,
        {
            "rules": (rule(lambda now: is_living(NOW, CODE_LASTS, now)), (True, False)),
            "database": (is_code_right, (True, False)),
        },
    ),
    Row(
        "challenge",
        a_challenge,
        {
            "rules": (rule(lambda now: is_living(NOW, CHALLENGE_LASTS, now)), (True, False)),
            "database": (does_challenge_count, (True, False)),
        },
    ),
    Row(
        "proof",
        a_proof,
        {
            "rules": (rule(lambda now: is_fresh(NOW, now)), (True, False)),
            "database": (is_proof_fresh, (True, False)),
        },
    ),
    Row("kept", a_kept_place, {"database": (kept_by_mark, (1, 0))}),
    Row(
        "ahead",
        a_far_arrival,
        {
            "rules": (rule(taken_at), ("invalid", "may", "may", "invalid")),
            "database": (is_taking_refused, ("invalid", "may", "may", "invalid")),
        },
    ),
    Row(
        "evening",
        an_evening,
        {
            "rules": (rule(lambda now: (list_evenings(ZONE, now)[-1] - NOW) / HOUR), (-16, 8, 8, 8 + 5 * 24)),
            "page": (
                evenings_of_men,
                (NOT_KNOWN, "op 1 avond niet vol", "op 1 avond niet vol", "op geen van de 6 avonden vol"),
            ),
        },
    ),
)
