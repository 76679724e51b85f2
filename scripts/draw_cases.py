"""Draw docs/cases.svg from the table in bedboard/rules/cases.py: the states, the events that lead on, and the whole table.

The positions are set here by hand; the states and events come from the table. An arrow without a position is an error.
"""

from html import escape
from pathlib import Path

from bedboard.rules.cases import EVENTS, NEXT, STATES

FILE = Path(__file__).resolve().parent.parent / "docs" / "cases.svg"

WIDTH, HEIGHT = 1076, 924
BOX = (150, 56)

SAYS = {
    "asking": "shelters are asked",
    "chosen": "the desk decides",
    "provisional": "it counts; desk closed",
    "confirmed": "decided; on the way",
    "housed": "there; not yet ratified",
    "arrived": "the end: with a place",
    "withdrawn": "where do they sleep?",
    "ended": "the end: without one",
    "cancelled": "the end: called off",
}
AT = {  # the upper left corner of each state
    "asking": (40, 150),
    "chosen": (350, 46),
    "provisional": (350, 254),
    "confirmed": (590, 150),
    "housed": (590, 346),
    "arrived": (810, 150),
    "withdrawn": (40, 346),
    "ended": (334, 346),
    "cancelled": (860, 46),
}
FRAME = (22, 30, 736, 296)  # around the states with the same events to the states of OUT: left, top, width, height
IN_FRAME = ("asking", "chosen", "provisional", "confirmed")
HANDING = ("hand_over", "keep", "take_over", "decline")  # change no state; said once, below the frame
ARROWS = {  # from, to: the path, and the position of its name (x, y, anchor)
    ("asking", "chosen"): ("M150 150C186 92 260 62 348 62", (206, 72, "end")),
    ("chosen", "asking"): ("M350 90C290 92 220 110 178 149", (298, 112, "start")),
    ("asking", "confirmed"): ("M190 168H588", (300, 162, "start")),
    ("confirmed", "asking"): ("M590 190H192", (330, 206, "middle")),
    ("asking", "provisional"): ("M150 206C186 264 260 294 348 294", (206, 292, "end")),
    ("provisional", "asking"): ("M350 266C290 264 220 246 178 207", (298, 248, "start")),
    ("chosen", "confirmed"): ("M500 74C570 80 630 105 645 148", (604, 90, "start")),
    ("chosen", "provisional"): ("M476 102V252", (482, 130, "start")),
    ("chosen", "housed"): ("M500 56C720 36 772 90 766 200C760 290 730 320 690 344", (652, 50, "start")),
    ("provisional", "confirmed"): ("M500 272C560 268 610 245 630 207", (606, 262, "start")),
    ("provisional", "housed"): ("M490 310C502 344 536 372 588 374", (536, 350, "start")),
    ("confirmed", "arrived"): ("M740 178H808", (788, 170, "middle")),
    ("housed", "asking"): ("M590 396C420 440 12 440 12 250C12 214 22 196 38 190", (300, 424, "middle")),
    ("housed", "arrived"): ("M740 374C840 372 880 290 884 208", (868, 300, "start")),
    ("withdrawn", "cancelled"): ("M40 396C-4 330 -4 14 60 10H780C830 10 850 30 858 60", (430, 24, "middle")),
    ("withdrawn", "arrived"): ("M150 402C240 452 900 462 922 208", (740, 440, "middle")),
    ("withdrawn", "ended"): ("M190 374H332", (260, 366, "middle")),
}
OUT = {  # where the same events lead from each state of the frame
    "withdrawn": ("M115 326V344", (126, 340, "start")),
    "cancelled": ("M758 74H858", (808, 68, "middle")),
}

STYLE = """
 .box{fill:#fdfdfb;stroke:#12273a;stroke-width:1.5}.end{stroke-width:3}.frame{fill:none;stroke:#4a5a68;stroke-dasharray:5 4}
 .name{font-weight:600;fill:#12273a}.sub{fill:#4a5a68;font-size:12px}.way{fill:none;stroke:#12273a;stroke-width:1.5;marker-end:url(#a)}
 .what{fill:#1a56a8;font-size:13px;font-weight:600}.head{fill:#12273a;font-size:12px;font-weight:600}
 .to{fill:#1a56a8;font-size:12px;font-weight:600}.no{fill:#4a5a68;font-size:12px}.line{stroke:#d4dae0}
"""


