"""A board with a past: it is noted at each moment, to be compared with the past that the journal tells."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bedboard.actions.counts import count_places
from bedboard.actions.criteria import set_place_criteria, set_terms
from bedboard.actions.holds import extend_hold, release_hold
from bedboard.actions.manage.catalogue import KindFacts, UnitFacts, change_kind, change_unit, kind_facts
from bedboard.actions.manage.organizations import OrganizationFacts, change_organization
from bedboard.actions.manage.places import PlaceFacts, change_place_facts, close_for_good, open_places
from bedboard.actions.manage.shelters import ShelterFacts, change_shelter, found_shelter
from bedboard.actions.occupancy import change_place, confirm_named_kinds, confirm_shelter, undo_change
from bedboard.rules.fit import make_terms
from bedboard.rules.freshness import USUAL_LIMITS
from bedboard.rules.managing import Nights
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Refusal
from bedboard.store.board import Catalogue, get_catalogue, list_shelters
from bedboard.store.database import Database, Transaction
from bedboard.store.past import list_past, list_words_since, take_pictures
from bedboard.store.tables.board import Kind
from bedboard.views.cards import Card, make_card
from bedboard.views.past import Stood, show_past
from tests.build import NOW, SEAL, actor
from tests.build.cases import MARK, ZONE
from tests.build.holds import hold
from tests.build.rows import do

WOUTER = actor("admin", "wouter", ())
ANNEKE = actor("manager", "anneke", ("linde", "ceder"))
SANNE = actor()
MACHINE = actor("machine", "demo-shelter-linde", kind="client")
UNDO = timedelta(seconds=30)
PLACES = ("linde-1", "linde-2", "linde-3", "linde-4")


def comparable(card: Card) -> Card:
    """Return the card without the facts that the journal does not keep: holders, cases, and looks that changed nothing."""

    def nameless(place: object) -> object:
        plain = {"claim": place.claim, "shut_out": place.shut_out}  # type: ignore[attr-defined]
        less = {k: v and v._replace(id="", holder_key=None, case_id=None) for k, v in plain.items()}
        return place._replace(**less)  # type: ignore[attr-defined]

    stamp = card.stamp._replace(phase=0)  # the moments at which a claim is over count even if it has ended before
    return replace(card, asks_rest=False, stamp=stamp, places=tuple(map(nameless, card.places)))  # type: ignore[arg-type]


async def board_now(database: Database, now: datetime) -> tuple[Catalogue, tuple[Card, ...]]:
    """Return the catalogue and the cards as a board shows them at this moment."""
    async with database.transaction() as tx:
        catalogue = await get_catalogue(tx)
        rows = await list_shelters(tx)
    assert catalogue is not None
    cards = (comparable(make_card(row, catalogue, USUAL_LIMITS, now)) for row in rows)
    return catalogue, tuple(sorted(cards, key=lambda card: card.name))


async def board_then(database: Database, at: datetime) -> Stood:
    """Return the same as the journal tells it."""
    async with database.transaction() as tx:
        catalogue = await get_catalogue(tx)
        assert catalogue is not None
        stood = show_past(await list_past(tx, at), await list_words_since(tx, at), catalogue, USUAL_LIMITS, at)
    return stood._replace(cards=tuple(map(comparable, stood.cards)))


@dataclass
class Chronicle:
    """Notes the board at each moment."""

    database: Database
    at: datetime = NOW
    noted: dict[datetime, tuple[Catalogue, tuple[Card, ...]]] = field(default_factory=dict)

    async def note(self) -> None:
        self.noted[self.at] = await board_now(self.database, self.at)

    async def check(self) -> None:
        """Compare every moment with the past that the journal tells."""
        for at, (catalogue, cards) in self.noted.items():
            stood = await board_then(self.database, at)
            assert stood.unknown == (), at
            assert stood.cards == cards, at
            assert stood.catalogue.words == catalogue.words, at


async def _tap(database: Database, dice: random.Random, now: datetime) -> None:
    """A tap, and sometimes its undoing a few seconds later by the same person."""
    change = dice.choice([PlaceChange("free"), PlaceChange("occupied"), PlaceChange("closed", "cleaning")])
    changed = await do(database, lambda tx: change_place(tx, SANNE, dice.choice(PLACES), change, now))
    if dice.random() < 0.4:
        await do(database, lambda tx: undo_change(tx, SANNE, "linde", changed.journal_id, now, UNDO))


async def _hold(database: Database, dice: random.Random, now: datetime) -> None:
    await hold(database, MARK, dice.sample(PLACES, dice.choice([1, 1, 2])), f"h{dice.getrandbits(60)}", now)


async def _end_hold(database: Database, dice: random.Random, now: datetime) -> None:
    cards = (await board_now_raw(database, now)).values()
    ids = [place.claim.id for card in cards for place in card.places if place.claim and place.claim.type == "hold"]
    if ids:
        end = dice.choice([extend_hold, release_hold])
        await do(database, lambda tx: end(tx, MARK, dice.choice(ids), now))


async def board_now_raw(database: Database, now: datetime) -> dict[str, Card]:
    async with database.transaction() as tx:
        catalogue, rows = await get_catalogue(tx), await list_shelters(tx)
    assert catalogue is not None
    return {row.id: make_card(row, catalogue, USUAL_LIMITS, now) for row in rows}


async def _places(database: Database, dice: random.Random, now: datetime) -> None:
    """Add a place, for good or for tonight, change one, or close one for good."""
    step, new = dice.randrange(3), f"n{dice.getrandbits(40)}"
    nights = dice.choice([None, Nights(now.astimezone(ZONE).date(), now.astimezone(ZONE).date() + timedelta(days=1))])
    facts = PlaceFacts(new, dice.choice(["women", "cosm"]), dice.randint(1, 3), 0, nights)
    if step == 0:
        await do(database, lambda tx: open_places(tx, ANNEKE, "linde", facts, [new], now, ZONE))
    elif step == 1:
        await do(database, lambda tx: change_place_facts(tx, ANNEKE, "linde", dice.choice(PLACES[:2]), facts, now, ZONE))
    else:
        await do(database, lambda tx: close_for_good(tx, ANNEKE, "ceder", dice.choice(["ceder-1", "ceder-2"]), now))


async def _shelters(database: Database, dice: random.Random, now: datetime) -> None:
    name = f"Huis {dice.randrange(1000)}"
    contact = {"telephone": "010 55 66", "address": "Kade 3, Zwolle"}
    if dice.random() < 0.5:
        facts = ShelterFacts(name, ("07:30",), "oever", "zuid", **contact)
        await do(database, lambda tx: found_shelter(tx, WOUTER, f"s{dice.getrandbits(40)}", facts, SEAL, now))
    else:
        facts = ShelterFacts(name, ("06:00", "20:00"), unit=dice.choice(["noord", "zuid"]))
        await do(database, lambda tx: change_shelter(tx, WOUTER, "ceder", facts, SEAL, now))


async def _words(database: Database, dice: random.Random, now: datetime) -> None:
    word = f"Naam {dice.randrange(1000)}"

    async def rename(tx: Transaction) -> None:
        kind = await tx.get_one(Kind, "cosm")
        facts = KindFacts(
            **kind_facts(kind) | {"name_nl": word, "fresh_minutes": 60, "ageing_minutes": dice.choice([120, 300])}
        )
        await change_kind(tx, WOUTER, "cosm", facts, now, None)

    await do(database, dice.choice([
        rename,
        lambda tx: change_unit(tx, WOUTER, "noord", UnitFacts(word, "NN"), now, None),
        lambda tx: change_organization(tx, WOUTER, "oever", OrganizationFacts(word), now, None),
    ]))  # fmt: skip


async def _criteria(database: Database, dice: random.Random, now: datetime) -> None:
    answer = dice.choice(["yes", "no", "discuss"])
    terms = make_terms({"woman": answer, "lvb": "no"}, {"min_age": dice.randint(16, 20)}, (1200, 480), {"so", "nl"})
    await do(database, dice.choice([
        lambda tx: set_terms(tx, ANNEKE, "linde", terms, now),
        lambda tx: set_place_criteria(tx, ANNEKE, "linde-1", {"man": answer}, now),
    ]))  # fmt: skip


async def _report(database: Database, dice: random.Random, now: datetime) -> None:
    seen_at = now - timedelta(minutes=dice.choice([0, 0, 7]))
    await do(database, dice.choice([
        lambda tx: confirm_shelter(tx, SANNE, "linde", now, seen_at),
        lambda tx: confirm_named_kinds(tx, MACHINE, "linde", ["cosm"], now, seen_at),
        lambda tx: count_places(tx, MACHINE, "linde", {"women": KindCount(dice.choice([0, 1]))}, now, seen_at),
        lambda tx: count_places(tx, MACHINE, "linde", {"cosm": KindCount(dice.choice([0, 1]))}, now, seen_at),
    ]))  # fmt: skip


async def _picture(database: Database, dice: random.Random, now: datetime) -> None:
    await do(database, lambda tx: take_pictures(tx, now))


STEPS: Sequence[Callable[[Database, random.Random, datetime], Awaitable[None]]] = (
    _tap,
    _tap,
    _tap,
    _hold,
    _hold,
    _end_hold,
    _places,
    _shelters,
    _words,
    _criteria,
    _report,
    _report,
    _picture,
)


async def live(chronicle: Chronicle, seed: int, steps: int) -> int:
    """Play so many random steps; return how many were not refused. Now and then hours go by, so that holds run out."""
    dice, done = random.Random(seed), 0  # noqa: S311
    await chronicle.note()
    for _ in range(steps):
        chronicle.at += timedelta(minutes=dice.choice([1, 1, 5, 20, 40, 200]))
        await chronicle.note()
        chronicle.at += timedelta(seconds=10)
        try:
            await dice.choice(STEPS)(chronicle.database, dice, chronicle.at)
            done += 1
        except Refusal:
            pass
        await chronicle.note()
    return done
