"""The hook in a real LiteLLM proxy on loopback, with a stub in Bedrock's place and the quota table in moto."""

from __future__ import annotations

import itertools
import json
import os
import secrets
import shutil
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any, ClassVar

import boto3
import pytest
from deployed_template import ROOT
from moto import mock_aws
from quota_builders import TABLE, create, item, put

from tidegate_local.server import AccountServer
from tidegate_quota import logged_name

PLACE = ROOT / ".cache/litellm"
ENDED = "the proxy has ended"
OWNERS = {"sk-frank": "frank", "sk-grace": "grace"}
PATIENCE = 300  # seconds for the proxy to start, and for what it does after an answer
CONFIG: dict[str, Any] = {
    "model_list": [
        {
            "model_name": "nova",
            "litellm_params": {
                "model": "bedrock/converse/amazon.nova-pro-v1:0",
                "aws_access_key_id": "test",
                "aws_secret_access_key": "test",
                "aws_region_name": "eu-central-1",
            },
        },
        {
            "model_name": "mocked",
            "litellm_params": {"model": "openai/gpt-4o-mini", "api_key": "none", "mock_response": "High tide at noon."},
        },
    ],
    "litellm_settings": {"callbacks": ["quota_hook.quota", "quota_hook.told"], "telemetry": False, "num_retries": 0},
    "general_settings": {"custom_auth": "quota_hook.user_api_key_auth", "disable_spend_logs": True},
}


