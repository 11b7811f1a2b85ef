"""The account that `replay --mode observe` plans against: presumed from the logs, read-only, without any emulator.

It answers the reads of the actions' snapshots as a quiet account would: the principals that the logs name exist,
their keys are active, they have no inline policies, an alias is routed as the logs last said. So the difference
of a planned step is exact only as far as that is true; docs/limits.md says so. Nothing here can be changed: a
method that changes something does not exist.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from botocore.exceptions import ClientError

from tidegate.actions import Clients
from tidegate.errors import Refused
from tidegate.model import derived_id
from tidegate_local.named_in_logs import Named


class NoSuchEntityException(ClientError):
    """IAM's answer for what isn't there."""


class ResourceNotFoundException(ClientError):
    """The answer of Bedrock and Secrets Manager for what isn't there."""


class _Exceptions:
    NoSuchEntityException = NoSuchEntityException
    ResourceNotFoundException = ResourceNotFoundException
    ClientError = ClientError


def _missing(kind: type[ClientError], operation: str, what: str) -> ClientError:
    return kind({"Error": {"Code": kind.__name__, "Message": f"{what} is not named in the logs"}}, operation)


def _not_logged(what: str) -> Refused:
    return Refused(f"{what} isn't in the logs: this lever is planned in a deployed account only.")


class _Unknown:
    """A service of which logs tell nothing: whatever lever asks it is left out, with the reason."""

    exceptions = _Exceptions

    @property
    def meta(self) -> Any:
        """Of a client: its Region, among others."""
        raise _not_logged("the Region that a stack acts in")

    def __getattr__(self, operation: str) -> Any:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def refuse(*_asked: Any, **_named: Any) -> Any:
            raise _not_logged(f"what {operation} would answer")

        return refuse


class _Iam(_Unknown):
    def __init__(self, named: Named) -> None:
        self._named = named

    def get_user(self, *, UserName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names throughout
        if UserName not in self._named.users:
            raise _missing(NoSuchEntityException, "GetUser", UserName)
        return {"User": {"UserName": UserName, "UserId": self._named.users[UserName], "Path": "/"}}

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803
        if RoleName not in self._named.roles:
            raise _missing(NoSuchEntityException, "GetRole", RoleName)
        path = "/aws-reserved/" if RoleName.startswith("AWSReservedSSO_") else "/"
        return {"Role": {"RoleName": RoleName, "RoleId": self._named.roles[RoleName], "Path": path}}

    def list_user_policies(self, **_asked: Any) -> dict[str, Any]:
        return {"PolicyNames": []}

    list_role_policies = list_user_policies

    def get_user_policy(self, *, PolicyName: str, **_asked: Any) -> dict[str, Any]:  # noqa: N803
        raise _missing(NoSuchEntityException, "GetUserPolicy", PolicyName)

    get_role_policy = get_user_policy

    def list_access_keys(self, *, UserName: str) -> dict[str, Any]:  # noqa: N803
        keys = [key for key, user in self._named.keys.items() if user == UserName]
        return {"AccessKeyMetadata": [{"AccessKeyId": key, "UserName": UserName, "Status": "Active"} for key in keys]}

    def get_access_key_last_used(self, *, AccessKeyId: str) -> dict[str, Any]:  # noqa: N803
        if AccessKeyId not in self._named.keys:
            raise _missing(NoSuchEntityException, "GetAccessKeyLastUsed", AccessKeyId)
        return {"UserName": self._named.keys[AccessKeyId], "AccessKeyLastUsed": {"ServiceName": "N/A"}}


class _Secrets(_Unknown):
    def describe_secret(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803
        raise _missing(ResourceNotFoundException, "DescribeSecret", SecretId)


class _Agents(_Unknown):
    def __init__(self, named: Named) -> None:
        self._named = named

    def get_agent_alias(self, *, agentId: str, agentAliasId: str) -> dict[str, Any]:  # noqa: N803
        alias = self._named.aliases.get((agentId, agentAliasId))
        if alias is None:
            raise _missing(ResourceNotFoundException, "GetAgentAlias", f"{agentId}/{agentAliasId}")
        return {
            "agentAlias": {
                "agentId": agentId,
                "agentAliasId": agentAliasId,
                "agentAliasName": alias.name,
                "agentAliasStatus": "PREPARED",
                "routingConfiguration": alias.routed[-1][1],
                "agentAliasHistoryEvents": [
                    {"startDate": since, "routingConfiguration": routing} for since, routing in alias.routed
                ],
            }
        }

    def get_agent_version(self, *, agentId: str, agentVersion: str) -> dict[str, Any]:  # noqa: N803
        # Versions are told apart by number: what they hold isn't in the logs.
        now = datetime.now(UTC)
        return {"agentVersion": {"agentId": agentId, "version": agentVersion, "createdAt": now, "updatedAt": now,
                                 "instruction": derived_id("version", agentId, agentVersion)}}  # fmt: skip


class _QuotaTable(_Unknown):
    def get_item(self, **_asked: Any) -> dict[str, Any]:
        return {}


class PresumedAccount:
    """`tidegate.actions.Clients`, for planning."""

    quota_table = "presumed"

    def __init__(self, named: Named) -> None:
        self.iam, self.agents = _Iam(named), _Agents(named)
        self.secrets, self.dynamodb = _Secrets(), _QuotaTable()

    def named(self, service: str) -> Any:
        return getattr(self, service)

    def __getattr__(self, service: str) -> Any:
        if service.startswith("_"):
            raise AttributeError(service)
        return _Unknown()


def presumed_clients(named: Named) -> Clients:
    # Only the reads of snapshots are there; the types of boto3's clients promise far more.
    return cast("Clients", PresumedAccount(named))
