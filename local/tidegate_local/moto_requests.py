"""A call reaches what answers it in moto by a shorter way to the same place.

At every call moto tries the patterns of all its services on the URL, writes anew the patterns of the one it found (S3
imports its own anew), and has werkzeug build a request out of parts that it takes to pieces first. Together that is a
third of what a call costs. Patterns follow from moto's code alone and are kept; a request of the usual shape is put
together directly, and every other as ever.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlparse

from tidegate_local import hooks

_KEPT = 4096  # URLs: those of most services are few, but each object in S3 has its own
_PLAIN = re.compile(r"https?://[a-z0-9.:-]+/(?!/)[!-:<-~]*")  # ASCII, no ";", no path that looks like a host
_FORM = ("multipart/", "application/x-www-form-urlencoded")


def install() -> None:
    hooks.replace("moto.core.botocore_stubber:backend_index", _of_the_url_asked)
    hooks.replace("moto.core.base_backend:BaseBackend.urls", _written_once)
    hooks.replace("moto.s3.models:S3Backend._url_module", lambda _: property(_s3_urls))
    hooks.replace("moto.core.request:Request.from_primitives", _put_together)


class _Asked:
    """Stands first among moto's patterns: hears which URL is asked for, and matches none."""

    url = ""

    def match(self, url: str) -> None:
        self.url = url


def _of_the_url_asked(original: Any) -> Any:
    """moto's index of services as its stubber sees it: of 200 patterns, those that match this URL."""

    @lru_cache(maxsize=_KEPT)
    def matching(url: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple((service, pattern) for service, pattern in original.backend_url_patterns if pattern.match(url))

    class Patterns:
        def __iter__(self) -> Iterator[tuple[str, Any]]:
            asked = _Asked()
            yield "", asked
            yield from matching(asked.url)

    return SimpleNamespace(backend_url_patterns=Patterns())


def _written_once(original: property) -> property:
    """By the paths that its module has now: extensions replace those of some."""
    written: dict[tuple[type, int], tuple[Any, Mapping[str, Any]]] = {}

    def urls(self: Any) -> Mapping[str, Any]:
        paths = self._url_module.url_paths
        asked = (type(self), id(paths))
        if asked not in written:  # the paths are kept too, so that their id stays theirs
            written[asked] = paths, original.__get__(self)
        return written[asked][1]

    return property(urls)


def _s3_urls(_backend: Any) -> Any:
    """moto imports them anew for who sets custom endpoints while it runs; nobody does here."""
    return importlib.import_module("moto.s3.urls")


def _put_together(original: Any) -> Any:
    """`original`: a class method, bound to moto's Request."""
    module = importlib.import_module("moto.core.request")
    kind: Callable[[dict[str, Any]], Any] = original.__self__

    def from_primitives(method: str, url: str, headers: Any, body: Any = None) -> Any:
        sent = _bytes(body)
        given = [(name, _text(value)) for name, value in headers.items() if name.lower() != "transfer-encoding"]
        environ = None if sent is None or not _PLAIN.fullmatch(url) else _environ(method, url, given, sent)
        if environ is None:
            return original(method, url, headers, body)
        request = kind(environ)
        request.environ[module.PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
            module.environ_key_for_header(name): name
            for name, _ in given
            if "_" in name and module.should_preserve_original_header_name(name)
        }
        return request

    return from_primitives


def _bytes(body: Any) -> bytes | None:
    """None for what has to be read first: files and streams."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else None


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _environ(method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> dict[str, Any] | None:
    """As werkzeug's EnvironBuilder has it. None where it would do more than write down what is there."""
    parsed = urlparse(url)
    host, _, port = parsed.netloc.partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parsed.path).encode().decode("latin1"),
        "QUERY_STRING": parsed.query,
        "REQUEST_URI": parsed.path,
        "RAW_URI": parsed.path,
        "SERVER_NAME": host,
        "SERVER_PORT": port or ("443" if parsed.scheme == "https" else "80"),
        "HTTP_HOST": parsed.netloc,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parsed.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    sent: dict[str, list[str]] = {}
    for name, value in headers:
        if "\n" in value or "\r" in value:
            return None
        sent.setdefault(name.upper().replace("-", "_"), []).append(value)
    for kind in sent.pop("CONTENT_TYPE", ())[:1]:
        if kind.startswith(_FORM) and not body:
            return None
        environ["CONTENT_TYPE"] = kind
    sent.pop("CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ |= {f"HTTP_{name}": ", ".join(values) for name, values in sent.items()}
    return environ
