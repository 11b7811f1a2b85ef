"""service-quotas: ListServiceQuotas of what Tidegate meets. lambda: GetAccountSettings.

The values are AWS's defaults: of us-east-1, us-west-2 and eu-west-1 the larger ones, of any other Region the least.
Nothing is throttled by them here. Step Functions' quota codes are invented.
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tidegate_local import hooks
from tidegate_local.aws_extensions.requests import body, page

_LARGE = ("us-east-1", "us-west-2", "eu-west-1")
_AT_ONCE = 1000
_MOST_A_PAGE = 100
_CODE_BYTES, _ZIPPED, _UNZIPPED = 80_530_636_800, 52_428_800, 262_144_000  # of all functions; of one


class _Quota(NamedTuple):
    code: str
    name: str
    large: float
    elsewhere: float


_QUOTAS = {
    "states": (
        _Quota("L-00000001", "StartExecution throttle token refill rate per second", 300, 150),
        _Quota("L-00000002", "StateTransition throttle token refill rate per second", 5000, 800),
    ),
    "events": (_Quota("L-5540C5E3", "Invocations throttle limit in transactions per second", 18_750, 750),),
    "lambda": (_Quota("L-B99A9384", "Concurrent executions", _AT_ONCE, _AT_ONCE),),
}
_SERVICES = {"states": "AWS Step Functions", "events": "Amazon EventBridge (CloudWatch Events)", "lambda": "AWS Lambda"}


def install() -> None:
    hooks.add("moto.servicequotas.responses:ServiceQuotasResponse.list_service_quotas", list_service_quotas)
    hooks.replace("moto.awslambda.urls:url_paths", _with_account_settings)
    hooks.add("moto.awslambda.responses:LambdaResponse.get_account_settings", get_account_settings)


def list_service_quotas(self: Any) -> str:
    from moto.core.exceptions import JsonRESTError

    given = body(self)
    service, size = given.get("ServiceCode"), given.get("MaxResults", _MOST_A_PAGE)
    if not 1 <= size <= _MOST_A_PAGE:
        raise JsonRESTError("IllegalArgumentException", f"MaxResults must be between 1 and {_MOST_A_PAGE}")
    if service not in _QUOTAS:
        raise JsonRESTError("NoSuchResourceException", f"The service {service} isn't known to Service Quotas here")
    asked = given.get("QuotaCode")
    quotas = [_told(self, service, quota) for quota in _QUOTAS[service] if asked in (None, quota.code)]
    shown, token = page(quotas, {"maxResults": size, "nextToken": given.get("NextToken")})
    return json.dumps({"Quotas": shown} | ({"NextToken": token} if token else {}))


def _told(response: Any, service: str, quota: _Quota) -> dict[str, Any]:
    return {
        "ServiceCode": service,
        "ServiceName": _SERVICES[service],
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "QuotaArn": f"arn:aws:servicequotas:{response.region}:{response.current_account}:{service}/{quota.code}",
        "Value": quota.large if response.region in _LARGE else quota.elsewhere,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


def _with_account_settings(paths: dict[str, Any]) -> dict[str, Any]:
    """moto routes what it knows only."""
    from moto.awslambda.responses import LambdaResponse

    return {**paths, "{0}/2016-08-19/account-settings/?$": LambdaResponse.dispatch}


def get_account_settings(self: Any) -> str:
    functions = list(self.backend.list_functions())
    reserved = sum(int(one.reserved_concurrency or 0) for one in functions)
    limit = {
        "TotalCodeSize": _CODE_BYTES,
        "CodeSizeZipped": _ZIPPED,
        "CodeSizeUnzipped": _UNZIPPED,
        "ConcurrentExecutions": _AT_ONCE,
        "UnreservedConcurrentExecutions": _AT_ONCE - reserved,
    }
    usage = {"TotalCodeSize": sum(int(one.code_size) for one in functions), "FunctionCount": len(functions)}
    return json.dumps({"AccountLimit": limit, "AccountUsage": usage})
