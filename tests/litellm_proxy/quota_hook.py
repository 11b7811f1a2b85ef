"""The callback file that the tested proxy loads, beside its config.yaml; and who owns which key."""

from __future__ import annotations

import os
from typing import Any

from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy._types import UserAPIKeyAuth

from tidegate_quota import Budget, Budgets, Quota
from tidegate_quota.litellm_hook import EndUserQuota

OWNERS = {"sk-alice": "alice", "sk-bob": "bob", "sk-carol": "carol", "sk-dave": "dave", "sk-erin": "auth0|erin"}
OWNERS |= {"sk-frank": "frank", "sk-grace": "grace"}


async def user_api_key_auth(request: Any, api_key: str) -> UserAPIKeyAuth:
    return UserAPIKeyAuth(api_key=api_key, user_id=OWNERS[api_key])


class Told(CustomLogger):
    """Stands after the quota in the config, and says on the output that LiteLLM has called it."""

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        print("SETTLED", flush=True)

    async def async_post_call_failure_hook(self, **failure: Any) -> None:
        print("FAILED", flush=True)


BUDGETS = Budgets(default=Budget(calls_per_minute=3, tokens_per_day=5000))
quota = EndUserQuota(Quota.of_table(os.environ["QUOTA_TABLE"], region="eu-central-1", budgets=BUDGETS))
told = Told()
