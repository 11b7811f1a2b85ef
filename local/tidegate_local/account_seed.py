"""What the logs name, put into the embedded account, so that playbooks have something to act on.

Users, roles and keys get the very ids of the logs, which no API of AWS grants: they are written into moto's store.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from moto.iam.models import iam_backends

from tidegate_local.agent_seed import put_alias
from tidegate_local.named_in_logs import Named

if TYPE_CHECKING:
    from tidegate_local.named_in_logs import Alias

_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)


class SeededAccount(Protocol):
    account: str
    region: str

    def client(self, service: str) -> Any: ...


class Seed:
    """Grows with the logs: `grow()` adds what they have named since the last time, and moves aliases as they tell."""

    def __init__(self, aws: SeededAccount, named: Named) -> None:
        self._aws, self._named = aws, named
        self._moved: dict[tuple[str, str], int] = {}  # of an alias: how many of its moves are in the account

    def grow(self) -> None:
        self._users()
        self._roles()
        self._keys()
        for place, alias in self._named.aliases.items():
            self._alias(place, alias)

    def _users(self) -> None:
        backend = iam_backends[self._aws.account]["aws"]
        for name, user_id in self._named.users.items():
            if name not in backend.users:
                self._aws.client("iam").create_user(UserName=name)
            backend.users[name].id = user_id

    def _roles(self) -> None:
        backend = iam_backends[self._aws.account]["aws"]
        known = {role.name: role for role in backend.roles.values()}
        for name, role_id in self._named.roles.items():
            if name not in known:
                self._aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=_TRUST)
                known[name] = backend.get_role(name)
            role = known[name]
            if role.id != role_id:
                backend.roles[role_id] = backend.roles.pop(role.id)
                role.id = role_id

    def _keys(self) -> None:
        """IAM allows two keys a user; of a user with more in the logs, the first two exist."""
        backend = iam_backends[self._aws.account]["aws"]
        for key_id, name in self._named.keys.items():
            user = backend.users[name]
            if key_id not in backend.access_keys and len(user.access_keys) < 2:
                key = user.create_access_key("AKIA")
                key.access_key_id = key_id
                backend.access_keys[key_id] = key

    def _alias(self, place: tuple[str, str], alias: Alias) -> None:
        for since, routing in alias.routed[self._moved.get(place, 0) :]:
            put_alias(self._aws, alias, routing, since)
        self._moved[place] = len(alias.routed)
