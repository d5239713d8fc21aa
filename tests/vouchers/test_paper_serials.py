"""Serials of paper vouchers: what a wrong eye or a wrong hand can do to them, and the splits."""

from __future__ import annotations

from datetime import date

import pytest

from services.vouchers.paper.serials import (
    CHECKS,
    LENGTH,
    LETTERS,
    check_character,
    check_made_of,
    digests_shown,
    is_serial,
    masked,
    serial_of,
    shown,
    split_of,
    tidied,
)
from services.vouchers.paper.sheets import capital
from services.vouchers.policy.loader import load_policy
from shared.contracts.ids import new_id
from shared.errors import Invalid
from shared.vault import Vault

VAULT = Vault(b"m" * 32, b"i" * 32)
RULE = load_policy().paper.on(date(2010, 1, 1))


def test_the_check_character_is_the_one_of_blood_donation_numbers() -> None:
    # ISBT 128 publishes this number with its ISO 7064 MOD 37-2 check character.
    assert check_character("A999914123456") == "N"


def test_every_single_wrong_character_and_every_swap_of_neighbours_is_found() -> None:
    for serial in (serial_of(new_id(), VAULT) for _ in range(20)):
        assert is_serial(serial)
        for at in range(LENGTH):
            others = [letter for letter in CHECKS if letter != serial[at]]
            assert not any(is_serial(serial[:at] + x + serial[at + 1 :]) for x in others)
        for at in range(LENGTH - 1):
            one, two = serial[at : at + 2]
            swapped = serial[:at] + two + one + serial[at + 2 :]
            assert one == two or not is_serial(swapped)


def test_a_serial_is_the_same_for_its_voucher_and_another_one_under_another_key() -> None:
    voucher = new_id()
    assert serial_of(voucher, VAULT) == serial_of(voucher, VAULT)
    assert serial_of(voucher, VAULT) != serial_of(voucher, Vault(b"m" * 32, b"j" * 32))
    assert set(serial_of(voucher, VAULT)) <= set(LETTERS)


def test_what_is_typed_by_hand_is_read_and_a_voucher_shown_twice_is_not() -> None:
    serial = serial_of(new_id(), VAULT)
    typed = f" {shown(serial).lower().replace('0', 'o').replace('1', 'l')}"
    assert tidied(typed) == serial
    assert digests_shown([typed], VAULT) == digests_shown([serial], VAULT)
    assert masked(serial).endswith(f"{serial[-5:-1]}-{serial[-1]}")
    for shown_ones, code in (
        ([serial, typed], "repeated_paper_serial"),
        (["0"], "bad_paper_serial"),
    ):
        with pytest.raises(Invalid) as refused:
            digests_shown(shown_ones, VAULT)
        assert refused.value.code == code


def test_a_hundred_yuan_is_printed_as_wished_as_usual_or_in_the_fewest_pieces() -> None:
    usual = split_of(10000, None, RULE)
    assert (sum(usual), set(usual)) == (10000, {2000, 1000, 500, 200, 100})
    assert split_of(10000, {2000: 5}, RULE) == [2000] * 5
    assert split_of(10000, {2000: 4}, RULE) == usual
    assert split_of(5300, None, RULE) == [2000, 2000, 1000, 200, 100]
    with pytest.raises(Invalid):
        split_of(10050, None, RULE)
    for wish in ({2000: 4}, {5000: 2}, {2000: 6, 1000: -2}):
        with pytest.raises(Invalid) as refused:
            check_made_of(10000, wish, RULE)
        assert refused.value.code == "split_does_not_make_the_amount"


def test_amounts_are_written_in_capital_figures() -> None:
    said = {2000: "贰拾元整", 1000: "壹拾元整", 500: "伍元整", 100: "壹元整", 10500: "壹佰零伍元整"}
    assert {fen: capital(fen) for fen in said} == said
    odd = {
        101000: "壹仟零壹拾元整",
        100100: "壹仟零壹元整",
        105: "壹元零伍分",
        1050: "壹拾元伍角整",
    }
    assert {fen: capital(fen) for fen in odd} == odd
