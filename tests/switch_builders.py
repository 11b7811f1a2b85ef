"""What answers, in an account in moto, moved by an attacker: one builder for each kind, all with the same handles."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from agent_builders import Alias
from response_builders import ACCOUNT, REGION, a_step

from tidegate.aws.clients import AwsClients
from tidegate.model import Step

LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()  # moto's own clock: everything was before the incident
BASE = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"


class Moved(NamedTuple):
    step: Step
    former: Any
    swapped: Any
    other: Any  # a third value that somebody else may set
    read: Callable[[], Any]
    write: Callable[[Any], Any]


def an_alias(clients: AwsClients) -> Moved:
    alias = Alias(clients.agents, clients.iam)

    def write(state: str) -> None:
        alias.route("1", aliasInvocationState=state)

    step = a_step("pause_agent_alias", "agent_alias", f"{alias.agent}/{alias.alias}")
    accept, reject = "ACCEPT_INVOCATIONS", "REJECT_INVOCATIONS"
    return Moved(step, reject, accept, None, lambda: alias.now()["aliasInvocationState"], write)


def a_flow(clients: AwsClients) -> Moved:
    agents = clients.named("bedrock-agent")
    role = f"arn:aws:iam::{ACCOUNT}:role/flow"
    flow = agents.create_flow(name="router", executionRoleArn=role)["id"]
    for text in ("one", "two", "three"):
        nodes = [{"name": "prompt", "type": "Prompt"}, {"name": text, "type": "Output"}]
        agents.update_flow(
            flowIdentifier=flow, name="router", executionRoleArn=role,
            definition={"nodes": nodes, "connections": []},
        )  # fmt: skip
        agents.create_flow_version(flowIdentifier=flow)
    routing = [[{"flowVersion": version}] for version in ("1", "2", "3")]
    alias = agents.create_flow_alias(
        flowIdentifier=flow, name="live", description="for all", routingConfiguration=routing[1]
    )["id"]
    named = {"flowIdentifier": flow, "aliasIdentifier": alias}

    def write(value: Any) -> None:
        agents.update_flow_alias(**named, name="live", description="for all", routingConfiguration=value)

    step = a_step("roll_back_flow_alias", "flow_alias", f"{flow}/{alias}", former={"routingConfiguration": routing[0]})
    return Moved(
        step, routing[0], routing[1], routing[2], lambda: agents.get_flow_alias(**named)["routingConfiguration"], write
    )


def a_runtime(clients: AwsClients) -> Moved:
    control = clients.named("bedrock-agentcore-control")
    given: dict[str, Any] = {
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/runtime",
        "networkConfiguration": {"networkMode": "PUBLIC"},
    }
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/agent:"

    def artefact(tag: str) -> dict[str, Any]:
        return {"containerConfiguration": {"containerUri": image + tag}}

    runtime = control.create_agent_runtime(agentRuntimeName="helper", agentRuntimeArtifact=artefact("1"), **given)[
        "agentRuntimeId"
    ]
    for tag in ("2", "3"):
        control.update_agent_runtime(agentRuntimeId=runtime, agentRuntimeArtifact=artefact(tag), **given)
    control.create_agent_runtime_endpoint(agentRuntimeId=runtime, name="live", agentRuntimeVersion="2")
    named = {"agentRuntimeId": runtime, "endpointName": "live"}

    def read() -> str:
        found = control.get_agent_runtime_endpoint(**named)
        return str(found.get("targetVersion") or found["liveVersion"])

    def write(version: str) -> None:
        control.update_agent_runtime_endpoint(**named, agentRuntimeVersion=version)

    former = {"agentRuntimeVersion": "1"}
    step = a_step("roll_back_agent_runtime_endpoint", "runtime_endpoint", f"{runtime}/live", former=former)
    return Moved(step, "1", "2", "3", read, write)


def custom_models(clients: AwsClients, *names: str) -> list[str]:
    """ARNs of custom models of one base."""
    bedrock, arns = clients.named("bedrock"), []
    clients.named("s3").create_bucket(Bucket="training", CreateBucketConfiguration={"LocationConstraint": REGION})
    clients.named("s3").put_object(Bucket="training", Key="data.jsonl", Body=b"{}")
    for name in names:
        bedrock.create_model_customization_job(
            jobName=f"make-{name}",
            customModelName=name,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/train",
            baseModelIdentifier="amazon.titan-text-express-v1",
            trainingDataConfig={"s3Uri": "s3://training/data.jsonl"},
            outputDataConfig={"s3Uri": "s3://training/out"},
            hyperParameters={"epochCount": "1"},
        )
        arns.append(bedrock.get_custom_model(modelIdentifier=name)["modelArn"])
    return arns


def a_deployment(clients: AwsClients) -> Moved:
    bedrock, (one, two, three) = clients.named("bedrock"), custom_models(clients, "good", "bad", "third")
    arn = bedrock.create_custom_model_deployment(modelDeploymentName="live", modelArn=two)["customModelDeploymentArn"]
    named = {"customModelDeploymentIdentifier": arn}

    def write(model: str) -> None:
        bedrock.update_custom_model_deployment(**named, modelArn=model)

    step = a_step("roll_back_custom_model_deployment", "model_deployment", arn, former={"modelArn": one})
    return Moved(step, one, two, three, lambda: bedrock.get_custom_model_deployment(**named)["modelArn"], write)


def a_throughput(clients: AwsClients) -> Moved:
    bedrock, (one, two, three) = clients.named("bedrock"), custom_models(clients, "good", "bad", "third")
    base = bedrock.get_custom_model(modelIdentifier="good")["baseModelArn"]
    arn = bedrock.create_provisioned_model_throughput(
        modelUnits=1, provisionedModelName="live", modelId=base
    )["provisionedModelArn"]  # fmt: skip

    def write(model: str) -> None:
        bedrock.update_provisioned_model_throughput(provisionedModelId=arn, desiredModelId=model)

    write(two)
    step = a_step("roll_back_provisioned_throughput", "throughput", arn, former={"modelArn": one})
    return Moved(
        step, one, two, three,
        lambda: bedrock.get_provisioned_model_throughput(provisionedModelId=arn)["desiredModelArn"], write,
    )  # fmt: skip


def a_pointer(clients: AwsClients, action: str = "roll_back_model_pointer", **parameters: Any) -> Moved:
    """Its first version is from before the incident; a test moves it afterwards."""
    ssm = clients.named("ssm")
    ssm.put_parameter(Name="/support/active-model", Value="good-model", Type="String")
    began = datetime.now(UTC).isoformat()

    def write(value: str) -> None:
        ssm.put_parameter(Name="/support/active-model", Value=value, Overwrite=True)

    step = a_step(action, "parameter", "/support/active-model", **({"before": began} | parameters))
    return Moved(
        step, "good-model", "bad-model", "third-model",
        lambda: ssm.get_parameter(Name="/support/active-model")["Parameter"]["Value"], write,
    )  # fmt: skip


def a_fallback(clients: AwsClients) -> Moved:
    moved = a_pointer(clients, "switch_to_fallback", value="fallback-model")
    return moved._replace(former="fallback-model", swapped="good-model")


def a_message(clients: AwsClients) -> Moved:
    moved = a_pointer(clients, "announce_maintenance", value="Back at noon.")
    return moved._replace(former="Back at noon.", swapped="good-model")


def an_endpoint(clients: AwsClients) -> Moved:
    sagemaker, s3 = clients.named("sagemaker"), clients.named("s3")
    s3.create_bucket(Bucket="artefacts", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in ("good", "bad", "third"):
        s3.put_object(Bucket="artefacts", Key=f"{name}.tar.gz", Body=name.encode())
        container = {"Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serve:1",
                     "ModelDataUrl": f"s3://artefacts/{name}.tar.gz"}  # fmt: skip
        role = f"arn:aws:iam::{ACCOUNT}:role/serve"
        sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
        variant = {"VariantName": "all", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="live", EndpointConfigName="bad")

    def write(configuration: str) -> None:
        sagemaker.update_endpoint(EndpointName="live", EndpointConfigName=configuration)

    former = {"endpointConfigName": "good"}
    step = a_step("roll_back_sagemaker_endpoint", "endpoint", "live", former=former, before=LATER)
    return Moved(
        step, "good", "bad", "third",
        lambda: sagemaker.describe_endpoint(EndpointName="live")["EndpointConfigName"], write,
    )  # fmt: skip


def a_package(clients: AwsClients) -> Moved:
    sagemaker = clients.named("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="scores", ModelPackageGroupDescription="scores")
    arn = sagemaker.create_model_package(
        ModelPackageGroupName="scores", ModelPackageDescription="a version", ModelApprovalStatus="Approved"
    )["ModelPackageArn"]

    def write(status: str) -> None:
        sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)

    step = a_step("reject_model_package", "model_package", arn)
    return Moved(
        step, "Rejected", "Approved", "PendingManualApproval",
        lambda: sagemaker.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"], write,
    )  # fmt: skip


MOVED: dict[str, Callable[[AwsClients], Moved]] = {
    "pause_agent_alias": an_alias,
    "roll_back_flow_alias": a_flow,
    "roll_back_agent_runtime_endpoint": a_runtime,
    "roll_back_custom_model_deployment": a_deployment,
    "roll_back_provisioned_throughput": a_throughput,
    "roll_back_model_pointer": a_pointer,
    "switch_to_fallback": a_fallback,
    "announce_maintenance": a_message,
    "roll_back_sagemaker_endpoint": an_endpoint,
    "reject_model_package": a_package,
}


def through_the_ledger(model: Any) -> Any:
    """As it is read back from there."""
    return type(model).model_validate(json.loads(json.dumps(model.model_dump(mode="json"))))
