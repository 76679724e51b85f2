"""Ready pieces: a shelter rendered once per kind of audience and kept until its stamp changes.

Pages, snapshots and answers are joins of them.
"""

import gzip
import struct
import zlib
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from markupsafe import Markup

from bedboard.rules.places import CLOSED_REASONS, PlaceStatus
from bedboard.store.board import Catalogue
from bedboard.views.cards import UNDRAWN, Card, PlaceView, Stamp
from bedboard.views.facets import EVERYTHING, Facets, Filter, codes_of_facets
from bedboard.views.faults import Faults
from bedboard.views.found import Found, Match
from bedboard.views.objects import shelter_object, to_json
from bedboard.views.pages import Pages

DRAWN_KEPT = 5000  # rows and figures of searches: many pages show the same ones, and show them again after a change elsewhere


class Audience(NamedTuple):
    """The viewers that get the same bytes. `shelter` None: every shelter; `language` "": no words in it.

    `view` is one of: board, the cards for people who look for a place (`late` for the desk, which sees the shelters that did
    not confirm in time); wall, the same cards for everybody in a room, with nobody's claim and no link; staff, a shelter's own
    page; api, JSON objects; search, where each viewer looks for something different, so nothing is shared; own, a page with
    nothing but what is the viewer's own; totals, those of all shelters for shelters' people; overview, one of the shelters on
    such pages, of which they hear only that it has changed.
    `chosen`: the board's filter, which the totals of the messages follow; the cards are those of every filter.
    """

    view: str
    language: str
    shelter: str | None = None
    late: bool = False
    chosen: Filter = EVERYTHING


class Piece(NamedTuple):
    """One shelter for one kind of audience: `body` is HTML or JSON, `fragment` the same as the element of a live message."""

    stamp: Stamp
    body: str
    fragment: bytes


