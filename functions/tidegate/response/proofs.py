"""What was read back, in a sentence: the proof of a step as a person reads it at night.

The facts themselves stay in the ledger, the index and `--json`. A sentence says what holds and, where that isn't the
whole truth, what it doesn't stop: a block in a table that no application asks stops nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tidegate.content import configurations
from tidegate.model import Receipt, Step

LONGEST = 160  # characters of a value; the whole of it stands in the facts

_SAID_APART = ("calls_since", "blind_window", "recovery")

type Facts = Mapping[str, Any]


def sentence(receipt: Receipt) -> str:
    """Empty while nothing is proven. What a configuration says freely is masked."""
    if not receipt.proof:
        return ""
    facts: Facts = configurations.shown(receipt.proof)
    said = of_action(receipt.step, facts)
    return "; ".join(filter(None, (said, _calls(facts.get("calls_since")), _open(facts))))


def of_action(step: Step, proof: Facts) -> str:
    """What the action itself read back. The ledger keeps runs of earlier versions: facts that lack what a sentence is
    made of are said as they are."""
    try:
        return SAID.get(step.action, _read_back)({**proof, "parameters": step.parameters})
    except KeyError:
        return _as_kept(proof)


def _denied(facts: Facts) -> str:
    return f"read back: policy {facts['policy']} denies {facts['denied']}"


def _denied_user(facts: Facts) -> str:
    """Of a user whose key alone was stolen, the models stay open to the key that its application gets."""
    if facts["parameters"].get("deny") == "escalation":
        what = "to make keys, roles or policies; with a key that is active it may still call models"
    else:
        what = "models, and to make keys, roles or policies"
    return f"read back: policy {facts['policy']} denies user {facts['denied']} {what}"


def _stopped_key(facts: Facts) -> str:
    used = facts["last_used_before"]
    before = "it had never been used" if used == "never" else f"it was last used at {used}"
    return f"read back: the key is {str(facts['status']).lower()}; before that {before}"


def _new_key(facts: Facts) -> str:
    used, where = str(facts["consumers"]), facts["parameters"]["secret"]  # its name, which is no secret
    by = f"its application has {used}" if used.startswith("used") else "no application has used it yet"
    return f"read back: new key {facts['key']} is active and current in secret {where}; {by}"


def _blocked(facts: Facts) -> str:
    return f"read back: the user is blocked; {_asked(facts)}"


def _limited(facts: Facts) -> str:
    return f"read back: the user is limited to {facts['limited_to']} % of its quota; {_asked(facts)}"


def _asked(facts: Facts) -> str:
    """By whom it is enforced: applications, when they ask."""
    if facts.get("asked"):
        return "no application has asked about this user lately, and one that never asks is not stopped by this"
    last = facts.get("last_charged")
    asked = f"an application last counted a call at {last}" if last else "an application refuses the user already"
    refused = facts.get("refused") or 0
    return f"{asked}, {refused:,} calls were refused so far"


def _address(facts: Facts) -> str:
    return f"read back: {facts['address']} is in IP set {facts['ip_set']}, one of {facts['addresses']}"


def _gateway(facts: Facts) -> str:
    return f"read back: disabled are {_listed(facts['enabled'])}"


def _signed_out(_facts: Facts) -> str:
    return "read back: the user is disabled; tokens that were issued before live until they expire"


def _person(facts: Facts) -> str:
    return f"read back: permission set {facts['permission_set']} denies user {facts['denied']}, and is provisioned"


def _api_keys(facts: Facts) -> str:
    return "read back: " + ", ".join(f"API key {key} is {status.lower()}" for key, status in facts["status"].items())


def _boundary(facts: Facts) -> str:
    before = facts.get("boundary_before") or "none"
    return f"read back: the permissions boundary is {facts['boundary']}; before it was {before}"


def _detached(facts: Facts) -> str:
    return f"read back: detached are {_listed(facts['detached'])}"


def _secret(facts: Facts) -> str:
    return f"read back: version {facts['version']} is current; the one before was {facts.get('former') or 'none'}"


def _restored(facts: Facts) -> str:
    return f"read back: the guardrail is {facts['status']}, and as before in {_listed(facts['restored'])}"


def _surge(facts: Facts) -> str:
    return f"read back: guardrail {facts['guardrail']}, version {facts['version']}, is enforced in the whole account"


def _alias(facts: Facts) -> str:
    versions = ", ".join(str(each.get("agentVersion", "none")) for each in facts["routing"]) or "none"
    return f"read back: the alias leads to version {versions}, {_takes(facts.get('invocations'))} ({facts['status']})"


def _paused(facts: Facts) -> str:
    return f"read back: the alias {_takes(facts['value'])}"


def _takes(state: object) -> str:
    """Bedrock names the state only once somebody has set it."""
    return "takes no calls" if state == "REJECT_INVOCATIONS" else "takes calls"


def _parameter(facts: Facts) -> str:
    return f"read back: the parameter says '{_short(facts['value'])}'"


def _deployment(facts: Facts) -> str:
    return f"read back: deployment {facts['deployment']} is {facts['state']}; version {facts['served']} is served"


def _objects(facts: Facts) -> str:
    return f"read back: {facts['objects']} objects are as they were before"


def _synced(facts: Facts) -> str:
    said = ", ".join(f"{name} {value}" for name, value in facts.get("statistics", {}).items())
    return f"{_objects(facts)}, and the knowledge base was synced (job {facts['job']}{f': {said}' if said else ''})"


def _bucket(facts: Facts) -> str:
    """Its policy without the statements that let others in, and the block as it stands."""
    value = facts["value"]
    statements = value["policy"]["Statement"] if value["policy"] else []
    stays = len(statements) if isinstance(statements, list) else 1
    policy = f"{stays} statement{'' if stays == 1 else 's'} left in its policy" if stays else "no policy is left"
    on = [name for name, blocks in (value["block"] or {}).items() if blocks]
    return f"read back: nobody outside is let in: {policy}, and {_listed(sorted(on))} are on"


def _deleted(facts: Facts) -> str:
    return f"read back: {str(facts['status']).lower()}"


def _read_back(facts: Facts) -> str:
    """Of a setting that was put to one value: what `switch` proves."""
    status = f" ({facts['status']})" if facts.get("status") else ""
    return f"read back: it is {_short(facts['value'])}{status}"


def _as_kept(facts: Facts) -> str:
    own = {name: value for name, value in facts.items() if name not in _SAID_APART}
    return "read back: " + (", ".join(f"{name.replace('_', ' ')} {_short(each)}" for name, each in own.items()))


SAID: Mapping[str, Callable[[Facts], str]] = {
    "announce_maintenance": _parameter,
    "block_address": _address,
    "block_end_user": _blocked,
    "clean_knowledge_base": _synced,
    "close_bucket_policy": _bucket,
    "deactivate_access_key": _stopped_key,
    "delete_access_key": _deleted,
    "delete_api_key": _deleted,
    "deny_bearer_tokens": _denied,
    "deny_by_scp": _denied,
    "deny_iam_user": _denied_user,
    "deny_identity_center_user": _person,
    "deny_role": _denied,
    "deny_role_session": _denied,
    "detach_quarantine_policy": _detached,
    "disable_gateway_key": _gateway,
    "enforce_surge_guardrail": _surge,
    "limit_end_user": _limited,
    "pause_agent_alias": _paused,
    "put_permissions_boundary": _boundary,
    "replace_access_key": _new_key,
    "restore_guardrail": _restored,
    "restore_training_data": _objects,
    "revoke_minted_credentials": _denied,
    "revoke_older_sessions": _denied,
    "roll_back_agent_alias": _alias,
    "roll_back_model_pointer": _parameter,
    "rotate_secret": _secret,
    "sign_out_cognito_user": _signed_out,
    "stop_api_key": _api_keys,
    "stop_configuration_deployment": _deployment,
    "switch_to_fallback": _parameter,
}


def _calls(since: object) -> str:
    """Of the same target, by our own events, which arrive minutes late."""
    if isinstance(since, str):
        return f"its calls since are {since}"
    if not isinstance(since, Mapping):
        return ""
    return f"since then our events show {since['succeeded']:,} calls that succeeded and {since['denied']:,} refused"


def _open(facts: Facts) -> str:
    window = facts.get("blind_window") or facts.get("recovery")
    return f"it took {window['seconds']:,} s from the incident's first event" if window else ""


def _listed(values: Any) -> str:
    return ", ".join(_short(value) for value in values) or "nothing"


def _short(value: object) -> str:
    """Names and values in words: no braces, no quotes."""
    if value is None or value in ("", [], {}):
        return "not there"
    if isinstance(value, Mapping):
        text = ", ".join(f"{name} {_short(each)}" for name, each in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(map(_short, value))
    else:
        text = {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
