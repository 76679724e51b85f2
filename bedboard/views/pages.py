"""Templates and languages. Dutch is the source text; the English catalogue is complete. Undefined names are errors."""

import gettext
import hashlib
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import babel
import jinja2
from babel import Locale
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from markupsafe import Markup

from bedboard.rules.arrivals import CHANGED_AHEAD
from bedboard.rules.cases import (
    ADDRESS_SHOWN,
    LATEST_ARRIVAL,
    LONGEST_CASE,
    LONGEST_STAY,
    OFFER_LASTS,
    SOONEST,
    SOONEST_USUAL,
    TAKEN_AHEAD,
)
from bedboard.rules.claims import HOLD, HOLD_WARNING
from bedboard.rules.clients import OVERLAP
from bedboard.rules.criteria import CRITERIA, CRITERION_NAMES, LIMIT_NAMES
from bedboard.rules.hours import season_of
from bedboard.rules.managing import MOST_TIMES, USUAL_TIMES
from bedboard.rules.past import QUARTER
from bedboard.rules.places import FURTHEST_EXPECTED
from bedboard.views.files import content_of

SCREEN_LANGUAGES = ("nl", "en")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DURATIONS: Mapping[str, int] = {
    "hold_minutes": HOLD // MINUTE,
    "warning_minutes": HOLD_WARNING // MINUTE,
    "offer_minutes": OFFER_LASTS // MINUTE,
    "soonest_minutes": SOONEST // MINUTE,
    "usual_hours": SOONEST_USUAL // HOUR,
    "address_hours": ADDRESS_SHOWN // HOUR,
    "latest_arrival_hours": LATEST_ARRIVAL // HOUR,
    "taken_hours": TAKEN_AHEAD // HOUR,
    "changed_hours": CHANGED_AHEAD // HOUR,
    "lapse_days": LONGEST_CASE // DAY,
    "stay_days": LONGEST_STAY // DAY,
    "furthest_days": FURTHEST_EXPECTED // DAY,
    "overlap_hours": OVERLAP // HOUR,
    "step_minutes": QUARTER // MINUTE,
}
"""The durations in sentences on the screen. They come from the rules, so no sentence has a number of its own."""


COMPILER = hashlib.sha256(jinja2.__version__.encode() + babel.__version__.encode() + Path(__file__).read_bytes()).hexdigest()[
    :16
]
"""What compiles a template, besides its text: the compiler, and the filters of this file that it applies to constants."""


class CompiledTemplates(jinja2.BytecodeCache):
    """The templates of one language, compiled once in a process, and once on a machine as long as nothing of them changes.

    They lie in the user's own folder for files that may go. Where there is none, each process compiles them.
    """

    def __init__(self, language: str) -> None:
        self._kept: dict[str, bytes] = {}
        self._files: jinja2.FileSystemBytecodeCache | None = None
        with suppress(OSError, RuntimeError):  # RuntimeError: somebody else could write in the folder
            self._files = jinja2.FileSystemBytecodeCache(pattern=f"bedboard-{language}-{COMPILER}-%s")

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if code := self._kept.get(bucket.key):
            bucket.bytecode_from_string(code)  # ignores code that was compiled from another text
        elif self._files is not None:
            self._files.load_bytecode(bucket)
            if bucket.code is not None:
                self._kept[bucket.key] = bucket.bytecode_to_string()

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()
        if self._files is not None:
            with suppress(OSError):  # the disk is full, say: the next process compiles it again
                self._files.dump_bytecode(bucket)


# One per language, because the compiler already applies filters to constants, such as the name of a language.
COMPILED: Mapping[str, CompiledTemplates] = {language: CompiledTemplates(language) for language in SCREEN_LANGUAGES}


class Translations(gettext.NullTranslations):
    """The words of one language, as they stand in its file. A text that is not in it stays as it is.

    The usual way is to write them as a file of gettext's own and to read that. It took a tenth of a second of each start.
    """

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self._form_of = gettext.c2py(catalog.plural_expr)
        self._single: dict[str, str] = {}
        self._several: dict[str, Sequence[str]] = {}
        for message in catalog:
            one, said = message.id, message.string
            if isinstance(said, str):
                self._single[str(one)] = said
            elif said and all(said):
                self._several[one[0]], self._single[one[0]] = said, said[self._form_of(1)]

    def gettext(self, message: str) -> str:
        return self._single.get(message) or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        said = self._several.get(msgid1)
        return NO_WORDS.ngettext(msgid1, msgid2, n) if said is None else said[self._form_of(n)]


NO_WORDS = gettext.NullTranslations()


