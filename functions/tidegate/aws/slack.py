"""Slack over HTTPS: its Web API by a bot's token, or an incoming webhook. The secret lies in Secrets Manager.

urllib3 comes with boto3. Nothing is retried here, and no redirect is followed: the queue brings a message back, and
the one who tells has to know whether a request may have been carried out. Neither the token nor the webhook's address,
which is a secret itself, is ever in an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3

from tidegate.aws.faults import calling
from tidegate.errors import ConfigurationError, NotSent, Permanent, Retryable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

PASSING = ("ratelimited", "rate_limited", "service_unavailable", "team_added_to_org", "accesslimited")  # not done
UNKNOWN = ("fatal_error", "internal_error", "request_timeout")  # "some aspect may have succeeded", says Slack
ADVICE = {
    "not_in_channel": "Invite the app to the channel.",
    "channel_not_found": "SlackChannel is the channel's id (C...), and the app has to be in a private one.",
    "missing_scope": "Give the app chat:write and channels:history (groups:history for a private channel).",
    "invalid_auth": "Put the app's bot token (xoxb-...) into the secret as bot_token.",
    "token_revoked": "Install the app again and put its new bot token into the secret.",
    "edit_window_closed": "The workspace's settings forbid editing: allow it, or use a webhook.",
}
WEBHOOK_HOSTS = re.compile(r"https://hooks\.slack(?:-gov)?\.com/\S+|http://127\.0\.0\.1:\d+/\S+")
_CODE = re.compile(r"[a-z_]{1,60}")


class SlackRefused(Permanent):
    """Slack answered that it did not do it. `code`: its own word."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"Slack refused {method}: {code}. {ADVICE.get(code, '')}".rstrip())
        self.code = code


def slack_secret(secrets: SecretsManagerClient, arn: str) -> dict[str, str]:
    """{"bot_token": "xoxb-..."} or {"webhook_url": "https://hooks.slack.com/..."}.

    Raises ConfigurationError that names the secret, never what is in it.
    """
    with calling(f"reading {arn}"):
        text = secrets.get_secret_value(SecretId=arn)["SecretString"]
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not (found.get("bot_token") or found.get("webhook_url")):
        raise ConfigurationError(f'{arn} holds neither {{"bot_token": ...}} nor {{"webhook_url": ...}}.')
    return {str(name): str(value) for name, value in found.items()}


class SlackApi:
    """https://docs.slack.dev/apis/web-api/"""

    def __init__(self, base: str, token: str) -> None:
        self._base, self._token, self._http = base.rstrip("/"), token, _pool()

    def call(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json; charset=utf-8"}
        if method == "conversations.history":  # the reading methods take no JSON
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode({name: _word(value) for name, value in arguments.items()}).encode()
        else:
            body = json.dumps(arguments).encode()
        response = _sent(self._http, f"{self._base}/{method}", body, headers, f"Slack {method}")
        try:
            answer = json.loads(response.data)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Retryable(f"Slack answered {method} by something that is no JSON object; try again later.")
        if answer.get("ok") is True:
            return answer
        code = str(answer.get("error"))
        code = code if _CODE.fullmatch(code) else "an error without a code"
        if code in PASSING:
            raise NotSent(f"Slack did not do {method}: {code}; try again later.")
        if code in UNKNOWN:
            raise Retryable(f"Slack failed in {method}: {code}; it may have done it.")
        raise SlackRefused(method, code)


class SlackHook:
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/"""

    def __init__(self, url: str) -> None:
        """Raises ConfigurationError for an address that isn't Slack's."""
        if not WEBHOOK_HOSTS.fullmatch(url):
            raise ConfigurationError("webhook_url in Slack's secret is no address of hooks.slack.com.")
        self._url, self._http = url, _pool()

    def post(self, message: Mapping[str, Any]) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        response = _sent(self._http, self._url, json.dumps(message).encode(), headers, "Slack's webhook")
        if response.status != 200:
            said = response.data[:60].decode("ascii", "replace")
            raise SlackRefused("the webhook", said if _CODE.fullmatch(said) else f"HTTP {response.status}")


def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=8), retries=False)


def _sent(
    http: urllib3.PoolManager, url: str, body: bytes, headers: dict[str, str], what: str
) -> urllib3.BaseHTTPResponse:
    try:
        response = http.request("POST", url, body=body, headers=headers)
    except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
        raise NotSent(f"{what} can't be reached ({type(error).__name__}); try again later.") from None
    except urllib3.exceptions.HTTPError as error:
        raise Retryable(f"{what} did not answer ({type(error).__name__}); it may have done it.") from None
    if response.status == 429:
        wait = response.headers.get("Retry-After", "")
        raise NotSent(f"{what}: too many requests; try again in {wait if wait.isdigit() else 'some'} seconds.")
    if response.status >= 500:
        raise Retryable(f"{what}: HTTP {response.status}; it may have done it.")
    return response


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
