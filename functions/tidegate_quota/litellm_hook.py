"""End users' quotas in front of every call that a LiteLLM proxy makes: a custom callback of its.

    # quota_hook.py, beside the proxy's config.yaml
    from tidegate_quota import Quota
    from tidegate_quota.litellm_hook import EndUserQuota

    quota = EndUserQuota(Quota.of_table("tidegate-QuotaTable"))

    # config.yaml
    litellm_settings:
      callbacks: quota_hook.quota

A request that is refused is answered 429 with `Retry-After`. The call is reserved before the proxy routes it, settled
by what LiteLLM says of the answer (a stream when it is over), and its tokens are given back when every deployment
refused it. Calls of Bedrock's Converse carry the end user in `requestMetadata`, whatever the client wrote there.

Who the end user is: the owner of the virtual key, which the proxy has proven. The `user` of a request's body is what a
client wrote; take it (`user_of=stated_user`) only where your own application is the proxy's one client. The id of a
call is made here: LiteLLM's own can be chosen by a client in a header, which would let it call for nothing. Derive no
class from this one: LiteLLM calls only hooks that the callback's own class defines.
https://docs.litellm.ai/docs/proxy/call_hooks
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import HTTPException
from litellm.integrations.custom_logger import CustomLogger

from tidegate_quota.client import Quota, QuotaRefused, retry_header
from tidegate_quota.store import QuotaTableAway
from tidegate_quota.tokens import Tokens

CHARACTERS_A_TOKEN = 3  # fewer than English has: an estimate errs to the high side
OUTPUT_TOKENS = 1024  # of a request that names no most
_MARK = "tidegate_quota"  # in the request's metadata, which LiteLLM hands on to its events
_PLACES = ("litellm_metadata", "metadata")  # the first on routes whose own `metadata` goes to the provider


def key_owner(key: Any, data: Mapping[str, Any]) -> str:
    """The owner of the virtual key; of a key that nobody owns, the key itself (LiteLLM has its hash)."""
    return str(key.user_id or key.key_alias or key.api_key or "")


def stated_user(key: Any, data: Mapping[str, Any]) -> str:
    """The `user` that the request states: trustworthy only where the proxy's clients are yours."""
    return str(data.get("user") or key.end_user_id or "")


class EndUserQuota(CustomLogger):  # type: ignore[misc]  # LiteLLM is not installed where types are checked
    def __init__(self, quota: Quota, user_of: Callable[[Any, Mapping[str, Any]], str] = key_owner) -> None:
        super().__init__()
        self._quota = quota
        self._user_of = user_of

    async def async_pre_call_hook(self, user_api_key_dict: Any, cache: Any, data: Any, call_type: str) -> Any:
        """Raises 429 for a refused user, 403 for none, 503 while the table is away and calls are refused then."""
        user, request = self._user_of(user_api_key_dict, data), str(uuid.uuid4())
        if not user:
            raise HTTPException(403, {"error": "no end user is named: a quota can't be charged"})
        spent: dict[str, Any] = {
            "input_tokens": _input(data),
            "output_tokens": _output(data, call_type),
            "model": str(data.get("model") or ""),
        }
        try:
            charge = await asyncio.to_thread(self._quota.charge, user, request, **spent)
        except QuotaRefused as refused:
            said = {"error": "the end user's quota is used up", "reason": refused.reason}
            raise HTTPException(429, said, dict(retry_header(refused))) from refused
        except QuotaTableAway as away:
            raise HTTPException(503, {"error": "the quota table does not answer"}) from away
        place = next(name for name in _PLACES if name in data or name == _PLACES[-1])
        data[place] = {**(data.get(place) or {}), _MARK: [charge.user, request]}
        return data

    async def async_pre_call_deployment_hook(self, kwargs: Any, call_type: Any) -> Any:
        """By now the deployment is chosen: names the user to Bedrock, if it is Bedrock's Converse."""
        model = str(kwargs.get("model") or "")
        marked = _marked(kwargs)
        if marked and _is_converse(model, kwargs.get("custom_llm_provider")):
            stated = kwargs.get("requestMetadata")
            kwargs["requestMetadata"] = {**(stated if isinstance(stated, dict) else {}), "user": marked[0]}
        return kwargs

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        marked = _marked(kwargs.get("litellm_params") or {})
        used = _used(str(kwargs.get("model") or ""), getattr(response_obj, "usage", None))
        if marked and used:
            cost = kwargs.get("response_cost")
            dollars = float(cost) if isinstance(cost, int | float) and cost > 0 else None
            await asyncio.to_thread(self._quota.settle_charge, *marked, used, dollars=dollars)

    async def async_post_call_failure_hook(
        self, request_data: Any, original_exception: Exception, user_api_key_dict: Any, traceback_str: Any = None
    ) -> None:
        """After every retry and fallback. A time-out or a broken connection gives nothing back: who knows?"""
        marked = _marked(request_data)
        status = getattr(original_exception, "status_code", None)
        if marked and isinstance(status, int) and 400 <= status < 500 and status not in (408, 499):
            await asyncio.to_thread(self._quota.release_charge, *marked)


def _marked(holder: Mapping[str, Any]) -> tuple[str, str] | None:
    for place in _PLACES:
        if found := (holder.get(place) or {}).get(_MARK):
            return str(found[0]), str(found[1])
    return None


def _is_converse(model: str, provider: Any) -> bool:
    route = model.removeprefix("bedrock/")
    return (provider == "bedrock" or route != model) and not route.startswith(("invoke/", "agent/", "async_invoke/"))


def _input(data: Mapping[str, Any]) -> int:
    said = data.get("messages") or data.get("input") or data.get("prompt") or ""
    return len(str(said)) // CHARACTERS_A_TOKEN


def _output(data: Mapping[str, Any], call_type: str) -> int:
    if "embedding" in call_type or "rerank" in call_type:
        return 0
    named = (data.get(name) for name in ("max_completion_tokens", "max_output_tokens", "max_tokens"))
    most = next((one for one in named if isinstance(one, int) and one > 0), OUTPUT_TOKENS)
    answers = data.get("n")
    return most * (answers if isinstance(answers, int) and answers > 0 else 1)


def _used(model: str, usage: Any) -> Tokens | None:
    """LiteLLM counts what came from a prompt cache among the input, and has two names for the rest."""
    if usage is None:
        return None

    def said(*names: str) -> int:
        every = (usage.get(name) if isinstance(usage, Mapping) else getattr(usage, name, None) for name in names)
        return next((int(value) for value in every if value), 0)

    read, written = said("cache_read_input_tokens"), said("cache_creation_input_tokens")
    sent, answered = said("prompt_tokens", "input_tokens"), said("completion_tokens", "output_tokens")
    return Tokens(model, max(0, sent - read - written), answered, read, written)
