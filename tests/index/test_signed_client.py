"""The client signs what it really sends, and sends nothing to an address that would expose it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.credentials import Credentials

from tidegate.errors import ConfigurationError
from tidegate.index.client import connect

CREDENTIALS = Credentials("AKIAEXAMPLE", "secret", "token")


@pytest.fixture
def received() -> Iterator[dict[str, Any]]:
    """A server on loopback that remembers the last request; `url` is its address."""
    last: dict[str, Any] = {}

    class Remember(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            last["headers"] = dict(self.headers)
            last["body"] = self.rfile.read(int(self.headers["Content-Length"]))
            last["path"] = self.path
            answer = b'{"took":1,"errors":false}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Remember)
    thread = Thread(target=server.serve_forever)
    thread.start()
    last["url"] = f"http://127.0.0.1:{server.server_port}"
    yield last
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("service", ["es", "aoss"])
def test_the_signature_covers_the_compressed_body(received: dict[str, Any], service: str) -> None:
    client = connect(received["url"], service=service, region="eu-central-1", credentials=CREDENTIALS)
    client.bulk(body=b'{"create":{}}\n{}\n')
    headers = received["headers"]
    assert f"/eu-central-1/{service}/aws4_request" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "token"
    assert headers["X-Amz-Content-SHA256"] == hashlib.sha256(received["body"]).hexdigest()
    assert gzip.decompress(received["body"]) == b'{"create":{}}\n{}\n'


def test_an_unsigned_client_sends_no_signature(received: dict[str, Any]) -> None:
    connect(received["url"]).bulk(body=b'{"create":{}}\n{}\n')
    assert "Authorization" not in received["headers"]


@pytest.mark.parametrize(
    ("endpoint", "service", "complaint"),
    [
        ("search.example.com", "none", "no address like"),
        ("http://search.example.com", "none", "not encrypted"),
        ("https://search.example.com", "s3", "none of es, aoss, none"),
        ("https://search.example.com", "es", "no AWS credentials"),
    ],
)
def test_a_careless_configuration_is_refused(endpoint: str, service: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        connect(endpoint, service=service, region="eu-central-1")
