"""Put the objects of a watched bucket back to their versions from before the incident's first event.

`parameters["before"]` (ISO 8601) is when the incident began. What others wrote since is taken back too, so a person is
asked; the plan names every object.
"""

from __future__ import annotations

from collections.abc import Iterable

from tidegate.actions import object_versions
from tidegate.actions.action import Action, Clients, Family, Proof, Reach, Restored
from tidegate.actions.object_versions import Written
from tidegate.errors import NotProven
from tidegate.model import Difference, Model, Step

about = Action(
    id="restore_training_data",
    summary="Put the objects of a bucket back to their versions from before the incident.",
    family=Family.MODELS,
    reads=object_versions.READS,
    changes=object_versions.CHANGES,
    calls=("s3:CopyObject", "s3:DeleteObject"),
    limits=f"Versioned buckets; at most {object_versions.MOST_OBJECTS} objects and {object_versions.MOST_VERSIONS:,} "
    "versions; objects up to 5 GB. The bucket's and its key's policy must let the function's role in. A model that was "
    "trained meanwhile stays as it is: reject its package, or roll back what serves it.",
    reach=Reach.ONE_MODEL,
    undo="Every object has its content again that was found; nothing is removed, every version stays.",
)


class Found(Model):
    objects: tuple[Written, ...]


class Changed(Model):
    versions: dict[str, str]  # BUCKET/KEY -> the version that we put; empty: a delete marker


def snapshot(step: Step, clients: Clients) -> Found:
    before = str(step.parameters["before"])
    return Found(objects=object_versions.written_since(clients, step.target.id, ("",), before))


def differences(step: Step, found: Found) -> Iterable[Difference]:
    return object_versions.differences(found.objects)


def apply(step: Step, found: Found, clients: Clients) -> Changed:
    return Changed(versions=object_versions.put_back(clients, found.objects, {}))


def verify(step: Step, found: Found, changed: Changed, clients: Clients) -> Proof:
    if left := object_versions.still_changed(clients, found.objects, changed.versions):
        raise NotProven(f"{len(left)} objects of {step.target.id} are not as they were: {', '.join(left[:3])}.")
    return Proof(facts={"objects": len(found.objects)})


def undo(step: Step, found: Found, changed: Changed | None, clients: Clients) -> Restored:
    done = object_versions.take_back(clients, found.objects, changed.versions if changed else {})
    return Restored(facts={"objects": sorted(done)}, already=not done)
