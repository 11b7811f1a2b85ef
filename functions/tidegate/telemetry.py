"""The log and the metrics of the functions.

Only Lambda reads them: elsewhere (the embedded runtime, tests, a replay) metrics are off and the log says
warnings and worse. What is logged is hostile, so a line names ids and counts, never prompts, metadata or agents.
"""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger, Metrics

SERVICE = "tidegate"

_in_lambda = "AWS_LAMBDA_FUNCTION_NAME" in os.environ


class _Unread(Metrics):
    """Keeps none. Powertools' own switch silences the end of a handler only: values pile up, and each hundredth prints
    them."""

    def add_metric(self, *_args: Any, **_more: Any) -> None:
        return None

    def log_metrics(self, lambda_handler: Any = None, *_args: Any, **_more: Any) -> Any:
        return lambda_handler or (lambda handler: handler)


logger = Logger(service=SERVICE, level=None if _in_lambda else "WARNING")
metrics = (Metrics if _in_lambda else _Unread)(namespace="Tidegate", service=SERVICE)