def words(codes: list[str]) -> str:
    return ", ".join(code.replace("_", " ") for code in codes)


def text(x: float, y: float, css: str, said: str, anchor: str = "start") -> str:
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{css}" x="{x}" y="{y}"{where}>{escape(said)}</text>'


def leading() -> dict[tuple[str, str], list[str]]:
    """Return the events that lead from one state to another, by (from, to). Events that change no state are left out."""
    found: dict[tuple[str, str], list[str]] = {}
    for (state, event), to in NEXT.items():
        if to in STATES and to != state:
            found.setdefault((state, to), []).append(event)
    return found


def draw_states() -> list[str]:
    parts = []
    for state in STATES:
        (x, y), (width, height) = AT[state], BOX
        is_end = not any(NEXT[state, event] in STATES for event in EVENTS)
        stays = [event for event in EVENTS if NEXT[state, event] == state and event not in HANDING]
        parts.append(f'<rect class="box{" end" if is_end else ""}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>')
        parts.append(text(x + 14, y + 23, "name", state) + text(x + 14, y + 42, "sub", SAYS[state]))
        if stays:
            parts.append(text(x, y - 8, "what", f"↻ {words(stays)}"))
    return parts


def draw_arrows() -> list[str]:
    ways = leading()
    common = {end: {state: ways.pop((state, end), []) for state in IN_FRAME} for end in OUT}
    for end, found in common.items():
        if len({tuple(events) for events in found.values()}) != 1:
            raise SystemExit(f"not the same leads to {end} from each of {IN_FRAME}: {found}")
    if ways.keys() != ARROWS.keys():
        raise SystemExit(
            f"say in {Path(__file__).name} where these arrows go, or take them away: {ways.keys() ^ ARROWS.keys()}"
        )
    left, top, width, height = FRAME
    parts = [f'<rect class="frame" x="{left}" y="{top}" width="{width}" height="{height}" rx="10"/>']
    for end, (way, (x, y, anchor)) in OUT.items():
        parts.append(f'<path class="way" d="{way}"/>' + text(x, y, "what", words(common[end][IN_FRAME[0]]), anchor))
    parts.append(text(484, 324, "what", f"↻ {words(list(HANDING))} (housed too)", "end"))
    for key, events in ways.items():
        way, (x, y, anchor) = ARROWS[key]
        parts.append(f'<path class="way" d="{way}"/>' + text(x, y, "what", words(events), anchor))
    return parts


def draw_table(top: int) -> list[str]:
    first, step, row = 24, 96, 22
    columns = [196 + n * step for n in range(len(STATES))]
    parts = [text(first, top, "no", "(grey: refused)")]
    parts += [text(x, top, "head", state) for x, state in zip(columns, STATES, strict=True)]
    for n, event in enumerate(EVENTS, start=1):
        y = top + n * row
        parts.append(f'<path class="line" d="M{first} {y - 16}H{WIDTH - 24}"/>' + text(first, y, "head", words([event])))
        for x, state in zip(columns, STATES, strict=True):
            cell = NEXT[state, event]
            is_next = cell in STATES
            parts.append(text(x, y, "to" if is_next else "no", cell if is_next else words([cell.removeprefix("request_")])))
    return parts


def draw() -> str:
    """Return the whole picture as SVG."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t"'
            ' font-family="system-ui, sans-serif" font-size="14">',
            '<title id="t">The life of a request: its states, what leads from one to the next, and what is refused</title>',
            f"<style>{STYLE}</style>",
            '<defs><marker id="a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0 10 5 0 10z" fill="#12273a"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fdfdfb"/>',
            *draw_arrows(),
            *draw_states(),
            *draw_table(460),
            "</svg>",
            "",
        ]
    )


if __name__ == "__main__":
    FILE.write_text(draw(), encoding="utf-8")
