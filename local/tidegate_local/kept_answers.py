"""What moto and botocore reckon anew at every call, though the answer follows from the name asked for alone.

A start of the template is some 350 calls, and a day of its schedules some 8,000: there these answers cost more than
what the calls do. Each is kept for the process, as it was given; nothing of an account is in any of them.
"""

from __future__ import annotations

import importlib
import inspect
import re
import string
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from types import FunctionType, MethodType, SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from tidegate_local import hooks

_KEPT = 16_384  # answers of each kind; texts and patterns of a whole suite are fewer


def install() -> None:
    _keep_imported("moto.core.utils", "method_names_from_class", _method_names)
    _keep_imported("moto.core.utils", "camelcase_to_underscores", lru_cache(maxsize=_KEPT))
    hooks.replace("botocore.useragent:sanitize_user_agent_string_component", lru_cache(maxsize=_KEPT))
    hooks.replace("botocore.useragent:UserAgentString.to_string", _user_agents)
    hooks.replace("botocore.hooks:accepts_kwargs", _accepts_kwargs)
    hooks.replace("botocore.hooks:EventAliaser.__init__", _with_shared_names)
    hooks.replace("botocore.hooks:NodeList.__copy__", lambda _: _copied)
    hooks.replace("botocore.regions:EndpointProvider", _shared_providers)
    hooks.replace("moto.core.botocore_stubber:re", _with_kept_patterns)
    hooks.replace("moto.core.base_backend:BackendDict.__getitem__", _registered_once)
    hooks.replace("moto.core.serialize:AttributePicker.__call__", _picked)
    hooks.require("moto.core.serialize:AttributePicker.get_possible_keys")
    hooks.replace("moto.moto_api._internal.moto_random:MotoRandom.get_random_string", _drawn_at_once)
    hooks.replace("moto.kms.models:generate_private_key", _private_key)


def _keep_imported(module: str, name: str, keep: Callable[[Any], Any]) -> None:
    """Also in modules that imported it by name, or will."""
    if not hooks.first_time(f"{module}:{name} is kept"):
        return
    original = getattr(importlib.import_module(module), name)
    hooks.replace_imported("moto", name, original, keep(original))


def _method_names(original: Callable[[type], list[str]]) -> Callable[[type], list[str]]:
    """Until the class gets another: `hooks.add` gives classes what moto lacks, also after they were first asked."""
    kept = lru_cache(maxsize=_KEPT)(lambda asked, _sizes: original(asked))
    return lambda asked: kept(asked, tuple(len(vars(one)) for one in asked.__mro__))


def _user_agents(original: Callable[[Any], str]) -> Callable[[Any], str]:
    """Asked twice a call. What a client is by does not change; what its call makes use of is in the context."""
    context = importlib.import_module("botocore.context").get_context
    kept: WeakKeyDictionary[Any, dict[frozenset[str], str]] = WeakKeyDictionary()

    def to_string(self: Any) -> str:
        if self._client_config is None:  # a session's, which is told more before it has clients
            return original(self)
        now = context()
        features = frozenset(self._client_features or ()).union(() if now is None else now.features)
        known = kept.setdefault(self, {})
        if features not in known:
            known[features] = original(self)
        return known[features]

    return to_string


def _accepts_kwargs(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Asked at every registration of a handler, some 130 a session. A plain function's own code says it."""

    def accepts(handler: Any) -> Any:
        function = handler.__func__ if isinstance(handler, MethodType) else handler
        if not isinstance(function, FunctionType) or hasattr(function, "__wrapped__"):
            return original(handler)
        return bool(function.__code__.co_flags & inspect.CO_VARKEYWORDS)

    return accepts


def _with_shared_names(original: Callable[..., None]) -> Callable[..., None]:
    """Each session and each client keeps the new names of events for itself: all have the same ones."""
    shared: dict[str, str] = {}
    aliases = importlib.import_module("botocore.utils").EVENT_ALIASES

    def init(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:
        original(self, event_emitter, event_aliases)
        if self._event_aliases == aliases:
            self._alias_name_cache = shared

    return init


def _copied(self: Any) -> Any:
    """Each client copies its session's handlers, some 400 lists: by their own means, without asking `copy` how."""
    return type(self)(self.first[:], self.middle[:], self.last[:])


def _shared_providers(original: Callable[..., Any]) -> Callable[..., Any]:
    """A client reads its service's rules of endpoints anew, and keeps what it found by them for itself."""
    shared: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def provider(ruleset_data: Any, partition_data: Any, excluded_params: Any = None) -> Any:
        asked = (id(ruleset_data), id(partition_data), frozenset(excluded_params or ()))
        if asked not in shared:  # what the ids are of is kept too, so that they stay theirs
            made = original(ruleset_data, partition_data, excluded_params)
            shared[asked] = (made, ruleset_data, partition_data)
        return shared[asked][0]

    return provider


def _with_kept_patterns(original: Any) -> Any:
    """The module `re` as the stubber sees it: there are more patterns of URLs than `re` keeps."""
    if original is not re:
        raise TypeError(f"moto's stubber has {original!r} for re: check this hook")
    return SimpleNamespace(compile=cache(re.compile))


def _registered_once(original: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """A service that has this account is registered already: moto empties it when it forgets that."""

    def item(self: Any, account: str) -> Any:
        found = self.get(account)
        return original(self, account) if found is None else found

    return item


def _picked(_original: Callable[..., Any]) -> Callable[..., Any]:
    """Names under which a member may be found follow from its shape and from the class of what is asked."""
    get_value = importlib.import_module("moto.core.serialize").get_value
    missing = importlib.import_module("moto.core.serialize").MISSING
    known: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def possible(self: Any, context: Any) -> Iterator[str] | tuple[str, ...]:
        if hasattr(context.obj, "Meta"):  # may name others, by object
            names: Iterator[str] = self.get_possible_keys(context)
            return names
        shape = context.shape
        asked = (type(self), tuple(self.alias_providers), type(context.obj), context.key, shape, _parent(shape))
        if asked not in known:
            known[asked] = tuple(self.get_possible_keys(context))
        return known[asked]

    def call(self: Any, context: Any) -> Any:
        value = None
        for name in possible(self, context):
            found = get_value(context.obj, name, missing)
            if found is not missing:
                value = found
                break
        for ending, transform in self.response_transformers.items():
            if f"{context.key_path}.{context.key}".endswith(ending):
                return transform(value)
        return value

    return call


def _parent(shape: Any) -> Any:
    return getattr(shape, "parent", None)


def _drawn_at_once(_original: Callable[..., str]) -> Callable[..., str]:
    """Of 52 letters, for each answer: the id of the request."""

    def drawn(self: Any, length: int = 20, include_digits: bool = True, lower_case: bool = False) -> str:
        letters = string.ascii_letters + (string.digits if include_digits else "")
        text = "".join(self.choices(letters, k=length))
        return text.lower() if lower_case else text

    return drawn


def _private_key(original: Callable[[str], Any]) -> Callable[[str], Any]:
    """moto makes an RSA key, 0.1 s, even for a symmetric key, which never signs: those share one."""
    symmetric = cache(original)
    return lambda spec: symmetric(spec) if spec == "SYMMETRIC_DEFAULT" else original(spec)