class Pieces:
    def __init__(self, pages: Pages, new_key: Callable[[], str]) -> None:
        self._pages = pages
        self._new_key = new_key
        self.faults = Faults()
        self._kept: dict[tuple[str, str, bool], dict[str, Piece]] = {}
        self._drawn: dict[Hashable, str] = {}
        self._key_mark = new_key()  # stands in kept rows where each page gets a key of its own

    def forget(self) -> None:
        """Forget all pieces, after names of kinds or units have changed."""
        self._kept.clear()
        self._drawn.clear()

    def get(self, audience: Audience, card: Card, catalogue: Catalogue) -> Piece:
        """Return the piece of a card, rendered only when its stamp is new; one that says "unknown" where a bug prevents it."""
        part = (audience.view, audience.language, audience.late)
        kept = self._kept.setdefault(part, {})
        piece = kept.get(card.id)
        if piece is None or piece.stamp != card.stamp:
            version = card.stamp.version
            if self.faults.has(card.id, version, part):
                return self._undrawn(audience, card)
            try:
                piece = kept[card.id] = self._render(audience, card, catalogue)
            except Exception as bug:
                self.faults.note(card.id, version, part, bug)
                return self._undrawn(audience, card)
        return piece

    def _undrawn(self, audience: Audience, card: Card) -> Piece:
        """Return a piece that needs little of the card, and says that its news is unknown."""
        stamp = Stamp(card.stamp.version, UNDRAWN)
        if audience.view == "api":
            body = to_json(shelter_object(replace(card, freshness="stale", places=())))
            return Piece(stamp, body.decode(), body)
        context = {"card": card, "stamp": stamp, "view": audience.view}
        html = self._pages.render(audience.language, "fragments/_undrawn.html", context)
        return Piece(stamp, html, orjson.dumps({"id": card.id, "stamp": str(stamp), "html": html}))

    def _render(self, audience: Audience, card: Card, catalogue: Catalogue) -> Piece:
        if audience.view == "api":
            body = to_json(shelter_object(card))
            return Piece(card.stamp, body.decode(), body)
        if audience.view in ("board", "wall"):
            is_wall = audience.view == "wall"
            context = {"card": card, "catalogue": catalogue, "is_desk": audience.late, "is_wall": is_wall}
            html = self._pages.render(audience.language, "fragments/_card.html", context)
        else:
            html = self.staff(audience.language, card, catalogue)
        return Piece(card.stamp, html, orjson.dumps({"id": card.id, "stamp": str(card.stamp), "html": html}))

    def staff(
        self,
        language: str,
        card: Card,
        catalogue: Catalogue,
        only: Iterable[PlaceView] | None = None,
        opened: str | None = None,
    ) -> str:
        """Return the shelter's own page, with new idempotency keys. `opened`: the place whose sheet is open and whole.

        `only`: the places whose tiles are drawn, each as an element of its own before the page; the page keeps the others.
        """
        context = self._staff_context(card, catalogue) | {"opened": opened, "kept": only is not None}
        tiles = "" if only is None else self._pages.render(language, "fragments/_tiles.html", {**context, "places": list(only)})
        return tiles + self._pages.render(language, "fragments/_staff.html", context)

    def own_page(
        self,
        language: str,
        card: Card,
        catalogue: Catalogue,
        only: Iterable[PlaceView] | None = None,
        opened: str | None = None,
    ) -> str:
        """Return the same for a page or an answer; one that says "unknown" where a bug prevents it: a tap needs its answer."""
        try:
            return self.staff(language, card, catalogue, only, opened)
        except Exception as bug:
            self.faults.note(card.id, card.stamp.version, ("page", language), bug)
            return self._undrawn(Audience("staff", language, card.id), card).body

    def sheets(self, language: str, card: Card, catalogue: Catalogue) -> str:
        """Return the sheets that the small tiles of a large shelter share; "" for one with whole tiles, or after a bug."""
        try:
            return self._sheets(language, card, catalogue) if card.as_bar else ""
        except Exception as bug:
            self.faults.note(card.id, card.stamp.version, ("sheets", language), bug)
            return ""

    def _sheets(self, language: str, card: Card, catalogue: Catalogue) -> str:
        statuses: tuple[PlaceStatus, ...] = ("free", "occupied")
        plain = [card.places[0]._replace(id="__place__", status=one, claim=None, closed_reason=None) for one in statuses]
        plain = [one._replace(expected_free_at=None, label="") for one in plain]
        context = self._staff_context(card, catalogue) | {"nonce": "__nonce__", "places": plain, "opened": None}
        return self._pages.render(language, "fragments/_sheets.html", context)

    def _staff_context(self, card: Card, catalogue: Catalogue) -> dict[str, Any]:
        # One random part for all keys of a rendering, because hundreds of them could not be packed.
        shared = {"closed_reasons": list(CLOSED_REASONS), "nonce": self._new_key()}
        return {"card": card, "catalogue": catalogue, **shared}

    def tile(self, audience: Audience, card: Card, place: PlaceView, catalogue: Catalogue) -> bytes:
        """Return one tile of a shelter's own page, as the element of a live message."""
        context = self._staff_context(card, catalogue) | {"opened": None, "places": [place]}
        html = self._pages.render(audience.language, "fragments/_tiles.html", context)
        return orjson.dumps({"id": place.id, "stamp": str(card.stamp), "html": html})

    def frame(self, audience: Audience, card: Card, catalogue: Catalogue) -> bytes:
        """Return a shelter's own page without its tiles, which the page keeps, as the element of a live message."""
        html = self.staff(audience.language, card, catalogue, ())
        return orjson.dumps({"id": card.id, "stamp": str(card.stamp), "html": html})

    def match(self, language: str, match: Match, catalogue: Catalogue) -> str:
        """Return one row of a search, with its reasons and a new idempotency key; "unknown" where a bug prevents it."""
        card, part = match.card, ("match", language)
        if not self.faults.has(card.id, card.stamp.version, part):
            try:
                return self._match(language, match, catalogue)
            except Exception as bug:
                self.faults.note(card.id, card.stamp.version, part, bug)
        return self._pages.render(language, "fragments/_undrawn.html", {"card": card, "match": match, "view": "match"})

    def _match(self, language: str, match: Match, catalogue: Catalogue) -> str:
        lot = (match.card.id, match.card.stamp, match.id)
        key = (language, lot, match.fit, match.reasons, match.to_ask, match.decides, match.minutes, match.is_open)
        context = {"match": match, "catalogue": catalogue, "key": self._key_mark}
        return self._draw(key, language, "fragments/_match.html", context).replace(self._key_mark, self._new_key())

    def figures(self, language: str, found: Found, catalogue: Catalogue) -> str:
        """Return the figures of a search: how many fit, and why the others are left out."""
        counts = (
            found.fits,
            found.discuss,
            found.unsure,
            found.excluded,
            found.taken,
            found.taken_fits,
            found.is_open,
            found.too_large,
            found.is_split,
            found.untried,
            found.fits_later,
        )
        almost = tuple((one.card.id, one.card.name, one.card.unit, one.lot.kind, one.reasons) for one in found.almost)
        key = (language, counts, tuple(found.excluded_by.items()), almost)
        return self._draw(key, language, "fragments/_figures.html", {"found": found, "catalogue": catalogue})

    def _draw(self, key: Hashable, language: str, template: str, context: Mapping[str, Any]) -> str:
        """Return what was drawn under this key before; it must name everything of the context that the template shows."""
        html = self._drawn.get(key)
        if html is None:
            if len(self._drawn) >= DRAWN_KEPT:
                self._drawn.clear()
            html = self._drawn[key] = self._pages.render(language, template, context)
        return html

    def totals(self, language: str, facets: Facets) -> str:
        """Return the numbers of a filter. Most changes leave most filters as they were."""
        key = (language, facets.whole, tuple(facets.figures.items()))
        return self._draw(key, language, "fragments/_totals.html", {"facets": facets})

    def filters(
        self, language: str, template: str, chosen: Filter, facets: Facets, catalogue: Catalogue, *, wall: bool
    ) -> Markup:
        """Return a part of the board that chooses what it shows, with its numbers, for a page that contains it."""
        key = (language, template, chosen, wall, facets.whole, tuple(facets.figures.items()))
        codes = codes_of_facets(catalogue)
        context = {"chosen": chosen, "facets": facets, "catalogue": catalogue, "codes": codes, "wall": wall}
        return Markup(self._draw(key, language, template, context))  # noqa: S704


