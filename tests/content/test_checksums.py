"""Check digits: published examples pass, and one wrong digit fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tidegate.content import checksums

# Examples printed by the registries themselves, or in the standards.
EXAMPLES: list[tuple[Callable[[str], bool], str]] = [
    (checksums.luhn, "4111111111111111"),
    (checksums.iban, "DE89370400440532013000"),
    (checksums.iban, "GB82WEST12345698765432"),
    (checksums.verhoeff, "2363"),
    (checksums.nir, "255081416802538"),
    (checksums.dni, "12345678Z"),
    (checksums.dni, "X1234567L"),
    (checksums.codice_fiscale, "RSSMRA85T10A562S"),
    (checksums.cpf, "52998224725"),
    (checksums.bsn, "111222333"),
    (checksums.steuer_id, "86095742719"),
    (checksums.pesel, "44051401359"),
    (checksums.rijksregister, "85073003328"),
    (checksums.ean13, "7569217076985"),
]


@pytest.mark.parametrize(("check", "number"), EXAMPLES)
def test_a_published_example_passes(check: Callable[[str], bool], number: str):
    assert check(number)


@pytest.mark.parametrize(("check", "number"), EXAMPLES)
def test_one_wrong_digit_fails(check: Callable[[str], bool], number: str):
    place = max(place for place, char in enumerate(number[:-1]) if char.isdigit())
    wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]

    assert not check(wrong)


def test_a_token_whose_last_six_characters_are_not_its_crc_fails():
    body = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"  # an expired token that a description of the format shows

    assert checksums.crc32_base62(f"ghp_{body}0mLq17")
    assert not checksums.crc32_base62(f"ghp_{body}0mLq18")


def test_the_same_digit_eleven_times_is_no_cpf():
    assert not checksums.cpf("11111111111")


def test_an_iban_has_its_countrys_length():
    assert not checksums.iban("DE8937040044053201300")
    assert not checksums.iban("XX89370400440532013000")
