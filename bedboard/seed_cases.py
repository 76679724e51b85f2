"""Play the cases of a seed file: what people did in the hours before a demo begins, through the actions."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bedboard.actions.answers import answer_case, take_arrival
from bedboard.actions.case_hand_over import hand_over_case
from bedboard.actions.cases import choose_offer, open_case
from bedboard.actions.counts import count_places
from bedboard.actions.holds import Holder, hold_place
from bedboard.actions.occupancy import change_place
from bedboard.rules.access import Actor
from bedboard.rules.cases import ShelterAnswer
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.schemas.seeds import SeedCase, SeedFile, SeedStep
from bedboard.store.database import Transaction
from bedboard.store.seal import Seal
from bedboard.store.shelters import list_deciding

BACK = timedelta(hours=1)


def _actors(seeds: SeedFile) -> Mapping[str, Actor]:
    return {
        one.id: Actor("person", one.id, one.role, one.name, one.organization, frozenset(one.shelters))  # type: ignore[arg-type]
        for one in seeds.person
    }


async def _moment(tx: Transaction, step: SeedStep, place_id: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when the step was taken; the caller names the place on which a closed desk has to decide."""
    if step.ago is not None:
        return now - step.ago
    [deciding], at = await list_deciding(tx, [place_id]), now
    while not deciding.counts_without_desk(at.astimezone(zone)):
        at -= BACK
    return at


async def play_cases(tx: Transaction, seeds: SeedFile, seal: Seal, now: datetime) -> int:
    """Play every case and every other step in the caller's transaction; return the number of cases.

    The seeds have just been loaded there. Refusals: those of the actions, for a step that could not have happened.
    """
    actors, zone = _actors(seeds), ZoneInfo(seeds.deployment.time_zone)
    for case in seeds.case:
        requester, offered = actors[case.person], next((step.place for step in case.steps if step.place), "")
        for step in case.steps:
            at = await _moment(tx, step, offered, zone, now)
            await _case_step(case, step, actors[step.by] if step.by else requester, seal, zone, at)(tx)
    for step in seeds.step:
        at = await _moment(tx, step, step.place, zone, now)
        await _place_step(step, actors, at)(tx)
    return len(seeds.case)


def _case_step(
    case: SeedCase, step: SeedStep, who: Actor, seal: Seal, zone: ZoneInfo, at: datetime
) -> Callable[[Transaction], Awaitable[object]]:
    arrives_at = None if step.after is None else at + step.after
    match step.do:
        case "ask":
            sealed = seal.close_needs(case.needs.model_dump_json(exclude_defaults=True))
            return lambda tx: open_case(tx, who, case.id, sealed, case.needs.near, step.shelters, at)
        case "yes":
            said, shelter_id = ShelterAnswer("yes", step.place), step.place.rpartition("-")[0]
            return lambda tx: answer_case(tx, who, case.id, shelter_id, said, f"{case.id}-{step.place}", at)
        case "choose":
            return lambda tx: choose_offer(tx, who, case.id, step.shelter, at, zone, arrives_at)
        case "arrive":
            return lambda tx: take_arrival(tx, who, case.id, step.shelter, at, zone, arrived=True)
        case "hand_over" if step.to is not None:
            to = Holder(*step.to)
            return lambda tx: hand_over_case(tx, who, case.id, to, at)
        case _:
            raise ValueError(f"{case.id} has no step {step.do!r}")


def _place_step(step: SeedStep, actors: Mapping[str, Actor], at: datetime) -> Callable[[Transaction], Awaitable[object]]:
    match step.do:
        case "count":
            system = Actor("client", f"demo-shelter-{step.shelter}", "machine", step.shelter, None, frozenset({step.shelter}))
            counts = {step.kind: KindCount(step.empty)}
            return lambda tx: count_places(tx, system, step.shelter, counts, at, at)
        case "hold" if step.by is not None:
            holder = actors[step.by]
            return lambda tx: hold_place(tx, holder, [step.place], f"hold-{step.place}", at)
        case "occupy" | "close" if step.by is not None:
            who, end = actors[step.by], None if step.after is None else at + step.after
            change = PlaceChange("occupied" if step.do == "occupy" else "closed", "repair" if step.do == "close" else None, end)
            return lambda tx: change_place(tx, who, step.place, change, at)
        case _:
            raise ValueError(f"no step {step.do!r} belongs to a place")
