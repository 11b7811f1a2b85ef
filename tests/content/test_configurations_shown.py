"""A configuration for people: secrets masked wherever they stand, everything else as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.content.configurations import WITHHELD, shown

TOKEN, ADDRESS = "xoxb-10000000-KqWzRtYpLmNbVcXsDfGhJkPo", "petra@harbour-office.nl"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"environmentVariables": {"SLACK": TOKEN}}, {"environmentVariables": {"SLACK": "[slack_token]"}}),
        ({"DB_PASSWORD": "letters-only"}, {"DB_PASSWORD": WITHHELD}),
        ({"dbPassword": ["one", "two"]}, {"dbPassword": [WITHHELD, WITHHELD]}),
        ([{"Name": "api-key", "Value": "short"}], [{"Name": "api-key", "Value": WITHHELD}]),
        ({"key": "client_secret", "value": {"text": "short"}}, {"key": "client_secret", "value": {"text": "short"}}),
        ({"instruction": f"Send it to {ADDRESS}"}, {"instruction": "Send it to [email]"}),
        ({"image": f"registry as {TOKEN}"}, {"image": "registry as [slack_token]"}),
        ("postgres://app:Kq7Wz2Rt@db.harbour.nl/x", "postgres://app:[url_password]@db.harbour.nl/x"),
        ("not { JSON", "not { JSON"),
    ],
)
def test_what_is_secret_is_masked(given: Any, seen: Any) -> None:
    assert shown(given) == seen


def test_a_secret_in_json_that_is_text_is_masked_and_the_rest_of_it_stays() -> None:
    text = json.dumps({"Version": "2012-10-17", "settings": {"apiToken": "abc", "region": "eu-west-1"}})
    assert json.loads(shown(text)) == {
        "Version": "2012-10-17",
        "settings": {"apiToken": WITHHELD, "region": "eu-west-1"},
    }


@pytest.mark.parametrize(
    "kept",
    [
        {"AccessKey": "AKIAZ7QHTW3NPLKD5XVB", "Status": "Inactive"},
        {"secret": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf"},
        {"Statement": [{"Effect": "Deny", "Action": ["bedrock:CallWithBearerToken", "sts:GetSessionToken"]}]},
        {"Condition": {"StringLike": {"aws:userid": [f"AROATIDESUPPORT00001:{ADDRESS}"]}}},
        {"maxTokens": 4096, "tokens": ["a", "b"], "password": None, "secret": ""},
        '{"Version":"2012-10-17",  "Statement":[]}',
        ("a", {"b": (1, 2.5, True)}),
    ],
)
def test_what_names_a_thing_or_holds_nothing_secret_is_left_letter_by_letter(kept: Any) -> None:
    assert shown(kept) is kept


@given(JSON)
def test_any_configuration_keeps_its_shape_and_is_masked_once_for_all(value: Any) -> None:
    once = shown(value)
    assert type(once) is type(value)
    assert shown(once) == once
