"""Personal numbers in a text: bank accounts, cards, national numbers.

Runs of digits and capitals with single separators are taken out in one pass, and only if the text has digits enough; a
run is then judged by its bare form, its check digits and, where those are weak (one in ten or eleven passes by
chance), by a word beside it that says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tidegate.content import checksums
from tidegate.content.finds import Find, Trust
from tidegate.content.number_examples import EXAMPLES, TEST_CARDS
from tidegate.content.words import long_words

_FEWEST_DIGITS = 6  # of the shortest (UK national insurance number)
_NOT_DIGITS = bytes(set(range(256)) - set(b"0123456789"))
_RUN = re.compile(r"[0-9](?:[ .\-/]?+[0-9A-Z]){6,}+")
_SMALL_IBAN = re.compile(r"(?<![A-Za-z0-9])[a-z]{2}[0-9]{2}[a-z0-9]{11,30}+(?![A-Za-z0-9])")
_LETTERS = re.compile(r"(?<![A-Za-z])[A-Z]{2} ")
_SEPARATOR = re.compile(r"[ .\-/]")
_ATTACHING = "-./#=%&?"
_MOST_PIECES = 9  # an IBAN in fours
_BESIDE = 48  # characters on either side in which a word may say what a number is

# Issuers' ranges: ISO/IEC 7812 lists as published by the networks. (prefix from, to, lengths)
_CARDS = (
    (4, 4, (13, 16, 19)), (51, 55, (16,)), (2221, 2720, (16,)), (34, 34, (15,)), (37, 37, (15,)), (300, 305, (14,)),
    (3095, 3095, (14,)), (36, 36, (14,)), (38, 39, (14,)), (6011, 6011, (16, 19)), (644, 649, (16, 19)),
    (65, 65, (16, 19)), (3528, 3589, (16,)), (2131, 2131, (15,)), (1800, 1800, (15,)), (62, 62, (16, 17, 18, 19)),
    (50, 50, (12, 13, 16)), (56, 58, (12, 13, 16)), (6304, 6304, (12, 16, 18)), (6759, 6763, (12, 16, 18)),
)  # fmt: skip


class _Number(NamedTuple):
    """A number as found."""

    bare: str  # digits and capitals alone
    shown: str
    pieces: tuple[int, ...]  # how long they are


class _Rule(NamedTuple):
    kind: str
    lengths: frozenset[int]
    passes: Callable[[_Number], bool]
    beside: tuple[str, ...]  # one of these words must stand beside it
    groups: frozenset[tuple[int, ...]] | None  # how it is written in pieces, other than in one; None: `passes` says
    trust: Trust

    def judges(self, number: _Number, low: str) -> bool:
        """Figures in a row pass some check or other: only those count that stand the way such a number is written."""
        if self.groups is not None and len(number.pieces) > 1 and number.pieces not in self.groups:
            return False
        return (not self.beside or any(word in low for word in self.beside)) and self.passes(number)


def numbers_in(text: str) -> Iterator[Find]:
    """In the order of the text; numbers don't overlap."""
    if len(text.encode("utf-8", "replace").translate(None, _NOT_DIGITS)) < _FEWEST_DIGITS:
        return
    for match in _RUN.finditer(text):
        start = match.start()
        if text[start - 1 : start] == " " and _LETTERS.match(text, max(0, start - 3)):
            start -= 1  # JG 10 37 59 A
        while start > 0 and match.start() - start < 6 and "A" <= text[start - 1] <= "Z":
            start -= 1  # the letters an IBAN, a codice fiscale, an NIE begin with
        yield from _in_run(text, start, match.end())
    for match in _SMALL_IBAN.finditer(long_words(text)):
        if checksums.iban(match[0].upper()):
            start = text.find(match[0])
            yield Find("personal", "iban", start, start + len(match[0]), match[0], Trust.VERIFIED)


