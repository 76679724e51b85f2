"""The reference of a case: words that nobody can confuse over a telephone."""

import re
import tomllib
from itertools import combinations
from math import log2
from pathlib import Path

from bedboard.clock import REFERENCE_WORDS, Clock
from bedboard.references import WORDS
from bedboard.schemas.fields import ID

SEEDS = Path(__file__).parents[2] / "seeds"
SAME_SOUND = (
    ("ij", "ei"), ("ou", "au"), ("uw", "u"), ("oe", "U"), ("ieuw", "iu"), ("ie", "i"), ("ei", "E"), ("au", "O"), ("eu", "X"),
    ("ui", "Y"), ("ch", "g"), ("ph", "f"), ("th", "t"), ("qu", "kw"), ("x", "ks"), ("ck", "k"),
    ("v", "f"), ("z", "s"), ("c", "k"), ("y", "i"), ("d", "t"), ("b", "p"), ("m", "n"),
)  # fmt: skip
LEAST_DISTANCE = 2


def sound(word: str) -> str:
    """Return the word as it is heard over a bad line: sounds that are taken for each other are the same letter."""
    for letters, heard in SAME_SOUND:
        word = word.replace(letters, heard)
    return re.sub(r"(.)\1+", r"\1", word)


def is_near(one: str, other: str) -> bool:
    """Return whether one changed, added or lost letter, or none, makes the other."""
    if abs(len(one) - len(other)) >= LEAST_DISTANCE:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, other_rest = one[start:], other[start:]
    return rest[1:] == other_rest[1:] or rest[1:] == other_rest or rest == other_rest[1:]


def test_no_two_words_sound_alike() -> None:
    heard = {word: sound(word) for word in WORDS}
    assert [(a, b) for a, b in combinations(WORDS, 2) if is_near(heard[a], heard[b])] == []
    assert is_near(sound("boot"), sound("poot")) and is_near(sound("zeil"), sound("zijl")) and is_near("kast", "kat")
    assert not is_near(sound("boot"), sound("boter"))


def test_the_words_are_short_and_give_forty_bits() -> None:
    assert len(set(WORDS)) == len(WORDS) == 1024
    assert REFERENCE_WORDS * log2(len(WORDS)) >= 40
    assert [word for word in WORDS if not re.fullmatch("[a-z]{3,9}", word)] == []


def test_no_word_is_the_name_of_a_shelter_or_a_person() -> None:
    for path in SEEDS.glob("*.toml"):
        names = set(re.findall(r"\w+", " ".join(names_in(tomllib.loads(path.read_text()))).lower()))
        assert names.isdisjoint(WORDS), path.name


def names_in(seed: object) -> list[str]:
    """Return everything that is called a name, however deep."""
    if isinstance(seed, list):
        return [name for one in seed for name in names_in(one)]
    if not isinstance(seed, dict):
        return []
    return [str(value) for key, value in seed.items() if key == "name"] + names_in(list(seed.values()))


def test_a_reference_is_made_of_these_words_and_fits_where_an_id_does() -> None:
    reference = Clock().new_reference()
    assert set(reference.split("-")) <= set(WORDS)
    assert len(reference.split("-")) == REFERENCE_WORDS
    assert ID.match("-".join(["n" * 9] * REFERENCE_WORDS)), "the longest"
    assert ID.match("dabog-tikul-zavam"), "those of before stay readable"
