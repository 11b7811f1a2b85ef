"""What to compare with: rules as public scanners have them, in Python's `re` behind a keyword prefilter.

The way of gitleaks: lower the text, look for each rule's keywords in all of it, run the rule's expression over all of
it if one is there; a generic rule asks for entropy. Personal data by one expression a kind, with Luhn and IBAN checks,
as in presidio's pattern recognisers. Written from those projects' documentation, for measuring only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tidegate.content.checksums import iban, luhn
from tidegate.content.credibility import entropy

_RULES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("aws_access_key", ("akia", "asia", "abia", "acca"), r"\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    ("aws_bedrock_api_key", ("absk",), r"\bABSK[A-Za-z0-9+/]{109,269}={0,2}"),
    ("github_token", ("ghp_",), r"ghp_[0-9a-zA-Z]{36}"),
    ("github_token (fine-grained)", ("github_pat_",), r"github_pat_\w{82}"),
    ("gitlab_token", ("glpat-",), r"glpat-[\w-]{20}"),
    ("npm_token", ("npm_",), r"(?i)\b(npm_[a-z0-9]{36})(?:[\x60'\"\s;]|\\[nr]|$)"),
    ("pypi_token", ("pypi-ageichlwas5vcmc",), r"pypi-AgEIcHlwaS5vcmc[\w-]{50,1000}"),
    ("slack_token", ("xoxb",), r"xoxb-[0-9]{10,13}-[0-9]{10,13}[a-zA-Z0-9-]*"),
    ("stripe_key", ("sk_test", "sk_live", "rk_live"),
     r"\b((?:sk|rk)_(?:test|live|prod)_[a-zA-Z0-9]{10,99})(?:[\x60'\"\s;]|\\[nr]|$)"),
    ("openai_key", ("t3blbkfj",),
     r"\b(sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{58,74}T3BlbkFJ[A-Za-z0-9_-]{58,74})(?:[\x60'\"\s;<]|\\[nr]|$)"),
    ("anthropic_key", ("sk-ant-api03",), r"\b(sk-ant-api03-[a-zA-Z0-9_\-]{93}AA)(?:[\x60'\"\s;<]|\\[nr]|$)"),
    ("huggingface_token", ("hf_",), r"\b(hf_(?i:[a-z]{34}))(?:[\x60'\"\s;<]|\\[nr]|$)"),
    ("google_api_key", ("aiza",), r"\b(AIza[\w-]{35})(?:[\x60'\"\s;<]|\\[nr]|$)"),
    ("azure_client_secret", ("q~",),
     r"(?:^|[\\'\"\x60\s>=:(,)])([a-zA-Z0-9_~.]{3}\dQ~[a-zA-Z0-9_~.-]{31,34})(?:$|[\\'\"\x60\s<),])"),
    ("sendgrid_key", ("sg.",), r"\b(SG\.(?i:[a-z0-9=_\-\.]{66}))(?:[\x60'\"\s;<]|\\[nr]|$)"),
    ("twilio_key", ("sk",), r"SK[0-9a-fA-F]{32}"),
    ("telegram_bot_token", ("telegr",), r"(?i:telegr)(?:.|\n){0,40}?([0-9]{5,16}:A[a-zA-Z0-9_\-]{34})"),
    ("digitalocean_token", ("dop_v1_",), r"\b(dop_v1_[a-f0-9]{64})"),
    ("databricks_token", ("dapi",), r"\b(dapi[a-f0-9]{32}(?:-\d)?)"),
    ("vault_token", ("hvs.",), r"\b(hvs\.[\w-]{90,120})"),
    ("shopify_token", ("shpat_",), r"shpat_[a-fA-F0-9]{32}"),
    ("square_token", ("sq0atp-", "eaaa"), r"\b((?:EAAA|sq0atp-)[\w-]{22,60})"),
    ("new_relic_key", ("nrak",),
     r"(?i)(?:new-relic|newrelic|new_relic)(?:[0-9a-z\-_\t .]{0,20})(?:=|:)[\s'\"]{0,5}(NRAK-[a-z0-9]{27})"),
    ("mailgun_key", ("mailgun",), r"(?i)mailgun(?:[0-9a-z\-_\t .]{0,20})(?:=|:)[\s'\"]{0,5}(key-[a-f0-9]{32})"),
    ("jwt", ("ey",), r"\b(ey[a-zA-Z0-9]{17,}\.ey[a-zA-Z0-9\/\\_-]{17,}\.(?:[a-zA-Z0-9\/\\_-]{10,}={0,2})?)"),
    ("private_key", ("-----begin",),
     r"(?i)-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----[\s\S-]{64,}?KEY(?: BLOCK)?-----"),
    ("generic", ("access", "api", "auth", "key", "credential", "creds", "passwd", "password", "secret", "token"),
     r"(?i)[\w.-]{0,50}?(?:access|auth|api|credential|creds|key|passw(?:or)?d|secret|token)(?:[ \t\w.-]{0,20})"
     r"[\s'\"]{0,3}"
     r"(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'\"\s=]{0,5}([\w.=-]{10,150}"
     r"|[a-z0-9][a-z0-9+/]{11,}={0,3})(?:[\x60'\"\s;]|\\[nr]|$)"),
)  # fmt: skip
_COMPILED = tuple((name, keywords, re.compile(shape)) for name, keywords, shape in _RULES)

_PERSONAL = (
    ("email", re.compile(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b")),
    ("iban", re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,4})?\b")),
    ("card_number", re.compile(r"\b(?:\d[ -]?){12,18}\d\b")),
    ("us_ssn", re.compile(r"\b\d{3}[- .]\d{2}[- .]\d{4}\b")),
)


def secrets(text: str) -> Iterator[tuple[str, str]]:
    low = text.lower()
    for name, keywords, shape in _COMPILED:
        if any(keyword in low for keyword in keywords):
            for match in shape.finditer(text):
                value = match[match.lastindex or 0]
                if name != "generic" or (entropy(value) >= 3.5 and any(map(str.isdigit, value))):
                    yield name, value


def personal_data(text: str) -> Iterator[tuple[str, int, int]]:
    for name, shape in _PERSONAL:
        for match in shape.finditer(text):
            bare = re.sub("[ -]", "", match[0]).upper()
            if (name == "iban" and not iban(bare)) or (name == "card_number" and not luhn(bare)):
                continue
            yield name, match.start(), match.end()