class Bedrock(BaseHTTPRequestHandler):
    """Answers Converse; refuses what asks for it."""

    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body)
        refuses = "refuse me" in json.dumps(body)
        answer: dict[str, Any] = {
            "output": {"message": {"role": "assistant", "content": [{"text": "High tide at noon."}]}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18},
            "metrics": {"latencyMs": 1},
        }
        said = json.dumps({"message": "malformed"} if refuses else answer).encode()
        self.send_response(400 if refuses else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        """Not on the test's output."""


@dataclass
class Proxy:
    url: str
    dynamodb: Any
    lines: Queue[str] = field(default_factory=Queue)

    def ask(
        self, key: str, text: str = "When is high tide?", route: str = "chat/completions", **more: Any
    ) -> tuple[int, Any, Any]:
        """Status, headers and body."""
        body = {"model": "nova", "max_tokens": 100, "messages": [{"role": "user", "content": text}]} | more
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "x-litellm-call-id": "same"}
        request = urllib.request.Request(f"{self.url}/{route}", json.dumps(body).encode(), headers)  # noqa: S310  loopback
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def until(self, said: str) -> None:
        """Waits for a line of the proxy's output."""
        seen = [""]
        while said not in seen[-1]:
            try:
                seen.append(self.lines.get(timeout=PATIENCE))
            except Empty:
                seen.append(ENDED)
            if seen[-1] == ENDED:
                pytest.fail(f"the proxy never said {said!r}:\n" + "".join(seen[-60:]))

    def counted(self, name: str) -> tuple[int, int]:
        found = item(self.dynamodb, f"usage|{name}")
        return int(found["calls"]["N"]), int(found["tokens"]["N"])


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    subprocess.run(["bash", ".ci/install-litellm"], cwd=ROOT, check=True)
    place = tmp_path_factory.mktemp("proxy")
    bedrock = ThreadingHTTPServer(("127.0.0.1", 0), Bedrock)
    threading.Thread(target=bedrock.serve_forever, daemon=True).start()
    with mock_aws():
        account = AccountServer()
        dynamodb = boto3.client("dynamodb", "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
        create(dynamodb)
        with running(place, account.url, f"http://127.0.0.1:{bedrock.server_address[1]}", dynamodb) as made:
            yield made
        account.close()
    bedrock.shutdown()


@contextmanager
def running(place: Path, aws: str, bedrock: str, dynamodb: Any) -> Iterator[Proxy]:
    shutil.copy(Path(__file__).with_name("quota_hook.py"), place)
    config = json.loads(json.dumps(CONFIG))
    config["model_list"][0]["litellm_params"]["aws_bedrock_runtime_endpoint"] = bedrock
    (place / "config.yaml").write_text(json.dumps(config))
    shutil.copytree(ROOT / "functions/tidegate_quota", place / "tidegate_quota")  # as an application copies it
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(place),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": f"sk-{secrets.token_hex(32)}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_DYNAMODB": aws,
        "QUOTA_TABLE": TABLE,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [PLACE / "bin/litellm", "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    proxy = Proxy(f"http://127.0.0.1:{port}", dynamodb)
    assert process.stdout is not None
    output = process.stdout
    threading.Thread(
        target=lambda: [proxy.lines.put(line) for line in itertools.chain(output, [ENDED])], daemon=True
    ).start()
    try:
        proxy.until("Uvicorn running on")
        yield proxy
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_call_is_counted_with_what_it_used_and_bedrock_is_told_who_called(proxy: Proxy) -> None:
    stated = {"user": "mallory", "application": "chat"}
    status, _, answer = proxy.ask("sk-alice", requestMetadata=stated, user="mallory")
    assert (status, json.loads(answer)["usage"]["total_tokens"]) == (200, 18)
    proxy.until("SETTLED")
    assert Bedrock.asked[-1]["requestMetadata"] == {"user": "alice", "application": "chat"}
    assert proxy.counted("alice") == (1, 18)


def test_a_client_that_repeats_its_call_id_pays_for_each_call_and_is_told_when_to_come_back(proxy: Proxy) -> None:
    for _ in range(3):
        assert proxy.ask("sk-bob")[0] == 200
        proxy.until("SETTLED")
    status, headers, said = proxy.ask("sk-bob")
    assert (status, json.loads(said)["error"]["code"]) == (429, "429")
    proxy.until("FAILED")
    assert 0 < int(headers["Retry-After"]) <= 20
    assert proxy.counted("bob") == (3, 54)


def test_who_is_blocked_reaches_no_model(proxy: Proxy) -> None:
    put(proxy.dynamodb, "carol", blocked={"BOOL": True}, blocked_by={"SS": ["step-1"]})
    before = len(Bedrock.asked)
    status, _, said = proxy.ask("sk-carol")
    assert status == 429
    proxy.until("FAILED")
    assert "blocked" in said
    assert len(Bedrock.asked) == before


def test_what_the_model_refuses_costs_no_tokens(proxy: Proxy) -> None:
    assert proxy.ask("sk-dave", "refuse me")[0] == 400
    proxy.until("FAILED")
    assert proxy.counted("dave") == (1, 0)


def test_a_stream_is_settled_when_it_is_over(proxy: Proxy) -> None:
    status, _, events = proxy.ask("sk-erin", model="mocked", stream=True, stream_options={"include_usage": True})
    assert status == 200
    proxy.until("SETTLED")
    last = [json.loads(line.removeprefix("data: ")) for line in events.splitlines() if line.startswith("data: {")]
    used = next(event["usage"]["total_tokens"] for event in reversed(last) if event.get("usage"))
    assert proxy.counted(logged_name("auth0|erin")) == (1, used)


@pytest.mark.parametrize(("key", "route"), [("sk-frank", "v1/messages"), ("sk-grace", "v1/responses")])
def test_other_routes_of_the_proxy_are_counted_too_and_nothing_of_ours_reaches_the_model(
    proxy: Proxy, key: str, route: str
) -> None:
    more = {"input": "When is high tide?"} if route == "v1/responses" else {}
    status, _, said = proxy.ask(key, route=route, metadata={"user_id": "mallory"}, **more)
    assert status == 200, said
    proxy.until("SETTLED")
    assert proxy.counted(OWNERS[key]) == (1, 18)
    assert Bedrock.asked[-1]["requestMetadata"]["user"] == OWNERS[key]
    assert "tidegate_quota" not in json.dumps(Bedrock.asked[-1])
