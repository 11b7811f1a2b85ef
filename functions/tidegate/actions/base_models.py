"""What a model was made of: throughput and deployments take only models of the same base. Not an action."""

from __future__ import annotations

from botocore.exceptions import ClientError

from tidegate.actions.action import Clients
from tidegate.errors import Refused


def base_model(model: str, clients: Clients) -> str:
    """The ARN of a model's base; a foundation model is its own. Raises Refused for a custom model that is gone."""
    if ":foundation-model/" in model:
        return model
    try:
        return str(clients.named("bedrock").get_custom_model(modelIdentifier=model)["baseModelArn"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise Refused(f"model {model} is gone: train or import it anew, and deploy that.") from error
