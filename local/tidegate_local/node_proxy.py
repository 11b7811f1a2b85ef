"""A loopback proxy in front of an OpenSearch node, which can refuse, hold back or drop what it is asked.

Tests and bench/indexing put it where the functions expect the node: what a slow, throttling or absent cluster does to
them shows with the real node's answers behind it.
"""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit

_PASSED_ON = ("content-type", "content-encoding", "accept")


class Asked(NamedTuple):
    method: str
    path: str  # without the query
    query: str
    body: bytes  # inflated
    on_the_wire: int  # bytes of the body as they came

    @property
    def is_bulk(self) -> bool:
        return self.path.endswith("/_bulk")


class Refusal(NamedTuple):
    status: int
    body: Any = None  # sent as JSON


DROPPED = Refusal(0)  # the connection ends without an answer
type Judge = Callable[[Asked], Refusal | None]


def let_through(_asked: Asked) -> Refusal | None:
    return None


class NodeProxy:
    """`before` judges a request before the node sees it, `after` once the node has done it and before its answer goes
    back: what it drops then was done all the same. Both may take their time.
    """

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._lock = Lock()
        self.asked: list[Asked] = []
        self.before: Judge = let_through
        self.after: Judge = let_through
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def bulks(self) -> int:
        return sum(one.is_bulk for one in self.asked)

    def _answer(self, asked: Asked, headers: dict[str, str], raw: bytes) -> tuple[int, bytes, str]:
        with self._lock:
            self.asked.append(asked)
        if refusal := self.before(asked):
            return refusal.status, json.dumps(refusal.body).encode(), "application/json"
        node = http.client.HTTPConnection(str(self._target.hostname), self._target.port, timeout=60)
        try:
            node.request(asked.method, f"{asked.path}?{asked.query}".rstrip("?"), body=raw or None, headers=headers)
            answer = node.getresponse()
            body, status = answer.read(), answer.status
            kind = answer.headers.get("Content-Type", "application/json")
        finally:
            node.close()
        if refusal := self.after(asked):
            return refusal.status, json.dumps(refusal.body).encode(), "application/json"
        return status, body, kind

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: Any) -> None: ...

            def _serve(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                packed = self.headers.get("Content-Encoding") == "gzip"
                path, _, query = self.path.partition("?")
                body = gzip.decompress(raw) if packed else raw
                headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
                asked = Asked(self.command, path, query, body, len(raw))
                status, answer, kind = proxy._answer(asked, headers, raw)
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

        return Handler


@contextmanager
def in_front_of(target: str) -> Iterator[NodeProxy]:
    proxy = NodeProxy(target)
    thread = Thread(target=proxy._server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy._server.shutdown()
        proxy._server.server_close()
        thread.join()


def throttling(asked: Asked) -> Refusal | None:
    """429 for every bulk, as a domain answers whose write queue is full."""
    error = {"type": "opensearch_rejected_execution_exception", "reason": "rejected execution"}
    return Refusal(429, {"error": error, "status": 429}) if asked.is_bulk else None


def away(_asked: Asked) -> Refusal | None:
    return DROPPED
