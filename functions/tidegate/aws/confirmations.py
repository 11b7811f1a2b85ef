"""Confirmations over DynamoDB, beside the approvals: the condition of a delete makes each usable once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.aws.faults import calling
from tidegate.ports import Confirmation

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = 3600  # seconds after it ended, for DynamoDB to forget it


class DynamoConfirmations:
    """Items `confirm/HASH` of the approval table."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def put(self, token_hash: str, confirmation: Confirmation) -> None:
        with calling("keeping a confirmation"):
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "id": {"S": f"confirm/{token_hash}"},
                    "purpose": {"S": confirmation.purpose},
                    "person": {"S": confirmation.person},
                    "incident_id": {"S": confirmation.incident_id},
                    "run_id": {"S": confirmation.run_id},
                    "plan_digest": {"S": confirmation.plan_digest},
                    "expires_at": {"N": f"{confirmation.expires_at:.3f}"},
                    "forget_at": {"N": str(int(confirmation.expires_at) + KEPT)},
                },
                ConditionExpression="attribute_not_exists(id)",
            )

    def take(self, token_hash: str) -> Confirmation | None:
        with calling("using a confirmation"):
            answer = self._dynamodb.delete_item(
                TableName=self._table, Key={"id": {"S": f"confirm/{token_hash}"}}, ReturnValues="ALL_OLD"
            )
        item = answer.get("Attributes")
        if item is None:
            return None
        return Confirmation(
            purpose=item["purpose"]["S"],
            person=item["person"]["S"],
            incident_id=item["incident_id"]["S"],
            run_id=item["run_id"]["S"],
            plan_digest=item["plan_digest"]["S"],
            expires_at=float(item["expires_at"]["N"]),
        )