@cache
def _translations(web: Path, language: str) -> gettext.NullTranslations:
    if language == "nl":
        return NO_WORDS
    with (web / "locale" / f"{language}.po").open("rb") as file:
        return Translations(read_po(file, locale=language))


class Environment(jinja2.Environment):
    """Jinja's environment, whose templates have their globals in a plain dict.

    Each `import` of a page compares the names in the globals of two templates. With Jinja's own `ChainMap` that is a loop in
    Python, and takes a tenth of the time of a page. Nothing is added to the globals later.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


NO_LANGUAGE = ("mul", "und", "zxx")  # several, unknown, none


def names_of_languages(language: str) -> dict[str, str]:
    """Return the languages of the world that have a name on every screen, by code, each named in this language."""
    every = [{str(code) for code in Locale(one).languages} for one in SCREEN_LANGUAGES]
    codes = (code for code in set.intersection(*every) if code.isalpha() and code not in NO_LANGUAGE)
    return {code: str(Locale(language).languages[code]) for code in codes}


class Pages:
    """One Jinja environment per language, with the formats of that language in the deployment's time zone."""

    def __init__(self, web: Path, zone: ZoneInfo) -> None:
        self.zone = zone
        self._static = web / "static"
        self._hashes: dict[str, str] = {}
        self._environments = {language: self._environment(web, language) for language in SCREEN_LANGUAGES}

    def _environment(self, web: Path, language: str) -> jinja2.Environment:
        environment = Environment(
            loader=jinja2.FileSystemLoader(web / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            bytecode_cache=COMPILED[language],
            auto_reload=False,  # otherwise each use of a template, and of each that it imports, asks for its file's time
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(_translations(web, language), newstyle=True)  # type: ignore[attr-defined]
        environment.globals.update(DURATIONS)
        environment.globals.update(
            language=language,
            usual_times=", ".join(USUAL_TIMES),
            most_times=MOST_TIMES,
            static=self.static,
            criteria_groups=CRITERIA,
            criterion_names=CRITERION_NAMES | LIMIT_NAMES,
        )

        def clock_time(moment: datetime) -> str:
            text = moment.astimezone(self.zone).strftime("%H:%M")
            season = season_of(moment, self.zone)
            return f"{text} ({self.macro(language, 'words/hours.html', 'season', season)})" if season else text

        def short_date(moment: datetime) -> str:
            return format_date(moment.astimezone(self.zone).date(), "EEE d MMM", locale=language)

        def long_date(moment: datetime) -> str:
            return format_date(moment.astimezone(self.zone).date(), "d MMMM y", locale=language)

        def day(on: date) -> str:
            return format_date(on, "EEEE d MMMM", locale=language)

        def typed_day(text: str) -> str:
            try:
                return format_date(date.fromisoformat(text), "EEE d MMM", locale=language)
            except ValueError:
                return text

        def local_input(moment: datetime) -> str:
            return moment.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

        def day_minutes(minutes: int) -> str:
            return f"{minutes // 60:02}:{minutes % 60:02}"

        def language_name(code: str) -> str:
            return str(Locale(language).languages[code])

        environment.filters.update(
            clock_time=clock_time,
            short_date=short_date,
            long_date=long_date,
            day=day,
            typed_day=typed_day,
            local_input=local_input,
            day_minutes=day_minutes,
            language_name=language_name,
        )
        return environment

    def static(self, path: str) -> str:
        """Return the address of a static file, with a hash of its content, so that it may be cached for ever."""
        if path not in self._hashes:
            self._hashes[path] = hashlib.sha256(content_of(self._static / path)).hexdigest()[:12]
        return f"/static/{path}?v={self._hashes[path]}"

    def read_all(self) -> int:
        """Compile every template in every language, so that no visitor waits for it; return how many there are."""
        names = [(environment, name) for environment in self._environments.values() for name in environment.list_templates()]
        for environment, name in names:
            environment.get_template(name)
        return len(names)

    def render(self, language: str, template: str, context: Mapping[str, Any]) -> str:
        """Return a template as HTML. Undefined names are errors."""
        return self._environments[language].get_template(template).render(context)

    def fragment(self, language: str, template: str, context: Mapping[str, Any]) -> Markup:
        """Return a template as HTML that another template may contain as it is."""
        return Markup(self.render(language, template, context))  # noqa: S704

    def macro(self, language: str, template: str, name: str, *args: Any) -> str:
        """Return one macro of a template as text, such as the words of a refusal for the API."""
        module = self._environments[language].get_template(template).module
        return str(getattr(module, name)(*args)).strip()
