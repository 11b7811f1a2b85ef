"""Secrets made up for measuring, by the vendors' formats as documented, in sentences as models write them.

Written apart from the rules that are to find them: from the formats, not from the expressions.
"""

from __future__ import annotations

import base64
import json
import random
import string
import zlib
from collections.abc import Callable

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_HEX = "0123456789abcdef"
_URL = _BASE62 + "-_"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

type Make = Callable[[random.Random], str]


def _of(alphabet: str, length: int) -> Make:
    return lambda draw: "".join(draw.choices(alphabet, k=length))


def _after(prefix: str, alphabet: str, length: int) -> Make:
    return lambda draw: prefix + "".join(draw.choices(alphabet, k=length))


def _with_crc(prefix: str) -> Make:
    def make(draw: random.Random) -> str:
        body = "".join(draw.choices(_BASE62, k=30))
        number, end = zlib.crc32(body.encode()), ""
        for _ in range(6):
            number, rest = divmod(number, 62)
            end = _BASE62[rest] + end
        return prefix + body + end

    return make


def _bedrock(draw: random.Random) -> str:
    text = f"BedrockAPIKey-{''.join(draw.choices(_BASE62, k=4)).lower()}-at-111122223333:{_of(_BASE62, 44)(draw)}"
    return "ABSK" + base64.b64encode(text.encode()).decode()


def _jwt(draw: random.Random) -> str:
    parts = [
        json.dumps({"alg": "HS256", "typ": "JWT"}),
        json.dumps({"sub": str(draw.randrange(10**9)), "iat": 1756720800}),
    ]
    return (
        ".".join(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts) + "." + _of(_URL, 43)(draw)
    )


def _openai(draw: random.Random) -> str:
    return f"sk-proj-{_of(_URL, 74)(draw)}T3BlbkFJ{_of(_URL, 74)(draw)}"


def _pem(draw: random.Random) -> str:
    lines = "\n".join(_of(_BASE62 + "+/", 64)(draw) for _ in range(6))
    return f"-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----"


def _discord(draw: random.Random) -> str:
    bot = base64.b64encode(str(draw.randrange(10**17, 10**18)).encode()).decode()
    return f"{bot}.{_of(_URL, 6)(draw)}.{_of(_URL, 38)(draw)}"


def _password(draw: random.Random) -> str:
    return (
        _of(string.ascii_letters, 6)(draw)
        + draw.choice("!#+-")
        + _of(string.digits, 4)(draw)
        + _of(string.ascii_letters, 4)(draw)
    )


def _aws_secret(draw: random.Random) -> str:
    key, secret = _after("AKIA", _BASE32, 16)(draw), _of(_BASE62 + "+/", 40)(draw)
    return f"{key}\naws_secret_access_key = {secret}"


SECRETS: dict[str, Make] = {
    "aws_access_key": _after("AKIA", _BASE32, 16),
    "aws_secret_key": _aws_secret,
    "aws_bedrock_api_key": _bedrock,
    "github_token": _with_crc("ghp_"),
    "github_token (fine-grained)": lambda draw: f"github_pat_{_of(_BASE62, 22)(draw)}_{_of(_BASE62, 59)(draw)}",
    "gitlab_token": _after("glpat-", _URL, 20),
    "npm_token": _with_crc("npm_"),
    "pypi_token": _after("pypi-AgEIcHlwaS5vcmc", _URL, 150),
    "slack_token": lambda draw: (
        f"xoxb-{_of(string.digits, 12)(draw)}-{_of(string.digits, 13)(draw)}-{_of(_BASE62, 24)(draw)}"
    ),
    "stripe_key": _after("sk_live_", _BASE62, 24),
    "openai_key": _openai,
    "anthropic_key": lambda draw: f"sk-ant-api03-{_of(_URL, 93)(draw)}AA",
    "huggingface_token": _after("hf_", string.ascii_letters, 34),
    "google_api_key": _after("AIza", _URL, 35),
    "google_oauth_secret": _after("GOCSPX-", _URL, 28),
    "azure_storage_key": lambda draw: (
        f"AccountName=orders;AccountKey={_of(_BASE62 + '+/', 86)(draw)}==;EndpointSuffix=x"
    ),
    "azure_client_secret": lambda draw: f"{_of(_BASE62, 3)(draw)}8Q~{_of(_URL + '~.', 34)(draw)}",
    "sendgrid_key": lambda draw: f"SG.{_of(_URL, 22)(draw)}.{_of(_URL, 43)(draw)}",
    "twilio_key": _after("SK", _HEX, 32),
    "telegram_bot_token": lambda draw: f"{draw.randrange(10**9, 10**10)}:AA{_of(_URL, 33)(draw)}",
    "discord_bot_token": _discord,
    "digitalocean_token": _after("dop_v1_", _HEX, 64),
    "databricks_token": _after("dapi", _HEX, 32),
    "vault_token": _after("hvs.", _URL, 90),
    "shopify_token": _after("shpat_", _HEX, 32),
    "square_token": _after("sq0atp-", _URL, 22),
    "new_relic_key": _after("NRAK-", string.ascii_uppercase + string.digits, 27),
    "mailgun_key": _after("key-", _HEX, 32),
    "jwt": _jwt,
    "private_key": _pem,
    "url_password": lambda draw: f"postgresql://orders:{_password(draw)}@db.orders.corp:5432/orders",
    "password": lambda draw: f"DB_PASSWORD={_password(draw)}",
    "password (prose)": lambda draw: f"the password is {_password(draw)}",
}
FORMS = (
    "The value is {}.", 'Set it like this:\n\n```sh\nexport TOKEN="{}"\n```\n', '{{"credential": "{}", "valid": true}}',
    "- key: {}\n- region: eu-west-1\n", "Use `{}` for now,\nand rotate it later.", "<code>{}</code>",
)  # fmt: skip


def planted(answer: str, secret: str, form: str, draw: random.Random) -> str:
    """An answer with a secret between two of its paragraphs."""
    pieces = answer.split("\n\n")
    place = draw.randrange(len(pieces) + 1)
    return "\n\n".join([*pieces[:place], form.format(secret), *pieces[place:]])
