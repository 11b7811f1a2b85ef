"""Secrets: what is one is found wherever it stands, and what only looks like one is not."""

from __future__ import annotations

import pytest
from content_builders import a_bedrock_key, a_github_token, a_jwt, a_private_key, an_aws_key, an_aws_secret, some
from hypothesis import given
from hypothesis import strategies as st

from tidegate.content.finds import Trust
from tidegate.content.hidden import visible
from tidegate.content.secrets import secrets_in
from tidegate.content.vendor_secrets import account_of_key

HEX = "0123456789abcdef"
SAMPLES = [
    ("aws_access_key", an_aws_key()),
    ("aws_bedrock_api_key", a_bedrock_key()),
    ("github_token", a_github_token()),
    ("github_token", a_github_token("ghs_")),
    ("npm_token", a_github_token("npm_")),
    ("gitlab_token", "glpat-" + some(20)),
    ("slack_token", f"xoxb-{some(12, '123456789')}-{some(12, '123456789')}-{some(24)}"),
    ("stripe_key", "sk_live_" + some(24)),
    ("openai_key", f"sk-proj-{some(40)}T3BlbkFJ{some(40)}"),
    ("anthropic_key", f"sk-ant-api03-{some(93)}AA"),
    ("google_api_key", "AIza" + some(35)),
    ("sendgrid_key", f"SG.{some(22)}.{some(43)}"),
    ("databricks_token", "dapi" + some(32, HEX)),
    ("digitalocean_token", "dop_v1_" + some(64, HEX)),
    ("vault_token", "hvs." + some(90)),
    ("jwt", a_jwt()),
    ("private_key", a_private_key()),
    ("private_key", a_private_key("OPENSSH ")),
]


@pytest.mark.parametrize(("kind", "secret"), SAMPLES)
@pytest.mark.parametrize(
    "around", ["{}", "The value is {}.", '{{"token":"{}"}}', "`{}`", "TOKEN={}\n", "({})", "x: {},"]
)
def test_a_secret_is_found_whatever_stands_around_it(kind: str, secret: str, around: str):
    text = around.format(secret)

    [find] = [find for find in secrets_in(text) if find.kind == kind]

    assert text[find.start : find.end] == secret


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE with wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",  # AWS's documentation
        "ghp_" + "a" * 36,
        "ghp_" + some(36),  # its checksum is wrong
        "sk-" + "x" * 48,
        "sk_live_" + "your_key_here_" + "x" * 12,
        "AIza...your-google-key",
        "password = os.environ['DB_PASSWORD1']",
        "password: {{ vault_password_1 }}",
        "password = db.Column(db.String(60), nullable=False)",
        "Set `PASSWORD=changeme123` before you begin.",
        "password: P@ssw0rd123",
        "postgresql://user:password@localhost:5432/db",
        "postgresql://orders:${DB_PASSWORD_1}@db.orders.corp/orders",
        "Your password must have 12 characters, and the token is sent to you by mail.",
        "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "eyJhbGciOi.is.not-one",
    ],
)
def test_what_only_looks_like_a_secret_is_none(text: str):
    assert secrets_in(text) == []


def test_the_account_of_an_access_key_is_read_from_it():
    key = an_aws_key("111122223333")

    assert account_of_key(key) == "111122223333"
    assert secrets_in(f"Use {key}.")[0].note == "of account 111122223333"


def test_forty_characters_are_a_secret_key_beside_a_key_id_or_its_name_only():
    secret = an_aws_secret()

    assert secrets_in(f"The digest is {secret}.") == []
    assert [find.kind for find in secrets_in(f"{an_aws_key()} {secret}")] == ["aws_access_key", "aws_secret_key"]
    [named] = secrets_in(f"aws_secret_access_key = {secret}")
    assert named.kind == "aws_secret_key"
    assert named.trust is Trust.LIKELY


@pytest.mark.parametrize(
    "form", ["DB_PASSWORD={}", '"password": "{}"', "password: {}", "The password is {}.", "pwd = '{}'"]
)
def test_a_password_in_configuration_or_prose_is_found(form: str):
    [find] = secrets_in(form.format("kV9#tzQ41w"))

    assert (find.kind, find.value, find.trust) == ("password", "kV9#tzQ41w", Trust.LIKELY)


def test_a_password_in_an_address_is_found_and_nothing_else_of_it():
    [find] = secrets_in("Use mongodb+srv://orders:Vq8tz41Kd@db.orders.corp/orders for that.")

    assert (find.kind, find.value) == ("url_password", "Vq8tz41Kd")


def test_a_service_account_in_json_is_one_find():
    key = a_private_key("").replace("\n", "\\n")

    [find] = secrets_in(f'{{"type": "service_account", "private_key": "{key}\\n"}}')

    assert find.kind == "gcp_service_account"
    assert find.value.endswith("-----END PRIVATE KEY-----")


def test_zero_width_characters_inside_a_token_do_not_hide_it():
    token = a_github_token()

    assert secrets_in(visible(f"{token[:9]}\u200b{token[9:20]}\u2060{token[20:]}"))[0].value == token


def test_every_occurrence_is_found_also_beside_a_longer_word_that_holds_it():
    key = an_aws_key()
    text = f"x{key} {key}Z {key} and {key}"

    assert [find.start for find in secrets_in(text)] == [text.index(f" {key} ") + 1, len(text) - len(key)]


def test_padding_does_not_hide_what_follows_it():
    token = a_github_token()

    assert [find.value for find in secrets_in("word " * 200_000 + token)] == [token]


@given(st.text(), st.sampled_from(SAMPLES), st.text())
def test_a_secret_is_found_between_any_other_words(before: str, sample: tuple[str, str], after: str):
    kind, secret = sample

    assert kind in [find.kind for find in secrets_in(f"{before} {secret} {after}")]


@given(st.text())
def test_any_text_is_read_and_finds_lie_where_they_say(text: str):
    for find in secrets_in(text):
        assert text[find.start : find.end] == find.value
