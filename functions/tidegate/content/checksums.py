"""Check digits of tokens and numbers: what tells a real one from digits in a row.

Each function says where its rule is written down. All take the bare number (no spaces or dashes) and answer False for
anything of another shape.
"""

from __future__ import annotations

import zlib

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# Length of an IBAN by country: SWIFT IBAN Registry, release 99.
_IBAN_LENGTHS = {
    **dict.fromkeys(["NO"], 15),
    **dict.fromkeys(["BE"], 16),
    **dict.fromkeys(["DK", "FK", "FI", "FO", "GL", "NL", "SD"], 18),
    **dict.fromkeys(["MK", "SI"], 19),
    **dict.fromkeys(["AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"], 20),
    **dict.fromkeys(["CH", "CR", "HR", "LI", "LV"], 21),
    **dict.fromkeys(["BG", "BH", "DE", "GB", "GE", "IE", "ME", "RS", "VA"], 22),
    **dict.fromkeys(["AE", "GI", "IL", "IQ", "OM", "SO", "TL"], 23),
    **dict.fromkeys(["AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"], 24),
    **dict.fromkeys(["LY", "PT", "ST"], 25),
    **dict.fromkeys(["IS", "TR"], 26),
    **dict.fromkeys(["BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"], 27),
    **dict.fromkeys(["AL", "AZ", "BY", "CY", "DO", "GT", "HN", "HU", "LB", "NI", "PL", "SV"], 28),
    **dict.fromkeys(["BR", "EG", "PS", "QA", "UA"], 29),
    **dict.fromkeys(["JO", "KW", "MU", "YE"], 30),
    **dict.fromkeys(["MT", "SC"], 31),
    "LC": 32,
    "RU": 33,
}

_VERHOEFF_D = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
_VERHOEFF_P = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7), (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)  # fmt: skip
_CODICE_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def crc32_base62(token: str) -> bool:
    """GitHub's (since 2021) and npm's tokens end in the CRC-32 of what is between prefix and end, six base62 digits.

    https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    body = token[token.index("_") + 1 :]
    number = zlib.crc32(body[:-6].encode("ascii", "replace"))
    for digit in reversed(body[-6:]):
        number, rest = divmod(number, 62)
        if _BASE62[rest] != digit:
            return False
    return number == 0


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B: cards, Swedish and Canadian numbers."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = ord(digit) - 48
        if place % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0


def iban(text: str) -> bool:
    """ISO 13616: the country's length, and the number with its head at the end is 1 modulo 97."""
    if len(text) != _IBAN_LENGTHS.get(text[:2]) or not text.isascii() or not text.isalnum():
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def verhoeff(digits: str) -> bool:
    """India's Aadhaar (UIDAI): J. Verhoeff, Error Detecting Decimal Codes, 1969."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _VERHOEFF_D[check][_VERHOEFF_P[place % 8][ord(digit) - 48]]
    return check == 0


def nir(text: str) -> bool:
    """France's numéro de sécurité sociale (INSEE): 13 places, then 97 - n modulo 97; 2A and 2B count as 19 and 18."""
    body, key = text[:-2].replace("2A", "19").replace("2B", "18"), text[-2:]
    return len(text) == 15 and body.isdigit() and key.isdigit() and 97 - int(body) % 97 == int(key)


def dni(text: str) -> bool:
    """Spain's DNI, and NIE with X, Y, Z as 0, 1, 2: the letter is the number modulo 23 (Real Decreto 1553/2005)."""
    number = text[:-1].translate({88: "0", 89: "1", 90: "2"}) if text[:1] in "XYZ" else text[:-1]
    return len(text) == 9 and number.isdigit() and _DNI_LETTERS[int(number) % 23] == text[-1]


def codice_fiscale(text: str) -> bool:
    """Italy: places counted from one, odd ones by table, modulo 26 (Decreto ministeriale 23/12/1976)."""
    if len(text) != 16 or any(char not in _CODICE_ODD for char in text):
        return False
    total = sum(_CODICE_ODD[char] for char in text[0:15:2])
    total += sum(int(char) if char.isdigit() else ord(char) - 65 for char in text[1:15:2])
    return chr(65 + total % 26) == text[15]


def cpf(digits: str) -> bool:
    """Brazil: two check digits modulo 11 (Receita Federal). The same digit eleven times passes and is none."""
    if len(set(digits)) == 1:
        return False
    for length in (9, 10):
        rest = sum(int(digit) * weight for digit, weight in zip(digits, range(length + 1, 1, -1), strict=False)) % 11
        if int(digits[length]) != (0 if rest < 2 else 11 - rest):
            return False
    return True


def bsn(digits: str) -> bool:
    """The Netherlands: weights 9 to 2 and -1, a multiple of 11 (the "elfproef")."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return total > 0 and total % 11 == 0


def steuer_id(digits: str) -> bool:
    """Germany's tax id: of the first ten digits one comes twice or three times; ISO 7064 MOD 11,10 (§ 139b AO)."""
    if digits[0] == "0" or len(set(digits[:10])) not in (8, 9):
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def pesel(digits: str) -> bool:
    """Poland: a date of birth with the century in the month, weights 1 3 7 9 (Ustawa o ewidencji ludności)."""
    if not 1 <= int(digits[2:4]) % 20 <= 12 or not 1 <= int(digits[4:6]) <= 31:
        return False
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 10 == 0


def rijksregister(digits: str) -> bool:
    """Belgium: 97 minus the first nine digits modulo 97, those born since 2000 with a 2 before them."""
    body, key = digits[:9], int(digits[9:])
    return key in (97 - int(body) % 97, 97 - int("2" + body) % 97)


def ean13(digits: str) -> bool:
    """Switzerland's AHV number is an EAN-13 that begins with 756 (Bundesamt für Sozialversicherungen)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits[:12]))
    return (10 - total % 10) % 10 == int(digits[12])
