"""The text of rules.py, from SSM parameters: each below a path holds some tables of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.aws.faults import calling

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


def rules_text(ssm: SSMClient, path: str) -> str:
    """All parameters below `path`, by name. A parameter holds 4 KB, an advanced one 8: hence several."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True, WithDecryption=True)
    with calling(f"reading parameters below {path}"):
        found = {parameter["Name"]: parameter["Value"] for page in pages for parameter in page["Parameters"]}
    return "\n".join(found[name] for name in sorted(found))
