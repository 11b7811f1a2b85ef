"""An SSM parameter that applications read, as a setting. Not an action."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tidegate.actions.action import Clients
from tidegate.actions.switch import Setting, State
from tidegate.errors import Refused


def setting_of(name: str, clients: Clients) -> Setting:
    def write(value: Any) -> None:
        clients.named("ssm").put_parameter(Name=name, Value=value, Overwrite=True)

    return Setting(f"parameter {name}", lambda: State(described(name, clients)["Value"]), write)


def described(name: str, clients: Clients) -> dict[str, Any]:
    """Raises Refused for one that doesn't exist, and for a SecureString, which is not read."""
    try:
        found = dict(clients.named("ssm").get_parameter(Name=name)["Parameter"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        raise Refused(f"there is no parameter {name} in this account and Region.") from error
    if found["Type"] == "SecureString":
        raise Refused(f"parameter {name} is a SecureString: put its value by hand.")
    return found
