"""Fetches the Price List once a day, keeps it beside the configurations, by Region and time, and tells applications.

Detection reads the list that was in force on the day of the calls it judges (detection.py). When the list can't be
had, nothing is written: the last one stays in force, findings state its age, and after `STALE_DAYS` call their dollars
an estimate. A list without a single price is an error and never replaces one.
"""

from __future__ import annotations

from tidegate.callers.price_list import prices_of
from tidegate.errors import Permanent
from tidegate.model import derived_id
from tidegate.ports import Clock, ConfigurationSnapshots, PriceList, PublishedPrices
from tidegate_quota.prices import resource_of, to_configuration


class Pricing:
    def __init__(
        self,
        price_list: PriceList,
        snapshots: ConfigurationSnapshots,
        published: PublishedPrices,
        clock: Clock,
        region: str,
    ) -> None:
        self._price_list = price_list
        self._snapshots = snapshots
        self._published = published
        self._clock = clock
        self._region = region

    def refresh(self) -> int:
        """How many models have a price now. Raises Permanent for a list that holds none."""
        listed = prices_of(self._price_list.products(self._region))
        if not listed:
            raise Permanent(
                f"the AWS Price List names no price of a Bedrock model in {self._region}: the one fetched before stays "
                "in force. Write [[price]] rows into the rules if the Region is not in the list."
            )
        now = self._clock().timestamp()
        resource = resource_of(self._region)
        day = str(int(now) // 86_400)  # fetched twice in a moment, it is one list
        configuration = to_configuration(listed, now)
        self._snapshots.record(resource, now, derived_id("prices", resource, day), configuration)
        self._published.publish(self._region, configuration)
        return len(listed)
