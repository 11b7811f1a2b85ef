"""A moto that has changed fails loudly, with the symbol that is gone."""

from __future__ import annotations

import pytest

from tidegate.errors import ConfigurationError
from tidegate_local import hooks


def test_another_version_of_moto_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "MOTO", "5.2.4")
    with pytest.raises(ConfigurationError, match=r"written for 5\.2\.4"):
        hooks.check_version()


@pytest.mark.parametrize("path", ["moto.sqs.models:Queue.teleport", "moto.sqs.models:Teleporter.start"])
def test_a_symbol_that_is_gone_is_named(path: str) -> None:
    with pytest.raises(ConfigurationError, match="has no moto.sqs.models"):
        hooks.replace(path, lambda original: original)
    with pytest.raises(ConfigurationError, match="has no moto.sqs.models"):
        hooks.require(path)


def test_what_moto_has_by_now_is_not_added_again() -> None:
    with pytest.raises(ConfigurationError, match="remove the extension"):
        hooks.add("moto.sqs.models:Queue.delete_message", lambda self: None)


def test_a_name_that_nobody_imports_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="no module of moto imports"):
        hooks.replace_imported("moto", "teleport", object(), object())
