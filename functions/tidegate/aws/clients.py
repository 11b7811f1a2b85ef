"""AWS clients, each built on first use: a cold start pays only for those its function needs (23 to 44 ms each)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tidegate.aws.prices import ENDPOINT_REGION, PricingClient
from tidegate_quota.store import PATIENCE

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

# A stuck connection must fail well within a function's 60 s, so that the batch comes back; botocore's own limits
# are 60 s each. Four attempts with jittered back-off ride out a throttle; what lasts longer, the queue retries.
NETWORK = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})


def session() -> boto3.Session:
    """This process's own: in Lambda, the function's role and Region."""
    return boto3.Session()


class AwsClients:
    """Also the `Clients` that actions receive."""

    def __init__(self, session: boto3.Session, *, quota_table: str = "") -> None:
        self._session = session
        self._named: dict[str, Any] = {}
        self.quota_table = quota_table

    def named(self, service: str) -> Any:
        """A client of any service, for what reads many: botocore's errors for a service that it doesn't know."""
        if service not in self._named:
            self._named[service] = self._session.client(service, config=NETWORK)  # type: ignore[call-overload]
        return self._named[service]

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        return self._session.client("dynamodb", config=NETWORK)

    @cached_property
    def quota(self) -> DynamoDBClient:
        """For what an end user waits for."""
        return self._session.client("dynamodb", config=PATIENCE)

    @cached_property
    def s3(self) -> S3Client:
        return self._session.client("s3", config=NETWORK)

    @cached_property
    def sqs(self) -> SQSClient:
        return self._session.client("sqs", config=NETWORK)

    @cached_property
    def sns(self) -> SNSClient:
        return self._session.client("sns", config=NETWORK)

    @cached_property
    def states(self) -> SFNClient:
        return self._session.client("stepfunctions", config=NETWORK)

    @cached_property
    def events(self) -> EventBridgeClient:
        return self._session.client("events", config=NETWORK)

    @cached_property
    def scheduler(self) -> EventBridgeSchedulerClient:
        return self._session.client("scheduler", config=NETWORK)

    @cached_property
    def ssm(self) -> SSMClient:
        return self._session.client("ssm", config=NETWORK)

    @cached_property
    def iam(self) -> IAMClient:
        return self._session.client("iam", config=NETWORK)

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        return self._session.client("secretsmanager", config=NETWORK)

    @cached_property
    def pricing(self) -> PricingClient:
        client: PricingClient = self._session.client("pricing", region_name=ENDPOINT_REGION, config=NETWORK)
        return client

    @cached_property
    def agents(self) -> AgentsforBedrockClient:
        return self._session.client("bedrock-agent", config=NETWORK)
