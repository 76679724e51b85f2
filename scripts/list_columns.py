"""Write the data inventory into docs/privacy.md, between its markers.

Usage: .venv/bin/python scripts/list_columns.py
"""

from itertools import groupby
from pathlib import Path

from bedboard.store.tables.inventory import CLASSES, TERMS, read_inventory

FILE = Path(__file__).parents[1] / "docs" / "privacy.md"
BEGIN, END = "<!-- begin: scripts/list_columns.py -->\n", "<!-- end -->\n"


def inventory() -> str:
    """Return the inventory: the classes, then a table of columns for each table of the database."""
    lines = ["| class | meaning |", "|---|---|", *(f"| {name} | {meaning} |" for name, meaning in CLASSES.items()), ""]
    for table, columns in sorted(read_inventory().items()):
        lines += [f"#### {table}", "", "| columns | class | purpose | kept |", "|---|---|---|---|"]
        for (kind, purpose, term), same in groupby(columns, key=lambda one: (one.kind, one.purpose, one.term)):
            names = ", ".join(f"`{one.name}`" for one in same)
            lines.append(f"| {names} | {kind} | {purpose} | {TERMS[term]} |")
        lines.append("")
    return "\n".join(lines)


def written(paper: str) -> str:
    """Return the text of the paper with the inventory as it is now."""
    before, _, rest = paper.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{inventory()}\n{END}{after}"


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text(encoding="utf-8")), encoding="utf-8")
