"""Ledger over DynamoDB: a run and the receipts of its steps lie side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tidegate.aws.batches import Item, query_items
from tidegate.aws.faults import calling
from tidegate.model import Receipt, Run, RunStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HEADER = "#run"  # sort key of the run itself; sorts before every step id
DUE = "due"  # status of a receipt that the sweeper is to take; of no run
NEVER = "~"  # expires_at of a run without one: after every time
HOUR = 3600  # seconds
KEPT = timedelta(days=3 * 365)  # after it started or was released
STILL_APPLIED = (
    RunStatus.ACTING,
    RunStatus.CONTAINED,
    RunStatus.PARTLY_CONTAINED,
    RunStatus.FAILED,
    RunStatus.UNDOING,
)


class DynamoLedger:
    """Items: run_id, step (`#run` or a step id), body (JSON), revision; the run also status and expires_at.

    Receipts carry no status attribute, so that the index by_status holds runs alone, and receipts while they are due.
    """

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def run(self, run_id: str) -> Run | None:
        item = self._item(run_id, HEADER)
        return Run.model_validate_json(item["body"]["S"]) if item else None

    def save_run(self, run: Run) -> Run:
        stored = run.model_copy(update={"revision": run.revision + 1})
        forget_at = (run.released_at or run.expires_at or run.started_at) + KEPT
        self._put(
            run.id,
            HEADER,
            stored.model_dump_json(),
            stored.revision,
            {
                "status": {"S": str(stored.status)},
                "expires_at": {"S": _sortable(stored.expires_at) if stored.expires_at else NEVER},
                "forget_at": {"N": str(int(forget_at.timestamp()))},
            },
        )
        return stored

    def receipts(self, run_id: str) -> list[Receipt]:
        return [receipt for receipt in self._all(run_id) if not receipt.later]

    def later(self, run_id: str) -> list[Receipt]:
        return [receipt for receipt in self._all(run_id) if receipt.later]

    def _all(self, run_id: str) -> list[Receipt]:
        run: Run | None = None
        receipts: list[Receipt] = []
        for item in query_items(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="run_id = :run",
            ExpressionAttributeValues={":run": {"S": run_id}},
            ConsistentRead=True,
        ):
            if item["step"]["S"] == HEADER:
                run = Run.model_validate_json(item["body"]["S"])
            else:
                receipts.append(Receipt.model_validate_json(item["body"]["S"]))
        planned = [step.id for step in run.plan.steps] if run and run.plan else []
        place = {step: number for number, step in enumerate(planned)}
        return sorted(receipts, key=lambda receipt: (place.get(receipt.id, len(place)), receipt.planned_at))

    def receipt(self, run_id: str, step_id: str) -> Receipt | None:
        item = self._item(run_id, step_id)
        return Receipt.model_validate_json(item["body"]["S"]) if item else None

    def save_receipt(self, receipt: Receipt) -> Receipt:
        stored = receipt.model_copy(update={"revision": receipt.revision + 1})
        forget_at = (receipt.undone_at or receipt.expires_at or receipt.planned_at) + KEPT
        more: Item = {"forget_at": {"N": str(int(forget_at.timestamp()))}}
        if stored.due_at is not None:
            more |= {"status": {"S": DUE}, "expires_at": {"S": _sortable(stored.due_at)}}
        self._put(receipt.run_id, receipt.id, stored.model_dump_json(), stored.revision, more)
        return stored

    def due(self, now: datetime) -> list[Receipt]:
        return [Receipt.model_validate_json(body) for body in self._bodies(DUE, until=_sortable(now))]

    def runs(self, *, statuses: Sequence[RunStatus] = (), limit: int = 100) -> list[Run]:
        """Latest first."""
        found = [run for status in statuses or tuple(RunStatus) for run in self._by_status(status)]
        return sorted(found, key=lambda run: (run.started_at, run.id), reverse=True)[:limit]

    def within(self, name: str, entry: str, *, most: int, now: float, once: bool = False) -> bool:
        """Items run_id=NAME/HOUR, step=ENTRY, noted_at: two hours of the clock hold every window of one. Nothing is
        written once `most` are there: a flood grows no partition."""
        noted = self._noted(name, most, now)
        if entry in noted:
            return not once
        if len(noted) >= most:
            return False
        item: Item = {
            "run_id": {"S": _hour(name, now)},
            "step": {"S": entry},
            "noted_at": {"N": f"{now:.3f}"},
            "forget_at": {"N": str(int(now) + 2 * HOUR)},
        }
        with calling(f"noting {entry} under {name}"):
            self._dynamodb.put_item(TableName=self._table, Item=item)
        return len(self._noted(name, most, now)) <= most

    def _noted(self, name: str, most: int, now: float) -> set[str]:
        """Entries of the hour before `now`."""
        found: set[str] = set()
        for hour in (_hour(name, now), _hour(name, now - HOUR)):
            with calling(f"counting {hour}"):
                answer = self._dynamodb.query(
                    TableName=self._table,
                    KeyConditionExpression="run_id = :name",
                    ExpressionAttributeValues={":name": {"S": hour}},
                    ConsistentRead=True,
                    Limit=most + 100,  # more at the same moment than functions run at one time are not told apart
                )
            found |= {item["step"]["S"] for item in answer["Items"] if float(item["noted_at"]["N"]) > now - HOUR}
        return found

    def hold(self, what: str, holder: str, *, forget_at: float) -> None:
        """Items run_id=WHAT, step=HOLDER."""
        item: Item = {"run_id": {"S": what}, "step": {"S": holder}, "forget_at": {"N": str(int(forget_at))}}
        with calling(f"noting {holder} under {what}"):
            self._dynamodb.put_item(TableName=self._table, Item=item)

    def holders(self, what: str) -> list[str]:
        items = query_items(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="run_id = :what",
            ExpressionAttributeValues={":what": {"S": what}},
            ConsistentRead=True,
        )
        return [item["step"]["S"] for item in items]

    def expired(self, now: datetime) -> list[Run]:
        """Longest overdue first."""
        found = [run for status in STILL_APPLIED for run in self._by_status(status, until=_sortable(now))]
        return sorted(found, key=lambda run: (run.expires_at or now, run.id))

    def _by_status(self, status: RunStatus, *, until: str = "") -> list[Run]:
        return [Run.model_validate_json(body) for body in self._bodies(str(status), until=until)]

    def _bodies(self, status: str, *, until: str) -> list[str]:
        condition = "#status = :status"
        values: dict[str, Any] = {":status": {"S": status}}
        if until:
            condition += " AND expires_at <= :until"
            values[":until"] = {"S": until}
        items = query_items(
            self._dynamodb,
            TableName=self._table,
            IndexName="by_status",
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=values,
        )
        return [item["body"]["S"] for item in items]

    def _item(self, run_id: str, step: str) -> Item | None:
        with calling(f"reading {step} of run {run_id}"):
            key = {"run_id": {"S": run_id}, "step": {"S": step}}
            answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def _put(self, run_id: str, step: str, body: str, revision: int, more: Item) -> None:
        item = {"run_id": {"S": run_id}, "step": {"S": step}, "body": {"S": body}, "revision": {"N": str(revision)}}
        condition: Item = {"ConditionExpression": "attribute_not_exists(run_id)"}
        if revision > 1:
            former = {":former": {"N": str(revision - 1)}}
            condition = {"ConditionExpression": "revision = :former", "ExpressionAttributeValues": former}
        with calling(f"saving {step} of run {run_id} at revision {revision}"):
            self._dynamodb.put_item(TableName=self._table, Item=item | more, **condition)


def _hour(name: str, time: float) -> str:
    return f"{name}/{int(time) // HOUR}"


def _sortable(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds")
