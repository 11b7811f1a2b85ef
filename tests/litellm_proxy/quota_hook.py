"""The callback file that the tested proxy loads, beside its config.yaml; and who owns which key."""

from __future__ import annotations

import os
from typing import Any

from litellm.proxy._types import UserAPIKeyAuth

from tidegate_quota import Budget, Budgets, Quota
from tidegate_quota.litellm_hook import EndUserQuota

OWNERS = {"sk-alice": "alice", "sk-bob": "bob", "sk-carol": "carol", "sk-dave": "dave", "sk-erin": "auth0|erin"}


async def user_api_key_auth(request: Any, api_key: str) -> UserAPIKeyAuth:
    return UserAPIKeyAuth(api_key=api_key, user_id=OWNERS[api_key])


class Told(EndUserQuota):
    """Says on the output what LiteLLM does after it has answered."""

    async def async_log_success_event(self, *event: Any) -> None:
        await super().async_log_success_event(*event)
        print("SETTLED", flush=True)

    async def async_post_call_failure_hook(self, *event: Any, **more: Any) -> None:
        await super().async_post_call_failure_hook(*event, **more)
        print("FAILED", flush=True)


BUDGETS = Budgets(default=Budget(calls_per_minute=3, tokens_per_day=5000))
quota = Told(Quota.of_table(os.environ["QUOTA_TABLE"], region="eu-central-1", budgets=BUDGETS))
