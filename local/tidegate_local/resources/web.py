"""HTTP APIs. What is in front of a function is kept and read back; requests are put to the function by tests.

The API's own answers (sign-in, throttling, access log) are AWS's and are not played here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidegate_local.intrinsics import Created
from tidegate_local.resources import Making


def api(making: Making) -> Created:
    made = making.client("apigatewayv2").create_api(**making.properties)
    region = making.account.region
    endpoint = f"https://{made['ApiId']}.execute-api.{region}.amazonaws.com"
    return Created(made["ApiId"], {"ApiEndpoint": endpoint, "ApiId": made["ApiId"]})


def authorizer(making: Making) -> Created:
    made = making.client("apigatewayv2").create_authorizer(**making.properties)
    return Created(made["AuthorizerId"], {"AuthorizerId": made["AuthorizerId"]})


def integration(making: Making) -> Created:
    made = making.client("apigatewayv2").create_integration(**making.properties)
    return Created(made["IntegrationId"])


def route(making: Making) -> Created:
    made = making.client("apigatewayv2").create_route(**making.properties)
    return Created(made["RouteId"], {"RouteId": made["RouteId"]})


def stage(making: Making) -> Created:
    making.client("apigatewayv2").create_stage(**making.properties)
    return Created(making.properties["StageName"])


TYPES: dict[str, tuple[str, Callable[[Making], Any]]] = {
    "AWS::ApiGatewayV2::Api": ("Name Description ProtocolType", api),
    "AWS::ApiGatewayV2::Authorizer": ("ApiId AuthorizerType IdentitySource JwtConfiguration Name", authorizer),
    "AWS::ApiGatewayV2::Integration": ("ApiId IntegrationType IntegrationUri PayloadFormatVersion", integration),
    "AWS::ApiGatewayV2::Route": ("ApiId AuthorizationType AuthorizerId RouteKey Target", route),
    "AWS::ApiGatewayV2::Stage": ("ApiId AccessLogSettings AutoDeploy DefaultRouteSettings StageName", stage),
}
