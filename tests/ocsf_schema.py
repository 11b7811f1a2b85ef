"""The published OCSF 1.8 schema, as a judge of our documents."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from tidegate.index.event_shapes import OCSF_VERSION

CLASSES = {
    0: "base_event",
    2004: "detection_finding",
    2005: "incident_finding",
    6002: "application_lifecycle",
    6003: "api_activity",
    6005: "datastore_activity",
    7001: "remediation_activity",
}
PROFILES = ["cloud", "ai_operation"]


@cache
def validator(class_uid: int) -> Draft202012Validator:
    # The errors index holds what could not be read, also of which account it was.
    profiles = PROFILES if class_uid else []
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(OCSF_VERSION)).get_class_schema(CLASSES[class_uid], profiles)
    schema["properties"]["tidegate"] = {"type": "object"}
    schema["properties"].setdefault("cloud", {"type": "object"})
    assert schema["additionalProperties"] is False
    return Draft202012Validator(schema)


def violations(lines: bytes) -> list[str]:
    document: dict[str, Any] = json.loads(lines.split(b"\n")[1])
    return [
        f"{document['class_uid']} {error.json_path}: {error.message[:200]}"
        for error in validator(document["class_uid"]).iter_errors(document)
    ]
