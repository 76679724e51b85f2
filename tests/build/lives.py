"""The life of a case as it was written down by hand, apart from the rules."""

from collections.abc import Mapping

from bedboard.rules.cases import (
    CaseState,
    Event,
)

# The table of the rules said a second time, by hand and by state: first what may happen and what comes of it, then what is
# refused and why. A cell that is changed in the code fails here until somebody has thought about it twice.
LIVES: Mapping[CaseState, tuple[Mapping[str, CaseState], Mapping[str, str]]] = {
    "asking": (
        {
            "ask": "asking",
            "answer": "asking",
            "choose": "confirmed",
            "choose_for_desk": "chosen",
            "choose_provisionally": "provisional",
            "withdraw": "withdrawn",
            "lapse": "withdrawn",
        },
        {
            "not_chosen": "close_desk confirm refuse arrive miss",
            "going_on": "tell_outcome",
        },
    ),
    "chosen": (
        {
            "close_desk": "provisional",
            "confirm": "confirmed",
            "refuse": "asking",
            "arrive": "housed",
            "miss": "asking",
            "withdraw": "withdrawn",
            "lapse": "withdrawn",
        },
        {
            "chosen": "ask choose choose_for_desk choose_provisionally",
            "settled": "answer",
            "going_on": "tell_outcome",
        },
    ),
    "provisional": (
        {
            "confirm": "confirmed",
            "refuse": "asking",
            "arrive": "housed",
            "miss": "asking",
            "withdraw": "withdrawn",
            "lapse": "withdrawn",
        },
        {
            "chosen": "ask choose choose_for_desk choose_provisionally",
            "decided": "close_desk",
            "settled": "answer",
            "going_on": "tell_outcome",
        },
    ),
    "confirmed": (
        {"arrive": "arrived", "miss": "asking", "withdraw": "withdrawn", "lapse": "withdrawn"},
        {
            "decided": "ask choose choose_for_desk choose_provisionally close_desk confirm refuse",
            "settled": "answer",
            "going_on": "tell_outcome",
        },
    ),
    "housed": (
        {"confirm": "arrived", "lapse": "arrived"},
        {
            "arrived": "ask choose choose_for_desk choose_provisionally close_desk refuse arrive miss withdraw tell_outcome",
            "settled": "answer",
        },
    ),
    "arrived": (
        {},
        {
            "arrived": "ask choose choose_for_desk choose_provisionally close_desk confirm refuse arrive miss withdraw"
            " tell_outcome lapse",
            "settled": "answer",
        },
    ),
    "withdrawn": (
        {"tell_outcome": "ended", "lapse": "ended"},
        {
            "over": "ask choose choose_for_desk choose_provisionally close_desk confirm refuse arrive miss withdraw",
            "settled": "answer",
        },
    ),
    "ended": (
        {},
        {
            "over": "ask choose choose_for_desk choose_provisionally close_desk confirm refuse arrive miss withdraw"
            " tell_outcome lapse",
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
