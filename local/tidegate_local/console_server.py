"""The responder's page on loopback, under the person's own credentials.

Only this machine can reach it, and on it only who has the key that is printed at the start: it is handed over once, in
an address, and lives on as a cookie that no other site's request carries. A request for any other host name is
refused, so that a page in the browser can't reach it by a name of its own (DNS rebinding).
"""

from __future__ import annotations

import hmac
import secrets
import threading
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tidegate.console.api_event import LONGEST_FORM, fields
from tidegate.console.console import Answer, Console, Person, Request
from tidegate.console.page import headers


class ConsoleServer:
    """Serves from construction to `close`. `url` signs in; it is for the person alone."""

    def __init__(self, console: Console, person: Person, *, port: int = 0) -> None:
        """Raises OSError when the port is taken."""
        self.console, self.person = console, person
        self.key = secrets.token_urlsafe(24)
        self.turn = threading.Lock()  # one request at a time: the stores behind it are one person's
        self._http = _Loopback(("127.0.0.1", port), _Requests)
        self._http.daemon_threads = True
        self._http.owner = self
        self.port = int(self._http.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/?key={self.key}"
        threading.Thread(target=self._http.serve_forever, name="console", daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def cookie(self) -> str:
        """Its name: cookies know no ports, and two consoles may run."""
        return f"tidegate-{self.port}"


class _Loopback(ThreadingHTTPServer):
    owner: ConsoleServer


class _Requests(BaseHTTPRequestHandler):
    server: _Loopback
    server_version, sys_version = "tidegate", ""

    def log_message(self, *given: Any) -> None:
        """Quiet: what counts is in the audit."""

    def _serve(self) -> None:
        owner = self.server.owner
        parts = urlsplit(self.path)
        query = fields(parts.query)
        if self.headers.get("Host") not in (f"127.0.0.1:{owner.port}", f"localhost:{owner.port}"):
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "This console answers to 127.0.0.1 only.")
        elif self.command == "GET" and hmac.compare_digest(query.get("key", "").encode(), owner.key.encode()):
            cookie = f"{owner.cookie}={owner.key}; HttpOnly; SameSite=Strict; Path=/"
            self._send(Answer(HTTPStatus.SEE_OTHER, "", {**headers(), "Location": "/", "Set-Cookie": cookie}))
        elif not self._is_signed_in():
            self._refuse(HTTPStatus.UNAUTHORIZED, "Open the address that `tidegate serve` printed: it signs you in.")
        else:
            asked = Request(
                method=self.command,
                path=parts.path,
                person=owner.person,
                query=query,
                form=self._form(),
                headers={name.lower(): value for name, value in self.headers.items()},
            )
            with owner.turn:
                answer = owner.console.answer(asked)
            self._send(answer)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = _serve  # noqa: N815

    def _is_signed_in(self) -> bool:
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(self.server.owner.cookie)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self.server.owner.key.encode())

    def _form(self) -> dict[str, str]:
        length = self.headers.get("Content-Length", "0")
        kind = self.headers.get("Content-Type", "")
        if self.command != "POST" or not length.isdigit() or int(length) > LONGEST_FORM:
            return {}
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        return fields(body) if kind.startswith("application/x-www-form-urlencoded") else {}

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        self._send(Answer(status, text + "\n", headers() | {"Content-Type": "text/plain; charset=utf-8"}))

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode("utf-8", "replace")
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
