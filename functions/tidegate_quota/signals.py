"""How an application is told that the quota table is away, or that a user was refused. No line names a user.

A signal is a name and a few facts. `log` writes a warning; `embedded_metric` writes a line that CloudWatch Logs turns
into the metrics `Tidegate/NAME`, for functions and containers whose standard output goes there
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Mapping
from typing import IO

AWAY = "QuotaTableAway"  # facts: doing, error, let (whether the call was let through all the same)
REFUSED = "EndUserRefused"  # facts: reason
UNSETTLED = "QuotaUnsettled"  # the usage of a call could not be written: its estimate stands

Signal = Callable[[str, Mapping[str, str]], None]

_logger = logging.getLogger("tidegate_quota")


def log(name: str, facts: Mapping[str, str]) -> None:
    level = logging.INFO if name == REFUSED else logging.WARNING
    _logger.log(level, "%s %s", name, " ".join(f"{key}={value}" for key, value in facts.items()))


def embedded_metric(application: str, out: IO[str] = sys.stdout, clock: Callable[[], float] = time.time) -> Signal:
    def signal(name: str, facts: Mapping[str, str]) -> None:
        counted = [{"Name": name, "Unit": "Count"}]
        metric = {"Namespace": "Tidegate", "Dimensions": [["application"]], "Metrics": counted}
        told = {"Timestamp": int(clock() * 1000), "CloudWatchMetrics": [metric]}
        out.write(json.dumps({"_aws": told, "application": application, name: 1, **facts}) + "\n")
        out.flush()

    return signal
