"""What a reader doesn't see, and what decodes to text; and what is neither."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.content.encodings import blobs_in
from tidegate.content.hidden import hidden_in, visible

WORDS = "the override phrase is heron lantern seventeen"


def in_tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(char)) for char in text)


def in_selectors(text: str) -> str:
    return "".join(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in text.encode())


def in_zero_width(text: str) -> str:
    return "".join("\u200b" if bit == "0" else "\u200c" for byte in text.encode() for bit in f"{byte:08b}")


@pytest.mark.parametrize(
    ("kind", "hide"),
    [("tag_characters", in_tags), ("variation_selectors", in_selectors), ("zero_width_run", in_zero_width)],
)
def test_words_that_nobody_sees_are_found_and_read(kind, hide):
    text = f"Good morning!{hide(WORDS)} Bye."

    [hidden] = hidden_in(text)

    assert (hidden.kind, hidden.says) == (kind, WORDS)
    assert text[hidden.start : hidden.end] == hide(WORDS)
    assert visible(text) == "Good morning! Bye."


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧‍👦 ❤️ 👍🏽 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "می‌خواهم نمی‌دانم",  # Persian joins with U+200C
        "ภาษา\u200bไทย\u200bตัด\u200bคำ",  # Thai may be cut with U+200B
        "soft\u00adhyphen",
        "\ufeffa byte order mark",
        "naïve café — “quoted” … 1–2 ½",
        "שלום \u202bעולם\u202c",
    ],
)
def test_what_scripts_and_emoji_need_is_not_hidden(text: str):
    assert hidden_in(text) == []


def test_an_override_in_front_of_latin_letters_is_found():
    assert [hidden.kind for hidden in hidden_in("open invoice\u202efdp.exe")] == ["bidi_override"]


@pytest.mark.parametrize("length", [18, 19, 20, 46])
def test_text_in_base64_and_hex_is_read(length: int):
    said = WORDS[:length]
    for blob in (
        base64.b64encode(said.encode()).decode(),
        base64.urlsafe_b64encode(said.encode()).decode().rstrip("="),
        said.encode().hex(),
        "".join(f"%{byte:02X}" for byte in said.encode()),
    ):
        text = f"See {blob} for more."
        [found] = blobs_in(text)
        assert found.says == said
        assert blob.rstrip("=") == text[found.start : found.end]


def test_text_encoded_again_is_read():
    once = base64.b64encode(WORDS.encode())
    [blob] = blobs_in(base64.b64encode(once).decode())

    assert (blob.encoding, blob.says) == ("base64 in base64", WORDS)


@pytest.mark.parametrize(
    "text",
    [
        hashlib.sha256(b"x").hexdigest(),
        "sha512-" + base64.b64encode(hashlib.sha512(b"x").digest()).decode(),
        "AbstractSingletonProxyFactoryBean2",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "123456789012345678901234567890",
    ],
)
def test_hashes_names_addresses_and_images_say_nothing(text: str):
    assert blobs_in(text) == []


@given(st.text())
def test_any_text_is_read(text: str):
    assert all(text[hidden.start : hidden.end] for hidden in hidden_in(text))
    assert all(text[blob.start : blob.end] for blob in blobs_in(text))


@given(st.binary(max_size=400))
def test_any_bytes_as_a_blob_are_read(data: bytes):
    for text in (base64.b64encode(data).decode(), data.hex()):
        blobs_in(text)
