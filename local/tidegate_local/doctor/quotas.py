"""What the defence stands on: the quotas of the account that Tidegate meets first (docs/scale.md)."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate_local.doctor import Answer, Check, Patient, bad, ok, warn

AT_ONCE = 70  # functions that the queues of the template may run at once: the sum of their MaximumConcurrency
USUAL = 1000  # functions at once that an account has once it is used


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


CHECKS = (Check("quotas", "posture", "Account quotas suffice", _quotas),)
