"""What the index needs before documents come: at deployment, by the command line, and looked after on a schedule."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from opensearchpy import OpenSearch
from opensearchpy.exceptions import AuthorizationException, NotFoundError

from tidegate.index import migrating, roles, templates
from tidegate.index.faults import asking
from tidegate.index.migrating import COPY_SECONDS, Migrated, Migration


class Installed(NamedTuple):
    templates: int
    lifecycles: bool  # False: no plugin for them, nothing ends by age
    roles: bool  # False: no security plugin, or not ours to put
    indices: list[Migrated]

    def named(self, done: migrating.Done) -> list[str]:
        return [one.name for one in self.indices if one.done == done]


class Installer:
    """Safe to repeat, at any point of an earlier try. Raises Retryable or Permanent, with what the cluster said."""

    def __init__(
        self, client: OpenSearch, *, serverless: bool = False, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._serverless = serverless
        self._pause = pause

    def install(self, *, remaining: Callable[[], float] = lambda: COPY_SECONDS) -> Installed:
        """Templates, lifecycles, roles, and the indices there are brought up to date, as far as the time allows."""
        with asking("installing the index"):
            templates.put_templates(self._client, serverless=self._serverless)
            lifecycles = not self._serverless and templates.put_policies(self._client)
            return Installed(len(templates.DOCUMENTS), lifecycles, self._roles(), self._migrate(remaining))

    def finish(self, *, remaining: Callable[[], float]) -> list[Migrated]:
        """What an installation left to the cluster: copies take their index's name."""
        with asking("finishing what an upgrade began"):
            return self._migrate(remaining)

    def remove(self, *, since: datetime) -> list[str]:
        """Deletes the indices made at or after `since`, and templates, lifecycles and roles if no other index is left.

        Older ones are not this installation's: another stack's, or those of one that was deleted and left them.
        """
        with asking("removing the index"):
            found = self._client.indices.get_settings(
                index="tidegate-*", params={"ignore_unavailable": "true", "flat_settings": "true"}
            )
            made = {name: int(about["settings"]["index.creation_date"]) for name, about in found.items()}
            ours = sorted(name for name, millis in made.items() if millis >= since.timestamp() * 1000)
            for name in ours:
                self._client.indices.delete(index=name, params={"ignore_unavailable": "true"})
            if len(ours) == len(made):
                self._forget_definitions()
            return ours

    def _roles(self) -> bool:
        """Who may make roles could give itself any: an installer that may not is no failure, the owner puts them."""
        try:
            return not self._serverless and roles.install(self._client)
        except AuthorizationException:
            return False

    def _migrate(self, remaining: Callable[[], float]) -> list[Migrated]:
        return Migration(self._client, remaining=remaining, pause=self._pause, copies=not self._serverless).run()

    def _forget_definitions(self) -> None:
        for name in templates.DOCUMENTS:
            try:
                self._client.indices.delete_index_template(name=f"tidegate-{name}")
            except NotFoundError:
                continue
        if not self._serverless:
            templates.delete_policies(self._client)
            roles.delete(self._client)


def version() -> str:
    """A digest of all that is installed: where it differs, a deployment has something to do (template.yaml)."""
    said = {
        "templates": {name: templates.template(name) for name in templates.DOCUMENTS},
        "lifecycles": {name: templates.lifecycle(name) for name in templates.DOCUMENTS},
        "roles": roles.roles(),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]
