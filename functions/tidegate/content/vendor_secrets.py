"""Secrets that vendors made recognisable: what they can't be without, their shape, and how one is verified.

`anchors` are literals of which one stands in every such secret: a text without them is not looked at further. Shapes
are what the vendors document or issue; where a checksum or something readable is inside, `check` asks it. All repeats
are bounded and possessive, so a text costs its length (tests/content/test_work_is_bounded.py).
"""

from __future__ import annotations

import re
from base64 import b32decode, b64decode, urlsafe_b64decode
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from tidegate.content.checksums import crc32_base62
from tidegate.content.credibility import entropy
from tidegate.content.finds import Trust

type Check = Callable[[str], Trust | None]


class Kind(NamedTuple):
    id: str
    anchors: tuple[str, ...]
    shape: re.Pattern[str]
    check: Check | None = None  # None as an answer: it isn't one


def _kind(id: str, anchors: str, shape: str, check: Check | None = None) -> Kind:
    """Tokens stand free: no letter, digit or underscore on either side."""
    return Kind(id, tuple(anchors.split()), re.compile(rf"(?<![A-Za-z0-9_])(?>{shape})(?![A-Za-z0-9_])"), check)


def _crc(token: str) -> Trust | None:
    return Trust.VERIFIED if crc32_base62(token) else None


def account_of_key(key: str) -> str:
    """The account in an AWS access key id (five bits a character, one bit shifted); "" for keys made before 2019.

    https://medium.com/@TalBeerySec/a-short-note-on-aws-key-id-f88cc4317489
    """
    bits = int.from_bytes(b32decode(key[4:])[:6])
    return f"{(bits & 0x7FFFFFFFFF80) >> 7:012d}" if key[4:5] >= "Q" else ""


def _bedrock_long(key: str) -> Trust | None:
    """`BedrockAPIKey-<suffix>-at-<account>:<secret>` in base64."""
    text = _decoded(key[4:])
    return Trust.VERIFIED if text.startswith(b"BedrockAPIKey-") and b"-at-" in text and b":" in text else None


def _bedrock_short(key: str) -> Trust | None:
    """A presigned URL in base64."""
    text = _decoded(key.removeprefix("bedrock-api-key-"))
    return Trust.VERIFIED if b"X-Amz-Signature" in text or b"CallWithBearerToken" in text else None


def _openai(key: str) -> Trust | None:
    """OpenAI's keys hold `T3BlbkFJ`, which is "OpenAI" in base64."""
    return Trust.VERIFIED if "T3BlbkFJ" in key else None


def _jwt(token: str) -> Trust | None:
    """RFC 7519: the first part is a JSON object that names an algorithm."""
    try:
        header = msgspec.json.decode(_decoded(token.partition(".")[0]))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return Trust.VERIFIED if isinstance(header, dict) and "alg" in header else None


def _discord(token: str) -> Trust | None:
    """A bot's id, decimal, in base64, comes first."""
    return Trust.VERIFIED if _decoded(token.partition(".")[0]).isdigit() else None


def _random(token: str) -> Trust | None:
    return Trust.SHAPED if entropy(token) > 3.2 else None


def _decoded(text: str) -> bytes:
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return urlsafe_b64decode(padded) if "-" in padded or "_" in padded else b64decode(padded)
    except ValueError:
        return b""


