"""What API Gateway asks an authorizer, and the answers it takes: HTTP APIs (payload 2.0, simple) and REST APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

type Context = Mapping[str, str | int | bool]


class Asked(NamedTuple):
    headers: Mapping[str, str]  # names in lower case; one that came twice is left out
    request_id: str  # API Gateway's own


def asked(event: Mapping[str, Any]) -> Asked:
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    for name, values in (event.get("multiValueHeaders") or {}).items():  # payload 1.0 and REST APIs
        if len(values) > 1:
            headers.pop(str(name).lower(), None)
    if token := event.get("authorizationToken"):  # a REST API's authorizer of type TOKEN
        headers["authorization"] = str(token)
    return Asked(headers, str((event.get("requestContext") or {}).get("requestId") or ""))


def answer(event: Mapping[str, Any], user: str, allowed: bool, context: Context) -> dict[str, Any]:
    """In the form of who asks. A REST API is answered for the very method it asked about, never for more."""
    if event.get("version") == "2.0":
        return {"isAuthorized": allowed, "context": dict(context)}
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if allowed else "Deny",
        "Resource": str(event.get("methodArn") or event.get("routeArn") or ""),
    }
    return {
        "principalId": user or "nobody",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(context),
    }
