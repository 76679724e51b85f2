"""Profiles to search with, by codes that are nowhere else on the small board."""

CANARIES = ("dublin", "labour", "wheelchair", "pregnant", "other_gender")  # codes that are nowhere else on the small board


CANARY = {
    "adults.other_gender": "1",
    "statuses.dublin": "on",
    "exploitation": "labour",
    "needs.wheelchair": "on",
    "needs.pregnant": "on",
    "arrival": "now",
}
