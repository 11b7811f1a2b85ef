"""Operations that moto lacks and the actions need, behaving as AWS documents, validation errors included.

State lives in moto's own backends, so that it is forgotten with the rest of the account.
"""

from __future__ import annotations

from tidegate_local.aws_extensions import (
    account_quotas,
    agent_aliases,
    agents,
    boundaries,
    configuration_deployments,
    control_policies,
    endpoints,
    enforced_guardrails,
    guardrails,
    identity_center,
    ingestion,
    inventory,
    rerouting,
    secret_rotation,
    service_credentials,
)


def install() -> None:
    """Adds them to moto, once a process."""
    for module in (
        agents,
        agent_aliases,
        guardrails,
        enforced_guardrails,
        inventory,
        rerouting,
        ingestion,
        endpoints,
        configuration_deployments,
        service_credentials,
        boundaries,
        secret_rotation,
        identity_center,
        control_policies,
        account_quotas,
    ):
        module.install()
