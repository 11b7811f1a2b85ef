"""Secrets and numbers that pass every check and are nobody's, made as a test runs: no file holds one. And answers."""

from __future__ import annotations

import base64
import json
import random
import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
from detection_builders import an_invocation

from tidegate.model import Invocation, derived_id

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def some(length: int, alphabet: str = _BASE62, *, seed: int = 7) -> str:
    return "".join(random.Random(f"{seed}/{length}/{alphabet}").choices(alphabet, k=length))


def a_github_token(prefix: str = "ghp_", *, seed: int = 7) -> str:
    body = some(30, seed=seed)
    number, check = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        check = _BASE62[rest] + check
    return prefix + body + check


def an_aws_key(account: str = "111122223333") -> str:
    """An access key id that names its account, as those made since 2019 do."""
    bits = (int(account) << 7 | 0x8000_0000_0000 | 0x55).to_bytes(6)
    return "AKIA" + base64.b32encode(bits + b"tide").decode()[:16]


def an_aws_secret(*, seed: int = 7) -> str:
    return some(40, _BASE62 + "+/", seed=seed)


def a_bedrock_key() -> str:
    return "ABSK" + base64.b64encode(f"BedrockAPIKey-t1de-at-111122223333:{some(44)}".encode()).decode()


def a_jwt() -> str:
    parts = [
        json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, {"sub": "u-1001", "iat": 1756720800})
    ]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "." + some(43)


def a_private_key(kind: str = "RSA ") -> str:
    body = "\n".join(some(64, _BASE62 + "+/", seed=line) for line in range(6))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def an_iban(country: str = "DE", bank_and_account: str = "500105175407324911") -> str:
    digits = "".join(str(int(char, 36)) for char in f"{bank_and_account}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{bank_and_account}"


def a_card(begin: str = "455673758689985") -> str:
    for last in "0123456789":
        doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(begin + last))]
        if sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0:
            return begin + last
    raise AssertionError(begin)


def an_answer(
    text: str = "",
    *,
    asked: str | None = "Tell me more, please.",
    system: str = "",
    brought: str = "",
    tools: Sequence[tuple[str, Any]] = (),
    offered: Sequence[str] = (),
    at: float = 0.0,
    **more: Any,
) -> Invocation:
    """One Converse call: what was asked, what a tool brought, what the model answered and called."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"text": asked}]}] if asked else []
    if brought:
        messages += [
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t-1", "name": "search", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t-1", "content": [{"text": brought}]}}]},
        ]
    sent: dict[str, Any] = {"messages": messages}
    if system:
        sent["system"] = [{"text": system}]
    if offered:
        sent["toolConfig"] = {"tools": [{"toolSpec": {"name": name}} for name in offered]}
    content: list[dict[str, Any]] = [{"text": text}] if text else []
    content += [{"toolUse": {"toolUseId": "t-2", "name": name, "input": given}} for name, given in tools]
    answered = {"output": {"message": {"role": "assistant", "content": content}}}
    bodies = (msgspec.Raw(msgspec.json.encode(sent)), msgspec.Raw(msgspec.json.encode(answered)))
    call_id = more.pop("id", "") or derived_id("answer", *(bytes(body).decode() for body in bodies), str(at))
    return an_invocation(at, id=call_id, input_body=bodies[0], output_body=bodies[1], **more)
