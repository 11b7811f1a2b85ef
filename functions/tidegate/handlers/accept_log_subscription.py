"""CloudWatch Logs -> S3: what a log group's subscription delivers becomes a file like those Bedrock writes itself."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tidegate.telemetry import logger
from tidegate.wiring import services


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Kept as it came, gzipped: the reader knows the form. Named by its digest: a retry is no second file."""
    data = base64.b64decode(event["awslogs"]["data"], validate=True)
    return {"written": services().logs.write(f"subscription/{hashlib.sha256(data).hexdigest()}.json.gz", data)}
