"""Plain words on the screen: one word for each thing, in Dutch and in English, and no clause without its noun."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

CATALOGUE = Path(__file__).parents[2] / "web" / "locale" / "en.po"
NOT_IN_DUTCH = {  # pattern: the word to use
    r"\bopvangen\b": "locaties",
    r"\bvrager\b": "aanvrager",
    r"\bde(?:ze)? persoon\b(?! kennen)": "ze, deze mensen",
    r"\bvanzelf\b": "automatisch",
    r"\bbekrachtig": "achteraf goedkeuren",
    r"\bverloop\b": "wat er is gebeurd",
    r"\bvergeven\b": "door iemand anders genomen",
    r"(?<!al )\blang niet bevestigd\b": "al lang niet bevestigd",
    r"\bkunnen? dit niet aan\b": "neemt niet op bij",
    r"\bkomst\b": "aankomst",
    r"\bsessie\b|\bdatabase\b|\bverzoek\b|\bcriteri(?:a|um)\b": "ingelogd, gegevens, bericht, regels",
    r"\bmedewerkers\b": "personeel",
    r"^ouder$|· ouder\b": "minder actueel",
    r"(?:^|\. )(?:Wat|Wie) [^?.]*\.": "a noun: Mensen die …, De plekken …",
}
NOT_IN_ENGLISH = {
    r"(?<!know )\b(?:this|the) person\b": "they, these people",
    r"\bratif": "approve afterwards",
    r"\boldest son\b": "eldest son",
    r"\byouth protection\b": "child protection service",
    r"\bprovider\b": "organisation",
    r"\bto be discussed\b": "to discuss",
    r"\bwhom\b": "who … for",
}


def words_of(english: bool) -> Iterator[str]:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    for message in catalogue:
        said = message.string if english else message.id
        yield from (said,) if isinstance(said, str) else said or ()


@pytest.mark.parametrize(("english", "banned"), [(False, NOT_IN_DUTCH), (True, NOT_IN_ENGLISH)], ids=["Dutch", "English"])
def test_words_that_were_replaced_do_not_come_back(english: bool, banned: dict[str, str]) -> None:
    found = [(said, use) for said in words_of(english) for pattern, use in banned.items() if re.search(pattern, said, re.I)]
    assert found == []


def test_a_full_sentence_begins_with_a_capital_and_a_list_item_has_no_full_stop() -> None:
    """A text that ends with a full stop is a sentence; the codes and labels that stand in lines have none."""
    wrong = [said for said in words_of(english=False) if said.endswith(".") and re.match(r"[a-zé]", said)]
    assert [said for said in wrong if not said.startswith(("houdt deze plek", "kies hieronder"))] == []  # after a name


@pytest.mark.parametrize(
    ("said", "is_plain"),
    [
        ("Vraag deze locaties", True),
        ("Vraag meer opvangen", False),
        ("misschien vrij, al lang niet bevestigd", True),
        ("dat is lang niet bevestigd", False),
        ("Wie past hier?", True),
        ("Wie hier verblijft, is minstens zo oud.", False),
        ("Deze persoon kennen wij niet.", True),
        ("Waar slaapt deze persoon?", False),
    ],
)
def test_the_patterns_find_what_they_are_for(said: str, is_plain: bool) -> None:
    assert is_plain is not any(re.search(pattern, said, re.I) for pattern in NOT_IN_DUTCH)
