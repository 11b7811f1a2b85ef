"""What the defence stands on: the quotas of the account that Tidegate meets first (docs/scale.md)."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate_local.doctor import Answer, Check, Patient, bad, ok, unknown, warn

AT_ONCE = 70  # functions that the queues of the template may run at once: the sum of their MaximumConcurrency
USUAL = 1000  # functions at once that an account has once it is used
# A second, by the names of Service Quotas; the least that AWS gives any account in any Region (their user guides).
_LEAST = {
    "states": {
        "StartExecution throttle token refill rate per second": 150,
        "StateTransition throttle token refill rate per second": 800,
    },
    "events": {"Invocations throttle limit in transactions per second": 750},
}


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


def _service_quotas(patient: Patient) -> Iterator[Answer]:
    """What Service Quotas says of starts and transitions of state machines and of deliveries by EventBridge, against
    the least that AWS gives any account.
    """
    client = patient.client("service-quotas")
    for service, least in _LEAST.items():
        pages = client.get_paginator("list_service_quotas").paginate(ServiceCode=service)
        values = {quota["QuotaName"]: quota.get("Value") for page in pages for quota in page["Quotas"]}
        for name, enough in least.items():
            value = values.get(name)
            if value is None:
                yield unknown(f"Service Quotas doesn't say: {name} ({service})")
            elif value < enough:
                yield warn(
                    f"{name}: {value:,.0f}, less than the {enough} that AWS gives everywhere",
                    "Ask for more in Service Quotas: many incidents at once queue behind it.",
                )
            else:
                yield ok(f"{name}: {value:,.0f}")


CHECKS = (
    Check("quotas", "posture", "Account quotas suffice", _quotas),
    Check("service_quotas", "posture", "Starts and deliveries suffice", _service_quotas),
)
