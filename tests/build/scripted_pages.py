"""Pages with the ids and attributes of the real ones and nothing else; no stylesheet."""

SCRIPTS = ("vendor/htmx.min", "js/fragments", "js/messages", "js/place", "js/live", "js/sheets", "js/outbox", "js/staff")

CONFIG = '<meta name="htmx-config" content=\'{"history":false}\'>'


def card(shelter: str, stamp: str, text: str = "", *, kinds: str = "cosm", unit: str = "utrecht", name: str = "") -> str:
    return (
        f'<article class="card" id="shelter-{shelter}" data-stamp="{stamp}" data-kinds="{kinds}" data-unit="{unit}"'
        f' data-takes="women" data-exploitation="labour" data-name="{name or shelter}"><h2>{name or shelter}</h2>'
        f'<p class="text">{text}</p></article>'
    )


def board(*cards: str, confirmed_at: str = "2026-01-01T00:00:00Z") -> str:
    age = f'<p id="age"><time datetime="{confirmed_at}" data-age>08:00</time> <span class="ago"></span></p>'
    total = '<span class="total" id="total-free"><b>0</b></span>'
    return page(f'{total}{age}<div id="cards">{"".join(cards)}</div>', "/live?view=board&amp;lang=en")


def choice(place: str, status: str) -> str:
    return (
        f'<form method="post" action="/staff/a/places/{place}"><input type="hidden" name="key" value="drawn">'
        f'<input type="hidden" name="status" value="{status}"><button>{status}</button></form>'
    )


def tile(place: str, status: str) -> str:
    when = (
        f'<form method="post" action="/staff/a/places/{place}"><input type="hidden" name="key" value="drawn">'
        f'<input type="hidden" name="status" value="occupied"><input name="expected_free_at"><button>save</button></form>'
    )
    return (
        f'<details class="tile {status}" id="tile-{place}" name="tile"><summary><b class="label">{place}</b>'
        f' <span class="state">{status}</span></summary>'
        f'<div class="sheet">{choice(place, "free")}{choice(place, "occupied")}{when}</div></details>'
    )


def section(stamp: str, **places: str) -> str:
    tiles = "".join(tile(place, status) for place, status in places.items())
    confirm = '<form class="confirm" method="post" action="/staff/a/confirm"><button>still right</button></form>'
    return f'<section id="staff-a" data-stamp="{stamp}"><h1>A</h1>{tiles}{confirm}</section>'


def notice(code: str = "", text: str = "") -> str:
    said = f'<div class="notice">{text}</div>' if text else ""
    return f'<div id="notice" role="alert"{f" data-code={code}" if code else ""}>{said}</div>'


def undo(change: int | None = None, place: str = "", status: str = "") -> str:
    if change is None:
        return '<div id="undo"></div>'
    of = f' data-place="{place}" data-status="{status}"' if place else ""
    return (
        f'<div id="undo"><form method="post" action="/staff/a/undo"{of}><input type="hidden" name="change" value="{change}">'
        f'<input type="hidden" name="key" value="drawn"><button>undo</button></form></div>'
    )


def staff_page(stamp: str = "1.0", undo_seconds: int = 10, **places: str) -> str:
    outbox = (
        '<details class="queue" hidden><summary><span data-count></span></summary>'
        f'<ol id="outbox" data-undo-seconds="{undo_seconds}"></ol></details>'
        '<template id="outbox-item" data-open="open" data-undone="undone" data-stopping="stopping" data-done="done"'
        ' data-waiting="waiting" data-later="later"'
        ' data-sending="sending" data-sent="sent" data-refused="refused" data-overtaken="overtaken"'
        ' data-confirm="confirm" data-undo="undo">'
        "<li><b data-what></b> <span data-state></span> <time></time> <button type=button data-cancel>cancel</button>"
        "<button type=button data-close>close</button></li></template>"
    )
    return page(
        notice() + section(stamp, **(places or {"p1": "free", "p2": "free"})) + outbox + undo(),
        "/live?view=staff&amp;shelter=a&amp;lang=en",
    )


def page(main: str, live_url: str) -> str:
    scripts = "".join(f'<script defer src="/static/{name}.js"></script>' for name in SCRIPTS)
    return (
        f'<!doctype html><html lang="en"><head><title>t</title>{CONFIG}{scripts}</head>'
        f'<body data-live-url="{live_url}"><p id="live" data-state="waiting" role="status"><span data-when="live">'
        'Live <time></time></span><span data-when="lost">Not live: <time></time></span></p>'
        f'<main id="main">{main}</main>'
        '<template id="message" data-offline="offline" data-unanswered="no answer" data-gone="gone" data-waits="is being sent">'
        '<div class="notice"><div data-said></div><button type="button" data-again>again</button>'
        '<button type="button" data-close>close</button></div></template></body></html>'
    )
