"""What an application asks before its end users' calls reach a model. Needs boto3 and nothing else of Tidegate.

Copy this folder, or install it: `pip install ./functions/tidegate_quota`. How to adopt it: docs/application-quotas.md.
"""

from tidegate_quota.budgets import Budget, Budgets, read_rules
from tidegate_quota.client import Charge, Quota, QuotaRefused, Standing, retry_header
from tidegate_quota.names import logged_name
from tidegate_quota.prices import Price, Prices
from tidegate_quota.store import QuotaTableAway
from tidegate_quota.tokens import Tokens

__all__ = [
    "Budget", "Budgets", "Charge", "Price", "Prices", "Quota", "QuotaRefused", "QuotaTableAway", "Standing", "Tokens",
    "logged_name", "read_rules", "retry_header",
]  # fmt: skip
