"""The life of a case as it was written down by hand, apart from the rules."""

from collections.abc import Mapping
from typing import Any

from bedboard.rules.cases import (
    CaseState,
    Event,
)

HANDING = "hand_over keep take_over decline"
ASKING = "ask choose choose_for_desk choose_provisionally"
CHANGE = "change_arrival close_desk"


def handing(state: CaseState) -> Mapping[Any, CaseState]:
    """A case that is handed over, kept, taken over or declined goes on as it was."""
    return dict.fromkeys(HANDING.split(), state)


# The table of the rules said a second time, by hand and by state: first what may happen and what comes of it, then what is
# refused and why. A cell that is changed in the code fails here until somebody has thought about it twice.
LIVES: Mapping[CaseState, tuple[Mapping[str, CaseState], Mapping[str, str]]] = {
    "asking": (
        {
            **handing("asking"),
            "ask": "asking",
            "answer": "asking",
            "choose": "confirmed",
            "choose_for_desk": "chosen",
            "choose_provisionally": "provisional",
            "withdraw": "withdrawn",
            "cancel": "cancelled",
            "lapse": "withdrawn",
        },
        {
            "not_chosen": "change_arrival close_desk confirm refuse end_stay arrive miss resume arrive_after_all",
            "going_on": "tell_outcome",
        },
    ),
    "chosen": (
        {
            **handing("chosen"),
            "change_arrival": "chosen",
            "close_desk": "provisional",
            "confirm": "confirmed",
            "refuse": "asking",
            "arrive": "housed",
            "miss": "asking",
            "resume": "asking",
            "withdraw": "withdrawn",
            "cancel": "cancelled",
            "lapse": "withdrawn",
        },
        {
            "chosen": f"{ASKING}",
            "settled": "answer",
            "not_arrived": "end_stay",
            "going_on": "tell_outcome arrive_after_all",
        },
    ),
    "provisional": (
        {
            **handing("provisional"),
            "change_arrival": "provisional",
            "confirm": "confirmed",
            "refuse": "asking",
            "arrive": "housed",
            "miss": "asking",
            "resume": "asking",
            "withdraw": "withdrawn",
            "cancel": "cancelled",
            "lapse": "withdrawn",
        },
        {
            "chosen": f"{ASKING}",
            "decided": "close_desk",
            "settled": "answer",
            "not_arrived": "end_stay",
            "going_on": "tell_outcome arrive_after_all",
        },
    ),
    "confirmed": (
        {
            **handing("confirmed"),
            "change_arrival": "confirmed",
            "arrive": "arrived",
            "miss": "asking",
            "resume": "asking",
            "withdraw": "withdrawn",
            "cancel": "cancelled",
            "lapse": "withdrawn",
        },
        {
            "decided": f"{ASKING} close_desk confirm refuse",
            "not_arrived": "end_stay",
            "settled": "answer",
            "going_on": "tell_outcome arrive_after_all",
        },
    ),
    "housed": (
        {**handing("housed"), "confirm": "arrived", "end_stay": "asking", "lapse": "arrived"},
        {
            "arrived": f"{ASKING} {CHANGE} refuse arrive miss resume withdraw cancel tell_outcome arrive_after_all",
            "settled": "answer",
        },
    ),
    "arrived": (
        {},
        {
            "arrived": f"{ASKING} {CHANGE} confirm refuse arrive miss resume withdraw cancel {HANDING} tell_outcome"
            " lapse arrive_after_all",
            "over": "end_stay",
            "settled": "answer",
        },
    ),
    "withdrawn": (
        {"cancel": "cancelled", "tell_outcome": "ended", "lapse": "ended", "arrive_after_all": "arrived"},
        {
            "over": f"{ASKING} {CHANGE} confirm refuse end_stay arrive miss resume withdraw {HANDING}",
            "settled": "answer",
        },
    ),
    "ended": (
        {},
        {
            "over": f"{ASKING} {CHANGE} confirm refuse end_stay arrive miss resume withdraw cancel"
            f" {HANDING} tell_outcome lapse arrive_after_all",
            "settled": "answer",
        },
    ),
    "cancelled": (
        {},
        {
            "over": f"{ASKING} {CHANGE} confirm refuse end_stay arrive miss resume withdraw cancel"
            f" {HANDING} tell_outcome lapse arrive_after_all",
            "settled": "answer",
        },
    ),
}


def said_by_hand(state: CaseState, event: Event) -> str:
    may, refused = LIVES[state]
    found: list[str] = [may[event]] if event in may else []
    found += [f"request_{code}" for code, events in refused.items() if event in events.split()]
    assert len(found) == 1, f"{state} x {event} is said {len(found)} times by hand"
    return found[0]
