"""A loopback server that behaves as Slack's Web API and an incoming webhook do, as far as they are documented."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

TOKEN, CHANNEL = "xoxb-invented", "C0INVENTED"
ERRORS_AFTER = "hang up after doing it"


class Slack:
    """What is in the channel, and what the next requests meet."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}  # by ts, oldest first
        self.asked: list[str] = []  # methods
        self.next: list[Any] = []  # answers given instead: a number is an HTTP status, a word an error
        self.page = 200
        self.url = ""

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    @property
    def hook(self) -> str:
        return f"{self.url}/services/T0/B0/invented"

    def delete(self, ts: str) -> None:
        del self.messages[ts]

    def answer(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("channel") != CHANNEL:
            return {"ok": False, "error": "channel_not_found"}
        match method:
            case "chat.postMessage":
                return {"ok": True, "ts": self._post(given), "channel": CHANNEL}
            case "chat.update":
                if given["ts"] not in self.messages:
                    return {"ok": False, "error": "message_not_found"}
                self.messages[given["ts"]] |= given
                return {"ok": True, "ts": given["ts"]}
            case "conversations.history":
                found = [m for ts, m in reversed(self.messages.items()) if float(ts) >= float(given["oldest"])]
                start = int(given.get("cursor") or 0)
                rest = str(start + self.page) if start + self.page < len(found) else ""
                shown = found[start : start + self.page]
                if given.get("include_all_metadata") != "true":
                    shown = [{name: value for name, value in m.items() if name != "metadata"} for m in shown]
                return {"ok": True, "messages": shown, "response_metadata": {"next_cursor": rest}}
            case _:
                return {"ok": False, "error": "unknown_method"}

    def _post(self, message: dict[str, Any]) -> str:
        ts = f"{1_772_442_000 + len(self.asked)}.{len(self.messages):06d}"
        self.messages[ts] = {**message, "ts": ts}
        return ts


@contextmanager
def slack_server() -> Iterator[Slack]:
    slack = Slack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            method = self.path.rsplit("/", 1)[-1]
            slack.asked.append("webhook" if "/services/" in self.path else method)
            instead = slack.next.pop(0) if slack.next else None
            if isinstance(instead, int):
                self._say(instead, "{}")
            elif "/services/" in self.path:
                slack._post(json.loads(body))
                self._say(500 if instead == ERRORS_AFTER else 200, "ok")
            elif self.headers["Authorization"] != f"Bearer {TOKEN}":
                self._say(200, json.dumps({"ok": False, "error": "invalid_auth"}))
            elif instead == ERRORS_AFTER:
                slack.answer(method, json.loads(body))
                self._say(500, "")
            elif instead is not None:
                self._say(200, json.dumps({"ok": False, "error": instead}))
            else:
                form = self.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
                self._say(200, json.dumps(slack.answer(method, dict(parse_qsl(body)) if form else json.loads(body))))

        def _say(self, status: int, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 429:
                self.send_header("Retry-After", "30")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """A test's output is not the place."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    slack.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
