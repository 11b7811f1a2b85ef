"""What is shown to people holds no secret, wherever and however often it stands."""

from __future__ import annotations

from content_builders import a_card, a_github_token, a_private_key, an_aws_key, an_iban
from hypothesis import given
from hypothesis import strategies as st

from tidegate.content.personal import personal_data_in
from tidegate.content.redaction import excerpt, redacted
from tidegate.content.secrets import secrets_in

SECRETS = [a_github_token(), an_aws_key(), a_private_key(), an_iban(), a_card()]


def test_kinds_stand_where_values_stood():
    assert redacted(f"Use {an_aws_key()} and {an_iban()}.") == "Use [aws_access_key] and [iban]."


def test_every_occurrence_is_masked():
    key = an_aws_key()

    assert redacted(f"{key} x{key} {key}") == f"[aws_access_key] x{key} [aws_access_key]"


def test_values_of_the_organisation_are_masked_as_asked():
    assert redacted("the barrier phrase", also=["barrier"]) == "the [withheld] phrase"


def test_an_excerpt_holds_neither_its_find_nor_its_neighbours():
    text = f"first {a_github_token()} then {an_iban()}, {a_card()} last" + " and more" * 20
    finds = [*secrets_in(text), *personal_data_in(text)]

    shown = excerpt(text, finds[1], finds)

    assert "[github_token]" in shown
    assert "[iban]" in shown
    assert not any(secret[4:14] in shown for secret in SECRETS)
    assert len(shown) < 160


def test_a_card_beside_a_path_that_ends_in_digits_is_masked():
    assert redacted(f"/0 {a_card()} /items/12 {a_card()}") == "/0 [card_number] /items/12 [card_number]"


@given(st.lists(st.sampled_from(SECRETS) | st.text(max_size=20), max_size=8))
def test_no_secret_is_left_between_any_words(pieces: list[str]):
    shown = redacted(" ".join(pieces))

    assert not any(secret in shown for secret in SECRETS)


@given(st.text())
def test_text_without_a_find_is_left_alone(text: str):
    if text.isascii() and not secrets_in(text) and not personal_data_in(text):
        assert redacted(text) == text
