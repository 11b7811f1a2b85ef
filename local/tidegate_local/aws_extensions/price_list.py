"""pricing: GetProducts, which moto lacks. It answers with some models at invented prices, in the list's own form.

Answered at the client, where the account's other calls are checked against IAM first.
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
"""

from __future__ import annotations

import json
from typing import Any

from tidegate_local.aws_extensions.answering import Answered

_PRICES = {  # dollars a thousand tokens (input, output): invented
    "AmazonBedrock": {"Nova Micro": (0.00004, 0.00016), "Nova Pro": (0.0009, 0.0036)},
    "AmazonBedrockFoundationModels": {"Claude 3 Haiku": (0.0003, 0.0015), "Claude Sonnet 4.5": (0.0033, 0.0165)},
}


def answer(model: Any, params: dict[str, Any], **_: object) -> tuple[Answered, dict[str, Any]] | None:
    """Registered for every call, behind the check of permissions: a more specific event would come before it."""
    if model.service_model.service_name != "pricing":
        return None
    return Answered(), answered(params)


def answered(params: dict[str, Any]) -> dict[str, Any]:
    asked = json.loads(params.get("body") or b"{}")
    service = asked.get("ServiceCode", "")
    products = [
        json.dumps(_product(service, name, kind, dollars))
        for name, both in _PRICES.get(service, {}).items()
        for kind, dollars in zip(("Input", "Output"), both, strict=True)
    ]
    return {"FormatVersion": "aws_v1", "PriceList": products, "ResponseMetadata": {"HTTPStatusCode": 200}}


def _product(service: str, name: str, kind: str, dollars: float) -> dict[str, Any]:
    if service == "AmazonBedrock":
        attributes = {"model": name, "inferenceType": f"{kind} tokens", "usagetype": f"USE1-{name}-{kind}-tokens"}
        unit, price = "1K tokens", dollars
    else:
        attributes = {
            "servicename": f"{name} (Amazon Bedrock Edition)",
            "usagetype": f"USE1-MP:USE1_{kind}TokenCount-Units",
        }
        unit, price = "Units", dollars * 1000
    dimension = {"unit": unit, "pricePerUnit": {"USD": f"{price:.10f}"}}
    return {
        "serviceCode": service,
        "product": {"attributes": attributes},
        "terms": {"OnDemand": {"T": {"priceDimensions": {"T.D": dimension}}}},
    }
