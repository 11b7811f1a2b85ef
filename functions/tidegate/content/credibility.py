"""Whether a value may be real: examples, placeholders and words are what answers and documentation are full of."""

from __future__ import annotations

import math
import re
from collections import Counter

# Names and fillers used where a value would stand. Compared in lower case, with digits that stand for letters read so.
_FILLERS = (
    "example", "sample", "dummy", "placeholder", "changeme", "change_me", "change-me", "replace", "redacted", "insert",
    "your", "mysecret", "my_secret", "my-secret", "mypass", "my_pass", "secretpass", "secret_key", "secretkey",
    "password", "passwd", "passphrase", "supersecret", "super_secret", "strongpass", "secure", "letmein", "qwerty",
    "hunter2", "test", "fake", "foobar", "xxxx", "****", "....", "____", "abcdef", "abc123", "123456", "012345",
    "987654", "000000", "111111", "deadbeef", "todo", "null", "none", "undefined", "default", "welcome", "admin",
)  # fmt: skip
_VENDOR_FILLERS = ("example", "sample", "placeholder", "changeme", "redacted", "xxxx", "****", "....", "your", "insert")
_LETTERS_FOR = str.maketrans("@013457$", "aoleastS")
_REFERENCE = re.compile(r"[<{\[(%$][^\s]{0,64}[>}\])%]|\$\{?[A-Za-z_]|[A-Za-z_]\(")
# <x>, ${X}, {{x}}, %X%, $X, os.environ["X"], Column(60)


def entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    if not text:
        return 0.0
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def invented(token: str) -> bool:
    """A vendor's token that documentation shows: a filler word, one character again and again, or digits in order."""
    low = token.lower()
    if any(filler in low for filler in _VENDOR_FILLERS) or "1234567890" in low or "abcdefgh" in low:
        return True
    tail = token[-16:]
    return len(set(tail)) < max(4, len(tail) // 3) or entropy(token) < 2.5


def credible_password(value: str) -> bool:
    """Whether a value given to a password's name may be one: no reference, no filler, and not a word.

    Eight characters or more (NIST SP 800-63B), of which letters and something else. A word in prose ("password:
    required") has no digit; generated passwords that have none are missed.
    """
    if not 8 <= len(value) <= 200 or _REFERENCE.search(value):
        return False
    low = value.lower()
    if any(filler in low or filler in low.translate(_LETTERS_FOR) for filler in _FILLERS):
        return False
    letters, digits = sum(map(str.isalpha, value)), sum(map(str.isdigit, value))
    others = len(value) - letters - digits
    if not letters or not digits:
        return False
    return entropy(value) >= (2.5 if others else 2.75) and len(set(value)) >= 6
