"""Personal data as it might be sent from outside, and a search for it in everything that a deployment keeps."""

import html
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote, quote_plus

CORPUS: Sequence[str] = (
    "Fatima-Kowalczyk-1999",  # looks like an id
    "Blessing Oyelaran-Çelik",
    "fatima.kowalczyk@slachtoffer.example",
    "+31-6-12398745",
    "987654329",  # as long as a citizen service number
    "Fаtimа Коwаlсzук",
    "٠٦١٢٣٩٨٧٤٥",
    "９８７６５４３２９",
)


def spellings(said: str) -> set[bytes]:
    """Return the ways in which a text may be written down, in small letters."""
    ways = {said, quote(said), quote(said, safe=""), quote_plus(said), html.escape(said)}
    ways |= {json.dumps(said)[1:-1], ascii(said)[1:-1], said.encode().decode("latin-1")}
    octets = {way.encode() for way in ways | {way.lower() for way in ways}} | {said.encode("utf-16-le")}
    return {one.lower() for one in octets}


NEEDLES = {said: spellings(said) for said in CORPUS}


def found_in(places: Iterable[tuple[str, bytes]]) -> tuple[list[tuple[str, str]], int]:
    """Return where a text of the corpus stands, with the text, and how many bytes were searched."""
    found, searched = [], 0
    for name, octets in places:
        small = octets.lower()
        searched += len(small)
        found += [(name, said) for said, needles in NEEDLES.items() if any(needle in small for needle in needles)]
    return found, searched


def files_of(data_dir: Path) -> list[tuple[str, bytes]]:
    """Return the files of an embedded server: tables, indexes, write-ahead log, and its own log."""
    folder = (data_dir / "embedded-postgresql").resolve()
    return [(str(path.relative_to(folder)), path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]
