"""What a rollback of a model must not go back to: another base, a configuration that is gone, an exchanged file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from switch_builders import BASE, MOVED

from tidegate.actions import action_named, roll_back_sagemaker_endpoint
from tidegate.aws.clients import AwsClients
from tidegate.errors import Refused
from tidegate.model import Step
from tidegate_local import aws_extensions

aws_extensions.install()


def with_parameters(step: Step, **changes: Any) -> Step:
    return step.model_copy(update={"parameters": step.parameters | changes})


@pytest.mark.parametrize("action", ["roll_back_custom_model_deployment", "roll_back_provisioned_throughput"])
def test_a_model_of_another_base_is_refused(clients: AwsClients, action: str) -> None:
    step = with_parameters(MOVED[action](clients).step, former={"modelArn": BASE})
    with pytest.raises(Refused, match=r"is made of .*nova-lite"):
        action_named(action).snapshot(step, clients)


def test_a_configuration_that_was_deleted_is_refused(clients: AwsClients) -> None:
    step = MOVED["roll_back_sagemaker_endpoint"](clients).step
    clients.named("sagemaker").delete_endpoint_config(EndpointConfigName="good")
    with pytest.raises(Refused, match=r"good.*is gone"):
        roll_back_sagemaker_endpoint.snapshot(step, clients)


@pytest.mark.parametrize("form", ["ModelDataUrl", "ModelDataSource"])
def test_an_artefact_that_was_written_since_is_refused(clients: AwsClients, form: str) -> None:
    """Also in the second in which the incident began: S3 tells no fractions."""
    endpoint = MOVED["roll_back_sagemaker_endpoint"](clients)
    url = "s3://artefacts/good.tar.gz"
    source = {"S3Uri": url, "S3DataType": "S3Object", "CompressionType": "Gzip"}
    container = {"ModelDataUrl": url} if form == "ModelDataUrl" else {"ModelDataSource": {"S3DataSource": source}}
    written = clients.named("s3").head_object(Bucket="artefacts", Key="good.tar.gz")["LastModified"]
    for before, refused in ((written + timedelta(seconds=0.9), True), (written + timedelta(seconds=1), False)):
        step = with_parameters(endpoint.step, before=before.astimezone(UTC).isoformat())
        if refused:
            with pytest.raises(Refused, match="after the incident began"):
                roll_back_sagemaker_endpoint._refuse_rewritten(step, container, clients)
        else:
            roll_back_sagemaker_endpoint._refuse_rewritten(step, container, clients)


def test_an_endpoint_of_inference_components_is_a_persons_business(clients: AwsClients) -> None:
    step = MOVED["roll_back_sagemaker_endpoint"](clients).step

    class Components:
        """moto makes no configuration without a model."""

        def describe_endpoint(self, **_: Any) -> Any:
            return {"EndpointConfigName": "bad", "EndpointStatus": "InService", "LastModifiedTime": datetime.now(UTC)}

        def describe_endpoint_config(self, **_: Any) -> Any:
            return {"ProductionVariants": [{"VariantName": "all", "InstanceType": "ml.m5.large"}]}

    class Given:
        def named(self, _: str) -> Any:
            return Components()

    with pytest.raises(Refused, match="inference components"):
        roll_back_sagemaker_endpoint.snapshot(step, Given())  # type: ignore[arg-type]