_WORD = "[A-Za-z0-9_-]"
KINDS: tuple[Kind, ...] = (
    _kind("aws_access_key", "AKIA ASIA", "A(?:K|S)IA[A-Z2-7]{16}"),
    _kind(
        "aws_session_token", "FwoGZXIvYXdz IQoJb3JpZ2lu", "(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9+/]{100,4000}+={0,2}"
    ),
    _kind("aws_bedrock_api_key", "ABSK", "ABSK[A-Za-z0-9+/]{80,400}+={0,2}", _bedrock_long),
    _kind(
        "aws_bedrock_api_key", "bedrock-api-key-", "bedrock-api-key-[A-Za-z0-9+/_-]{100,6000}+={0,2}", _bedrock_short
    ),
    _kind("aws_presigned_url", "X-Amz-Signature=", "X-Amz-Signature=[0-9a-f]{64}"),
    _kind("github_token", "ghp_ gho_ ghu_ ghs_ ghr_", "gh[pousr]_[A-Za-z0-9]{36}", _crc),
    _kind("github_token", "github_pat_", "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _kind("gitlab_token", "glpat- gldt- glrt- glptt-", f"gl(?:pat|dt|rt|ptt)-{_WORD}{{20,64}}+"),
    _kind("npm_token", "npm_", "npm_[A-Za-z0-9]{36}", _crc),
    _kind("pypi_token", "pypi-AgE", f"pypi-AgE{_WORD}{{50,500}}+"),
    _kind("rubygems_token", "rubygems_", "rubygems_[a-f0-9]{48}"),
    _kind("docker_token", "dckr_pat_", f"dckr_pat_{_WORD}{{27}}"),
    _kind("slack_token", "xox", "xox[abeoprs]-(?:[0-9]{8,14}-){1,3}+[A-Za-z0-9]{16,64}+"),
    _kind("slack_app_token", "xapp-", "xapp-[0-9]-[A-Z0-9]{8,14}+-[0-9]{8,14}+-[a-f0-9]{64}"),
    _kind(
        "slack_webhook",
        "hooks.slack.com",
        "hooks\\.slack\\.com/services/T[A-Z0-9]{8,12}+/B[A-Z0-9]{8,12}+/[A-Za-z0-9]{24}",
    ),
    _kind("stripe_key", "sk_live_ rk_live_", "[rs]k_live_[A-Za-z0-9]{24,247}+"),
    _kind("stripe_test_key", "sk_test_ rk_test_", "[rs]k_test_[A-Za-z0-9]{24,247}+", _random),
    _kind("stripe_webhook_secret", "whsec_", "whsec_[A-Za-z0-9+/]{32,64}+"),
    _kind("openai_key", "T3BlbkFJ", f"sk-{_WORD}{{40,200}}+", _openai),
    _kind("anthropic_key", "sk-ant-", f"sk-ant-[a-z]{{3,8}}+[0-9]{{2}}-{_WORD}{{80,120}}+"),
    _kind("huggingface_token", "hf_ api_org_", "(?:hf|api_org)_[A-Za-z]{34,40}+", _random),
    _kind("groq_key", "gsk_", "gsk_[A-Za-z0-9]{52}"),
    _kind("xai_key", "xai-", "xai-[A-Za-z0-9]{80}"),
    _kind("perplexity_key", "pplx-", "pplx-[A-Za-z0-9]{48}"),
    _kind("replicate_token", "r8_", "r8_[A-Za-z0-9]{37}"),
    _kind("langsmith_key", "lsv2_", "lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    _kind("pinecone_key", "pcsk_", "pcsk_[A-Za-z0-9_]{50,100}+"),
    _kind("google_api_key", "AIza", f"AIza{_WORD}{{35}}"),
    _kind("google_oauth_secret", "GOCSPX-", f"GOCSPX-{_WORD}{{28}}"),
    _kind("google_oauth_token", "ya29.", f"ya29\\.{_WORD}{{40,600}}+"),
    _kind("azure_storage_key", "AccountKey=", "AccountKey=[A-Za-z0-9+/]{86}=="),
    _kind("azure_client_secret", "Q~", "[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}+", _random),
    _kind("azure_key", "JQQJ99", "[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}"),
    _kind("azure_devops_token", "AZDO", "[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}"),
    _kind("azure_shared_access_signature", "&sig=", "sig=[A-Za-z0-9%+/]{43,64}+={0,1}(?:%3[Dd])?", _random),
    _kind("sendgrid_key", "SG.", f"SG\\.{_WORD}{{22}}\\.{_WORD}{{43}}"),
    _kind("sendinblue_key", "xkeysib-", "xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    _kind("mailchimp_key", "-us", "[a-f0-9]{32}-us[0-9]{1,2}+"),
    _kind("mailgun_key", "key-", "key-[a-f0-9]{32}"),
    _kind("twilio_key", "SK", "SK[a-f0-9]{32}"),
    _kind("telegram_bot_token", ":AA", f"[0-9]{{8,10}}+:AA{_WORD}{{33}}"),
    _kind(
        "discord_bot_token",
        "MT Mj Mz ND NT Nj Nz OD OT",
        f"[MNO][A-Za-z0-9]{{22,27}}+\\.{_WORD}{{6}}\\.{_WORD}{{27,40}}+",
        _discord,
    ),
    _kind("discord_webhook", "/api/webhooks/", f"discord(?:app)?\\.com/api/webhooks/[0-9]{{17,20}}+/{_WORD}{{60,70}}+"),
    _kind("digitalocean_token", "dop_v1_ doo_v1_ dor_v1_", "do[opr]_v1_[a-f0-9]{64}"),
    _kind("databricks_token", "dapi", "dapi[a-f0-9]{32}(?:-[0-9]{1,2}+)?+"),
    _kind("vault_token", "hvs. hvb. hvr.", f"hv[sbr]\\.{_WORD}{{24,300}}+"),
    _kind("terraform_cloud_token", ".atlasv1.", f"[A-Za-z0-9]{{14}}\\.atlasv1\\.{_WORD}{{60,70}}+"),
    _kind("shopify_token", "shpat_ shpca_ shppa_ shpss_", "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _kind("square_token", "sq0", f"sq0(?:atp-{_WORD}{{22}}|csp-{_WORD}{{43}})"),
    _kind("new_relic_key", "NRAK- NRII- NRJS-", f"NR(?:AK|II|JS)-{_WORD}{{19,32}}+", _random),
    _kind("grafana_token", "glsa_", "glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}"),
    _kind("dynatrace_token", "dt0", "dt0[a-z][0-9]{2}\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}"),
    _kind("sentry_token", "sntrys_ sntryu_", "sntry[su]_[A-Za-z0-9_=+/]{64,400}+"),
    _kind("atlassian_token", "ATATT3 ATCTT3", "AT[AC]TT3[A-Za-z0-9_=-]{150,400}+"),
    _kind("linear_key", "lin_api_", "lin_api_[A-Za-z0-9]{40}"),
    _kind("notion_token", "ntn_ secret_", "(?:ntn_[A-Za-z0-9]{46}|secret_[A-Za-z0-9]{43})", _random),
    _kind("airtable_token", "pat", "pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}"),
    _kind("postman_key", "PMAK-", "PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _kind("figma_token", "figd_", f"figd_{_WORD}{{40,60}}+"),
    _kind("supabase_token", "sbp_", "sbp_[a-f0-9]{40}"),
    _kind("planetscale_token", "pscale_", f"pscale_(?:tkn|pw|oauth)_{_WORD}{{32,64}}+"),
    _kind("doppler_token", "dp.", "dp\\.(?:pt|st|ct|sa)\\.[A-Za-z0-9.]{40,60}+"),
    _kind("alibaba_key", "LTAI", "LTAI[A-Za-z0-9]{16,24}+", _random),
    _kind("age_key", "AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    _kind("jwt", "eyJ", f"eyJ{_WORD}{{8,2000}}+\\.eyJ{_WORD}{{8,8000}}+\\.{_WORD}{{16,1000}}+", _jwt),
)
