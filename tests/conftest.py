"""Fixtures that more than one folder of tests uses, and how Hypothesis runs: no verdict depends on a clock."""

from hypothesis import HealthCheck, settings

pytest_plugins = ("opensearch_node",)

settings.register_profile("without a clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("without a clock")