class Moment(NamedTuple):
    """The moment of a snapshot: `at` is the one up to which it is right, `now` the one at which it was made."""

    at: datetime
    now: datetime
    epoch: int


def snapshot_message(
    moment: Moment, exists: Iterable[str] | None, fragments: Iterable[bytes], totals: str | None, *, is_locked: bool = False
) -> bytes:
    """Return the snapshot for a browser: what exists, and the fragments that it does not show yet."""
    there = None if exists is None else list(exists)
    said = {**moment._asdict(), "exists": there, "totals": totals, "locked": is_locked}
    head = orjson.dumps(said, option=orjson.OPT_UTC_Z)
    return b'{"type":"snapshot",' + head[1:-1] + b',"fragments":[' + b",".join(fragments) + b"]}"


def update_message(fragment: bytes, totals: str | None) -> bytes:
    """Return the message to a browser about one changed shelter."""
    tail = b"" if totals is None else b',"totals":' + orjson.dumps(totals)
    return b'{"type":"update","fragments":[' + fragment + b"]" + tail + b"}"


def board_answer(at: datetime, epoch: int, bodies: Iterable[bytes]) -> bytes:
    """Return the answer of `GET /board`; with a type in front it is the snapshot of the API's socket."""
    head = orjson.dumps({"as_of": at, "epoch": epoch}, option=orjson.OPT_UTC_Z)
    return head[:-1] + b',"shelters":[' + b",".join(bodies) + b"]}"


def pack(body: bytes) -> bytes:
    """Return the body with gzip at its usual level. The quickest one takes half as long, and a first load is a tenth larger."""
    return gzip.compress(body, compresslevel=6, mtime=0)


def deflate(body: bytes, *, last: bool = False) -> bytes:
    """Return the body as blocks of gzip that others can follow; after the `last` there can be none."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def pack_around(head: bytes, middle: bytes, deflated: bytes, tail: bytes) -> bytes:
    """Return `head + middle + tail` with gzip. `deflated`: the middle, which many answers share, packed before."""
    check = zlib.crc32(tail, zlib.crc32(middle, zlib.crc32(head)))
    length = (len(head) + len(middle) + len(tail)) & 0xFFFFFFFF
    start = b"\x1f\x8b\x08" + bytes(5) + b"\x04\xff"  # gzip, without a time or a name, packed quickly, of no special system
    return b"".join((start, deflate(head), deflated, deflate(tail, last=True), struct.pack("<II", check, length)))


def is_known(known: Mapping[str, str], piece: Piece, shelter_id: str) -> bool:
    """Return whether a returning page already shows this very picture."""
    return known.get(shelter_id) == str(piece.stamp)
