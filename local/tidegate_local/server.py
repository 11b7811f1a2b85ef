"""The embedded account over HTTP on loopback, for child processes and for commands in other processes.

A request comes with our address and the service's name in its signature; it is put to moto under the address that
AWS would have. moto's own server needs Flask and does the same.
"""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tidegate_local import hooks

# .../20260302/us-east-1/dynamodb/aws4_request
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_GLOBAL = {"iam": "iam.amazonaws.com", "s3": "s3.amazonaws.com"}
_AGENTS = re.compile(r"^/(agents|knowledgebases|flows|prompts)(/|$)")
_RUNTIME = re.compile(r"^/(model/|guardrail/)")


class AccountServer:
    """Serves from construction to `close`. Only this machine can reach it."""

    def __init__(self) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Requests)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, name="account server", daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def install() -> None:
    hooks.require("moto.core.models:botocore_stubber.process_request")


def aws_host(authorization: str, path: str) -> str | None:
    """The host that AWS would have for a signed request; None for one that is not signed."""
    scope = _SCOPE.search(authorization)
    if scope is None:
        return None
    service, region = scope["service"], scope["region"]
    if service == "bedrock":
        service = "bedrock-agent" if _AGENTS.match(path) else "bedrock-runtime" if _RUNTIME.match(path) else "bedrock"
    return _GLOBAL.get(service, f"{service}.{region}.amazonaws.com")


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement

    def log_message(self, *given: Any) -> None:
        """Quiet: IAM's decisions are kept by the account."""

    def _answer(self) -> None:
        from botocore.awsrequest import AWSPreparedRequest
        from botocore.compat import HTTPHeaders
        from moto.core.models import botocore_stubber

        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        host = aws_host(self.headers.get("Authorization", ""), self.path)
        if host is None:
            self._send(403, {}, b"the request is not signed: the embedded account can't tell which service it is for")
            return
        headers = HTTPHeaders()
        for name, value in self.headers.items():
            headers[name] = host if name.lower() == "host" else value
        request = AWSPreparedRequest(self.command, f"https://{host}{self.path}", headers, body, False)
        try:
            answer = botocore_stubber.process_request(request)
        except Exception as error:  # noqa: BLE001  the caller is in another process: it must hear of it
            answer = (500, {}, f"the embedded account failed: {type(error).__name__}: {error}")
        if answer is None:
            answer = (501, {}, f"the embedded account does not know {host}")
        status, answered, content = answer
        self._send(int(status), dict(answered), content.encode() if isinstance(content, str) else bytes(content))

    def _send(self, status: int, headers: dict[str, Any], body: bytes) -> None:
        self.send_response(status)
        length = len(body)
        for name, value in headers.items():
            if name.lower() == "content-length":
                length = int(value) if self.command == "HEAD" else length
            elif name.lower() not in ("transfer-encoding", "connection", "date", "server", "status"):
                self.send_header(name, str(value))
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = _answer  # noqa: N815
