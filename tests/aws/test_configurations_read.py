"""Everything that an attacker would change is read every day, in the form in which changes of it are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import UnknownServiceError
from botocore.stub import Stubber

from tidegate.aws.clients import AwsClients
from tidegate.aws.configurations import AwsConfigurations
from tidegate.configurations import read_back
from tidegate.configurations.applications import AGENT
from tidegate.configurations.guardrail_protections import losses, protections
from tidegate.errors import Permanent
from tidegate.ports import ReadConfiguration
from tidegate.snapshotting import MOST_BYTES, Snapshotting
from tidegate_local import aws_extensions
from tidegate_local.aws_extensions import agentcore
from tidegate_local.memory import MemoryConfigurationSnapshots

ACCOUNT, REGION = "123456789012", "eu-central-1"
TITAN = f"arn:aws:bedrock:{REGION}::foundation-model/amazon.titan-embed-text-v2:0"
NOW = datetime(2026, 9, 1, 10, tzinfo=UTC)
STRONG = {
    "name": "answers",
    "blockedInputMessaging": "No.",
    "blockedOutputsMessaging": "No.",
    "contentPolicyConfig": {"filtersConfig": [{"type": "HATE", "inputStrength": "HIGH", "outputStrength": "HIGH"}]},
    "topicPolicyConfig": {"topicsConfig": [{"name": "Tax", "definition": "Advice on tax", "type": "DENY"}]},
    "sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [{"type": "EMAIL", "action": "BLOCK"}]},
}


@pytest.fixture
def aws(session: boto3.Session) -> AwsClients:
    aws_extensions.install()
    session.events.register_last("before-call", agentcore.answer)
    return AwsClients(session)


def _read(aws: AwsClients, group: str, *, pointers: tuple[str, ...] = ()) -> dict[str, Any]:
    read = AwsConfigurations(aws.named, pointers=pointers).groups()[group]()
    return dict(read_back.configured(one, ACCOUNT, REGION) for one in read)


def _arn(resource: str, service: str = "bedrock") -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def test_a_guardrail_reads_back_as_it_was_put(aws: AwsClients) -> None:
    made = aws.named("bedrock").create_guardrail(**STRONG)

    ((resource, found),) = _read(aws, "guardrails").items()

    assert resource == made["guardrailArn"]
    assert found == STRONG
    assert protections(found) == protections(STRONG)
    weaker = {**STRONG, "contentPolicyConfig": {"filtersConfig": []}}
    assert losses(found, weaker)


def test_every_page_of_a_list_is_read(aws: AwsClients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate_local.aws_extensions.guardrails.page", _two_at_a_time)
    for number in range(5):
        aws.named("bedrock").create_guardrail(**{**STRONG, "name": f"answers-{number}"})

    assert len(_read(aws, "guardrails")) == 5


def _two_at_a_time(items: list[Any], given: dict[str, Any]) -> tuple[list[Any], str | None]:
    start = int(given.get("nextToken") or 0)
    return items[start : start + 2], str(start + 2) if start + 2 < len(items) else None


def test_logging_is_read_and_its_absence_too(aws: AwsClients, session: boto3.Session) -> None:
    resource = f"logging/{ACCOUNT}/{REGION}"
    assert _read(aws, "invocation logging") == {resource: {"deleted": True}}
    session.client("s3").create_bucket(Bucket="tidegate-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    configuration = {"s3Config": {"bucketName": "tidegate-logs"}, "textDataDeliveryEnabled": True}
    aws.named("bedrock").put_model_invocation_logging_configuration(loggingConfig=configuration)

    found = _read(aws, "invocation logging")[resource]
    assert found["s3Config"]["bucketName"] == "tidegate-logs"
    assert found["textDataDeliveryEnabled"] is True


def test_an_agent_its_action_groups_and_its_aliases(aws: AwsClients) -> None:
    client = aws.named("bedrock-agent")
    secret = "You know the code word, which is swordfish. Never say it."
    agent = client.create_agent(
        agentName="helper",
        foundationModel="amazon.nova-lite-v1:0",
        agentResourceRoleArn=f"arn:aws:iam::{ACCOUNT}:role/agent",
        instruction=secret,
    )["agent"]["agentId"]
    group = client.create_agent_action_group(
        agentId=agent,
        agentVersion="DRAFT",
        actionGroupName="mail",
        actionGroupExecutor={"lambda": _arn("function:mail", "lambda")},
    )["agentActionGroup"]["actionGroupId"]
    alias = client.create_agent_alias(agentId=agent, agentAliasName="live")["agentAlias"]["agentAliasId"]

    found = _read(aws, "agents")

    kept = found[_arn(f"agent/{agent}")]
    assert kept["foundationModel"] == "amazon.nova-lite-v1:0"
    assert kept["instruction"] == "***", "as CloudTrail shows it: a prompt has no place in a finding"
    assert secret not in repr(found)
    assert found[_arn(f"agent/{agent}/action-group/{group}")]["actionGroupState"] == "ENABLED"
    assert found[_arn(f"agent-alias/{agent}/{alias}")]["routingConfiguration"] == [{"agentVersion": "1"}]


def test_an_instruction_that_changed_has_another_digest() -> None:
    one, other = (read_back.application({"instruction": text}, AGENT) for text in ("Be kind.", "Be rude."))

    assert one["instructionDigest"] != other["instructionDigest"]


def test_knowledge_bases_and_their_sources(aws: AwsClients) -> None:
    client = aws.named("bedrock-agent")
    base = client.create_knowledge_base(
        name="manuals",
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/kb",
        knowledgeBaseConfiguration={"type": "VECTOR", "vectorKnowledgeBaseConfiguration": {"embeddingModelArn": TITAN}},
        storageConfiguration={"type": "OPENSEARCH_SERVERLESS"},
    )["knowledgeBase"]["knowledgeBaseId"]
    bucket = {"type": "S3", "s3Configuration": {"bucketArn": "arn:aws:s3:::manuals"}}
    source = client.create_data_source(knowledgeBaseId=base, name="pages", dataSourceConfiguration=bucket)

    found = _read(aws, "knowledge bases")

    assert found[_arn(f"knowledge-base/{base}")]["roleArn"].endswith("role/kb")
    kept = found[_arn(f"knowledge-base/{base}/data-source/{source['dataSource']['dataSourceId']}")]
    assert kept == {"dataSourceConfiguration": bucket}


def test_what_serves_a_model_and_what_is_enforced(aws: AwsClients) -> None:
    bedrock, agents = aws.named("bedrock"), aws.named("bedrock-agent")
    model = _arn("custom-model/tuned/abc")
    throughput = bedrock.create_provisioned_model_throughput(provisionedModelName="p", modelId=model, modelUnits=1)
    deployed = bedrock.create_custom_model_deployment(modelDeploymentName="d", modelArn=model)
    enforced = bedrock.put_enforced_guardrail_configuration(
        guardrailInferenceConfig={"guardrailIdentifier": "abc", "guardrailVersion": "3"}
    )
    flow = agents.create_flow(name="f", executionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/flow")["id"]
    routes = [{"flowVersion": "2"}]
    alias = agents.create_flow_alias(flowIdentifier=flow, name="live", routingConfiguration=routes)

    assert _read(aws, "provisioned throughput")[throughput["provisionedModelArn"]]["modelArn"] == model
    assert _read(aws, "custom model deployments") == {deployed["customModelDeploymentArn"]: {"modelArn": model}}
    place = f"enforced-guardrail/{ACCOUNT}/{REGION}/{enforced['configId']}"
    assert _read(aws, "enforced guardrails")[place]["guardrailVersion"] == "3"
    assert _read(aws, "flows") == {alias["arn"]: {"name": "live", "routingConfiguration": routes}}


def test_pointers_are_read_and_one_that_is_not_there_is_named(aws: AwsClients) -> None:
    names = [f"/models/{number}" for number in range(12)]
    for name in names:
        aws.named("ssm").put_parameter(Name=name, Value=f"model-{name}", Type="String")

    found = _read(aws, "parameters that name a model", pointers=tuple(names))
    assert len(found) == 12
    assert found[_arn("parameter/models/3", "ssm")] == {"Value": "model-/models/3", "Version": 1}
    with pytest.raises(Permanent, match="/models/none"):
        _read(aws, "parameters that name a model", pointers=("/models/none",))


def test_the_deployed_application_configuration_counts_and_not_one_that_is_rolled_back(aws: AwsClients) -> None:
    client = aws.named("appconfig")
    items = [
        {"DeploymentNumber": 3, "ConfigurationName": "model", "ConfigurationVersion": "9", "State": "ROLLED_BACK"},
        {"DeploymentNumber": 2, "ConfigurationName": "model", "ConfigurationVersion": "8", "State": "COMPLETE"},
        {"DeploymentNumber": 1, "ConfigurationName": "model", "ConfigurationVersion": "7", "State": "COMPLETE"},
    ]
    with Stubber(client) as stub:
        stub.add_response("list_deployments", {"Items": items}, {"ApplicationId": "a", "EnvironmentId": "e"})
        found = _read(aws, "application configuration", pointers=("appconfig/a/e",))

    place = _arn("application/a/environment/e/configuration/model", "appconfig")
    assert found == {place: {"ConfigurationVersion": "8", "DeploymentNumber": 2}}


def test_gateways_are_read(aws: AwsClients) -> None:
    client = aws.named("bedrock-agentcore-control")
    given = {"gatewayId": "g-0000000001", "name": "g", "status": "READY", "createdAt": NOW, "updatedAt": NOW}
    read = {"gatewayArn": _arn("gateway/g-0000000001", "bedrock-agentcore"), "authorizerType": "NONE"}
    listed = {**given, "authorizerType": "NONE", "protocolType": "MCP"}
    with Stubber(client) as stub:
        stub.add_response("list_gateways", {"items": [listed]})
        stub.add_response("get_gateway", {**listed, **read}, {"gatewayIdentifier": "g-0000000001"})
        found = _read(aws, "gateways")

    assert found == {read["gatewayArn"]: {"authorizerType": "NONE"}}


def test_a_service_that_fails_does_not_stop_the_others_and_is_named(aws: AwsClients) -> None:
    def client(service: str) -> Any:
        if service == "bedrock-agentcore-control":
            raise UnknownServiceError(service_name=service, known_service_names="bedrock")
        return aws.named(service)

    aws.named("bedrock").create_guardrail(**STRONG)
    readable = AwsConfigurations(client, pointers=("/models/none",))

    taken = _snapshotting(readable, MemoryConfigurationSnapshots()).take()

    assert set(taken.failed) == {"gateways", "parameters that name a model"}
    assert taken.read["guardrails"] == 1
    assert taken.read["invocation logging"] == 1


def _snapshotting(readable: Any, snapshots: MemoryConfigurationSnapshots, now: datetime = NOW) -> Snapshotting:
    return Snapshotting(readable, snapshots, lambda: now, account=ACCOUNT, region=REGION)


class Given:
    """One group, of a parameter."""

    def __init__(self, value: str) -> None:
        self.value = value

    def groups(self) -> Any:
        return {"given": lambda: iter([ReadConfiguration("parameter", "arn:p", {"Value": self.value})])}


def test_only_what_differs_is_recorded_and_a_change_that_nobody_told_of_is_named() -> None:
    snapshots, now = MemoryConfigurationSnapshots(), NOW

    def take(value: str) -> Any:
        return _snapshotting(Given(value), snapshots, now).take()

    assert take("nova").first == ["arn:p"]
    now += timedelta(days=1)
    same = take("nova")
    assert (same.first, same.changed, same.read) == ([], [], {"given": 1})
    now += timedelta(days=1)
    assert take("other").changed == ["arn:p"]
    assert snapshots.before("arn:p", now.timestamp()) == {"Value": "nova"}
    assert snapshots.before("arn:p", now.timestamp() + 1) == {"Value": "other"}


def test_a_configuration_too_large_to_be_kept_is_named() -> None:
    taken = _snapshotting(Given("x" * MOST_BYTES), MemoryConfigurationSnapshots()).take()

    assert "arn:p" in taken.failed["given"]
