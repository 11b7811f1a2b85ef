"""Approvals over DynamoDB: task tokens behind opaque ids, decided once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.aws.batches import Item
from tidegate.aws.faults import calling
from tidegate.errors import Conflict, Refused
from tidegate.ports import Approval

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = 90 * 86_400  # seconds after it expired; who decided stays in the ledger


class DynamoApprovals:
    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def put(self, approval: Approval) -> None:
        """Asking again (a retried state has a new task token) replaces what nobody decided; Conflict otherwise."""
        with calling(f"asking for approval {approval.id}"):
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "id": {"S": approval.id},
                    "run_id": {"S": approval.run_id},
                    "task_token": {"S": approval.task_token},
                    "requested_by": {"S": approval.requested_by},
                    "expires_at": {"N": f"{approval.expires_at:.3f}"},
                    "decision": {"S": approval.decision},
                    "decided_by": {"S": approval.decided_by},
                    "forget_at": {"N": str(int(approval.expires_at) + KEPT)},
                },
                ConditionExpression="attribute_not_exists(id) OR decision = :none",
                ExpressionAttributeValues={":none": {"S": ""}},
            )

    def get(self, approval_id: str) -> Approval | None:
        with calling(f"reading approval {approval_id}"):
            answer = self._dynamodb.get_item(TableName=self._table, Key={"id": {"S": approval_id}}, ConsistentRead=True)
        return _approval(answer["Item"]) if "Item" in answer else None

    def decide(self, approval_id: str, *, decision: str, by: str, now: float) -> Approval:
        try:
            with calling(f"deciding approval {approval_id}"):
                answer = self._dynamodb.update_item(
                    TableName=self._table,
                    Key={"id": {"S": approval_id}},
                    UpdateExpression="SET decision = :decision, decided_by = :by",
                    ConditionExpression="decision = :none AND expires_at > :now",
                    ExpressionAttributeValues={
                        ":decision": {"S": decision},
                        ":by": {"S": by},
                        ":none": {"S": ""},
                        ":now": {"N": f"{now:.3f}"},
                    },
                    ReturnValues="ALL_NEW",
                )
        except Conflict as lost:
            raise Refused(self._why_not(approval_id)) from lost
        return _approval(answer["Attributes"])

    def _why_not(self, approval_id: str) -> str:
        approval = self.get(approval_id)
        if approval is None:
            return f"no approval {approval_id} is asked for; tidegate incidents shows those that are."
        if approval.decision:
            return f"approval {approval_id} was {approval.decision} by {approval.decided_by}; a decision is made once."
        return f"approval {approval_id} has expired; the plan lapsed."


def _approval(item: Item) -> Approval:
    return Approval(
        id=item["id"]["S"],
        run_id=item["run_id"]["S"],
        task_token=item["task_token"]["S"],
        requested_by=item["requested_by"]["S"],
        expires_at=float(item["expires_at"]["N"]),
        decision=item["decision"]["S"],
        decided_by=item["decided_by"]["S"],
    )
