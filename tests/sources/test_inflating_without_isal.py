"""isal is faster, nothing else: without it the same bytes come out."""

from __future__ import annotations

import gzip
import importlib.util
import sys

import pytest

from tidegate.sources import files


def test_the_standard_library_inflates_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal", None)
    spec = importlib.util.spec_from_file_location("files_without_isal", files.__file__)
    assert spec is not None
    assert spec.loader is not None
    plain = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, plain)
    spec.loader.exec_module(plain)
    assert "isal" not in str(plain._new_member)
    text = b'{"a":1}\n' * 10_000
    for data in (gzip.compress(text), gzip.compress(text[:8]) + gzip.compress(text[8:]), text):
        assert plain.inflated(data, "file") == files.inflated(data, "file") == (text, None)
    torn = gzip.compress(text)[:-20]
    assert plain.inflated(torn, "file")[0] == files.inflated(torn, "file")[0]
