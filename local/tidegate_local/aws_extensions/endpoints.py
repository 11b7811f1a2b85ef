"""sagemaker: UpdateEndpoint. bedrock-agentcore: an endpoint that was updated is READY again.

SageMaker's takes another configuration, which must exist. States that AWS passes through (Updating, UPDATING) are over
at once: moto leaves an AgentCore endpoint UPDATING for ever.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidegate_local import hooks
from tidegate_local.aws_extensions.requests import now

_RESPONSE = "moto.sagemaker.responses:SageMakerResponse"


def install() -> None:
    hooks.add(f"{_RESPONSE}.update_endpoint", update_endpoint)
    hooks.replace("moto.bedrockagentcorecontrol.models:AgentRuntimeEndpoint.update", _ready_again)


def _ready_again(original: Callable[..., None]) -> Callable[..., None]:
    def update(self: Any, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        self.live_version, self.status = self.target_version, "READY"

    return update


def update_endpoint(self: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.sagemaker.exceptions import ValidationError

    backend, name = self.sagemaker_backend, self._get_param("EndpointName")
    backend.describe_endpoint(name)
    configuration = backend.endpoint_configs.get(self._get_param("EndpointConfigName"))
    if configuration is None:
        raise ValidationError(
            message=f"Could not find endpoint configuration '{self._get_param('EndpointConfigName')}'."
        )
    endpoint = backend.endpoints[name]
    if endpoint.endpoint_config_name == configuration.endpoint_config_name:
        raise ValidationError(message=f"Endpoint {name} has this configuration already.")
    endpoint.endpoint_config_name = configuration.endpoint_config_name
    endpoint.production_variants = endpoint._process_production_variants(configuration.production_variants)
    endpoint.last_modified_time = now()
    return ActionResult({"EndpointArn": endpoint.arn})
