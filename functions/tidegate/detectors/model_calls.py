"""Which API calls put a model to work, by the names CloudTrail gives them. Not a detector."""

from __future__ import annotations

from tidegate.detectors.about import Reads

MODEL_CALLS = (
    "InvokeModel",
    "InvokeModelWithResponseStream",
    "InvokeModelWithBidirectionalStream",
    "StartAsyncInvoke",
    "Converse",
    "ConverseStream",
    "InvokeAgent",
    "InvokeInlineAgent",
    "InvokeFlow",
    "RetrieveAndGenerate",
    "CreateInference",
)
_SERVICES = ("bedrock", "bedrock-runtime", "bedrock-agent-runtime", "bedrock-mantle")
REFUSED = ("AccessDenied", "AccessDeniedException")


def model_calls(*, failed: bool = False) -> tuple[Reads, ...]:
    """Every one of them, or only those that an error answered."""
    return tuple(Reads("api_call", service, MODEL_CALLS, failed) for service in _SERVICES)