def _in_run(text: str, start: int, end: int) -> Iterator[Find]:
    """Numbers may stand beside one another: pieces between separators are judged alone and together."""
    before = text[start - 1 : start]
    attached = before in _ATTACHING and before != ""  # an id in an address, an attribute, a path
    edges = [start - 1, *[place for place in range(start, end) if text[place] in " .-/"], end]
    if text[end : end + 1].isalnum():  # the last piece is a part of a word
        edges.pop()
    if before.isalnum() or before == "_":
        edges.pop(0)
    low = ""
    taken = -1
    for first, last in _spans(len(edges)):
        begin, until = edges[first] + 1, edges[last]
        if begin < taken or until - begin < 9:
            continue
        shown = text[begin:until]
        bare = "".join([char for char in shown if char not in " .-/"])
        rules = _BY_LENGTH.get(len(bare))
        if rules is None or bare in EXAMPLES:
            continue
        low = low or text[max(0, start - _BESIDE) : end + _BESIDE].lower()
        number = _Number(bare, shown, tuple(len(piece) for piece in _SEPARATOR.split(shown)))
        alone = not attached or " " in text[start:begin]
        for rule in rules:
            if (rule.beside or rule.kind == "iban" or alone) and rule.judges(number, low):
                taken = until
                yield Find("personal", rule.kind, begin, until, shown, rule.trust)
                break


def _iban(number: _Number) -> bool:
    """In one piece or in fours, and mostly digits; words in a row pass the check one time in 97."""
    if any(length != 4 for length in number.pieces[:-1]) or sum(map(str.isdigit, number.bare)) * 2 < len(number.bare):
        return False
    return checksums.iban(number.bare)


def _spans(edges: int) -> Iterator[tuple[int, int]]:
    """Pieces that may be one number together, the longest first."""
    for first in range(edges - 1):
        for last in range(min(edges - 1, first + _MOST_PIECES), first, -1):
            yield first, last


def _card(number: _Number) -> bool:
    bare = number.bare
    if not bare.isdigit() or bare in TEST_CARDS or len(set(bare)) < 4 or "." in number.shown or "/" in number.shown:
        return False
    known = any(low <= int(bare[: len(str(low))]) <= high and len(bare) in lengths for low, high, lengths in _CARDS)
    return known and checksums.luhn(bare)


def _any_card(number: _Number) -> bool:
    """Of no issuer that we know: new ranges come every year."""
    bare = number.bare
    return bare.isdigit() and bare not in TEST_CARDS and len(set(bare)) > 3 and checksums.luhn(bare)


def _ssn(number: _Number) -> bool:
    """United States: ddd-dd-dddd, no 000, 666 or 9xx, no 00, no 0000 (Social Security Administration)."""
    bare, shown = number.bare, number.shown
    if not bare.isdigit() or bare[:3] in ("000", "666") or bare[0] == "9" or bare[3:5] == "00" or bare[5:] == "0000":
        return False
    return len(shown) == 11 and shown[3] == shown[6] and shown[3] in "- "


def _bare_ssn(number: _Number) -> bool:
    return number.bare.isdigit() and number.bare[0] != "9" and number.bare[:3] not in ("000", "666")


