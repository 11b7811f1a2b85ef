"""Personal data: numbers by their check digits, addresses of persons, and no other number that texts are full of."""

from __future__ import annotations

from itertools import pairwise

import pytest
from content_builders import a_card, an_iban
from hypothesis import given
from hypothesis import strategies as st

from tidegate.content.personal import personal_data_in

CARD, IBAN = a_card(), an_iban()


def a_dni(digits: str, between: str = "") -> str:
    return digits + between + "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23]


def kinds(text: str) -> list[str]:
    return [find.kind for find in personal_data_in(text)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("iban", f"Pay to {IBAN}."),
        ("iban", "Pay to " + " ".join(IBAN[place : place + 4] for place in range(0, 22, 4)) + " by Monday"),
        ("iban", f"pay to {IBAN.lower()} please"),
        ("iban", f"({IBAN})"),
        ("card_number", f"Card {CARD}, valid until 12/27"),
        ("card_number", f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]} 12/27"),
        ("card_number", f"1-2-3 then {'-'.join(CARD[place : place + 4] for place in (0, 4, 8, 12))}"),
        ("card_number", f"card={CARD}&valid=1227"),
        ("iban", f"?iban={IBAN}"),
        ("us_ssn", "ssn=536-22-1847"),
        ("us_ssn", "SSN: 536-22-1847"),
        ("us_ssn", "His social security number is 536221847."),
        ("uk_nino", "National insurance: JG103759A"),
        ("uk_nino", "JG 10 37 59 A"),
        ("es_dni", "DNI " + a_dni("44190276")),
        ("es_dni", "DNI " + a_dni("44190276", "-")),
        ("fr_nir", "Sécurité sociale 1 84 12 76 451 089 46"),
        ("it_codice_fiscale", "Codice fiscale BNCLRA79D55H501E"),
        ("br_cpf", "CPF 390.533.447-05"),
        ("nl_bsn", "BSN 123456782"),
        ("de_tax_id", "Steuer-ID 36574261809"),
        ("pl_pesel", "PESEL 02070803628"),
        ("ch_ahv", "756.1234.5678.97"),
        ("be_national_number", "93.05.18-223.61"),
        ("email", "Write to petra.lindqvist@harbour.nl."),
        ("email", "petra.lindqvist+news@mail.harbour.co.uk, thanks"),
    ],
)  # fmt: skip
def test_a_number_of_a_person_is_found(kind: str, text: str):
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4242 is for tests",
        "078-05-1120 was printed on a card in every wallet",
        "000-12-3456, 666-12-3456, 912-34-5678, 123-00-4567",
        "DE89 3704 0044 0532 0130 00 is the registry's example",
        "2026-09-01 10:22:31.123456 and 1725186000000",
        "version 10.11.12.13, ISBN 978-3-16-148410-0, order 100200300400",
        "call +49 30 1234567 or 555-123-4567",
        "https://shop.example.com/p/4556737586899855-lamp",
        f"id={CARD}",
        f"0x{CARD}",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
        "support@harbour.nl, noreply@harbour.nl, you@example.com, user@host, git@github.com:x/y.git",
        "@decorator and foo@1.2.3",
        "BSN of nobody: 111111110",
        "123456782 without a word beside it",
    ],
)
def test_other_numbers_and_addresses_are_not(text: str):
    assert personal_data_in(text) == []


def test_numbers_in_a_row_are_told_apart():
    other = a_card("510510510510510"[:14] + "7")

    assert [find.value for find in personal_data_in(f"{CARD} {other}, {IBAN}")] == [CARD, other, IBAN]


def test_a_number_among_many_others_is_found():
    row = " ".join(str(number) for number in range(10, 400))

    assert kinds(f"{row} {CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]} {row}") == ["card_number"]


@given(st.text(alphabet=st.sampled_from("0123456789 -./ABDEGZ@x.\n"), max_size=300))
def test_any_digits_are_read_and_finds_lie_where_they_say_and_apart(text: str):
    finds = personal_data_in(text)

    assert all(text[find.start : find.end] == find.value for find in finds)
    assert all(one.end <= two.start for one, two in pairwise(finds))


@given(st.text())
def test_any_text_is_read(text: str):
    personal_data_in(text)
