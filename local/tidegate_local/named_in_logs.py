"""Who and what the logs name: users with their keys, roles with their sessions, agent aliases with their versions.

Replay needs an account to plan and act on, and has only logs. What they name is put into one: presumed, for
`observe`, or seeded into the embedded account, for `approve` and `auto`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from tidegate.model import ApiCall, Principal, Record, ThreatFinding, derived_id


@dataclass
class Alias:
    """An agent's alias and what it was routed to: (since, routing configuration), in the order of the logs."""

    agent: str
    alias: str
    name: str = "live"
    routed: list[tuple[datetime, list[dict[str, Any]]]] = field(default_factory=list)


class _Routing(msgspec.Struct):
    """Of UpdateAgentAlias and CreateAgentAlias."""

    agentId: str = ""  # noqa: N815 - AWS's names
    agentAliasId: str = ""  # noqa: N815
    agentAliasName: str = ""  # noqa: N815
    routingConfiguration: list[dict[str, Any]] = []  # noqa: N815


_routing = msgspec.json.Decoder(_Routing).decode


@dataclass
class Named:
    """Filled record by record, in event-time order."""

    users: dict[str, str] = field(default_factory=dict)  # name -> AIDA...
    keys: dict[str, str] = field(default_factory=dict)  # long-term access key -> user name
    roles: dict[str, str] = field(default_factory=dict)  # name -> AROA...
    aliases: dict[tuple[str, str], Alias] = field(default_factory=dict)

    def note(self, record: Record) -> None:
        self._principal(record.principal)
        if isinstance(record, ThreatFinding):
            for actor in record.actors:
                self._principal(actor)
        elif isinstance(record, ApiCall) and record.name in ("UpdateAgentAlias", "CreateAgentAlias"):
            self._alias(record)

    def _principal(self, principal: Principal) -> None:
        if not principal.name:
            return
        if principal.session or principal.kind in ("AssumedRole", "Role"):
            known = principal.principal_id.partition(":")[0]
            if principal.name not in self.roles or known:
                self.roles[principal.name] = (
                    known or self.roles.get(principal.name) or _invented("AROA", principal.name)
                )
        elif principal.kind != "Root":
            known = principal.principal_id
            if principal.name not in self.users or known:
                self.users[principal.name] = (
                    known or self.users.get(principal.name) or _invented("AIDA", principal.name)
                )
            if principal.access_key.startswith("AKIA"):
                self.keys[principal.access_key] = principal.name

    def _alias(self, call: ApiCall) -> None:
        if call.error or call.parameters is None:
            return
        try:
            asked = _routing(bytes(call.parameters))
        except msgspec.MsgspecError:
            return  # the detector reports what it can't read; here nothing can be learned from it
        if not asked.agentId or not asked.agentAliasId or not asked.routingConfiguration:
            return
        place = (asked.agentId, asked.agentAliasId)
        alias = self.aliases.setdefault(place, Alias(*place, name=asked.agentAliasName or "live"))
        alias.routed.append((datetime.fromtimestamp(call.time, UTC), asked.routingConfiguration))


def _invented(prefix: str, name: str) -> str:
    """An id in AWS's form for someone whose log entries carry none."""
    return prefix + derived_id("id", name)[-17:].upper()