def _nino(number: _Number) -> bool:
    """United Kingdom (HMRC, NIM39110): two letters, six digits, A to D."""
    bare = number.bare
    return (
        bare[:2].isalpha()
        and bare[0] not in "DFIQUV"
        and bare[1] not in "DFIOQUV"
        and bare[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
        and bare[2:8].isdigit()
        and bare[8] in "ABCD"
    )


def _dni(number: _Number) -> bool:
    return checksums.dni(number.bare)


def _codice_fiscale(number: _Number) -> bool:
    bare = number.bare
    return bare[:6].isalpha() and bare[6:8].isdigit() and bare[8] in "ABCDEHLMPRST" and checksums.codice_fiscale(bare)


def _nir(number: _Number) -> bool:
    bare = number.bare
    return bare[0] in "1278" and bare[3:5] <= "99" and checksums.nir(bare)


def _aadhaar(digits: str) -> bool:
    return digits[0] not in "01" and checksums.verhoeff(digits)


def _digits(check: Callable[[str], bool]) -> Callable[[_Number], bool]:
    return lambda number: number.bare.isdigit() and len(set(number.bare)) > 2 and check(number.bare)


def _grouped(check: Callable[[str], bool], form: str) -> Callable[[_Number], bool]:
    """Written the way its country writes it, which is as good as a word beside it."""
    shape = re.compile(form)
    judge = _digits(check)
    return lambda number: shape.fullmatch(number.shown) is not None and judge(number)


def _rule(
    kind: str,
    lengths: int | range,
    passes: Callable[[_Number], bool],
    groups: str | None = "",
    beside: str = "",
    *,
    sure: bool = True,
) -> _Rule:
    """`groups`: "4 4 4 4, 4 6 5"; `beside`: words with commas."""
    allowed = frozenset([lengths] if isinstance(lengths, int) else lengths)
    forms = None if groups is None else frozenset(tuple(map(int, form.split())) for form in groups.split(",") if form)
    words = tuple(beside.split(",")) if beside else ()
    return _Rule(kind, allowed, passes, words, forms, Trust.VERIFIED if sure else Trust.LIKELY)


_CARD_GROUPS = "4 4 4 4,4 6 5,4 6 4,4 4 4 4 3,4 4 4 1,8 8"
_CARD_WORDS = "card,credit,debit,visa,mastercard,amex,jcb"
_RULES = (
    _rule("iban", range(15, 34), _iban, None),
    _rule("card_number", range(12, 20), _card, _CARD_GROUPS),
    _rule("card_number", range(13, 20), _any_card, _CARD_GROUPS, _CARD_WORDS, sure=False),
    _rule("it_codice_fiscale", 16, _codice_fiscale, "3 3 5 5,6 5 5"),
    _rule("fr_nir", 15, _nir, "1 2 2 2 3 3 2,13 2"),
    _rule("ch_ahv", 13, _grouped(checksums.ean13, r"756[. ]\d{4}[. ]\d{4}[. ]\d\d"), None),
    _rule("in_aadhaar", 12, _digits(_aadhaar), "4 4 4", "aadhaar,aadhar,uidai"),
    _rule("br_cpf", 11, _grouped(checksums.cpf, r"\d{3}\.\d{3}\.\d{3}-\d\d"), None),
    _rule("br_cpf", 11, _digits(checksums.cpf), "9 2", "cpf"),
    _rule("be_national_number", 11, _grouped(checksums.rijksregister, r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d"), None),
    _rule("de_tax_id", 11, _digits(checksums.steuer_id), "2 3 3 3", "steuer,tax id,tax identification,idnr,tin"),
    _rule("pl_pesel", 11, _digits(checksums.pesel), "", "pesel"),
    _rule("us_ssn", 9, _ssn, "3 2 4", sure=False),
    _rule("us_ssn", 9, _bare_ssn, "3 2 4", "ssn,social security", sure=False),
    _rule("nl_bsn", 9, _digits(checksums.bsn), "3 3 3,4 2 3", "bsn,burgerservice,sofinummer"),
    _rule("es_dni", 9, _dni, "8 1,1 7 1,1 8"),
    _rule("uk_nino", 9, _nino, "2 2 2 2 1,2 6 1,8 1", "national insurance,nino,ni number", sure=False),
    _rule("uk_nino", 9, lambda number: len(number.pieces) == 5 and _nino(number), "2 2 2 2 1", sure=False),
    _rule("ca_sin", 9, _digits(checksums.luhn), "3 3 3", "social insurance number,canadian sin"),
)
_BY_LENGTH: dict[int, tuple[_Rule, ...]] = {
    length: tuple(rule for rule in _RULES if length in rule.lengths) for length in range(9, 35)
}
