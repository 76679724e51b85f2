"""The regional overview: the shelters of each police unit, with their hours and languages, and how often they were full.

It has no live occupancy. Names of shelters, and figures about few places, are for readers who may know them anyway.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bedboard.rules.access import KNOWING, SEEKERS, Actor
from bedboard.rules.criteria import CRITERIA, exploitations
from bedboard.rules.evenings import LEAST_PLACES, LEAST_SHELTERS, Full
from bedboard.store.board import Catalogue, KindRow, UnitRow
from bedboard.views.cards import Card

Cells = Mapping[tuple[str, str], Full]
"""The figure of each unit and kind."""


class ShelterView(NamedTuple):
    """A shelter with its places of one kind. `exploitation`: after which of these places takes people."""

    id: str
    name: str
    organization: str
    places: int
    exploitation: tuple[str, ...]
    intake: tuple[int, int]
    languages: frozenset[str]


class KindView(NamedTuple):
    """A kind of place in a unit. `full` None: nobody knows yet, or `is_small`: it would be about too few places."""

    kind: KindRow
    places: int
    shelter_count: int
    shelters: tuple[ShelterView, ...]
    exploitation: tuple[str, ...]
    intake: tuple[tuple[int, int], ...]
    languages: frozenset[str]
    full: Full | None
    is_small: bool


class UnitView(NamedTuple):
    """A police unit. `served`: the number of shelters after each form of exploitation, also those that nobody serves."""

    unit: UnitRow
    places: int
    kinds: tuple[KindView, ...]
    absent: tuple[KindRow, ...]
    served: Mapping[str, int]


class Sight(NamedTuple):
    """The sight of a reader: `links` to shelters, `names` of shelters, and figures about `few` places."""

    links: bool
    names: bool
    few: bool


def sight_of(actor: Actor) -> Sight:
    """Return the sight of this reader: a seeker sees the board anyway; others must not learn the past of one shelter."""
    is_seeker = actor.role in SEEKERS
    return Sight(links=is_seeker, names=actor.role in KNOWING, few=is_seeker)


def make_regions(cards: Iterable[Card], cells: Cells, catalogue: Catalogue, sight: Sight) -> list[UnitView]:
    """Return every police unit by name, also one without a place. `cells`: how often each kind and unit was full."""
    here: dict[str, list[Card]] = defaultdict(list)
    for card in sorted(cards, key=lambda card: (card.name, card.id)):
        here[card.unit].append(card)
    return [_unit(unit, here[unit.code], cells, catalogue, sight) for unit in catalogue.units.values()]


def _unit(unit: UnitRow, cards: list[Card], cells: Cells, catalogue: Catalogue, sight: Sight) -> UnitView:
    found: dict[str, list[ShelterView]] = defaultdict(list)
    for card in cards:
        for code in card.kinds:
            found[code].append(_shelter(card, code))
    kinds = [_kind(kind, found[kind.code], cells.get((unit.code, kind.code)), sight) for kind in catalogue.kinds.values()]
    after = Counter(name for card in cards for name in {name for code in card.kinds for name in _after(card, code)})
    return UnitView(
        unit=unit,
        places=sum(kind.places for kind in kinds),
        kinds=tuple(kind for kind in kinds if kind.places),
        absent=tuple(kind.kind for kind in kinds if not kind.places),
        served={name: after[name] for name in CRITERIA["exploitation"]},
    )


def _after(card: Card, kind: str) -> tuple[str, ...]:
    """Return the forms of exploitation that some place of this kind serves: a place may answer otherwise than its shelter."""
    served = {name for lot in card.lots if lot.kind == kind for name in exploitations(lot.terms.criteria)}
    return tuple(name for name in CRITERIA["exploitation"] if name in served)


def _shelter(card: Card, kind: str) -> ShelterView:
    intake = (card.intake_from_minutes, card.intake_until_minutes)
    places = card.kinds[kind]["total"]
    return ShelterView(card.id, card.name, card.organization, places, _after(card, kind), intake, card.terms.languages)


def _kind(kind: KindRow, shelters: list[ShelterView], full: Full | None, sight: Sight) -> KindView:
    places = sum(one.places for one in shelters)
    is_small = not sight.few and (places < LEAST_PLACES or len(shelters) < LEAST_SHELTERS)
    return KindView(
        kind=kind,
        places=places,
        shelter_count=len(shelters),
        shelters=tuple(shelters) if sight.names else (),
        exploitation=tuple(name for name in CRITERIA["exploitation"] if any(name in one.exploitation for one in shelters)),
        intake=tuple(sorted({one.intake for one in shelters})),
        languages=frozenset(code for one in shelters for code in one.languages),
        full=None if is_small else full,
        is_small=is_small,
    )
