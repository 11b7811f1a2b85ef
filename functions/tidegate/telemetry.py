"""The log and the metrics of the functions.

Only Lambda reads them: elsewhere (the embedded runtime, tests, a replay) metrics are off and the log says
warnings and worse. What is logged is hostile, so a line names ids and counts, never prompts, metadata or agents.
"""

from __future__ import annotations

import os

from aws_lambda_powertools import Logger, Metrics

SERVICE = "tidegate"

_in_lambda = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
if not _in_lambda:
    os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")

logger = Logger(service=SERVICE, level=None if _in_lambda else "WARNING")
metrics = Metrics(namespace="Tidegate", service=SERVICE)
