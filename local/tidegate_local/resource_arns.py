"""What a call needs: IAM actions and the resources they act on, from the operation and its parameters.

An explicit table by service, after the Service Authorization Reference. A service that is not here raises
UnknownCall: falling back to "*" would let a policy pass that AWS refuses.
"""


# ruff: noqa: ARG001, ARG005  the entries of the table share one signature

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tidegate.errors import Permanent
from tidegate_local import identity_arns
from tidegate_local.account import ACCOUNT, REGION


class UnknownCall(Permanent):
    """A service whose resources the evaluator does not know."""


class Need(NamedTuple):
    action: str
    resource: str
    context: Mapping[str, str | list[str]] = {}


type Parameters = Mapping[str, Any]
type Owner = Callable[[str, str], str]  # (kind, name) -> ARN as it is stored: paths and random suffixes included


def needs(service: str, operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    """`service`: boto3's name. Raises UnknownCall for a service without an entry."""
    if service not in _SERVICES:
        raise UnknownCall(f"{service}:{operation}: no resources known for this service: teach resource_arns.py")
    return _SERVICES[service](operation, parameters, stored)


def _arn(service: str, resource: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def _own(given: str, service: str, prefix: str) -> str:
    """A name or an ARN -> an ARN."""
    return given if given.startswith("arn:") else _arn(service, prefix + given)


def _dynamodb(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    if operation in ("ListTables", "DescribeLimits"):
        return [Need(f"dynamodb:{operation}", "*")]
    if operation == "BatchGetItem":
        return [
            Need(f"dynamodb:{operation}", _own(table, "dynamodb", "table/"), _leading(asked["Keys"]))
            for table, asked in parameters["RequestItems"].items()
        ]
    if operation == "BatchWriteItem":
        return [Need(f"dynamodb:{operation}", _own(t, "dynamodb", "table/")) for t in parameters["RequestItems"]]
    if operation in ("TransactWriteItems", "TransactGetItems"):
        verbs = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem"}
        return [
            Need(f"dynamodb:{verbs.get(verb, 'ConditionCheckItem')}", _own(body["TableName"], "dynamodb", "table/"))
            for item in parameters["TransactItems"]
            for verb, body in item.items()
        ]
    table = _own(parameters["TableName"], "dynamodb", "table/")
    index = parameters.get("IndexName")
    context = _leading([parameters["Key"]]) if "Key" in parameters else {}
    return [Need(f"dynamodb:{operation}", f"{table}/index/{index}" if index else table, context)]


def _leading(keys: list[Mapping[str, Mapping[str, str]]]) -> dict[str, list[str]]:
    """Partition keys of a table without a sort key. Of another which one it is isn't known here: no pattern fits."""
    values = [next(iter(next(iter(key.values())).values())) if len(key) == 1 else "\x00" for key in keys]
    return {"dynamodb:LeadingKeys": [str(value) for value in values]}


_S3_ACTIONS = {
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjectVersions": "ListBucketVersions",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListBuckets": "ListAllMyBuckets",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
}


_OWN_BUCKET = {"s3:ResourceAccount": ACCOUNT}  # every bucket here is


def _s3(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    if bucket is None:
        return [Need(f"s3:{_S3_ACTIONS.get(operation, operation)}", "*")]
    arn = f"arn:aws:s3:::{bucket}"
    if operation == "DeleteObjects":
        return [Need("s3:DeleteObject", f"{arn}/{one['Key']}", _OWN_BUCKET) for one in parameters["Delete"]["Objects"]]
    if operation == "CopyObject":
        source = parameters["CopySource"]
        origin = source if isinstance(source, str) else f"{source['Bucket']}/{source['Key']}"
        read = "s3:GetObject" if isinstance(source, str) or not source.get("VersionId") else "s3:GetObjectVersion"
        return [Need(read, f"arn:aws:s3:::{origin}", _OWN_BUCKET), Need("s3:PutObject", f"{arn}/{key}", _OWN_BUCKET)]
    action = "s3:" + _S3_ACTIONS.get(operation, operation)
    if parameters.get("VersionId") and action in ("s3:GetObject", "s3:DeleteObject"):
        action += "Version"
    context = _OWN_BUCKET | ({"s3:prefix": parameters["Prefix"]} if "Prefix" in parameters else {})
    found = [Need(action, f"{arn}/{key}" if key else arn, context)]
    if operation in ("PutObject", "CreateMultipartUpload") and parameters.get("ObjectLockMode"):
        found.append(Need("s3:PutObjectRetention", f"{arn}/{key}"))
    if operation in ("PutObject", "CreateMultipartUpload") and parameters.get("Tagging"):
        found.append(Need("s3:PutObjectTagging", f"{arn}/{key}"))
    return found


def _sqs(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    name = parameters.get("QueueName") or str(parameters.get("QueueUrl", "*")).rsplit("/", 1)[-1]
    action = operation.replace("MessageBatch", "Message").replace("VisibilityBatch", "Visibility")
    return [Need(f"sqs:{action}", "*" if operation == "ListQueues" else _arn("sqs", name))]


def _sns(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    resource = parameters.get("TopicArn") or parameters.get("TargetArn") or parameters.get("ResourceArn") or "*"
    return [Need("sns:Publish" if operation == "PublishBatch" else f"sns:{operation}", resource)]


def _iam(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    context = {"iam:PolicyARN": parameters["PolicyArn"]} if operation.startswith(("Attach", "Detach")) else {}
    if "PermissionsBoundary" in parameters:
        context["iam:PermissionsBoundary"] = parameters["PermissionsBoundary"]
    action = f"iam:{operation}"
    if "UserName" in parameters:
        return [Need(action, stored("user", parameters["UserName"]), context)]
    if "RoleName" in parameters:
        return [Need(action, stored("role", parameters["RoleName"]), context)]
    if "GroupName" in parameters:
        return [Need(action, f"arn:aws:iam::{ACCOUNT}:group/{parameters['GroupName']}", context)]
    if "PolicyArn" in parameters:
        return [Need(action, parameters["PolicyArn"], context)]
    if "AccessKeyId" in parameters:
        return [Need(action, stored("access_key_user", parameters["AccessKeyId"]), context)]
    return [Need(action, "*", context)]


def _sts(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    if operation in ("GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo"):
        return []  # never needs a permission
    return [Need(f"sts:{operation}", parameters.get("RoleArn", "*"))]


def _states(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    resource = parameters.get("stateMachineArn") or parameters.get("executionArn") or parameters.get("resourceArn")
    found = [Need(f"states:{operation}", resource or "*")]
    if "roleArn" in parameters:
        found.append(_pass_role(parameters["roleArn"], "states.amazonaws.com"))
    return found


def _pass_role(role: str, service: str) -> Need:
    return Need("iam:PassRole", role, {"iam:PassedToService": service})


def _scheduler(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    group = parameters.get("GroupName", "default")
    if "ScheduleGroup" in operation or operation == "ListSchedules":
        name = parameters.get("Name") or parameters.get("GroupName")
        return [Need(f"scheduler:{operation}", _arn("scheduler", f"schedule-group/{name}") if name else "*")]
    found = [Need(f"scheduler:{operation}", _arn("scheduler", f"schedule/{group}/{parameters.get('Name', '*')}"))]
    if "Target" in parameters:
        found.append(_pass_role(parameters["Target"]["RoleArn"], "scheduler.amazonaws.com"))
    return found


def _secretsmanager(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    name = parameters.get("SecretId") or parameters.get("Name")
    resource = "*" if name is None else stored("secret", name)
    return [Need(f"secretsmanager:{operation}", resource, {"secretsmanager:Name": name} if name else {})]


def _ssm(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    names = parameters.get("Names") or [parameters.get("Path") or parameters.get("Name")]
    return [
        Need(f"ssm:{operation}", "*" if name is None else _own(name.removeprefix("/"), "ssm", "parameter/"))
        for name in names
    ]


def _kms(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    key = parameters.get("KeyId")
    return [Need(f"kms:{operation}", "*" if key is None else stored("kms_key", key))]


def _logs(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    group = parameters.get("logGroupName") or parameters.get("logGroupIdentifier")
    if group is None:
        return [Need(f"logs:{operation}", "*")]
    stream = parameters.get("logStreamName")
    tail = f":log-stream:{stream}" if stream else ":*"
    return [Need(f"logs:{operation}", _own(group, "logs", "log-group:") + tail)]


def _cloudwatch(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    context = {"cloudwatch:namespace": parameters["Namespace"]} if "Namespace" in parameters else {}
    return [Need(f"cloudwatch:{operation}", "*", context)]


def _lambda(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    action = "lambda:InvokeFunction" if operation in ("Invoke", "InvokeAsync") else f"lambda:{operation}"
    name = parameters.get("FunctionName")
    return [Need(action, "*" if name is None else _own(name, "lambda", "function:"))]


_GUARDRAIL_WITHOUT_RESOURCE = ("CreateGuardrail", "ListGuardrails")
_BEDROCK_NAMED = {
    "modelIdentifier": "custom-model/",
    "provisionedModelId": "provisioned-model/",
    "customModelDeploymentIdentifier": "custom-model-deployment/",
}


def _bedrock(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    action = f"bedrock:{operation}"
    if operation.endswith("Guardrail") or "guardrailIdentifier" in parameters:
        name = parameters.get("guardrailIdentifier")
        bare = operation in _GUARDRAIL_WITHOUT_RESOURCE or name is None
        return [Need(action, "*" if bare else _own(str(name), "bedrock", "guardrail/"))]
    for parameter, prefix in _BEDROCK_NAMED.items():
        if parameter in parameters:
            return [Need(action, _own(parameters[parameter], "bedrock", prefix))]
    role = parameters.get("loggingConfig", {}).get("cloudWatchConfig", {}).get("roleArn")
    passed = [_pass_role(role, "bedrock.amazonaws.com")] if role else []  # the role that Bedrock logs with
    return [Need(action, "*"), *passed]


def _bedrock_agent(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    action, agent, alias = f"bedrock:{operation}", parameters.get("agentId"), parameters.get("agentAliasId")
    if "flowIdentifier" in parameters and "aliasIdentifier" in parameters:
        flow, name = parameters["flowIdentifier"], parameters["aliasIdentifier"]
        return [Need(action, _arn("bedrock", f"flow/{flow}/alias/{name}"))]
    if agent is None:
        for parameter, prefix in _PARTS_OF_AGENTS.items():
            if parameter in parameters:
                return [Need(action, _own(parameters[parameter], "bedrock", prefix))]
        return [Need(action, "*")]
    return [Need(action, _arn("bedrock", f"agent-alias/{agent}/{alias}" if alias else f"agent/{agent}"))]


_PARTS_OF_AGENTS = {"knowledgeBaseId": "knowledge-base/", "flowIdentifier": "flow/"}


def _agentcore(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    if runtime := parameters.get("agentRuntimeId"):
        endpoint = parameters.get("endpointName")
        place = f"runtime/{runtime}/runtime-endpoint/{endpoint}" if endpoint else f"runtime/{runtime}"
        return [Need(f"bedrock-agentcore:{operation}", _arn("bedrock-agentcore", place))]
    name = parameters.get("gatewayIdentifier")
    return [
        Need(f"bedrock-agentcore:{operation}", "*" if name is None else _arn("bedrock-agentcore", f"gateway/{name}"))
    ]


def _bedrock_runtime(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    if operation == "ApplyGuardrail":
        return [Need("bedrock:ApplyGuardrail", _own(parameters["guardrailIdentifier"], "bedrock", "guardrail/"))]
    streams = operation in ("InvokeModelWithResponseStream", "ConverseStream")
    model = parameters.get("modelId", "*")
    resource = model if model.startswith("arn:") else f"arn:aws:bedrock:{REGION}::foundation-model/{model}"
    return [Need("bedrock:InvokeModelWithResponseStream" if streams else "bedrock:InvokeModel", resource)]


def _appconfig(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    application, environment = parameters.get("ApplicationId"), parameters.get("EnvironmentId")
    if application is None:
        return [Need(f"appconfig:{operation}", "*")]
    place = f"application/{application}"
    if environment:
        place += f"/environment/{environment}"
    if number := parameters.get("DeploymentNumber"):
        place += f"/deployment/{number}"
    return [Need(f"appconfig:{operation}", _arn("appconfig", place))]


def _ec2(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    name = parameters.get("SnapshotId")
    return [Need(f"ec2:{operation}", _arn("ec2", f"snapshot/{name}", account="") if name else "*")]


_SAGEMAKER_NAMED = {  # the first that a call names is what it is about
    "EndpointName": "endpoint/",
    "EndpointConfigName": "endpoint-config/",
    "ModelPackageArn": "model-package/",
    "ModelPackageName": "model-package/",
    "ModelName": "model/",
}


def _sagemaker(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    for parameter, prefix in _SAGEMAKER_NAMED.items():
        if parameter in parameters:
            found = [Need(f"sagemaker:{operation}", _own(parameters[parameter], "sagemaker", prefix))]
            if operation == "UpdateEndpoint":  # the configuration is needed too
                configuration = _own(parameters["EndpointConfigName"], "sagemaker", "endpoint-config/")
                found.append(Need("sagemaker:UpdateEndpoint", configuration))
            return found
    return [Need(f"sagemaker:{operation}", "*")]


def _events(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    if operation == "PutEvents":
        return [  # decided entry by entry: a condition may name the source
            Need(
                "events:PutEvents",
                _own(entry.get("EventBusName", "default"), "events", "event-bus/"),
                {"events:source": entry.get("Source", ""), "events:detail-type": entry.get("DetailType", "")},
            )
            for entry in parameters["Entries"]
        ]
    name = parameters.get("Name") or parameters.get("Rule")
    return [Need(f"events:{operation}", "*" if name is None else _own(name, "events", "rule/"))]


def _securityhub(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    if operation == "BatchImportFindings":
        products = dict.fromkeys(finding["ProductArn"] for finding in parameters["Findings"])
        return [Need("securityhub:BatchImportFindings", product) for product in products]
    context = {}
    if operation == "BatchUpdateFindings" and "Workflow" in parameters:
        context = {"securityhub:ASFFSyntaxPath/Workflow.Status": parameters["Workflow"]["Status"]}
    return [Need(f"securityhub:{operation}", _arn("securityhub", "hub/default"), context)]


def _security_ir(operation: str, parameters: Parameters, stored: Owner) -> list[Need]:
    return [Need(f"security-ir:{operation}", _arn("security-ir", f"case/{parameters.get('caseId', 'new')}"))]


def _unscoped(service: str) -> Callable[[str, Parameters, Owner], list[Need]]:
    return lambda operation, parameters, stored: [Need(f"{service}:{operation}", "*")]


def _paired(
    pairs: Callable[[str, Parameters], list[tuple[str, str]]],
) -> Callable[[str, Parameters, Owner], list[Need]]:
    return lambda operation, parameters, stored: [Need(*pair) for pair in pairs(operation, parameters)]


_SERVICES: dict[str, Callable[[str, Parameters, Owner], list[Need]]] = {
    "apigateway": _paired(identity_arns.apigateway),
    "cognito-idp": _paired(identity_arns.cognito),
    "identitystore": _paired(identity_arns.identity_store),
    "sso-admin": _paired(identity_arns.identity_center),
    "wafv2": _paired(identity_arns.wafv2),
    "appconfig": _appconfig,
    "bedrock": _bedrock,
    "bedrock-agent": _bedrock_agent,
    "bedrock-agentcore-control": _agentcore,
    "bedrock-runtime": _bedrock_runtime,
    "cloudtrail": _unscoped("cloudtrail"),
    "cloudwatch": _cloudwatch,
    "dynamodb": _dynamodb,
    "ec2": _ec2,
    "events": _events,
    "guardduty": _unscoped("guardduty"),
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "organizations": _paired(identity_arns.organizations),
    "pricing": _unscoped("pricing"),
    "s3": _s3,
    "sagemaker": _sagemaker,
    "scheduler": _scheduler,
    "secretsmanager": _secretsmanager,
    "security-ir": _security_ir,
    "securityhub": _securityhub,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
    "stepfunctions": _states,
    "sts": _sts,
}
