"""Incidents over DynamoDB: the incident, and beside it the ways to find it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tidegate.aws.batches import Item, get_items, query_items
from tidegate.aws.faults import calling
from tidegate.errors import Permanent
from tidegate.model import Incident, IncidentStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Items = list[Item]  # the class has a method of that name

KEPT = timedelta(days=400)  # after it was last seen; the index keeps the history
MOST_WRITES = 100  # of TransactWriteItems
OPEN = "yes"  # an attribute only open incidents have: the index by_status holds nothing else


class DynamoIncidents:
    """Three kinds of items, told apart by their id:

    `inc-...`               body (JSON), revision, last_seen, open while it is
    `finding/ID`            incident: which one the finding was folded into
    `name/ACCOUNT/KIND:VALUE`  incidents (set): open ones this name belongs to
    """

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def get(self, incident_id: str) -> Incident | None:
        item = self._item(incident_id)
        return _incident(item) if item else None

    def of_finding(self, finding_id: str) -> str | None:
        item = self._item(f"finding/{finding_id}")
        return str(item["incident"]["S"]) if item else None

    def open_for(self, account: str, callers: Sequence[str]) -> list[Incident]:
        """Oldest first."""
        named = self._items(f"name/{account}/{caller}" for caller in callers)
        ids = {incident for item in named for incident in item.get("incidents", {}).get("SS", ())}
        found = (_incident(item) for item in self._items(ids))
        return sorted((i for i in found if i.status != IncidentStatus.CLOSED), key=lambda i: (i.first_seen, i.id))

    def save(self, incident: Incident, *, new_findings: Sequence[str], names: Sequence[str]) -> Incident:
        """Raises Permanent for more findings and names than one transaction holds (99): fold fewer at a time."""
        stored = incident.model_copy(update={"revision": incident.revision + 1})
        forget_at = str(int((incident.last_seen + KEPT).timestamp()))
        writes = [
            self._write_incident(stored, forget_at),
            *(self._write_finding(finding, stored.id, forget_at) for finding in dict.fromkeys(new_findings)),
            *(self._write_name(name, stored, forget_at) for name in dict.fromkeys(names)),
        ]
        if len(writes) > MOST_WRITES:
            raise Permanent(
                f"incident {incident.id}: {len(writes)} items are more than a transaction holds; "
                "fold fewer findings at a time."
            )
        with calling(f"saving incident {incident.id} at revision {stored.revision}"):
            self._dynamodb.transact_write_items(TransactItems=writes)
        return stored

    def list(self, *, open_only: bool = False, limit: int = 100) -> list[Incident]:
        """Last seen first. Closed ones are found by a scan: for people, not for the flow."""
        found = sorted(self._open() if open_only else self._all(), key=lambda i: (i.last_seen, i.id), reverse=True)
        return found[:limit]

    def _open(self) -> Iterable[Incident]:
        items = query_items(
            self._dynamodb,
            TableName=self._table,
            IndexName="by_status",
            KeyConditionExpression="#open = :open",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":open": {"S": OPEN}},
            ScanIndexForward=False,
        )
        return map(_incident, items)

    def _all(self) -> Iterable[Incident]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table, FilterExpression="attribute_exists(body)"
        )
        with calling(f"listing {self._table}"):
            return [_incident(item) for page in pages for item in page["Items"]]

    def _item(self, key: str) -> Item | None:
        with calling(f"reading {key}"):
            answer = self._dynamodb.get_item(TableName=self._table, Key={"id": {"S": key}}, ConsistentRead=True)
        return answer.get("Item")

    def _items(self, keys: Iterable[str]) -> Items:
        distinct = [{"id": {"S": key}} for key in dict.fromkeys(keys)]
        return list(get_items(self._dynamodb, self._table, distinct))

    def _write_incident(self, stored: Incident, forget_at: str) -> Any:
        item: Item = {
            "id": {"S": stored.id},
            "body": {"S": stored.model_dump_json()},
            "revision": {"N": str(stored.revision)},
            "last_seen": {"S": stored.last_seen.isoformat()},
        }
        item |= {"forget_at": {"N": forget_at}} if stored.status == IncidentStatus.CLOSED else {"open": {"S": OPEN}}
        put: Item = {"TableName": self._table, "Item": item}
        if stored.revision == 1:
            put |= {"ConditionExpression": "attribute_not_exists(id)"}
        else:
            former = {":former": {"N": str(stored.revision - 1)}}
            put |= {"ConditionExpression": "revision = :former", "ExpressionAttributeValues": former}
        return {"Put": put}

    def _write_finding(self, finding_id: str, incident_id: str, forget_at: str) -> Any:
        return {
            "Put": {
                "TableName": self._table,
                "Item": {
                    "id": {"S": f"finding/{finding_id}"},
                    "incident": {"S": incident_id},
                    "forget_at": {"N": forget_at},
                },
                "ConditionExpression": "attribute_not_exists(id) OR incident = :this",
                "ExpressionAttributeValues": {":this": {"S": incident_id}},
            }
        }

    def _write_name(self, name: str, stored: Incident, forget_at: str) -> Any:
        verb = "DELETE" if stored.status == IncidentStatus.CLOSED else "ADD"
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"id": {"S": f"name/{stored.account}/{name}"}},
                "UpdateExpression": f"SET forget_at = :forget {verb} incidents :this",
                "ExpressionAttributeValues": {":this": {"SS": [stored.id]}, ":forget": {"N": forget_at}},
            }
        }


def _incident(item: Item) -> Incident:
    return Incident.model_validate_json(item["body"]["S"])
