"""What the defence stands on: the quotas of the account that Tidegate meets first (docs/scale.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from tidegate_local.doctor import Answer, Check, Patient, bad, ok, unasked, unknown, warn

AT_ONCE = 70  # functions that the queues of the template may run at once: the sum of their MaximumConcurrency
USUAL = 1000  # functions at once that an account has once it is used


class Rate(NamedTuple):
    """A quota of so many a second, and the least that AWS gives any used account in any Region.

    https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html (state throttling, API action throttling)
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html (Invocations throttle limit)
    """

    service: str
    name: str  # as Service Quotas has it
    least: int
    of: str


RATES = (
    Rate("states", "StartExecution throttle token refill rate per second", 150, "starts of state machines"),
    Rate("states", "StateTransition throttle token refill rate per second", 800, "steps of state machines"),
    Rate("events", "Invocations throttle limit in transactions per second", 750, "deliveries of EventBridge"),
)


def _quotas(patient: Patient) -> Iterator[Answer]:
    """The account quota that is met first: functions at once, shared with everything else in the account. What other
    functions have reserved is not to be had; our queues may ask for 70.
    """
    limits = patient.client("lambda").get_account_settings()["AccountLimit"]
    most = int(limits.get("ConcurrentExecutions", 0))
    free = int(limits.get("UnreservedConcurrentExecutions", most))
    if free < AT_ONCE:
        yield bad(
            f"{most} functions may run at once in this account, {free} of them unreserved: the queues need {AT_ONCE}",
            "Ask for the usual 1,000 in Service Quotas (L-B99A9384), or reserve less for other functions.",
        )
    elif most < USUAL:
        yield warn(
            f"{most} functions may run at once in this account", "A busy account throttles Tidegate: ask for 1,000."
        )
    else:
        yield ok(f"{most:,} functions may run at once, {free:,} of them unreserved")


def _rates(patient: Patient) -> Iterator[Answer]:
    """What Service Quotas says a second of starts and steps of state machines, of which a response takes three and
    some fifty, and of deliveries by EventBridge, of which every CloudTrail event takes one: against the least that AWS
    gives an account in use. A new account has less until AWS raises it.
    """
    for service in dict.fromkeys(rate.service for rate in RATES):
        try:
            values = _values(patient, service)
        except (ClientError, BotoCoreError) as error:
            yield unasked(error, f"{service}: ")
            continue
        for rate in RATES:
            if rate.service != service:
                continue
            if (value := values.get(rate.name)) is None:
                yield unknown(f"Service Quotas doesn't name {rate.name!r} of {service}")
            elif value < rate.least:
                yield warn(
                    f"{rate.of}: {value:,.0f} a second, less than the {rate.least} that AWS gives an account in use",
                    f"Ask Service Quotas for {rate.name!r}: incidents wait behind it, or events come late.",
                )
            else:
                yield ok(f"{rate.of}: {value:,.0f} a second")


def _values(patient: Patient, service: str) -> dict[str, float]:
    """The quotas of a service in the stack's Region, by name."""
    pages = patient.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=service)
    return {quota["QuotaName"]: quota["Value"] for page in pages for quota in page["Quotas"] if "Value" in quota}


CHECKS = (
    Check("quotas", "posture", "Account quotas suffice", _quotas),
    Check("rates", "posture", "Starts, steps and deliveries suffice", _rates),
)
