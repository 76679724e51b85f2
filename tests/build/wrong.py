"""What must never be so in any case, whatever has happened and in whatever order."""

from collections import Counter

from bedboard.rules.cases import RESERVED
from tests.build.cases import OVER, rows_of
from tests.build.rows import Rows

LIVING = ("asking", "chosen", "provisional", "confirmed")
WITH_CHOICE = ("chosen", "provisional", "confirmed", "housed", "arrived")


def wrong_with(rows: Rows) -> list[str]:
    """What must never be so, whatever has happened and in whatever order; empty when all is well."""
    return [*_wrong_claims(rows), *_wrong_cases(rows)]


def _wrong_claims(rows: Rows) -> list[str]:
    wrong: list[str] = []
    cases = {row["id"]: row for row in rows_of(rows, "case_record")}
    parts = rows_of(rows, "ask")
    kept = [row for row in rows_of(rows, "claim") if row["ended_at"] is None]
    promised = Counter(row["place_id"] for row in kept)
    wrong += [f"{place_id} is promised {count} times" for place_id, count in promised.items() if count > 1]
    held = {row["id"]: row for row in rows_of(rows, "claim") if row["type"] == "hold"}
    for part in parts:
        if part["hold_id"] is not None and not held[part["hold_id"]]["place_id"].startswith(f"{part['shelter_id']}-"):
            wrong.append(f"{part['case_id']} uses a hold of another shelter than {part['shelter_id']}")
    for claim in kept:
        if claim["type"] != "reservation":
            continue
        case = cases[claim["case_id"]]
        promise = claim["first_id"] or claim["id"]
        said = [part for part in parts if part["case_id"] == case["id"] and part["claim_id"] == promise]
        if case["state"] not in LIVING:
            wrong.append(f"{claim['place_id']} is kept for {case['id']}, which is {case['state']}")
        offered = [(part["answer"], {part["place_id"], *part["more_place_ids"]}) for part in said]
        together = {one["place_id"] for one in kept if (one["first_id"] or one["id"]) == promise}
        if [(answer, claim["place_id"] in places) for answer, places in offered] != [("yes", True)]:
            wrong.append(f"{claim['place_id']} is kept for {case['id']}, and nobody says so")
        elif said[0]["settled"] != (None if case["state"] == "asking" else "chosen"):
            wrong.append(f"{claim['place_id']} is kept for {case['id']}, where it is {said[0]['settled']}")
        elif claim["expires_at"] is None and offered[0][1] != together:
            wrong.append(f"{case['id']} was promised {offered[0][1]} and has {together}")
    return wrong


def _wrong_cases(rows: Rows) -> list[str]:
    wrong: list[str] = []
    parts = rows_of(rows, "ask")
    for case in rows_of(rows, "case_record"):
        own = [part for part in parts if part["case_id"] == case["id"]]
        chosen = sum(part["settled"] == "chosen" for part in own)
        if chosen != (case["state"] in WITH_CHOICE):
            wrong.append(f"{case['id']} is {case['state']} with {chosen} chosen")
        if case["state"] in RESERVED:
            [part] = [one for one in own if one["settled"] == "chosen"]
            claim = rows["claim", part["claim_id"]]
            if claim["ended_at"] is not None or claim["expires_at"] is not None:
                wrong.append(f"{case['id']} is {case['state']}, and {part['place_id']} is free or will be")
        if case["state"] != "asking" and any(part["settled"] is None for part in own):
            wrong.append(f"{case['id']} is {case['state']} and somebody still waits")
        if (case["state"] in OVER) != (case["needs_sealed"] is None):
            wrong.append(f"{case['id']} is {case['state']}, and what was asked is there or is not")
        if case["state"] in OVER and (case["refusal"] or any(part["reason"] or part["criterion"] for part in own)):
            wrong.append(f"{case['id']} is {case['state']} and still says why it was refused")
    return wrong
