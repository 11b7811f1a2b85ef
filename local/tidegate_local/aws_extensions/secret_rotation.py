"""secretsmanager: RotateSecret with what is stored, where moto forgets the function and mixes up labels.

Without RotationLambdaARN in the request the stored one is used, and without a stored one the request is refused. A
version that carries AWSPENDING and is not current means that a rotation is under way, and the request is refused.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidegate_local import hooks


def install() -> None:
    hooks.replace("moto.secretsmanager.models:SecretsManagerBackend.rotate_secret", _as_aws)


def _as_aws(original: Callable[..., Any]) -> Callable[..., Any]:
    def rotate_secret(self: Any, secret_id: str, **given: Any) -> Any:
        from moto.secretsmanager.exceptions import InvalidRequestException

        secret = self.secrets.get(secret_id)
        if secret is None or not hasattr(secret, "versions"):
            return original(self, secret_id, **given)
        stored = getattr(secret, "rotation_lambda_arn", "")
        if not (given.get("rotation_lambda_arn") or stored):
            raise InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
        for version in secret.versions.values():
            if "AWSPENDING" not in version["version_stages"]:
                continue
            if "AWSCURRENT" not in version["version_stages"]:
                raise InvalidRequestException("A previous rotation isn't complete. That rotation will be reattempted.")
            version["version_stages"].remove("AWSPENDING")
        given["rotation_lambda_arn"] = given.get("rotation_lambda_arn") or stored
        return original(self, secret_id, **given)

    return rotate_secret
