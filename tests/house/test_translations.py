"""The English catalogue: every text has its English, nothing is left over, and no sentence has a rule's number in itself."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from bedboard.views.pages import DURATIONS

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
TAG = re.compile(r"</?\w+>")
NUMBERS_OF_THEIR_OWN = re.compile(
    r"\b(?:0–3|4–11|12–17|18–20|21–64|65)\b"  # ages in the name of a criterion or an age band
    r"|\bB8\b"  # a permit
    r"|\bUTF-8\b"  # an encoding
    r"|\b\d\d:00\b"  # an hour, as an example
    r"|^\+2\?"  # an example of the sign in the totals
    r"|^1 (?:plek|more place)\b"  # the singular of a count that the script makes
)
RULE = re.compile(
    r"\d|\b(?:(?:een|half|an?|one|two|three|four|five|six|eight|ten|twelve|twee|drie|vier|vijf|zes|acht|tien|twaalf) "
    r"(?:uur|minu|dag|week|weken|maand|jaar|seconde|hour|minute|day|week|month|year|second|plekken|places|opvang|shelter)\w*|kwartier)\b"
)


@pytest.fixture(scope="module")
def english() -> Catalog:
    with (WEB / "locale" / "en.po").open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


@pytest.fixture(scope="module")
def source() -> Catalog:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    catalog = Catalog()
    for _, _, text, _, context in extract_from_dir(ROOT, methods, options, directory_filter=is_web):
        catalog.add(text, context=context)
    return catalog


def is_web(folder: str | os.PathLike[str]) -> bool:
    return Path(folder).is_relative_to(WEB)


def texts(words: Any) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words or ())


def messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def test_templates_have_texts(source: Catalog) -> None:
    assert len(source) > 100


def test_every_text_has_its_english(source: Catalog, english: Catalog) -> None:
    missing = [message.id for message in messages(source) if message.id not in english]
    assert not missing, "add these to web/locale/en.po"
    empty = [message.id for message in messages(english) if not all(texts(message.string)) or not message.string]
    assert not empty


def test_a_duration_or_a_limit_in_a_sentence_comes_from_its_rule(source: Catalog, english: Catalog) -> None:
    said = [text for message in messages(source) for text in texts(message.id)]
    said += [text for message in messages(english) for text in texts(message.string)]
    rules = [text for text in said if RULE.search(NUMBERS_OF_THEIR_OWN.sub("", PLACEHOLDER.sub("", text)))]
    assert not rules, "give the number to the sentence: see DURATIONS in views/pages.py"
    templates = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    assert [name for name in DURATIONS if name not in templates] == []


def test_no_english_is_fuzzy_or_left_over(source: Catalog, english: Catalog) -> None:
    assert not [message.id for message in messages(english) if message.fuzzy]
    assert not english.obsolete
    assert not [message.id for message in messages(english) if message.id not in source]


def test_the_english_has_the_same_placeholders_and_tags(english: Catalog) -> None:
    for message in messages(english):
        originals, translations = texts(message.id), texts(message.string)
        assert len(translations) == len(originals), message.id
        for original, translation in zip(originals, translations, strict=True):
            assert set(PLACEHOLDER.findall(translation)) == set(PLACEHOLDER.findall(original)), message.id
            assert sorted(TAG.findall(translation)) == sorted(TAG.findall(original)), message.id
