"""The seal of addresses and telephones."""

import pytest
from cryptography.fernet import InvalidToken
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bedboard.store.database import Transaction
from bedboard.store.seal import Seal, new_key
from tests.build import SEAL

OLD, NEW = new_key(), new_key()


@settings(deadline=None, max_examples=50)
@given(st.text())
def test_a_sealed_text_opens_again(plain: str) -> None:
    assert Seal(NEW).open(Seal(NEW).close(plain)) == plain


def test_the_same_words_are_never_sealed_alike() -> None:
    seal = Seal(NEW)
    one, two = seal.close("Kade 1"), seal.close("Kade 1")
    assert one != two
    assert b"Kade" not in one


def test_after_a_new_key_the_old_still_opens_and_the_new_one_seals() -> None:
    sealed = Seal(OLD).close("Kade 1")
    both = Seal(f"{NEW}, {OLD}")
    assert both.open(sealed) == "Kade 1"
    assert Seal(NEW).open(both.close("Kade 2")) == "Kade 2"
    with pytest.raises(InvalidToken):
        Seal(OLD).open(both.close("Kade 2"))


@pytest.mark.parametrize("spoil", [lambda sealed: sealed[:-1], lambda sealed: b"", lambda sealed: b"Kade 1"])
def test_a_spoiled_seal_or_one_of_another_key_does_not_open(spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(InvalidToken):
        Seal(NEW).open(spoil(Seal(NEW).close("Kade 1")))
    with pytest.raises(InvalidToken):
        Seal(NEW).open(Seal(OLD).close("Kade 1"))


NO_KEYS = {"empty": "", "short": "secret", "and an empty one": f"{NEW},", "and a short one": f"{NEW},secret"}


@pytest.mark.parametrize("keys", NO_KEYS.values(), ids=NO_KEYS)
def test_a_key_that_is_none_is_refused_at_once(keys: str) -> None:
    with pytest.raises(ValueError):
        Seal(keys)


async def test_the_database_never_holds_an_address_or_telephone_in_the_clear(owner_tx: Transaction) -> None:
    connection = await owner_tx.connection()
    contacts = text("select shelter_id, telephone_sealed, address_sealed, c::text from shelter_contact c")
    rows = (await connection.execute(contacts)).all()
    assert rows
    for shelter_id, telephone, address, whole in rows:
        assert (SEAL.open(telephone), SEAL.open(address)) == (f"CANARY-TEL-{shelter_id}", f"CANARY-ADR-{shelter_id}")
        assert "CANARY" not in whole
        assert b"CANARY".hex() not in whole
