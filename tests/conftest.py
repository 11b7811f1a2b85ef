"""Fixtures that more than one folder of tests uses, and what holds for all: no verdict depends on a clock."""

import botocore_models
from hypothesis import HealthCheck, settings

pytest_plugins = ("opensearch_node",)

botocore_models.share()
settings.register_profile("without a clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("without a clock")
